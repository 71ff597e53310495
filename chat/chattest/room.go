package chattest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// Room adds one that was made at a time.
func (f *Fixture) Room(o models.Organization, name string, at models.Time, change func(*models.Room)) models.Room {
	f.t.Helper()
	r := models.Room{UUID: f.uuid(), Token: "token-" + name, OrganizationID: o.ID, Name: name, LanguageCode: "en", CreatedAt: at, UpdatedAt: at}
	if change != nil {
		change(&r)
	}
	f.do(func(tx chat.Tx) error { r.ID = 0; return tx.CreateRoom(&r) })
	return r
}

func rooms(t *testing.T, f *Fixture) {
	domain := "shop.example"
	other := f.Organization("Kettles")
	main, err := f.reader().MainRoom(f.Org.ID)
	f.must(err)
	if !main.Main || main.Place() != 0 || main.Name != "Teapots" || len(main.Token) != 48 {
		t.Errorf("%+v", main)
	}
	shop := f.Room(f.Org, "shop", 10, func(r *models.Room) { r.Domain = &domain })
	f.Room(other, "theirs", 10, nil)
	f.do(func(tx chat.Tx) error {
		twin := models.Room{UUID: f.uuid(), Token: "twin", OrganizationID: other.ID, Name: "twin", Domain: &domain}
		if err := tx.CreateRoom(&twin); !errors.Is(err, chat.ErrTaken) {
			t.Errorf("a domain has two rooms: %v", err)
		}
		return nil
	})
	for _, find := range []func() (models.Room, error){
		func() (models.Room, error) { return f.reader().Room(shop.ID) },
		func() (models.Room, error) { return f.reader().RoomByUUID(shop.UUID) },
		func() (models.Room, error) { return f.reader().RoomByUUID(shop.Token) },
		func() (models.Room, error) { return f.reader().RoomByDomain(domain) },
	} {
		if r, err := find(); err != nil || r.ID != shop.ID || *r.Domain != domain {
			t.Errorf("%+v, %v", r, err)
		}
	}
	at := models.Time(20)
	shop.Name, shop.LanguageCode, shop.SignaturesRequired, shop.Checksums = "Shop", "fi", true, true
	shop.UpdatedAt, shop.UpdatedBy, shop.DeletedAt = 20, &f.Anna.ID, &at
	f.do(func(tx chat.Tx) error { return tx.SaveRoom(shop) })
	if r, err := f.reader().Room(shop.ID); err != nil || fmt.Sprint(int64(*r.DeletedAt), *r.UpdatedBy, r.Name, r.LanguageCode, r.SignaturesRequired, r.Checksums, int64(r.UpdatedAt)) !=
		fmt.Sprint(20, f.Anna.ID, "Shop", "fi", true, true, 20) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := f.reader().RoomByDomain(domain); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("a deleted room has the domain: %v", err)
	}
	f.Room(f.Org, "heir", 11, func(r *models.Room) { r.Domain = &domain })
	if n, err := f.reader().CountRooms(f.Org.ID); err != nil || n != 2 {
		t.Errorf("%d rooms, %v", n, err)
	}
}

func roomPages(t *testing.T, f *Fixture) {
	for i := range 4 {
		f.Room(f.Org, fmt.Sprint("r", i), models.Time(10+i/2), nil) // two at a time
	}
	gone := models.Time(99)
	f.Room(f.Org, "gone", 99, func(r *models.Room) { r.DeletedAt = &gone })
	page := func(q chat.RoomQuery) (names []string) {
		q.OrganizationID, q.Limit = f.Org.ID, 2
		list, err := f.reader().Rooms(q)
		f.must(err)
		for _, r := range list {
			names = append(names, r.Name)
		}
		return names
	}
	second, err := f.reader().RoomByUUID("token-r1")
	f.must(err)
	from := &chat.Place{At: second.CreatedAt, ID: second.ID}
	for _, test := range []struct {
		name string
		page chat.PageQuery
		want []string
	}{
		{"the first", chat.PageQuery{}, []string{"Teapots", "r0"}},
		{"the newest", chat.PageQuery{Newest: true}, []string{"r3", "r2"}},
		{"after", chat.PageQuery{From: from}, []string{"r2", "r3"}},
		{"before", chat.PageQuery{From: from, Back: true}, []string{"Teapots", "r0"}},
		{"after, the newest first", chat.PageQuery{From: from, Newest: true}, []string{"r0", "Teapots"}},
		{"before, the newest first", chat.PageQuery{From: from, Newest: true, Back: true}, []string{"r3", "r2"}},
		{"back from nowhere", chat.PageQuery{Back: true}, []string{"Teapots", "r0"}},
	} {
		if got := page(chat.RoomQuery{PageQuery: test.page}); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if got := page(chat.RoomQuery{Deleted: true, PageQuery: chat.PageQuery{Newest: true}}); !slices.Equal(got, []string{"gone", "r3"}) {
		t.Errorf("with deleted ones: %v", got)
	}
}
