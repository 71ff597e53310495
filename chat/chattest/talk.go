package chattest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func versions(t *testing.T, f *Fixture) {
	m := f.Message(f.Conversation(1, "v1", f.Anna, nil), nil)
	at := models.Time(7)
	m.Content, m.EditedAt, m.DeletedAt, m.ReadAt = "Good day", &at, &at, &at
	m.SenderType = models.SenderManager // is not changed
	f.do(func(tx chat.Tx) error {
		for _, content := range []string{"Hello", "Helo"} {
			v := models.MessageVersion{MessageID: m.ID, Content: content, ActorType: "visitor", ActorID: "v1", ReplacedAt: at}
			f.must(tx.CreateMessageVersion(&v))
		}
		return tx.ReplaceContent(m)
	})
	got, err := f.reader().Message(m.ID)
	if err != nil || got.Content != "Good day" || *got.EditedAt != at || *got.DeletedAt != at || *got.ReadAt != at ||
		got.SenderType != models.SenderVisitor {
		t.Errorf("%+v, %v", got, err)
	}
	all, err := f.reader().MessageVersions(m.ID)
	if err != nil || len(all) != 2 || all[0].Content != "Hello" || all[1].Content != "Helo" || all[0].ActorID != "v1" || all[0].ReplacedAt != at {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := f.reader().MessageVersions(m.ID + 1); err != nil || all == nil || len(all) != 0 {
		t.Errorf("of another: %v, %v", all, err)
	}
}

func readUpTo(t *testing.T, f *Fixture) {
	older := f.Conversation(1, "v1", f.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
	newer := f.Conversation(2, "v1", f.Anna, nil)
	other := f.Conversation(3, "v2", f.Anna, nil)
	hers := func(m *models.Message) { m.SenderType, m.ManagerID = models.SenderManager, &f.Anna.ID }
	var ids []int64
	for i := range 6 {
		c := older
		if i >= 3 {
			c = newer
		}
		ids = append(ids, f.Message(c, nil).ID)
		f.Message(c, hers)
		f.Message(other, nil)
	}
	q := chat.ReadQuery{OrganizationID: f.Org.ID, VisitorID: "v1", Sender: models.SenderVisitor, UpTo: ids[4]}
	if in, err := f.reader().UnreadIn(q); err != nil || !slices.Equal(in, []int64{1, 2}) {
		t.Errorf("unread in %v, %v", in, err)
	}
	mark := func(at models.Time, conversations ...int64) (marked []int64) {
		f.do(func(tx chat.Tx) error {
			q := q
			q.Conversations = conversations
			marks, err := tx.MarkReadUpTo(q, at)
			marked = nil
			for _, m := range marks {
				marked = append(marked, m.ID)
			}
			slices.Sort(marked)
			return err
		})
		return marked
	}
	if got := mark(9, 2); !slices.Equal(got, ids[3:5]) {
		t.Errorf("in the newer one: %v of %v", got, ids)
	}
	if got := mark(10, 1, 2, 3); !slices.Equal(got, ids[:3]) {
		t.Errorf("in all: %v of %v", got, ids)
	}
	if got := mark(11, 1, 2, 3); got != nil {
		t.Errorf("again: %v", got)
	}
	if m, err := f.reader().Message(ids[3]); err != nil || *m.ReadAt != 9 {
		t.Errorf("%+v, %v", m, err)
	}
	if in, err := f.reader().UnreadIn(q); err != nil || len(in) != 0 {
		t.Errorf("still unread in %v, %v", in, err)
	}
	foreign := q
	foreign.OrganizationID++
	foreign.UpTo = 1 << 60
	if in, err := f.reader().UnreadIn(foreign); err != nil || len(in) != 0 {
		t.Errorf("of another organisation: %v, %v", in, err)
	}
}

func unreadTotals(t *testing.T, f *Fixture) {
	if got, err := f.reader().Unread(f.Anna.ID, 5); err != nil || got.Total != 0 || got.Conversations == nil {
		t.Errorf("none: %+v, %v", got, err)
	}
	boris := f.Manager(f.Org, "Boris")
	for id := int64(1); id <= 4; id++ {
		f.Conversation(id, fmt.Sprint("v", id), f.Anna, func(c *models.Conversation) { c.UnreadManager, c.UnreadVisitor = int(id)-1, 9 })
	}
	f.Conversation(5, "v5", boris, func(c *models.Conversation) { c.UnreadManager = 7 })
	f.Conversation(6, "v6", f.Anna, func(c *models.Conversation) { c.UnreadManager, c.Status = 8, models.StatusClosed })
	got, err := f.reader().Unread(f.Anna.ID, 2)
	want := []chat.UnreadConversation{{ID: 4, Unread: 3}, {ID: 3, Unread: 2}}
	if err != nil || got.Total != 6 || !slices.Equal(got.Conversations, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func notes(t *testing.T, f *Fixture) {
	c, other := f.Conversation(1, "v1", f.Anna, nil), f.Conversation(2, "v2", f.Anna, nil)
	var ids []int64
	for i := range 5 {
		for _, of := range []models.Conversation{c, other} {
			n := models.Note{
				OrganizationID: f.Org.ID, ConversationID: of.ID, VisitorID: of.VisitorID, ManagerID: &f.Anna.ID,
				ManagerName: "Anna", Content: fmt.Sprint(i), CreatedAt: 3,
			}
			f.do(func(tx chat.Tx) error { n.ID = 0; return tx.CreateNote(&n) })
			if of.ID == c.ID {
				ids = append(ids, n.ID)
			}
		}
	}
	list := func(before int64, limit int) (got []int64) {
		notes, err := f.reader().Notes(c.ID, before, limit)
		f.must(err)
		for _, n := range notes {
			got = append(got, n.ID)
		}
		return got
	}
	if got := list(0, 3); !slices.Equal(got, ids[2:]) {
		t.Errorf("the last: %v of %v", got, ids)
	}
	if got := list(ids[2], 3); !slices.Equal(got, ids[:2]) {
		t.Errorf("before them: %v of %v", got, ids)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteNote(ids[0]) })
	if _, err := f.reader().Note(ids[0]); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("deleted: %v", err)
	}
	if n, err := f.reader().Note(ids[1]); err != nil || n.Content != "1" || n.ManagerName != "Anna" || *n.ManagerID != f.Anna.ID {
		t.Errorf("%+v, %v", n, err)
	}
	if n, err := f.reader().CountNotes(c.ID); err != nil || n != 4 {
		t.Errorf("%d, %v", n, err)
	}
}

func tags(t *testing.T, f *Fixture) {
	f.Conversation(1, "v1", f.Anna, nil)
	f.Conversation(2, "v2", f.Anna, nil)
	clara := f.Manager(f.Organization("Kettles"), "Clara")
	f.Conversation(3, "v3", clara, nil)
	add := func(organizationID, id int64, tags ...string) {
		f.do(func(tx chat.Tx) error {
			for _, tag := range tags {
				f.must(tx.AddTag(models.ConversationTag{ConversationID: id, Tag: tag, OrganizationID: organizationID, CreatedAt: 1}))
			}
			return nil
		})
	}
	add(f.Org.ID, 1, "refund", "a_b", "ёлка")
	add(f.Org.ID, 2, "refund", "axb", "gone", "re 100%")
	add(clara.OrganizationID, 3, "refund", "theirs")
	f.do(func(tx chat.Tx) error { return tx.RemoveTag(2, "gone") })
	of, err := f.reader().Tags(1, 2)
	if err != nil || !slices.Equal(of[1], []string{"a_b", "refund", "ёлка"}) || !slices.Equal(of[2], []string{"axb", "re 100%", "refund"}) {
		t.Errorf("%v, %v", of, err)
	}
	if of, err := f.reader().Tags(); err != nil || len(of) != 0 {
		t.Errorf("of none: %v, %v", of, err)
	}
	for _, c := range []struct {
		prefix string
		want   []chat.TagCount
	}{
		{"re", []chat.TagCount{{Tag: "re 100%", Count: 1}, {Tag: "refund", Count: 2}}},
		{"a_", []chat.TagCount{{Tag: "a_b", Count: 1}}},
		{"re 100%", []chat.TagCount{{Tag: "re 100%", Count: 1}}},
		{"ё", []chat.TagCount{{Tag: "ёлка", Count: 1}}},
		{"%", []chat.TagCount{}},
		{`\`, []chat.TagCount{}},
		{"theirs", []chat.TagCount{}},
	} {
		got, err := f.reader().TagCounts(chat.TagQuery{OrganizationID: f.Org.ID, Prefix: c.prefix, Limit: 9})
		if err != nil || got == nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, %v", c.prefix, got, err)
		}
	}
	q := chat.TagQuery{OrganizationID: f.Org.ID, Limit: 2}
	var all []string
	for range 4 {
		page, err := f.reader().TagCounts(q)
		f.must(err)
		for _, one := range page {
			all = append(all, one.Tag)
			q.After = one.Tag
		}
	}
	slices.Sort(all)
	if !slices.Equal(all, []string{"a_b", "axb", "re 100%", "refund", "ёлка"}) {
		t.Errorf("in pages: %v", all)
	}
}

func cannedReplies(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	create := func(owner *int64, shortcut string) models.CannedReply {
		c := models.CannedReply{OrganizationID: f.Org.ID, ManagerID: owner, Shortcut: shortcut, Content: "Hello", CreatedAt: 1}
		f.do(func(tx chat.Tx) error { c.ID = 0; return tx.CreateCannedReply(&c) })
		return c
	}
	shared := create(nil, "hi")
	create(&f.Anna.ID, "hi")
	gone := create(&f.Anna.ID, "bye")
	create(&boris.ID, "hi")
	if c := (models.CannedReply{OrganizationID: f.Org.ID, Shortcut: "hi", CreatedAt: 1}); f.Update(t.Context(),
		func(tx chat.Tx) error { return tx.CreateCannedReply(&c) }) == nil {
		t.Error("a shortcut was taken twice")
	}
	shared.Shortcut, shared.Content = "welcome", "Welcome"
	f.do(func(tx chat.Tx) error {
		f.must(tx.DeleteCannedReply(gone.ID))
		return tx.SaveCannedReply(shared)
	})
	list := func(organizationID int64, owner *int64) (got []string) {
		all, err := f.reader().CannedReplies(organizationID, owner)
		f.must(err)
		for _, c := range all {
			got = append(got, c.Shortcut)
		}
		return got
	}
	if got := list(f.Org.ID, &f.Anna.ID); !slices.Equal(got, []string{"hi", "welcome"}) {
		t.Errorf("Anna's: %v", got)
	}
	if got := list(f.Org.ID, nil); !slices.Equal(got, []string{"welcome"}) {
		t.Errorf("everybody's: %v", got)
	}
	if got := list(f.Org.ID+1, &f.Anna.ID); got != nil {
		t.Errorf("another organisation's: %v", got)
	}
	if c, err := f.reader().CannedReply(shared.ID); err != nil || c != shared {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := f.reader().CannedReply(gone.ID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("deleted: %v", err)
	}
}
