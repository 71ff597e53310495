package chattest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// Transition adds one to a conversation: nobody's and of the visitor's own doing, unless told otherwise.
func (f *Fixture) Transition(c models.Conversation, action models.Action, from, to models.State, at models.Time, change func(*models.Transition)) {
	f.t.Helper()
	t := models.Transition{
		OrganizationID: c.OrganizationID, ConversationID: c.ID, VisitorID: c.VisitorID, Action: action,
		FromState: from, ToState: to, ActorType: string(models.SenderVisitor), CreatedAt: at,
	}
	if change != nil {
		change(&t)
	}
	f.do(func(tx chat.Tx) error { t.ID = 0; return tx.AppendTransition(&t) })
}

// Rate has a conversation rated.
func (f *Fixture) Rate(c models.Conversation, value int, at models.Time) {
	f.t.Helper()
	c.Rating, c.RatedAt, c.UpdatedAt = &value, &at, max(c.UpdatedAt, at)
	f.do(func(tx chat.Tx) error { return tx.SaveConversation(c) })
}

func steps(t *testing.T, f *Fixture) {
	stranger := f.Manager(f.Organization("Kettles"), "Zoe")
	lived := func(id int64, m models.Manager, opened, closed models.Time) {
		c := f.Conversation(id, fmt.Sprint("v", id), m, func(c *models.Conversation) {
			c.CreatedAt, c.UpdatedAt = opened, opened
			if closed != 0 {
				c.Status, c.ClosedAt, c.UpdatedAt = models.StatusClosed, &closed, closed
			}
		})
		hers := func(t *models.Transition) { t.ManagerID, t.ActorType = c.ManagerID, "manager" }
		f.Transition(c, models.ActionOpened, models.StateNone, models.StateWaiting, opened, nil)
		f.Transition(c, models.ActionClaimed, models.StateWaiting, models.StateAssigned, opened+1, hers)
		if closed != 0 {
			f.Transition(c, models.ActionClosed, models.StateAssigned, models.StateClosed, closed, func(t *models.Transition) {
				t.FromManagerID, t.ManagerID = c.ManagerID, c.ManagerID
			})
		}
	}
	lived(10, f.Anna, 100, 199)
	lived(11, f.Anna, 100, 200)
	lived(12, f.Anna, 100, 900)
	lived(13, f.Anna, 100, 0)
	lived(14, f.Anna, 299, 900)
	lived(15, f.Anna, 300, 301)
	lived(16, stranger, 250, 260)

	var got []string
	read := func(s models.Transition) error {
		got = append(got, fmt.Sprintf("%d %s %d", s.ConversationID, s.Action, int64(s.CreatedAt)))
		return nil
	}
	f.must(f.reader().Steps(f.Org.ID, 200, 300, read))
	want := []string{
		"11 opened 100", "11 claimed 101", "11 closed 200", "12 opened 100", "12 claimed 101", "12 closed 900",
		"13 opened 100", "13 claimed 101", "14 opened 299", "14 claimed 300", "14 closed 900",
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps %v\nwant %v", got, want)
	}
	f.must(f.reader().Steps(f.Org.ID, 900, 901, func(s models.Transition) error {
		manager, was := s.ManagerID, s.FromManagerID
		switch s.Action {
		case models.ActionOpened:
			if manager != nil || was != nil || s.FromState != models.StateNone || s.ToState != models.StateWaiting || s.ActorType != "visitor" {
				t.Errorf("%+v", s)
			}
		case models.ActionClosed:
			if manager == nil || was == nil || *was != f.Anna.ID || s.FromState != models.StateAssigned || s.OrganizationID != f.Org.ID {
				t.Errorf("%+v", s)
			}
		}
		return nil
	}))
	enough := errors.New("enough")
	if err := f.reader().Steps(f.Org.ID, 200, 300, func(models.Transition) error { return enough }); err != enough {
		t.Errorf("the reader's own error became %v", err)
	}
}

func ratings(t *testing.T, f *Fixture) {
	for id, at := range map[int64]models.Time{1: 99, 2: 100, 3: 199, 4: 200} {
		c := f.Conversation(id, fmt.Sprint("v", id), f.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
		f.Rate(c, int(id), at)
	}
	zoe := f.Manager(f.Organization("Kettles"), "Zoe")
	f.Rate(f.Conversation(5, "v5", zoe, nil), 5, 150)
	got, err := f.reader().Ratings(f.Org.ID, 100, 200)
	if want := (map[int64]chat.Rating{2: {Value: 2, At: 100}, 3: {Value: 3, At: 199}}); err != nil || !maps.Equal(got, want) {
		t.Errorf("ratings %v, %v, want %v", got, err, want)
	}
}

func queueNow(t *testing.T, f *Fixture) {
	waiting, since, err := f.reader().QueueNow(f.Org.ID)
	if waiting != 0 || since != nil || err != nil {
		t.Errorf("nobody waits: %d, %v, %v", waiting, since, err)
	}
	for id := range models.Time(3) {
		f.Conversation(int64(id)+1, fmt.Sprint("v", id), f.Anna, func(c *models.Conversation) {
			if at := 70 - id; id > 0 {
				c.ManagerID, c.WaitingSince = nil, &at
			}
		})
	}
	waiting, since, err = f.reader().QueueNow(f.Org.ID)
	if err != nil || waiting != 2 || since == nil || *since != 68 {
		t.Errorf("two wait: %d, %v, %v", waiting, since, err)
	}
}

func managerNames(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	f.Manager(f.Organization("Kettles"), "Zoe")
	f.do(func(tx chat.Tx) error { return tx.RetireManager(boris.ID, 5) })
	got, err := f.reader().ManagerNames(f.Org.ID)
	if want := (map[int64]string{f.Anna.ID: "Anna", boris.ID: "Boris"}); err != nil || !maps.Equal(got, want) {
		t.Errorf("names %v, %v, want %v", got, err, want)
	}
}
