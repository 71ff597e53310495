package chattest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

func missingRecords(t *testing.T, f *Fixture) {
	r := f.reader()
	for name, read := range map[string]func() error{
		"organization": func() error { _, err := r.Organization(99); return err },
		"site key":     func() error { _, err := r.OrganizationBySiteKey("x"); return err },
		"manager":      func() error { _, err := r.Manager(99); return err },
		"address":      func() error { _, err := r.ManagerByEmail("x"); return err },
		"visitor":      func() error { _, err := r.Visitor("x"); return err },
		"conversation": func() error { _, err := r.Conversation(99); return err },
		"seen":         func() error { _, err := r.SeenConversation(99); return err },
		"open":         func() error { _, err := r.OpenConversation("x"); return err },
		"message":      func() error { _, err := r.Message(99); return err },
		"client id":    func() error { _, err := r.ClientMessage("x", nil, "x"); return err },
		"key":          func() error { _, err := r.APIKey(99); return err },
		"sign-in":      func() error { _, err := r.LoginSession("x"); return err },
		"attachment":   func() error { _, err := r.Attachment("x"); return err },
		"lock": func() error {
			return f.Update(context.Background(), func(tx chat.Tx) error { _, err := tx.LockConversation(99); return err })
		},
	} {
		if err := read(); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if id, err := r.PreviousManager("x"); id != 0 || err != nil {
		t.Errorf("previous manager: %d, %v", id, err)
	}
}

func failedTransaction(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	refusal := chat.E(chat.Conflict, "no", "No")
	err := f.Update(context.Background(), func(tx chat.Tx) error {
		m := models.Message{UUID: f.uuid(), ConversationID: c.ID, VisitorID: "v1", SenderType: models.SenderVisitor}
		f.must(tx.CreateMessage(&m))
		e := event(c, 1)
		f.must(tx.AppendEvent(&e))
		return refusal
	})
	if err != refusal {
		t.Errorf("the refusal became %v", err)
	}
	page, err := f.reader().History(chat.HistoryQuery{OrganizationID: f.Org.ID, VisitorID: "v1", Count: 5})
	if err != nil || page.Total != 0 || len(f.pending()) != 0 {
		t.Errorf("left behind: %+v, %v, %v", page, f.pending(), err)
	}
}

func panicking(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			defer func() { recover() }() //nolint:errcheck // a store may hand the panic on
			err := f.Update(context.Background(), func(tx chat.Tx) error {
				e := event(c, int64(i+1))
				if err := tx.AppendEvent(&e); err != nil {
					return err
				}
				if i%2 == 0 {
					panic("oops")
				}
				return nil
			})
			if (err == nil) != (i%2 == 1) {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	group.Wait()
	if n := len(f.pending()); n != 10 {
		t.Errorf("%d events were committed, want 10", n)
	}
}

func cancelled(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := f.Update(ctx, func(tx chat.Tx) error { e := event(c, 1); return tx.AppendEvent(&e) })
	if !errors.Is(err, context.Canceled) || len(f.pending()) != 0 {
		t.Errorf("%v, %v", err, f.pending())
	}
}

func deleteOrganization(t *testing.T, f *Fixture) {
	other := f.Manager(f.Organization("Kettles"), "Clara")
	kept := f.Conversation(1, "v1", other, nil)
	c := f.Conversation(2, "v2", f.Anna, nil)
	m := f.Message(c, nil)
	hook := f.Webhook(f.Org, nil)
	f.queueUp(hook, 1, f.delivery(1, ""))
	f.do(func(tx chat.Tx) error {
		mine, theirs := event(c, 1), event(kept, 1)
		f.must(tx.AppendEvent(&mine))
		f.must(tx.AppendEvent(&theirs))
		f.must(tx.AddDutySession(models.DutySession{SessionID: "s", ManagerID: f.Anna.ID, Node: "n"}))
		f.must(tx.CreateNotification(&models.Notification{OrganizationID: f.Org.ID, VisitorID: "v2", Data: "{}"}))
		return tx.DeleteOrganization(f.Org.ID)
	})
	r := f.reader()
	_, err1 := r.Organization(f.Org.ID)
	_, err2 := r.FormerManager(f.Anna.ID)
	_, err3 := r.Conversation(c.ID)
	_, err4 := r.Message(m.ID)
	_, err5 := r.Visitor("v2")
	_, err6 := r.Webhook(hook.ID)
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		if !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("still there: %v", err)
		}
	}
	if _, err := r.Conversation(kept.ID); err != nil || len(f.pending()) != 1 {
		t.Errorf("the other organisation's: %v, %v", err, f.pending())
	}
}
