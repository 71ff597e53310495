package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestRooms(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		sonya := as(w.supervisor())
		w.events()
		name := func(n string) chat.RoomChanges { return chat.RoomChanges{Name: chat.To(n)} }
		shop := name(" Shop ")
		shop.Domain, shop.LanguageCode = chat.To("Shop.Example:8443"), chat.To("fi")
		room, err := w.service.CreateRoom(ctx, sonya, shop)
		if err != nil || room.Name != "Shop" || *room.Domain != "shop.example" || room.LanguageCode != "fi" || *room.UpdatedBy != sonya.ManagerID || room.Main {
			t.Fatalf("%+v, %v", room, err)
		}
		_, err = w.service.CreateRoom(ctx, sonya, shop)
		wantCode(t, err, "domain_taken")
		w.wantEvents("room added")

		_, err = w.service.ChangeRoom(ctx, sonya, room.UUID, chat.RoomChanges{Domain: chat.To("other.example")})
		wantCode(t, err, "domain_invalid")
		changed, err := w.service.ChangeRoom(ctx, sonya, room.Token, chat.RoomChanges{Name: chat.To("Store"), SignaturesRequired: chat.To(true), Domain: chat.To("SHOP.example")})
		if err != nil || changed.Name != "Store" || !changed.SignaturesRequired || changed.LanguageCode != "fi" {
			t.Errorf("%+v, %v", changed, err)
		}
		if _, err = w.service.ChangeRoom(ctx, sonya, room.UUID, name("Store")); err != nil { // nothing changes
			t.Error(err)
		}
		w.wantEvents("room changed")

		rooms, page, err := w.service.Rooms(ctx, as(w.Anna), chat.RoomQuery{PageQuery: chat.PageQuery{Limit: 1, Newest: true}})
		if err != nil || len(rooms) != 1 || rooms[0].Name != "Store" || page.Before || !page.After {
			t.Errorf("%+v %+v, %v", rooms, page, err)
		}
		from := &chat.Place{At: rooms[0].CreatedAt, ID: rooms[0].ID}
		rooms, page, err = w.service.Rooms(ctx, as(w.Anna), chat.RoomQuery{PageQuery: chat.PageQuery{Limit: 1, Newest: true, From: from}})
		if err != nil || len(rooms) != 1 || !rooms[0].Main || !page.Before || page.After {
			t.Errorf("%+v %+v, %v", rooms, page, err)
		}
		wantCode(t, w.service.DeleteRoom(ctx, sonya, rooms[0].UUID), "main_room")
		if err := w.service.DeleteRoom(ctx, sonya, room.UUID); err != nil {
			t.Fatal(err)
		}
		wantCode(t, w.service.DeleteRoom(ctx, sonya, room.UUID), "room_not_found")
		_, err = w.service.ChangeRoom(ctx, sonya, room.UUID, name("Ghost"))
		wantCode(t, err, "room_not_found")
		w.wantEvents("room removed")
		actor := fmt.Sprintf("manager:%d ", sonya.ManagerID)
		w.wantAudited(w.Org, models.AuditRoomAdded, actor+"room_added room:"+room.UUID+" 1")
		w.wantAudited(w.Org, models.AuditRoomChanged, actor+"room_changed room:"+room.UUID+" 1")
		w.wantAudited(w.Org, models.AuditRoomDeleted, actor+"room_deleted room:"+room.UUID+" 1")
		if _, err := w.service.CreateRoom(ctx, sonya, shop); err != nil {
			t.Errorf("a deleted room keeps its domain: %v", err)
		}
	})
}

func TestWhoMayChangeRooms(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		foreign := w.Organization("Kettles")
		main, err := w.View(ctx).MainRoom(foreign.ID)
		if err != nil {
			t.Fatal(err)
		}
		numbers := w.backend(w.Org)
		numbers.Scopes = models.ScopeNumbers
		for _, test := range []struct {
			name       string
			p          chat.Principal
			list, make string
		}{
			{"a stranger", stranger, "token_missing", "token_missing"},
			{"a visitor", visitor("v1"), "forbidden", "forbidden"},
			{"a manager", as(w.Anna), "", "forbidden"},
			{"a supervisor", as(w.supervisor()), "", ""},
			{"a key", w.backend(w.Org), "", ""},
			{"a key for something else", numbers, "", "scope_missing"},
		} {
			_, _, list := w.service.Rooms(ctx, test.p, chat.RoomQuery{})
			_, create := w.service.CreateRoom(ctx, test.p, chat.RoomChanges{Name: chat.To("Room")})
			for err, want := range map[error]string{list: test.list, create: test.make} {
				if want == "" && err != nil {
					t.Errorf("%s: %v", test.name, err)
				} else if want != "" {
					wantCode(t, err, want)
				}
			}
			if test.make != "" {
				continue
			}
			_, err := w.service.ChangeRoom(ctx, test.p, main.UUID, chat.RoomChanges{Name: chat.To("Ours")})
			wantCode(t, err, "room_not_found") // another organisation's
			wantCode(t, w.service.DeleteRoom(ctx, test.p, main.Token), "room_not_found")
		}
	})
}

func TestRoomsAreBounded(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	sonya := as(w.supervisor())
	for _, test := range []struct {
		changes chat.RoomChanges
		code    string
	}{
		{chat.RoomChanges{}, "name_invalid"},
		{chat.RoomChanges{Name: chat.To(strings.Repeat("x", 201))}, "name_invalid"},
		{chat.RoomChanges{Name: chat.To("a\nb")}, "name_invalid"},
		{chat.RoomChanges{Name: chat.To("a"), LanguageCode: chat.To("")}, "language_code_invalid"},
		{chat.RoomChanges{Name: chat.To("a"), LanguageCode: chat.To(strings.Repeat("x", 500))}, "language_code_invalid"},
		{chat.RoomChanges{Name: chat.To("a"), Domain: chat.To("https://example.com/")}, "domain_invalid"},
	} {
		_, err := w.service.CreateRoom(ctx, sonya, test.changes)
		wantCode(t, err, test.code)
	}
	for host, want := range map[string]string{
		"Shop.Example.": "shop.example", "localhost:3000": "localhost", "xn--80ak6aa92e.com": "xn--80ak6aa92e.com", "127.0.0.1": "127.0.0.1",
		" example.com ": "example.com", "": "", "a..b": "", "-a.com": "", "bücher.de": "", "[::1]:80": "", "a b": "", "*.example.com": "",
		strings.Repeat("a", 64) + ".com": "", strings.Repeat("a.", 127) + "aa": "",
	} {
		if got, ok := chat.NormalDomain(host); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v, want %q", host, got, ok, want)
		}
	}
}

// TestOneRoomForADomain makes rooms of two organisations for one domain at once.
func TestOneRoomForADomain(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		admins := []chat.Principal{w.backend(w.Org), w.backend(w.Organization("Kettles"))}
		var made atomic.Int64
		var group sync.WaitGroup
		for i := range 10 {
			group.Go(func() {
				_, err := w.service.CreateRoom(ctx, admins[i%2], chat.RoomChanges{Name: chat.To("Shop"), Domain: chat.To("shop.example")})
				if err == nil {
					made.Add(1)
				} else if chat.KindOf(err) != chat.Conflict {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if made.Load() != 1 {
			t.Errorf("%d rooms", made.Load())
		}
	})
}

func TestRoomsByCommand(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	admin := chat.NewAdmin(w)
	room, err := admin.CreateRoom(ctx, w.Org.ID, chat.RoomChanges{Name: chat.To("Shop")})
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := admin.Rooms(ctx, w.Org.ID)
	if err != nil || !slices.ContainsFunc(rooms, func(r models.Room) bool { return r.ID == room.ID }) || len(rooms) != 2 {
		t.Errorf("%+v, %v", rooms, err)
	}
	if err := admin.DeleteRoom(ctx, w.Org.ID, room.UUID); err != nil {
		t.Error(err)
	}
	_, err = admin.CreateRoom(ctx, 999, chat.RoomChanges{Name: chat.To("Shop")})
	wantCode(t, err, "organization_not_found")
}
