package chattest

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// member makes a manager one of a conversation's, as of a time.
func (f *Fixture) member(c int64, m models.Manager, participating bool, at models.Time) {
	f.t.Helper()
	f.do(func(tx chat.Tx) error {
		return tx.CreateMembership(&models.Membership{
			ConversationID: c, OrganizationID: m.OrganizationID, ManagerID: m.ID, Participating: participating, CreatedAt: at, UpdatedAt: at,
		})
	})
}

func chats(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	in := func(place int64, change func(*models.Conversation)) func(*models.Conversation) {
		return func(c *models.Conversation) {
			c.RoomID, c.CreatedAt = place, models.Time(100+c.ID/2) // two at a time
			if change != nil {
				change(c)
			}
		}
	}
	closed := func(c *models.Conversation) { c.Status = models.StatusClosed }
	waits := func(c *models.Conversation) { c.ManagerID = nil }
	f.Conversation(1, "v1", f.Anna, in(0, closed))
	f.Conversation(2, "v1", f.Anna, in(7, closed))
	f.Conversation(3, "v1", boris, in(7, nil))
	quiet := f.Conversation(4, "v2", f.Anna, in(7, waits)) // nobody has written
	asked := f.Conversation(5, "v3", f.Anna, in(7, waits))
	given := f.Conversation(6, "v4", f.Anna, in(0, nil)) // she has not come yet
	f.Conversation(7, "v5", f.Manager(f.Organization("Kettles"), "Clara"), in(0, nil))
	f.Message(asked, nil)
	f.Message(given, nil)
	f.member(1, f.Anna, true, 101)
	f.member(2, f.Anna, true, 102)
	f.member(2, boris, false, 103)
	f.member(3, boris, true, 103)
	f.member(3, f.Anna, false, 110)

	yes, no, seven, main := true, false, int64(7), int64(0)
	for _, test := range []struct {
		name string
		q    chat.ChatQuery
		want []int64
	}{
		{"all", chat.ChatQuery{}, []int64{1, 2, 3, 4, 5, 6}},
		{"a room's", chat.ChatQuery{Place: &seven}, []int64{2, 3, 4, 5}},
		{"the main room's", chat.ChatQuery{Place: &main}, []int64{1, 6}},
		{"a visitor's", chat.ChatQuery{VisitorID: "v1"}, []int64{1, 2, 3}},
		{"a visitor's in a room", chat.ChatQuery{VisitorID: "v1", Place: &seven}, []int64{2, 3}},
		{"a visitor's in a room, open", chat.ChatQuery{VisitorID: "v1", Place: &seven, Ended: &no}, []int64{3}},
		{"another organisation's visitor", chat.ChatQuery{VisitorID: "v5"}, nil},
		{"ended", chat.ChatQuery{Ended: &yes}, []int64{1, 2}},
		{"open", chat.ChatQuery{Ended: &no}, []int64{3, 4, 5, 6}},
		{"waiting", chat.ChatQuery{Waiting: &yes}, []int64{5, 6}},
		{"waiting in a room", chat.ChatQuery{Waiting: &yes, Place: &seven}, []int64{5}},
		{"not waiting", chat.ChatQuery{Waiting: &no}, []int64{1, 2, 3, 4}},
		{"ended and waiting", chat.ChatQuery{Waiting: &yes, Ended: &yes}, nil},
		{"Anna's", chat.ChatQuery{ManagerID: f.Anna.ID}, []int64{1, 2, 6, 3}},
		{"Anna's, open", chat.ChatQuery{ManagerID: f.Anna.ID, Ended: &no}, []int64{3, 6}},
		{"Anna's, ended", chat.ChatQuery{ManagerID: f.Anna.ID, Ended: &yes}, []int64{1, 2}},
		{"those in which Anna takes part", chat.ChatQuery{ManagerID: f.Anna.ID, Participating: &yes}, []int64{1, 2}},
		{"those in which she does not", chat.ChatQuery{ManagerID: f.Anna.ID, Participating: &no}, []int64{6, 3}},
		{"those in which she does not, open", chat.ChatQuery{ManagerID: f.Anna.ID, Participating: &no, Ended: &no}, []int64{3, 6}},
		{"Boris's in which he takes part, open", chat.ChatQuery{ManagerID: boris.ID, Participating: &yes, Ended: &no}, []int64{3}},
		{"Anna's in a room", chat.ChatQuery{ManagerID: f.Anna.ID, Waiting: &yes}, []int64{6}},
		{"routed to Anna", chat.ChatQuery{RoutedTo: f.Anna.ID}, []int64{4, 5, 6}},
		{"routed to Boris", chat.ChatQuery{RoutedTo: boris.ID, Ended: &no}, []int64{3, 4, 5}},
		{"routed and ended", chat.ChatQuery{RoutedTo: boris.ID, Ended: &yes}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.q.OrganizationID = f.Org.ID
			if got := f.chatPages(test.q, 50); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			backwards := slices.Clone(test.want)
			slices.Reverse(backwards)
			test.q.Newest = true
			if got := f.chatPages(test.q, 50); !slices.Equal(got, backwards) {
				t.Errorf("newest first: %v, want %v", got, backwards)
			}
			for limit := 1; limit <= 2; limit++ {
				if got := f.chatPages(test.q, limit); !slices.Equal(got, backwards) {
					t.Errorf("newest first, %d at a time: %v, want %v", limit, got, backwards)
				}
			}
		})
	}
	facts, err := f.reader().ChatMessages([]int64{asked.ID, quiet.ID})
	f.must(err)
	if m := facts[asked.ID]; len(facts) != 1 || m.Visitor != 1 || m.Managers != 0 || *m.VisitorAt != 1 {
		t.Errorf("%+v", facts)
	}
}

// chatPages reads a list page after page, and back from each page's beginning.
func (f *Fixture) chatPages(q chat.ChatQuery, limit int) (ids []int64) {
	f.t.Helper()
	q.Limit = limit
	var before []chat.ListedChat
	for {
		list, err := f.reader().Chats(q)
		f.must(err)
		if len(list) == 0 {
			return ids
		}
		if q.From != nil {
			back := q
			back.From, back.Back = &list[0].Place, true
			again, err := f.reader().Chats(back)
			f.must(err)
			if fmt.Sprint(idsOf(again)) != fmt.Sprint(idsOf(before)) {
				f.t.Errorf("back from %d: %v, want %v", list[0].ID, idsOf(again), idsOf(before))
			}
		}
		ids = append(ids, idsOf(list)...)
		before, q.From = list, &list[len(list)-1].Place
	}
}

func idsOf(list []chat.ListedChat) (ids []int64) {
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}
