package chattest

import (
	"context"
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
				tx.Visitor("v1") //nolint:errcheck // it brings the failure to light, which a caller then overlooks
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
