package chattest

import (
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// waiting lets a conversation wait since a moment.
func waiting(since models.Time) func(*models.Conversation) {
	return func(c *models.Conversation) { c.ManagerID, c.WaitingSince = nil, &since }
}

func queue(t *testing.T, f *Fixture) {
	other := f.Organization("Kettles")
	foreign := f.Manager(other, "Foreigner")
	f.Conversation(5, "v5", f.Anna, waiting(30))
	f.Conversation(4, "v4", f.Anna, waiting(10))
	f.Conversation(3, "v3", f.Anna, waiting(10))
	f.Conversation(2, "v2", f.Anna, nil)
	f.Conversation(1, "v1", f.Anna, func(c *models.Conversation) { waiting(1)(c); c.Status = models.StatusClosed })
	f.Conversation(9, "v9", foreign, waiting(5))

	ids := func(limit int) (list []int64) {
		conversations, err := f.reader().Waiting(f.Org.ID, limit)
		f.must(err)
		for _, c := range conversations {
			list = append(list, c.ID)
		}
		return list
	}
	if got := ids(10); !slices.Equal(got, []int64{3, 4, 5}) {
		t.Errorf("queue %v", got)
	}
	if got := ids(2); !slices.Equal(got, []int64{3, 4}) {
		t.Errorf("bounded %v", got)
	}
	for id, want := range map[int64]int{3: 0, 4: 1, 5: 2} {
		since := models.Time(10)
		if id == 5 {
			since = 30
		}
		if got, err := f.reader().WaitingBefore(f.Org.ID, since, id); got != want || err != nil {
			t.Errorf("%d before %d, %v; want %d", got, id, err, want)
		}
	}
	queues, err := f.reader().Queues()
	slices.Sort(queues)
	if err != nil || !slices.Equal(queues, []int64{f.Org.ID, other.ID}) {
		t.Errorf("queues %v, %v", queues, err)
	}
	items, err := f.reader().Inbox(chat.InboxQuery{OrganizationID: f.Org.ID, Waiting: true, Limit: 10})
	if err != nil || len(items) != 3 || items[0].Conversation.ID != 3 || items[0].Manager != nil || items[0].Visitor.ID != "v3" {
		t.Errorf("%+v, %v", items, err)
	}
}

func unanswered(t *testing.T, f *Fixture) {
	by := func(at models.Time) func(*models.Conversation) {
		return func(c *models.Conversation) { c.AnswerBy = &at }
	}
	f.Conversation(1, "v1", f.Anna, by(20))
	f.Conversation(2, "v2", f.Anna, by(10))
	f.Conversation(3, "v3", f.Anna, by(21))
	f.Conversation(4, "v4", f.Anna, func(c *models.Conversation) { by(5)(c); c.Status = models.StatusClosed })
	f.Conversation(5, "v5", f.Anna, nil)
	late, err := f.reader().Unanswered(20, 10)
	if err != nil || len(late) != 2 || late[0].ID != 2 || late[1].ID != 1 {
		t.Errorf("%+v, %v", late, err)
	}
}

func availability(t *testing.T, f *Fixture) {
	quiet := f.Organization("Quiet")
	watched := func() []int64 {
		list, err := f.reader().Watched()
		f.must(err)
		slices.Sort(list)
		return list
	}
	if got := watched(); len(got) != 0 {
		t.Errorf("watched %v", got)
	}
	f.do(func(tx chat.Tx) error {
		return tx.AddDutySession(models.DutySession{SessionID: "s", ManagerID: f.Anna.ID, Node: "n", Since: 1})
	})
	for range 2 {
		f.do(func(tx chat.Tx) error {
			_, err := tx.SetOnline(quiet.ID, true)
			return err
		})
	}
	if got := watched(); !slices.Equal(got, []int64{f.Org.ID, quiet.ID}) {
		t.Errorf("watched %v", got)
	}
	f.do(func(tx chat.Tx) error {
		for _, step := range []struct{ online, news bool }{{true, false}, {false, true}, {false, false}, {true, true}} {
			if news, err := tx.SetOnline(quiet.ID, step.online); err != nil || news != step.news {
				t.Errorf("online %v: news %v, %v", step.online, news, err)
			}
		}
		return nil
	})
	if o, err := f.reader().Organization(quiet.ID); err != nil || !o.Online {
		t.Errorf("%+v, %v", o, err)
	}
}

func transitions(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	why := `{"rule":"only_one"}`
	want := []models.Transition{
		{OrganizationID: f.Org.ID, ConversationID: c.ID, VisitorID: "v1", Action: models.ActionOpened, FromState: models.StateNone,
			ToState: models.StateAssigned, ManagerID: &f.Anna.ID, ActorType: "visitor", ActorID: "v1", Decision: &why, CreatedAt: 5},
		{OrganizationID: f.Org.ID, ConversationID: c.ID, VisitorID: "v1", Action: models.ActionQueued, FromState: models.StateAssigned,
			ToState: models.StateWaiting, FromManagerID: &f.Anna.ID, ActorType: "manager", ActorID: "1", Note: "Lunch", CreatedAt: 6},
	}
	f.do(func(tx chat.Tx) error {
		for i := range want {
			want[i].ID = 0
			if err := tx.AppendTransition(&want[i]); err != nil {
				return err
			}
		}
		return nil
	})
	got, err := f.reader().Transitions(c.ID, 10)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if *got[0].Decision != why || *got[0].ManagerID != f.Anna.ID || got[0].FromManagerID != nil || got[1].Note != "Lunch" || got[1].ManagerID != nil || got[1].Decision != nil {
		t.Errorf("%+v", got)
	}
	if got, err := f.reader().Transitions(c.ID, 1); err != nil || len(got) != 1 || got[0].Action != models.ActionOpened {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.reader().Transitions(2, 10); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
