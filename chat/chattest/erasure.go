package chattest

import (
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func outdated(t *testing.T, f *Fixture) {
	closed := func(id int64, at models.Time) func(*models.Conversation) {
		return func(c *models.Conversation) { c.Status, c.ClosedAt, c.UpdatedAt = models.StatusClosed, &at, at }
	}
	f.Conversation(1, "v1", f.Anna, closed(1, 30))
	f.Conversation(2, "v1", f.Anna, closed(2, 10))
	f.Conversation(3, "v1", f.Anna, closed(3, 40))
	f.Conversation(4, "v1", f.Anna, nil)
	other := f.Organization("Kettles")
	f.Conversation(5, "v2", f.Manager(other, "Clara"), closed(5, 10))
	old, err := f.reader().Outdated(f.Org.ID, 40, 10)
	f.must(err)
	var got []int64
	for _, c := range old {
		got = append(got, c.ID)
	}
	if !slices.Equal(got, []int64{2, 1}) {
		t.Errorf("%v", got)
	}
}

func removal(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	for range 5 {
		f.Attached(c, f.uuid())
	}
	f.Message(f.Conversation(2, "v2", f.Anna, nil), nil)
	var sum models.Removed
	for done, steps := false, 0; !done; steps++ {
		if steps > 9 {
			t.Fatal("it does not end")
		}
		f.do(func(tx chat.Tx) error {
			removed, d, err := tx.RemoveConversation(c, 2)
			if removed.Messages > 2 {
				t.Errorf("%+v at once", removed)
			}
			sum.Add(removed)
			done = d
			return err
		})
	}
	if sum.Conversations != 1 || sum.Messages != 5 || sum.Files != 5 || len(f.due(0)) != 10 {
		t.Errorf("%+v, %d files", sum, len(f.due(0)))
	}
	if _, err := f.reader().AnyConversation("v2"); err != nil {
		t.Errorf("another's: %v", err)
	}
}
