package chattest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// Attached adds a message with files; each has a thumbnail.
func (f *Fixture) Attached(c models.Conversation, names ...string) models.Message {
	f.t.Helper()
	m := f.Message(c, func(m *models.Message) { m.Attached = len(names) })
	for _, name := range names {
		thumb := name + ".thumb"
		m.Attachments = append(m.Attachments, models.Attachment{
			UUID: f.uuid(), OrganizationID: c.OrganizationID, ConversationID: c.ID, MessageID: m.ID, VisitorID: c.VisitorID,
			Name: name, ContentType: "image/png", Size: 1 << 40, Width: 3, Height: 2, BlobKey: name, ThumbKey: &thumb, CreatedAt: 5,
		})
	}
	f.do(func(tx chat.Tx) error { return tx.CreateAttachments(m.Attachments) })
	return m
}

func attachments(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	clientID := "c-1"
	f.Message(c, nil)
	two := f.Attached(c, "a", "b")
	f.Message(c, func(m *models.Message) { m.ClientMessageID = &clientID })
	one := f.Attached(c, "c")
	page, err := f.reader().History(chat.HistoryQuery{OrganizationID: f.Org.ID, VisitorID: "v1", Count: 5})
	f.must(err)
	var got []string
	for _, m := range page.Messages {
		for _, a := range m.Attachments {
			got = append(got, fmt.Sprint(m.ID, a.Name))
		}
	}
	if want := []string{fmt.Sprint(two.ID, "a"), fmt.Sprint(two.ID, "b"), fmt.Sprint(one.ID, "c")}; !slices.Equal(got, want) {
		t.Errorf("history has %v, want %v", got, want)
	}
	m, err := f.reader().Message(two.ID)
	if err != nil || len(m.Attachments) != 2 || m.Attachments[1].Size != 1<<40 || *m.Attachments[1].ThumbKey != "b.thumb" || m.Attachments[1].ID == 0 {
		t.Errorf("message: %+v, %v", m, err)
	}
	if a, err := f.reader().Attachment(m.Attachments[1].UUID); err != nil || a.MessageID != two.ID || a.Name != "b" {
		t.Errorf("attachment: %+v, %v", a, err)
	}
	if m, err := f.reader().ClientMessage("v1", nil, clientID); err != nil || m.Attachments != nil {
		t.Errorf("without any: %+v, %v", m, err)
	}
}

func (f *Fixture) due(until models.Time) (keys []string) {
	f.t.Helper()
	list, err := f.reader().DueRemovals(until, 100)
	f.must(err)
	for _, removal := range list {
		keys = append(keys, removal.Key)
	}
	return keys
}

func removals(t *testing.T, f *Fixture) {
	f.do(func(tx chat.Tx) error {
		return tx.ScheduleRemovals([]models.BlobRemoval{{Key: "x", DueAt: 100}, {Key: "y", DueAt: 200}, {Key: "z", DueAt: 300}})
	})
	if got := f.due(200); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("due at 200: %v", got)
	}
	f.do(func(tx chat.Tx) error {
		n, err := tx.CancelRemovals([]string{"x", "y", "w"}, 150) // x is due: somebody may be removing it now
		if n != 1 {
			t.Errorf("called off: %d", n)
		}
		return err
	})
	f.do(func(tx chat.Tx) error { return tx.HastenRemovals([]string{"y", "z"}) }) // y is a message's now
	if got := f.due(100); !slices.Equal(got, []string{"z", "x"}) {
		t.Errorf("hastened: %v", got)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteRemovals([]string{"x", "z"}) })
	if got := f.due(1 << 50); len(got) != 0 {
		t.Errorf("forgotten: %v", got)
	}

	c := f.Conversation(1, "v1", f.Anna, nil)
	m := f.Attached(c, "a", "b")
	f.Attached(c, "kept")
	f.do(func(tx chat.Tx) error { return tx.DeleteAttachments(m.ID) })
	if got := f.due(0); !slices.Equal(got, []string{"a", "a.thumb", "b", "b.thumb"}) {
		t.Errorf("of a message: %v", got)
	}
	if m, err := f.reader().Message(m.ID); err != nil || m.Attached != 0 || m.Attachments != nil {
		t.Errorf("the message: %+v, %v", m, err)
	}
	other := f.Organization("Kettles")
	theirs := f.Attached(f.Conversation(2, "v2", f.Manager(other, "Clara"), nil), "c")
	f.do(func(tx chat.Tx) error { return tx.DeleteOrganization(other.ID) })
	if got := f.due(0); !slices.Equal(got, []string{"a", "a.thumb", "b", "b.thumb", "c", "c.thumb"}) {
		t.Errorf("with the organisation: %v", got)
	}
	if _, err := f.reader().Attachment(theirs.Attachments[0].UUID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("its attachment: %v", err)
	}
}
