package chattest

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func to[T any](value T) *T { return &value }

func memberships(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	first := f.Conversation(1, "v1", f.Anna, nil)
	second := f.Conversation(2, "v2", f.Anna, nil)
	third := f.Conversation(3, "v3", f.Anna, nil)
	join := func(c models.Conversation, managerID int64, participating bool, at models.Time) (m models.Membership) {
		f.do(func(tx chat.Tx) error {
			m = models.Membership{
				ConversationID: c.ID, OrganizationID: c.OrganizationID, ManagerID: managerID,
				Participating: participating, CreatedAt: at, UpdatedAt: at,
			}
			return tx.CreateMembership(&m)
		})
		return m
	}
	older := join(first, f.Anna.ID, true, 10)
	hers := join(first, boris.ID, true, 11)
	join(first, 0, false, 1)
	newer := join(second, f.Anna.ID, true, 20)
	latest := join(third, f.Anna.ID, false, 20)

	if _, err := f.reader().Membership(second.ID, boris.ID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("no member: %v", err)
	}
	if m, err := f.reader().Membership(first.ID, boris.ID); m != hers || err != nil {
		t.Errorf("%+v, %v; want %+v", m, err, hers)
	}
	f.do(func(tx chat.Tx) error {
		hers.Participating, hers.UpdatedAt = false, 15
		return tx.SaveMembership(hers)
	})
	all, err := f.reader().Memberships(first.ID, second.ID)
	if len(all) != 2 || len(all[first.ID]) != 3 || all[first.ID][1] != hers || len(all[second.ID]) != 1 || err != nil {
		t.Errorf("%+v, %v", all, err)
	}

	yes := true
	at := chat.PlaceOfMembership
	for name, row := range map[string]struct {
		q    chat.PageQuery
		take *bool
		want []int64
	}{
		"all":            {chat.PageQuery{}, nil, []int64{older.ID, newer.ID, latest.ID}},
		"the newest":     {chat.PageQuery{Newest: true, Limit: 1}, nil, []int64{latest.ID}},
		"the rest":       {chat.PageQuery{Newest: true, From: to(at(latest))}, nil, []int64{newer.ID, older.ID}},
		"back":           {chat.PageQuery{Newest: true, From: to(at(older)), Back: true, Limit: 1}, nil, []int64{newer.ID}},
		"takes part now": {chat.PageQuery{}, &yes, []int64{older.ID, newer.ID}},
	} {
		if row.q.Limit == 0 {
			row.q.Limit = 10
		}
		q := chat.MembershipQuery{OrganizationID: f.Org.ID, ManagerID: f.Anna.ID, Participating: row.take, PageQuery: row.q}
		list, err := f.reader().MembershipsOf(q)
		var got []int64
		for _, m := range list {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, row.want) || err != nil {
			t.Errorf("%s: %v, %v; want %v", name, got, err, row.want)
		}
	}

	f.Message(first, nil)
	f.Message(first, nil)
	f.Message(first, func(m *models.Message) { m.Type = models.MessageAction })
	f.Message(first, func(m *models.Message) { m.SenderType, m.ManagerID = models.SenderManager, &boris.ID })
	f.Message(third, nil)
	counts, err := f.reader().MessagesOf(first.ID, second.ID)
	if len(counts) != 1 || !maps.Equal(counts[first.ID], map[int64]int{0: 2, boris.ID: 1}) || err != nil {
		t.Errorf("%v, %v", counts, err)
	}

	f.do(func(tx chat.Tx) error {
		return tx.AddDutySession(models.DutySession{SessionID: "s", ManagerID: f.Anna.ID, Node: "n", Since: 1})
	})
	present, err := f.reader().Present([]int64{f.Anna.ID, boris.ID})
	if !maps.Equal(present, map[int64]bool{f.Anna.ID: true}) || err != nil {
		t.Errorf("present %v, %v", present, err)
	}
	for what, list := range map[string]func() (int, error){
		"members":  func() (int, error) { all, err := f.reader().Memberships(); return len(all), err },
		"messages": func() (int, error) { all, err := f.reader().MessagesOf(); return len(all), err },
		"present":  func() (int, error) { all, err := f.reader().Present(nil); return len(all), err },
	} {
		if n, err := list(); n != 0 || err != nil {
			t.Errorf("%s of nothing: %d, %v", what, n, err)
		}
	}
	f.do(func(tx chat.Tx) error {
		a := models.Attendance{UUID: f.uuid(), ConversationID: first.ID, ManagerID: boris.ID, Joined: true, CreatedAt: 11}
		return tx.CreateAttendance(&a)
	})
}
