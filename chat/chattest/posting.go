package chattest

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"parley/chat"
	"parley/models"
)

// lateFailure lets the last statements of a transaction fail, which a store may hold back until the commit: the whole
// must fail, and the store must be usable afterwards.
func lateFailure(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	post := func(seq int64, forgive bool) error {
		return f.Update(context.Background(), func(tx chat.Tx) error {
			c, err := tx.LockConversation(c.ID)
			if err != nil {
				return err
			}
			m := models.Message{UUID: f.uuid(), OrganizationID: f.Org.ID, ConversationID: c.ID, VisitorID: "v1", SenderType: models.SenderVisitor, Content: "Hello"}
			if err := tx.CreateMessage(&m); err != nil {
				return err
			}
			e := event(c, seq)
			if err := tx.AppendEvent(&e); err != nil {
				return err
			}
			if forgive {
				_, _ = tx.Visitor("v1") // it brings the failure to light, which a caller then overlooks
			}
			c.EventSeq = seq
			return tx.SaveConversation(c)
		})
	}
	f.must(post(1, false))
	for _, forgive := range []bool{false, true} {
		if post(1, forgive) == nil {
			t.Error("two events have the same place in a conversation")
		}
	}
	f.must(post(2, true))
	page, err := f.reader().History(chat.HistoryQuery{OrganizationID: f.Org.ID, VisitorID: "v1", Count: 5})
	if err != nil || len(page.Messages) != 2 || len(f.pending()) != 2 {
		t.Errorf("%d messages, %d events, %v; want two of each", len(page.Messages), len(f.pending()), err)
	}
	if c, err := f.reader().Conversation(c.ID); err != nil || c.EventSeq != 2 {
		t.Errorf("the conversation is at %d, %v", c.EventSeq, err)
	}
}

// posting adds a message in one go where the store can: to a conversation that is as it was seen, and to no other.
func posting(t *testing.T, f *Fixture) {
	f.Conversation(1, "v1", f.Anna, nil)
	client := "mine"
	post := func(seen chat.SeenConversation) (*models.Message, bool) {
		t.Helper()
		m := &models.Message{
			UUID: f.uuid(), OrganizationID: f.Org.ID, ConversationID: 1, VisitorID: "v1", SenderType: models.SenderVisitor,
			Content: "Hello", ClientMessageID: &client, CreatedAt: 7,
		}
		c := seen.Conversation
		c.EventSeq++
		c.MessageCount, c.UnreadManager, c.UpdatedAt = 5, 6, 7
		ok, err := f.Append(context.Background(), chat.Posting{
			Seen: seen, Message: m, Conversation: c, Event: event(c, c.EventSeq), Head: `{"id":`, Tail: `,"$1":0}`,
		})
		f.must(err)
		return m, ok
	}
	seen, err := f.reader().SeenConversation(1)
	f.must(err)
	m, ok := post(seen)
	if seen.Version == 0 {
		if ok {
			t.Error("a conversation without a version was changed")
		}
		return
	}
	c, err := f.reader().Conversation(1)
	want := seen.Conversation
	want.LastMessageID, want.EventSeq, want.MessageCount, want.UnreadManager, want.UpdatedAt = &m.ID, 1, 5, 6, 7
	if err != nil || !ok || m.ID == 0 || !reflect.DeepEqual(c, want) {
		t.Errorf("the conversation became %+v, %v, %v", c, ok, err)
	}
	if stored, err := f.reader().Message(m.ID); err != nil || !reflect.DeepEqual(stored, *m) {
		t.Errorf("the message became %+v, %v", stored, err)
	}
	wanted := event(c, 1)
	wanted.Payload = fmt.Sprintf(`{"id":%d,"$1":0}`, m.ID)
	events := f.pending()
	wanted.ID = events[0].ID
	if len(events) != 1 || !reflect.DeepEqual(events[0], wanted) {
		t.Errorf("the events are %+v", events)
	}
	client = "another"
	if _, ok := post(seen); ok {
		t.Error("a conversation that was changed since was changed")
	}
	client = "mine"
	if seen, err = f.reader().SeenConversation(1); err != nil || seen.EventSeq != 1 {
		t.Fatalf("seen: %+v, %v", seen, err)
	}
	if _, ok := post(seen); ok {
		t.Error("a client message id was used twice")
	}
	page, err := f.reader().History(chat.HistoryQuery{OrganizationID: f.Org.ID, VisitorID: "v1", Count: 5})
	if after, err2 := f.reader().Conversation(1); err != nil || err2 != nil || len(page.Messages) != 1 || len(f.pending()) != 1 || !reflect.DeepEqual(after, c) {
		t.Errorf("%d messages, %d events, %+v, %v, %v", len(page.Messages), len(f.pending()), after, err, err2)
	}
}
