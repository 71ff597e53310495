package chat_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// room makes one and takes its event away.
func (w *world) room(name string) models.Room {
	w.t.Helper()
	r, err := chat.NewAdmin(w).CreateRoom(ctx, w.Org.ID, chat.RoomChanges{Name: chat.To(name)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.events()
	return r
}

// openIn opens a conversation of a visitor's, in a room unless it is empty.
func (w *world) openIn(visitorID, room string, kind models.ChatType) (*chat.ConversationView, bool) {
	w.t.Helper()
	ev, isNew, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: visitorID, SiteKey: w.Org.SiteKey, Room: room, ChatType: kind})
	if err != nil {
		w.t.Fatal(err)
	}
	return ev.Conversation, isNew
}

func TestAConversationInEachRoom(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		shop, help := w.room("shop"), w.room("help")
		first, isNew := w.openIn("v1", shop.UUID, "")
		if !isNew || first.Room == nil || *first.Room != shop.UUID || first.ChatType != "visitor" {
			t.Fatalf("%v %+v", isNew, first)
		}
		w.wantEvents("conversation created")
		if again, isNew := w.openIn("v1", shop.Token, ""); isNew || again.ID != first.ID || *again.Room != shop.UUID {
			t.Errorf("%v %+v", isNew, again)
		}
		time.Sleep(2 * time.Millisecond) // the clock has milliseconds
		second, isNew := w.openIn("v1", help.UUID, "")
		if !isNew || second.ID == first.ID {
			t.Errorf("%v %+v", isNew, second)
		}
		if latest, isNew := w.openIn("v1", "", ""); isNew || latest.ID != second.ID {
			t.Errorf("no room: %v %+v", isNew, latest)
		}
		main, err := w.View(ctx).MainRoom(w.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		third, isNew := w.openIn("v1", main.UUID, "")
		if !isNew || third.Room != nil {
			t.Errorf("%v %+v", isNew, third)
		}
		if found, isNew := w.openIn("v1", "", ""); isNew || found.ID != third.ID {
			t.Errorf("no room: %v %+v", isNew, found)
		}
		views, _, err := w.service.Inbox(ctx, as(w.Anna), chat.InboxQuery{ManagerID: w.Anna.ID, Status: models.StatusOpen, Limit: 10})
		if err != nil || len(views) != 3 {
			t.Fatalf("%+v, %v", views, err)
		}
		rooms := map[int64]string{}
		for _, v := range views {
			if v.Room != nil {
				rooms[v.ID] = *v.Room
			}
		}
		if fmt.Sprint(rooms) != fmt.Sprint(map[int64]string{first.ID: shop.UUID, second.ID: help.UUID}) {
			t.Errorf("%v", rooms)
		}

		w.do(w.service.Close(ctx, stranger, chat.Sender{}, first.ID)) // the others are no hindrance
		w.do(w.service.Reopen(ctx, stranger, chat.Sender{}, first.ID))
		w.do(w.service.Close(ctx, stranger, chat.Sender{}, first.ID))
		w.openIn("v1", shop.UUID, "")
		_, err = w.service.Reopen(ctx, stranger, chat.Sender{}, first.ID)
		wantCode(t, err, "chat_already_open")

		ev, isNew, err := w.service.Leave(ctx, stranger, chat.LeaveRequest{VisitorID: "v2", SiteKey: w.Org.SiteKey, Room: shop.UUID, Email: "vera@example.com", Content: "Call me"})
		if left := w.do(ev, err); !isNew || *left.Room != shop.UUID {
			t.Errorf("%v %+v", isNew, left)
		}
	})
}

func TestRoomsThatAreNotThere(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		theirs, err := w.View(ctx).MainRoom(w.Organization("Kettles").ID)
		if err != nil {
			t.Fatal(err)
		}
		gone := w.room("gone")
		if err := chat.NewAdmin(w).DeleteRoom(ctx, w.Org.ID, gone.UUID); err != nil {
			t.Fatal(err)
		}
		for _, room := range []string{theirs.UUID, theirs.Token, gone.UUID, "nothing", "' OR 1=1 --"} {
			_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey, Room: room})
			wantCode(t, err, "room_not_found")
			_, _, err = w.service.Leave(ctx, stranger, chat.LeaveRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey, Room: room, Email: "v@example.com", Content: "Hello"})
			wantCode(t, err, "room_not_found")
		}
	})
}

// TestFiftyOpenAtOnce opens at once in two rooms, and tasks beside.
func TestFiftyOpenAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		rooms := []string{w.room("shop").UUID, w.room("help").UUID}
		var made, tasks atomic.Int64
		var seen sync.Map
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				ev, isNew, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey, Room: rooms[i%2]})
				if err != nil {
					t.Error(err)
					return
				}
				seen.Store(ev.Conversation.ID, true)
				if isNew {
					made.Add(1)
				}
			})
			if i%10 != 0 {
				continue
			}
			group.Go(func() {
				_, isNew, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey, Room: rooms[0], ChatType: models.ChatTask})
				if err != nil || !isNew {
					t.Errorf("%v %v", isNew, err)
				}
				tasks.Add(1)
			})
		}
		group.Wait()
		different := 0
		seen.Range(func(any, any) bool { different++; return true })
		open, err := w.View(ctx).OpenConversations("v1")
		if err != nil || made.Load() != 2 || different != 2 || tasks.Load() != 5 || len(open) != 7 {
			t.Errorf("%d made, %d seen, %d open, %v", made.Load(), different, len(open), err)
		}
	})
}

func TestTasks(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		shop := w.room("shop")
		first, _ := w.openIn("v1", shop.UUID, models.ChatTask)
		time.Sleep(2 * time.Millisecond) // the clock has milliseconds
		second, isNew := w.openIn("v1", shop.UUID, models.ChatTask)
		if !isNew || first.ID == second.ID || second.ChatType != "task" {
			t.Errorf("%v %+v", isNew, second)
		}
		resumed := func(room string, kind models.ChatType) (int64, bool) {
			ev, isNew, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", Room: room, ChatType: kind, Resume: true, SiteKey: w.Org.SiteKey})
			return w.do(ev, err).ID, isNew
		}
		if id, isNew := resumed(shop.UUID, models.ChatTask); isNew || id != second.ID {
			t.Errorf("%v %d", isNew, id)
		}
		if id, isNew := resumed("", models.ChatTask); !isNew || id == second.ID { // there is none in the main room
			t.Errorf("%v %d", isNew, id)
		}
		if _, isNew := resumed(shop.UUID, models.ChatExternal); !isNew {
			t.Error("a task was taken for something else")
		}
		// What the widget knows is another thing.
		if c, isNew := w.openIn("v1", "", ""); !isNew || c.ChatType != "visitor" {
			t.Errorf("%v %+v", isNew, c)
		}
		w.do(w.service.Close(ctx, stranger, chat.Sender{}, first.ID))
		w.do(w.service.Reopen(ctx, stranger, chat.Sender{}, first.ID)) // beside others
		var err error
		for range 60 {
			if _, _, err = w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", ChatType: models.ChatExternal, SiteKey: w.Org.SiteKey}); err != nil {
				break
			}
		}
		wantCode(t, err, "too_many_chats")
	})
}

func TestTasksCloseInTheirTime(t *testing.T) {
	tendedWith(t, chat.Config{IdleCloseAfter: 40 * time.Minute, TaskCloseAfter: 20 * time.Minute, MaxConversations: 4}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		ordinary, _ := w.openIn("v1", "", "")
		task, _ := w.openIn("v1", "", models.ChatTask)
		busy, _ := w.openIn("v1", "", models.ChatTask)
		external, _ := w.openIn("v1", "", models.ChatExternal)
		waits, _ := w.openIn("v2", "", models.ChatTask)
		if waits.ManagerID != nil {
			t.Fatal("it does not wait")
		}
		status := func() string {
			text := ""
			for _, c := range []*chat.ConversationView{ordinary, task, busy, external, waits} {
				text += string(w.state(c.ID).Status) + " "
			}
			return text
		}
		pass(15 * time.Minute)
		w.post(stranger, busy.ID, "still here")
		pass(6 * time.Minute)
		if got := status(); got != "open closed open open closed " {
			t.Error(got)
		}
		pass(21 * time.Minute)
		if got := status(); got != "closed closed closed open closed " {
			t.Error(got)
		}
		pass(2 * time.Hour)
		if got := status(); got != "closed closed closed open closed " {
			t.Error(got)
		}
	})
}

// TestMergeInRooms: of two in one room one goes on; elsewhere and of other types all do.
func TestMergeInRooms(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		shop, help := w.room("shop"), w.room("help")
		s := w.secret(w.Org)
		open := map[string]int64{}
		for _, who := range []string{"anon", "maya"} {
			for name, room := range map[string]string{"shop": shop.UUID, "help": help.UUID, "main": ""} {
				if name == "main" && who == "maya" || name == "help" && who == "anon" {
					continue
				}
				if name == "main" {
					main, err := w.View(ctx).MainRoom(w.Org.ID)
					if err != nil {
						t.Fatal(err)
					}
					room = main.UUID
				}
				c, _ := w.openIn(who, room, "")
				open[who+" "+name] = c.ID
			}
			c, _ := w.openIn(who, shop.UUID, models.ChatTask)
			open[who+" task"] = c.ID
		}
		time.Sleep(2 * time.Millisecond) // the clock has milliseconds
		w.post(stranger, open["anon shop"], "and then")
		got := w.identify(chat.IdentifyRequest{Token: signed(t, s, jwt.MapClaims{"sub": "maya"}), PreviousID: "anon"})
		if !got.Merged {
			t.Fatalf("%+v", got)
		}
		want := map[string]models.Status{}
		for name, id := range open {
			want[name] = models.StatusOpen
			if name == "maya shop" {
				want[name] = models.StatusClosed
			}
			if c := w.state(id); c.Status != want[name] || c.VisitorID != "maya" {
				t.Errorf("%s: %+v", name, c)
			}
		}
		if texts := w.everything("maya"); len(texts) != 1 {
			t.Errorf("%q", texts)
		}
	})
}

func TestLogoutEndsAllThatIsOpen(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		w.openIn("v1", "", "")
		w.openIn("v1", w.room("shop").UUID, "")
		w.openIn("v1", "", models.ChatTask)
		if err := w.service.LogoutVisitor(ctx, w.backend(w.Org), "", chat.LogoutRequest{VisitorID: "v1"}); err != nil {
			t.Fatal(err)
		}
		open, err := w.View(ctx).OpenConversations("v1")
		if err != nil || len(open) != 0 {
			t.Errorf("%+v, %v", open, err)
		}
	})
}
