package chattest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// roomVisitor adds a visitor to a room; one who is online came at a time.
func (f *Fixture) roomVisitor(r models.Room, id string, online bool, at models.Time) models.RoomVisitor {
	f.t.Helper()
	v := models.RoomVisitor{
		RoomID: r.ID, OrganizationID: r.OrganizationID, VisitorID: id, VisitCount: 1, Online: online, OnlineAt: &at, SeenAt: at,
		About: "{}", CreatedAt: at, UpdatedAt: at,
	}
	f.do(func(tx chat.Tx) error {
		v.ID = 0
		if err := tx.EnsureVisitor(models.Visitor{ID: id, UUID: f.uuid(), OrganizationID: r.OrganizationID, CreatedAt: 1}); err != nil {
			return err
		}
		return tx.CreateRoomVisitor(&v)
	})
	return v
}

func roomVisitors(t *testing.T, f *Fixture) {
	room, other := f.Room(f.Org, "shop", 1, nil), f.Room(f.Org, "help", 2, nil)
	v := f.roomVisitor(room, "v1", true, 10)
	f.roomVisitor(other, "v1", false, 11)
	f.roomVisitor(room, "v2", true, 12)
	session, at := "s", models.Time(20)
	v.SessionID, v.VisitCount, v.Online, v.OnlineAt, v.SeenAt, v.About, v.UpdatedAt = &session, 3, true, &at, 21, `{"geo_city":"Oslo"}`, 22
	f.do(func(tx chat.Tx) error {
		if _, err := tx.LockRoomVisitor(room.ID, "v1"); err != nil {
			return err
		}
		if _, err := tx.LockRoomVisitor(room.ID, "v3"); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("nobody: %v", err)
		}
		return tx.SaveRoomVisitor(v)
	})
	show := func(v models.RoomVisitor) string {
		return fmt.Sprint(v.ID, *v.SessionID, v.VisitCount, v.Online, int64(*v.OnlineAt), int64(v.SeenAt), v.About, int64(v.CreatedAt), int64(v.UpdatedAt))
	}
	if got, err := f.reader().RoomVisitor(room.ID, "v1"); err != nil || show(got) != show(v) {
		t.Errorf("%+v, %v", got, err)
	}
	if list, err := f.reader().RoomVisitorsOf("v1", 0, 9); err != nil || len(list) != 2 || list[0].ID != v.ID {
		t.Errorf("%+v, %v", list, err)
	}
	online := func() (names []string) {
		list, err := f.reader().AnyOnline(models.RoomVisitor{}, 9)
		f.must(err)
		for _, v := range list {
			names = append(names, v.VisitorID)
		}
		return names
	}
	if got := online(); !slices.Equal(got, []string{"v2", "v1"}) {
		t.Errorf("online are %v", got)
	}
	f.do(func(tx chat.Tx) error {
		list, err := tx.LockRoomVisitors([]int64{v.ID, v.ID + 1, v.ID + 2})
		if err != nil || len(list) != 2 || list[0].ID != v.ID { // who is not online is not among them
			t.Errorf("%+v, %v", list, err)
		}
		return errors.Join(tx.EndRoomVisitors([]int64{v.ID}, 30), tx.SawRoomVisitors([]int64{v.ID + 2}, 40))
	})
	got, err := f.reader().RoomVisitor(room.ID, "v1")
	if err != nil || got.Online || got.SeenAt != 30 || *got.OnlineAt != 20 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.reader().RoomVisitor(room.ID, "v2"); err != nil || got.SeenAt != 40 || got.UpdatedAt != 12 {
		t.Errorf("%+v, %v", got, err)
	}
	if got := online(); !slices.Equal(got, []string{"v2"}) {
		t.Errorf("online are %v", got)
	}
}

func onlinePages(t *testing.T, f *Fixture) {
	room := f.Room(f.Org, "shop", 1, nil)
	for i, at := range []models.Time{30, 10, 20, 20, 20} {
		f.roomVisitor(room, fmt.Sprint("v", i), true, at)
	}
	f.roomVisitor(room, "gone", false, 15)
	f.roomVisitor(f.Room(f.Org, "help", 2, nil), "elsewhere", true, 15)
	page := func(q chat.OnlineQuery) (names []string) {
		t.Helper()
		q.RoomID = room.ID
		list, err := f.reader().OnlineVisitors(q)
		f.must(err)
		for _, v := range list {
			names = append(names, v.VisitorID)
		}
		return names
	}
	for _, row := range []struct {
		q    chat.OnlineQuery
		want []string
	}{
		{chat.OnlineQuery{Limit: 9}, []string{"v1", "v2", "v3", "v4", "v0"}},
		{chat.OnlineQuery{Limit: 2}, []string{"v1", "v2"}},
		{chat.OnlineQuery{Limit: 2, From: &chat.OnlinePlace{At: 20, VisitorID: "v2"}}, []string{"v3", "v4"}},
		{chat.OnlineQuery{Limit: 2, From: &chat.OnlinePlace{At: 20, VisitorID: "v4"}}, []string{"v0"}},
		{chat.OnlineQuery{Limit: 2, From: &chat.OnlinePlace{At: 20, VisitorID: "v4"}, Back: true}, []string{"v2", "v3"}},
		{chat.OnlineQuery{Limit: 9, From: &chat.OnlinePlace{At: 20, VisitorID: "v2"}, Back: true}, []string{"v1"}},
	} {
		if got := page(row.q); !slices.Equal(got, row.want) {
			t.Errorf("%+v: %v, want %v", row.q, got, row.want)
		}
	}
}

func visitorSecrets(t *testing.T, f *Fixture) {
	f.Conversation(1, "v1", f.Anna, nil)
	s := models.VisitorSecret{Hash: "h", OrganizationID: f.Org.ID, VisitorID: "v1", CreatedAt: 5}
	f.do(func(tx chat.Tx) error { return tx.CreateVisitorSecret(s) })
	if got, err := f.reader().VisitorSecret("h"); err != nil || got != s {
		t.Errorf("%+v, %v", got, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteVisitorSecrets("v1") })
	if _, err := f.reader().VisitorSecret("h"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("it is still there: %v", err)
	}
}

func unseenVisitors(t *testing.T, f *Fixture) {
	room := f.Room(f.Org, "shop", 1, nil)
	f.roomVisitor(room, "a-old", false, 10)
	f.roomVisitor(room, "b-here", true, 10)
	f.roomVisitor(room, "c-young", false, 100)
	f.roomVisitor(room, "d-wrote", false, 10)
	f.Conversation(1, "d-wrote", f.Anna, nil)
	f.do(func(tx chat.Tx) error {
		for _, id := range []string{"e-let-in", "f-elsewhere", "g-let-in-now"} {
			v := models.Visitor{ID: id, UUID: f.uuid(), OrganizationID: f.Org.ID, CreatedAt: 10}
			if id == "g-let-in-now" {
				v.CreatedAt = 100
			}
			f.must(tx.EnsureVisitor(v))
			if id != "f-elsewhere" {
				f.must(tx.CreateVisitorSecret(models.VisitorSecret{Hash: id, OrganizationID: f.Org.ID, VisitorID: id, CreatedAt: 10}))
			}
		}
		return nil
	})
	var found []string
	steps := 0
	for after := ""; ; steps++ {
		ids, next, err := f.reader().Unseen(after, 50, 3)
		f.must(err)
		found = append(found, ids...)
		if after = next; next == "" {
			break
		}
	}
	if !slices.Equal(found, []string{"a-old", "e-let-in"}) || steps != 2 {
		t.Errorf("%v in %d steps", found, steps)
	}
}

func domains(t *testing.T, f *Fixture) {
	gone := models.Time(5)
	for i, name := range []string{"b.example", "a.example", "gone.example"} {
		f.Room(f.Org, name, models.Time(i), func(r *models.Room) {
			r.Domain = &name
			if name == "gone.example" {
				r.DeletedAt = &gone
			}
		})
	}
	if got, err := f.reader().Domains(f.Org.ID); err != nil || !slices.Equal(got, []string{"b.example", "a.example"}) {
		t.Errorf("%v, %v", got, err)
	}
}
