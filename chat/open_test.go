package chat_test

import (
	"fmt"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestOpen(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		wantCode(t, err, "chat_offline_message")
		w.wantEvents()

		w.onDuty(w.Anna)
		ev, isNew, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		if err != nil || !isNew || ev.Event != "created" || *ev.Conversation.ManagerID != w.Anna.ID || ev.Conversation.Manager.Name != "Anna" {
			t.Fatalf("%+v, %v, %v", ev, isNew, err)
		}
		first := ev.Conversation
		if first.ID < 1<<20 { // by chance once in eight thousand million
			t.Errorf("id %d can be guessed", first.ID)
		}
		ev, isNew, err = w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		if err != nil || isNew || ev.Event != "updated" || ev.Conversation.ID != first.ID {
			t.Errorf("again: %+v, %v, %v", ev, isNew, err)
		}
		if again := w.open(as(w.Anna), "v1"); again.ID != first.ID {
			t.Error("the counterpart got another one")
		}
		_, _, err = w.service.Open(ctx, as(w.boris), chat.OpenRequest{VisitorID: "v1"})
		if refusal := wantCode(t, err, "chat_already_open"); refusal.ManagerID != w.Anna.ID || refusal.Text != "Chat is already open with another manager" {
			t.Errorf("%+v", refusal)
		}
		w.wantEvents("conversation created", "conversation announced", "conversation announced")

		// A manager who opens becomes the counterpart, on duty or not.
		if c := w.open(as(w.boris), "v2"); *c.ManagerID != w.boris.ID {
			t.Errorf("the initiator did not get it: %+v", c)
		}
	})
}

// TestOpenDescribesVisitor: managers and backends answer for a name; visitors could say anything.
func TestOpenDescribesVisitor(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		r := chat.OpenRequest{VisitorID: "v1", Name: " Maya ", Email: "Maya@Example.com"}
		ev, _, err := w.service.Open(ctx, stranger, r)
		if err != nil || ev.Conversation.Visitor.Name != nil {
			t.Fatalf("by the visitor: %+v, %v", ev.Conversation, err)
		}
		ev, _, err = w.service.Open(ctx, as(w.Anna), r)
		if v := ev.Conversation.Visitor; err != nil || *v.Name != "Maya" || v.Email != nil {
			t.Fatalf("by a manager: %+v, %v", v, err)
		}
		mine := chat.InboxQuery{ManagerID: w.Anna.ID, Status: models.StatusOpen, Limit: 5}
		if views, _, err := w.service.Inbox(ctx, as(w.Anna), mine); err != nil || *views[0].Visitor.Email != "maya@example.com" {
			t.Errorf("in the inbox: %+v, %v", views, err)
		}
		if m := w.post(stranger, ev.Conversation.ID, "Hello"); *m.Sender.Name != "Maya" {
			t.Errorf("%+v", m.Sender)
		}
		ev, _, err = w.service.Open(ctx, as(w.Anna), chat.OpenRequest{VisitorID: "v1"})
		if err != nil || *ev.Conversation.Visitor.Name != "Maya" {
			t.Errorf("forgotten: %+v, %v", ev.Conversation.Visitor, err)
		}
		r.Email = "no address"
		_, _, err = w.service.Open(ctx, as(w.Anna), r)
		wantCode(t, err, "email_invalid")
	})
}

func TestOpenRefuses(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		other := w.Organization("Kettles")
		clara := w.Manager(other, "Clara")
		w.open(stranger, "v1")
		for _, c := range []struct {
			name string
			p    chat.Principal
			r    chat.OpenRequest
			code string
		}{
			{"bad id", stranger, chat.OpenRequest{VisitorID: "a/b", SiteKey: w.Org.SiteKey}, "visitor_id_invalid"},
			{"no site key, two organisations", stranger, chat.OpenRequest{VisitorID: "v9"}, "app_key_missing"},
			{"unknown site key", stranger, chat.OpenRequest{VisitorID: "v9", SiteKey: "x"}, "organization_not_found"},
			{"another organisation's site key", stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: other.SiteKey}, "visitor_not_found"},
			{"another organisation's manager", as(clara), chat.OpenRequest{VisitorID: "v1"}, "visitor_not_found"},
			{"another visitor", stranger, chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: "visitor", ID: "v2"}}, "sender_mismatch"},
			{"a manager without a token", stranger, chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: "manager", ID: "1"}}, "token_missing"},
			{"another visitor's token", visitor("v2"), chat.OpenRequest{VisitorID: "v1"}, "forbidden"},
			{"a visitor who says manager", visitor("v1"), chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: "manager", ID: "1"}}, "sender_mismatch"},
			{"a manager who says another", as(w.Anna), chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: "manager", ID: "99"}}, "sender_mismatch"},
		} {
			_, _, err := w.service.Open(ctx, c.p, c.r)
			t.Run(c.name, func(t *testing.T) { wantCode(t, err, c.code) })
		}
	})
}

func TestSignedVisitors(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey})
		wantCode(t, err, "token_missing") // a bare id creates nobody
		_, err = w.service.History(ctx, stranger, chat.HistoryRequest{ConversationID: 4711})
		wantCode(t, err, "token_missing") // and learns nothing
		c := w.open(visitor("v1"), "v1")
		w.post(visitor("v1"), c.ID, "Hello")
		for name, call := range map[string]func() error{
			"open": func() error {
				_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
				return err
			},
			"post": func() error {
				_, _, err := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "x"})
				return err
			},
			"history": func() error {
				_, err := w.service.History(ctx, stranger, chat.HistoryRequest{ConversationID: c.ID})
				return err
			},
			"read":  func() error { _, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, c.ID, 1); return err },
			"close": func() error { _, err := w.service.Close(ctx, stranger, chat.Sender{}, c.ID); return err },
		} {
			err := call()
			t.Run(name, func(t *testing.T) { wantCode(t, err, "token_missing") })
		}
	})
}

func TestTrustedManagers(t *testing.T) {
	eachDatabase(t, chat.Rules{TrustedManagers: true}, func(t *testing.T, w *world) {
		says := chat.Sender{Type: models.SenderManager, ID: fmt.Sprint(w.Anna.ID)}
		ev, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", Sender: says})
		if err != nil || *ev.Conversation.ManagerID != w.Anna.ID {
			t.Fatalf("%+v, %v", ev, err)
		}
		m := w.post(stranger, ev.Conversation.ID, "from the visitor")
		// The original's call names nobody: it comes from whoever received the message.
		if ev, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, ev.Conversation.ID, m.ID); err != nil || !ev.Message.Read {
			t.Errorf("%+v, %v", ev, err)
		}
		if d, err := w.service.SetDuty(ctx, stranger, says, models.DutyPaused); err != nil || d.ManagerID != w.Anna.ID || d.State != models.DutyPaused {
			t.Errorf("%+v, %v", d, err)
		}
		clara := w.Manager(w.Organization("Kettles"), "Clara")
		_, _, err = w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: models.SenderManager, ID: fmt.Sprint(clara.ID)}})
		wantCode(t, err, "manager_not_found")
		_, _, err = w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: models.SenderManager, ID: "anna"}})
		wantCode(t, err, "sender_invalid")
	})
}

// TestOpenAtOnce: fifty requests for one visitor make one conversation.
func TestOpenAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna, w.boris)
		ids := make(chan int64, 50)
		news := make(chan bool, 50)
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				ev, isNew, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
				if err != nil {
					t.Error(err)
					return
				}
				ids <- ev.Conversation.ID
				news <- isNew
			})
		}
		group.Wait()
		close(ids)
		close(news)
		first := <-ids
		for id := range ids {
			if id != first {
				t.Errorf("conversations %d and %d", first, id)
			}
		}
		created := 0
		for isNew := range news {
			if isNew {
				created++
			}
		}
		if created != 1 {
			t.Errorf("%d were told it is new", created)
		}
	})
}

// TestOpenSpreads: visitors who come at once are spread evenly.
func TestOpenSpreads(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna, w.boris)
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				if _, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: fmt.Sprint("v", i)}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		all, err := w.View(ctx).Candidates(w.Org.ID)
		if err != nil || all[0].Open != 10 || all[1].Open != 10 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestPreviousCounterpart(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.boris)
		c := w.open(stranger, "v1")
		if _, err := w.service.Close(ctx, stranger, chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		w.onDuty(w.Anna)
		w.open(stranger, "v2") // Anna's: she has had none
		w.open(as(w.boris), "v3")
		w.open(as(w.boris), "v4")
		if c := w.open(stranger, "v1"); *c.ManagerID != w.boris.ID {
			t.Error("the previous counterpart was passed over")
		}
	})
}
