package chattest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

func oneOpen(t *testing.T, f *Fixture) {
	f.Conversation(1, "v1", f.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
	f.Conversation(2, "v1", f.Anna, nil)
	err := f.Update(context.Background(), func(tx chat.Tx) error {
		return tx.CreateConversation(&models.Conversation{
			ID: 3, UUID: f.uuid(), OrganizationID: f.Org.ID, VisitorID: "v1", Status: models.StatusOpen,
		})
	})
	if err == nil {
		t.Error("a visitor has two open conversations")
	}
	if c, err := f.reader().OpenConversation("v1"); err != nil || c.ID != 2 {
		t.Errorf("open: %d, %v", c.ID, err)
	}
	if id, err := f.reader().PreviousManager("v1"); err != nil || id != f.Anna.ID {
		t.Errorf("previous: %d, %v", id, err)
	}
}

func openInRooms(t *testing.T, f *Fixture) {
	in := func(place int64, kind models.ChatType) func(*models.Conversation) {
		return func(c *models.Conversation) { c.RoomID, c.ChatType = place, kind }
	}
	found := func() int64 {
		c, err := f.reader().OpenConversation("v1")
		f.must(err)
		return c.ID
	}
	f.Conversation(1, "v1", f.Anna, in(7, models.ChatVisitor))
	f.Conversation(2, "v1", f.Anna, in(8, models.ChatVisitor))
	f.Conversation(3, "v1", f.Anna, in(8, models.ChatTask))
	f.Conversation(4, "v1", f.Anna, in(8, models.ChatTask))
	f.Conversation(9, "v2", f.Anna, in(8, models.ChatExternal))
	if id := found(); id != 2 {
		t.Errorf("the latest of any room: %d", id)
	}
	main := f.Conversation(5, "v1", f.Anna, func(c *models.Conversation) { c.CreatedAt = 0 })
	if id := found(); id != main.ID {
		t.Errorf("that of the main room: %d", id)
	}
	for _, test := range []struct {
		place int64
		kind  models.ChatType
		want  int64
	}{{7, models.ChatVisitor, 1}, {8, models.ChatVisitor, 2}, {8, models.ChatTask, 4}, {8, models.ChatExternal, 0}, {7, models.ChatTask, 0}, {0, models.ChatVisitor, 5}} {
		c, err := f.reader().OpenInRoom("v1", test.place, test.kind)
		if c.ID != test.want || (err == nil) != (test.want != 0) || err != nil && !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("%+v: %d, %v", test, c.ID, err)
		}
	}
	ids := func(list []models.Conversation, err error) (ids []int64) {
		f.must(err)
		for _, c := range list {
			ids = append(ids, c.ID)
		}
		return ids
	}
	if got := ids(f.reader().OpenConversations("v1")); !slices.Equal(got, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("all that are open: %v", got)
	}
	f.do(func(tx chat.Tx) error {
		c, err := tx.LockConversation(4)
		c.ManagerID = nil
		return cmp.Or(err, tx.SaveConversation(c))
	})
	for kind, want := range map[models.ChatType][]int64{models.ChatTask: {3, 4}, models.ChatExternal: {9}, models.ChatVisitor: {1, 2, 5}} {
		if got := ids(f.reader().Idle(kind, 100, 10)); !slices.Equal(got, want) {
			t.Errorf("idle %q: %v", kind, got)
		}
	}
}

func history(t *testing.T, f *Fixture) {
	older := f.Conversation(1, "v1", f.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
	newer := f.Conversation(2, "v1", f.Anna, nil)
	other := f.Conversation(3, "v2", f.Anna, nil)
	var ids []int64
	for i := range 10 {
		c := older
		if i >= 5 {
			c = newer
		}
		ids = append(ids, f.Message(c, nil).ID)
		f.Message(other, nil)
	}
	foreign := int64(1) << 60
	for _, test := range []struct {
		name  string
		since *int64
		after bool
		count int
		want  []int64
		more  bool
	}{
		{"the end", nil, false, 4, ids[6:], true},
		{"everything", nil, false, 50, ids, false},
		{"exactly everything", nil, false, 10, ids, false},
		{"inclusive, backwards", &ids[6], false, 3, ids[4:7], true},
		{"the first", &ids[0], false, 3, ids[:1], false},
		{"a bare bound", &foreign, false, 2, ids[8:], true},
		{"exclusive, forwards", &ids[6], true, 2, ids[7:9], true},
		{"the rest", &ids[6], true, 5, ids[7:], false},
		{"nothing newer", &ids[9], true, 5, nil, false},
		{"forwards from the start", nil, true, 2, ids[:2], true},
	} {
		page, err := f.reader().History(chat.HistoryQuery{
			OrganizationID: f.Org.ID, VisitorID: "v1", Since: test.since, After: test.after, Count: test.count,
		})
		var got []int64
		for _, m := range page.Messages {
			got = append(got, m.ID)
		}
		if err != nil || !slices.Equal(got, test.want) || page.More != test.more || page.Total != 10 {
			t.Errorf("%s: %v more %v total %d, %v; want %v more %v", test.name, got, page.More, page.Total, err, test.want, test.more)
		}
	}
	page, err := f.reader().History(chat.HistoryQuery{OrganizationID: f.Org.ID + 1, VisitorID: "v1", Count: 5})
	if err != nil || page.Total != 0 || len(page.Messages) != 0 {
		t.Errorf("another organisation sees %+v, %v", page, err)
	}
}

func clientMessages(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	id := "c-1"
	m := f.Message(c, func(m *models.Message) { m.ClientMessageID = &id })
	f.Message(c, func(m *models.Message) {
		m.ClientMessageID, m.SenderType, m.ManagerID = &id, models.SenderManager, &f.Anna.ID
	})
	f.Message(c, nil)
	f.Message(c, nil) // none is not one
	err := f.Update(context.Background(), func(tx chat.Tx) error {
		return tx.CreateMessage(&models.Message{
			UUID: f.uuid(), ConversationID: c.ID, VisitorID: "v1", SenderType: models.SenderVisitor, ClientMessageID: &id,
		})
	})
	if !errors.Is(err, chat.ErrTaken) {
		t.Errorf("the same id was taken twice: %v", err)
	}
	if found, err := f.reader().ClientMessage("v1", nil, id); err != nil || found.ID != m.ID {
		t.Errorf("found %d, %v", found.ID, err)
	}
}

func readOnce(t *testing.T, f *Fixture) {
	m := f.Message(f.Conversation(1, "v1", f.Anna, nil), nil)
	var mu sync.Mutex
	firsts := 0
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			var first bool
			err := f.Update(context.Background(), func(tx chat.Tx) (err error) {
				first, err = tx.MarkRead(m.ID, 77)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if first {
				firsts++
			}
		})
	}
	group.Wait()
	if got, _ := f.reader().Message(m.ID); firsts != 1 || got.ReadAt == nil || *got.ReadAt != 77 {
		t.Errorf("%d were first; read at %v", firsts, got.ReadAt)
	}
}

func abandonedAndIdle(t *testing.T, f *Fixture) {
	boris, clara := f.Manager(f.Org, "Boris"), f.Manager(f.Org, "Clara")
	f.Conversation(10, "v1", f.Anna, nil) // vanished long ago
	f.Conversation(20, "v2", boris, nil)  // never seen: came by a call, not by a channel
	f.Conversation(30, "v3", clara, nil)  // here
	f.Conversation(40, "v4", f.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
	f.do(func(tx chat.Tx) error {
		for i, m := range []models.Manager{f.Anna, clara} {
			session := fmt.Sprint(i)
			f.must(tx.AddDutySession(models.DutySession{SessionID: session, ManagerID: m.ID, Node: "n"}))
			f.must(tx.EndDutySession(session, 100))
		}
		return tx.AddDutySession(models.DutySession{SessionID: "back", ManagerID: clara.ID, Node: "n"})
	})
	ids := func(before models.Time) (got []int64) {
		list, err := f.reader().Abandoned(f.Org.ID, before, 10)
		f.must(err)
		for _, c := range list {
			got = append(got, c.ID)
		}
		return got
	}
	if got := ids(100); len(got) != 0 {
		t.Errorf("abandoned too early: %v", got)
	}
	if got := ids(101); !slices.Equal(got, []int64{10}) {
		t.Errorf("abandoned: %v", got)
	}
	f.do(func(tx chat.Tx) error { return tx.RetireManager(boris.ID, 5) })
	if got := ids(0); !slices.Equal(got, []int64{20}) {
		t.Errorf("abandoned by who left: %v", got)
	}
	if got, err := f.reader().AbandonedOrganizations(101); err != nil || !slices.Equal(got, []int64{f.Org.ID}) {
		t.Errorf("organisations: %v, %v", got, err)
	}
	idle, err := f.reader().Idle(models.ChatVisitor, 30, 10)
	if err != nil || len(idle) != 2 || idle[0].ID != 10 || idle[1].ID != 20 {
		t.Errorf("idle: %+v, %v", idle, err)
	}
}

func inbox(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	for id := int64(1); id <= 6; id++ {
		m := f.Anna
		if id%3 == 0 {
			m = boris
		}
		c := f.Conversation(id, fmt.Sprint("v", id), m, func(c *models.Conversation) { c.UpdatedAt = 100 + models.Time(id/2) })
		last := f.Message(c, func(m *models.Message) { m.Content = fmt.Sprint("last ", c.ID) })
		c.LastMessageID = &last.ID
		f.do(func(tx chat.Tx) error { return tx.SaveConversation(c) })
	}
	q := chat.InboxQuery{OrganizationID: f.Org.ID, ManagerID: f.Anna.ID, Status: models.StatusOpen, Limit: 3}
	var got []int64
	for {
		items, err := f.reader().Inbox(q)
		f.must(err)
		if len(items) == 0 {
			break
		}
		for _, item := range items {
			got = append(got, item.Conversation.ID)
			if item.Manager.Name != "Anna" || item.Visitor.ID != item.Conversation.VisitorID ||
				item.LastMessage.Content != fmt.Sprint("last ", item.Conversation.ID) {
				t.Errorf("%+v", item)
			}
		}
		last := items[len(items)-1].Conversation
		q.Before = &chat.InboxCursor{UpdatedAt: last.UpdatedAt, ID: last.ID}
	}
	if !slices.Equal(got, []int64{5, 4, 2, 1}) {
		t.Errorf("Anna's: %v", got)
	}
	q = chat.InboxQuery{OrganizationID: f.Org.ID, Status: models.StatusOpen, Limit: 10}
	if items, err := f.reader().Inbox(q); err != nil || len(items) != 6 {
		t.Errorf("everybody's: %d, %v", len(items), err)
	}
	q.Status = models.StatusClosed
	if items, err := f.reader().Inbox(q); err != nil || len(items) != 0 {
		t.Errorf("closed: %d, %v", len(items), err)
	}
}
