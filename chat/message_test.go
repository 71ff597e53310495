package chat_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestPost(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		m := w.post(stranger, c.ID, " Hello <b>\x00 ")
		if m.Content != "Hello <b>" || m.SenderType != models.SenderVisitor || m.SenderID != "v1" || m.Read || m.ConversationID != c.ID {
			t.Errorf("%+v", m)
		}
		m = w.post(as(w.Anna), c.ID, "Good day")
		if m.SenderType != models.SenderManager || m.SenderID != w.Anna.ID || *m.Sender.Name != "Anna" {
			t.Errorf("%+v", m)
		}
		w.wantEvents("message created", "message created")
		stored, err := w.View(ctx).Conversation(c.ID)
		if err != nil || *stored.LastMessageID != m.ID || stored.UnreadManager != 1 || stored.UnreadVisitor != 1 || stored.EventSeq != 5 {
			t.Errorf("%+v, %v", stored, err)
		}

		r := chat.PostRequest{ConversationID: c.ID, Content: "once", ClientMessageID: "c1"}
		first, isNew, err := w.service.Post(ctx, stranger, r)
		if err != nil || !isNew || *first.Message.ClientMessageID != "c1" {
			t.Fatalf("%+v, %v", first, err)
		}
		again, isNew, err := w.service.Post(ctx, stranger, r)
		if err != nil || isNew || again.Message.ID != first.Message.ID {
			t.Errorf("again: %+v, %v, %v", again, isNew, err)
		}
		if _, isNew, err = w.service.Post(ctx, as(w.Anna), r); err != nil || !isNew {
			t.Errorf("the other side's id is its own: %v, %v", isNew, err)
		}
		other := r
		other.Content = "twice"
		_, _, err = w.service.Post(ctx, stranger, other)
		wantCode(t, err, "client_message_id_taken")
		w.events()

		_, _, err = w.service.Post(ctx, as(w.boris), chat.PostRequest{ConversationID: c.ID, Content: "x"})
		wantCode(t, err, "forbidden")
		clara := w.Manager(w.Organization("Kettles"), "Clara")
		_, _, err = w.service.Post(ctx, as(clara), chat.PostRequest{ConversationID: c.ID, Content: "x"})
		wantCode(t, err, "conversation_not_found")
		_, _, err = w.service.Post(ctx, visitor("v2"), chat.PostRequest{ConversationID: c.ID, Content: "x"})
		wantCode(t, err, "forbidden")
		_, _, err = w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: 12345, Content: "x"})
		wantCode(t, err, "conversation_not_found")
		_, _, err = w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: " \n"})
		wantCode(t, err, "content_invalid")
		_, _, err = w.service.Post(ctx, chat.Principal{Party: chat.Backend, OrganizationID: w.Org.ID}, chat.PostRequest{ConversationID: c.ID, Content: "x"})
		wantCode(t, err, "sender_missing")

		if _, err := w.service.Close(ctx, as(w.Anna), chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "late"})
		wantCode(t, err, "conversation_closed")
		if _, isNew, err = w.service.Post(ctx, stranger, r); err != nil || isNew {
			t.Errorf("a repeated message of a closed conversation: %v, %v", isNew, err)
		}
		w.wantEvents("conversation updated")
	})
}

// TestPostSameIDAtOnce: the same client id, sent to two conversations of a visitor at once, makes one message.
func TestPostSameIDAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		ids := make(chan int64, 20)
		var group sync.WaitGroup
		for range cap(ids) {
			group.Go(func() {
				ev, _, err := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "x", ClientMessageID: "same"})
				if err != nil {
					t.Error(err)
					return
				}
				ids <- ev.Message.ID
			})
		}
		group.Wait()
		close(ids)
		first := <-ids
		for id := range ids {
			if id != first {
				t.Errorf("messages %d and %d", first, id)
			}
		}
	})
}

func TestHistorySpansConversations(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		older := w.open(stranger, "v1")
		var ids []int64
		for i := range 4 {
			ids = append(ids, w.post(stranger, older.ID, fmt.Sprint(i)).ID)
		}
		if _, err := w.service.Close(ctx, stranger, chat.Sender{}, older.ID); err != nil {
			t.Fatal(err)
		}
		newer := w.open(stranger, "v1")
		for i := range 3 {
			ids = append(ids, w.post(stranger, newer.ID, fmt.Sprint(i)).ID)
		}
		read := func(p chat.Principal, r chat.HistoryRequest) []int64 {
			t.Helper()
			page, err := w.service.History(ctx, p, r)
			if err != nil || page.Total != 7 {
				t.Fatalf("%+v, %v", page, err)
			}
			var got []int64
			for _, m := range page.Messages {
				got = append(got, m.ID)
			}
			return got
		}
		if got := read(stranger, chat.HistoryRequest{ConversationID: newer.ID, Count: 100}); !slices.Equal(got, ids[2:]) {
			t.Errorf("cap: %v of %v", got, ids)
		}
		if got := read(as(w.boris), chat.HistoryRequest{ConversationID: older.ID}); !slices.Equal(got, ids[4:]) {
			t.Errorf("a colleague, default count: %v of %v", got, ids)
		}
		clara := w.Manager(w.Organization("Kettles"), "Clara")
		_, err := w.service.History(ctx, as(clara), chat.HistoryRequest{ConversationID: newer.ID})
		wantCode(t, err, "conversation_not_found")
		_, err = w.service.History(ctx, visitor("v2"), chat.HistoryRequest{ConversationID: newer.ID})
		wantCode(t, err, "forbidden")
	})
}

func TestMarkRead(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		older := w.open(stranger, "v1")
		mine := w.post(stranger, older.ID, "mine")
		hers := w.post(as(w.Anna), older.ID, "hers")
		if _, err := w.service.Close(ctx, stranger, chat.Sender{}, older.ID); err != nil {
			t.Fatal(err)
		}
		newer := w.open(stranger, "v1")
		w.events()

		if ev, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, newer.ID, mine.ID); err != nil || ev.Message.Read {
			t.Errorf("one's own: %+v, %v", ev.Message, err)
		}
		w.wantEvents()
		// Through the newer conversation, as history shows it; the older one hears of it.
		ev, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, newer.ID, hers.ID)
		if err != nil || !ev.Message.Read || ev.Message.ReadAt == nil || ev.Event != "updated" || ev.Message.ConversationID != older.ID {
			t.Errorf("%+v, %v", ev.Message, err)
		}
		again, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, older.ID, hers.ID)
		if err != nil || *again.Message.ReadAt != *ev.Message.ReadAt {
			t.Errorf("again: %+v, %v", again.Message, err)
		}
		w.wantEvents("message updated")
		if ev, err = w.service.MarkRead(ctx, as(w.Anna), chat.Sender{}, older.ID, mine.ID); err != nil || !ev.Message.Read {
			t.Errorf("hers: %+v, %v", ev.Message, err)
		}
		if c, err := w.View(ctx).Conversation(older.ID); err != nil || c.UnreadManager != 0 || c.UnreadVisitor != 0 {
			t.Errorf("%+v, %v", c, err)
		}
		if _, err := w.service.Close(ctx, stranger, chat.Sender{}, newer.ID); err != nil {
			t.Fatal(err)
		}
		borises := w.open(as(w.boris), "v1")
		toBoris := w.post(stranger, borises.ID, "to Boris")
		_, err = w.service.MarkRead(ctx, as(w.Anna), chat.Sender{}, older.ID, toBoris.ID)
		wantCode(t, err, "forbidden") // her old conversation is no way into his
		other := w.open(stranger, "v2")
		_, err = w.service.MarkRead(ctx, stranger, chat.Sender{}, other.ID, hers.ID)
		wantCode(t, err, "message_not_found")
		_, err = w.service.MarkRead(ctx, stranger, chat.Sender{}, other.ID, 99999)
		wantCode(t, err, "message_not_found")
		_, err = w.service.MarkRead(ctx, as(w.boris), chat.Sender{}, older.ID, mine.ID)
		wantCode(t, err, "forbidden")
	})
}

func TestClose(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		_, err := w.service.Close(ctx, as(w.boris), chat.Sender{}, c.ID)
		wantCode(t, err, "forbidden")
		supervisor := as(w.boris)
		supervisor.Role = models.RoleSupervisor
		ev, err := w.service.Close(ctx, supervisor, chat.Sender{}, c.ID)
		if err != nil || ev.Conversation.Status != models.StatusClosed || ev.Conversation.ClosedAt == nil {
			t.Fatalf("%+v, %v", ev, err)
		}
		if ev, err = w.service.Close(ctx, stranger, chat.Sender{}, c.ID); err != nil || ev.Conversation.Status != models.StatusClosed {
			t.Errorf("again: %+v, %v", ev, err)
		}
		w.wantEvents("conversation updated")
		if next := w.open(stranger, "v1"); next.ID == c.ID {
			t.Error("a closed conversation was opened again")
		}
	})
}

func TestNotify(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		backend := chat.Principal{Party: chat.Backend, OrganizationID: w.Org.ID, KeyID: 1, Scopes: models.AllScopes}
		ev, err := w.service.Notify(ctx, backend, "v1", json.RawMessage(`{"a":1}`))
		if err != nil || ev.Notification.ID == 0 || string(ev.Notification.Data) != `{"a":1}` || ev.Notification.VisitorID != "v1" {
			t.Fatalf("%+v, %v", ev.Notification, err)
		}
		w.wantEvents("notification created")
		_, err = w.service.Notify(ctx, stranger, "v1", nil)
		wantCode(t, err, "token_missing")
		_, err = w.service.Notify(ctx, as(w.Anna), "v1", nil)
		wantCode(t, err, "forbidden")
		backend.OrganizationID = w.Organization("Kettles").ID
		_, err = w.service.Notify(ctx, backend, "v1", json.RawMessage(`{}`))
		wantCode(t, err, "visitor_not_found")
	})
}
