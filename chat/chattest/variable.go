package chattest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// Variable adds one of a visitor's in a room.
func (f *Fixture) Variable(r models.Room, visitorID, key, value string, signed bool) models.VisitorVariable {
	f.t.Helper()
	v := models.VisitorVariable{
		RoomID: r.ID, OrganizationID: r.OrganizationID, VisitorID: visitorID, Key: key, Value: value, Signed: signed, CreatedAt: 1, UpdatedAt: 1,
	}
	f.do(func(tx chat.Tx) error { v.ID = 0; return tx.CreateVariable(&v) })
	return v
}

func (f *Fixture) visitor(id string) {
	f.t.Helper()
	v := models.Visitor{ID: id, UUID: f.uuid(), OrganizationID: f.Org.ID, CreatedAt: 1}
	f.do(func(tx chat.Tx) error { return tx.EnsureVisitor(v) })
}

func keysOf(list []models.VisitorVariable) (keys []string) {
	for _, v := range list {
		keys = append(keys, v.Key)
	}
	return keys
}

func variables(t *testing.T, f *Fixture) {
	shop, help := f.Room(f.Org, "shop", 1, nil), f.Room(f.Org, "help", 2, nil)
	f.visitor("v1")
	f.visitor("v2")
	// By bytes, whatever the database's order: capitals first, other letters last.
	for _, key := range []string{"ä", "b", "B", "_x", "a/b?c", "😀"} {
		f.Variable(shop, "v1", key, `{"n": 29.0}`, false)
	}
	f.Variable(help, "v1", "b", "1", true)
	f.Variable(shop, "v2", "b", "2", true)
	list, err := f.reader().Variables(shop.ID, "v1")
	if want := []string{"B", "_x", "a/b?c", "b", "ä", "😀"}; err != nil || !slices.Equal(keysOf(list), want) {
		t.Errorf("%q, %v", keysOf(list), err)
	}
	one, err := f.reader().Variable(shop.ID, "v1", "ä")
	if err != nil || one.Value != `{"n": 29.0}` || one.Signed || one.OrganizationID != f.Org.ID {
		t.Errorf("%+v, %v", one, err)
	}
	if _, err := f.reader().Variable(help.ID, "v1", "ä"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("another room's: %v", err)
	}
	one.Value, one.Signed, one.UpdatedAt, one.Key = `"x"`, true, 5, "changed"
	f.do(func(tx chat.Tx) error { return tx.SaveVariable(one) })
	one, err = f.reader().Variable(shop.ID, "v1", "ä")
	if err != nil || one.Value != `"x"` || !one.Signed || one.UpdatedAt != 5 || one.CreatedAt != 1 {
		t.Errorf("saved %+v, %v", one, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteVariable(one.ID) })
	if _, err := f.reader().Variable(shop.ID, "v1", "ä"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("deleted: %v", err)
	}
	page, err := f.reader().VariablePage("v1", 0, 3)
	if err != nil || len(page) != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	rest, err := f.reader().VariablePage("v1", page[2].ID, 10)
	if err != nil || len(rest) != 3 || rest[2].RoomID != help.ID {
		t.Errorf("%+v, %v", rest, err)
	}
}

func faces(t *testing.T, f *Fixture) {
	main, err := f.reader().MainRoom(f.Org.ID)
	f.must(err)
	shop := f.Room(f.Org, "shop", 1, nil)
	f.visitor("v1")
	f.visitor("v2")
	f.Variable(main, "v1", "username", `"Maya"`, true)
	f.Variable(main, "v1", "avatar", `"https://x.example/a.png"`, false)
	f.Variable(main, "v1", "age", `29`, true)
	f.Variable(shop, "v1", "username", `"M."`, false)
	f.Variable(shop, "v2", "username", `17`, true)
	got, err := f.reader().Faces([]string{"v1", "v2", "nobody"})
	f.must(err)
	show := func(of chat.FaceOf) string {
		face := got[of]
		text := func(s *string) string {
			if s == nil {
				return "-"
			}
			return *s
		}
		return fmt.Sprint(text(face.Name), " ", face.NameSigned, " ", text(face.Avatar), " ", face.AvatarSigned)
	}
	for of, want := range map[chat.FaceOf]string{
		{Place: 0, VisitorID: "v1"}:       "Maya true https://x.example/a.png false",
		{Place: shop.ID, VisitorID: "v1"}: "M. false - false",
		{Place: shop.ID, VisitorID: "v2"}: "- false - false",
		{Place: main.ID, VisitorID: "v1"}: "- false - false",
	} {
		if show(of) != want {
			t.Errorf("%+v: %s, want %s", of, show(of), want)
		}
	}
	if none, err := f.reader().Faces(nil); err != nil || len(none) != 0 {
		t.Errorf("of nobody: %v, %v", none, err)
	}
	here := f.Conversation(7, "v1", f.Anna, nil)
	f.Conversation(8, "v1", f.Anna, func(c *models.Conversation) { c.RoomID = shop.ID })
	f.Conversation(9, "v1", f.Anna, func(c *models.Conversation) { c.RoomID, c.ChatType = shop.ID, models.ChatTask })
	f.Conversation(10, "v1", f.Anna, func(c *models.Conversation) { c.RoomID, c.Status = shop.ID, models.StatusClosed })
	if open, err := f.reader().OpenIn("v1", 0); err != nil || !slices.Equal(open, []int64{here.ID}) {
		t.Errorf("%v, %v", open, err)
	}
	if open, err := f.reader().OpenIn("v1", shop.ID); err != nil || !slices.Equal(open, []int64{8, 9}) {
		t.Errorf("%v, %v", open, err)
	}
}

func roomKeys(t *testing.T, f *Fixture) {
	shop, help := f.Room(f.Org, "shop", 1, nil), f.Room(f.Org, "help", 2, nil)
	add := func(r models.Room, kind models.RoomKeyKind, key string) models.RoomKey {
		k := models.RoomKey{UUID: f.uuid(), RoomID: r.ID, OrganizationID: r.OrganizationID, Name: key, Kind: kind, Key: key, CreatedAt: 3}
		f.do(func(tx chat.Tx) error { k.ID = 0; return tx.CreateRoomKey(&k) })
		return k
	}
	a, b := add(shop, models.RoomSecret, "secret"), add(shop, models.RoomPublicKey, "public")
	add(help, models.RoomSecret, "another")
	if got, err := f.reader().RoomKeys(shop.ID); err != nil || !slices.Equal(got, []models.RoomKey{a, b}) {
		t.Errorf("%+v, %v", got, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteRoomKey(a.ID) })
	if got, err := f.reader().RoomKeys(shop.ID); err != nil || !slices.Equal(got, []models.RoomKey{b}) {
		t.Errorf("deleted, and there is %+v, %v", got, err)
	}
}
