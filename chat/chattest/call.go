package chattest

import (
	"errors"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func calls(t *testing.T, f *Fixture) {
	c, other := f.Conversation(1, "v1", f.Anna, nil), f.Conversation(2, "v2", f.Anna, nil)
	foreign := f.Conversation(3, "v3", f.Manager(f.Organization("Kettles"), "Foreigner"), nil)
	add := func(of models.Conversation, state models.CallState, at models.Time) models.Call {
		call := models.Call{
			UUID: of.VisitorID + string(state) + at.Time().String(), OrganizationID: of.OrganizationID, ConversationID: of.ID, MessageID: 7, Kind: models.CallBoth,
			State: state, OperatorName: "Dr. Anna", CreatedAt: at, UpdatedAt: at,
		}
		if state != models.CallRinging && state != models.CallAccepted {
			call.EndedAt = &at
		}
		f.do(func(tx chat.Tx) error { call.ID = 0; return tx.CreateCall(&call) })
		return call
	}
	if _, err := f.reader().LatestCall(c.ID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("none: %v", err)
	}
	if _, err := f.reader().LatestCallOf("v1"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("none of hers: %v", err)
	}
	past := add(c, models.CallMissed, 10)
	ringing := add(c, models.CallRinging, 20)
	spoken := add(other, models.CallAccepted, 30)
	add(foreign, models.CallRinging, 40)

	avatar := "https://example.com/a.png"
	spoken.OperatorAvatar, spoken.ManagerID, spoken.AcceptedAt = &avatar, &f.Anna.ID, &spoken.CreatedAt
	f.do(func(tx chat.Tx) error { return tx.SaveCall(spoken) })
	got, err := f.reader().LatestCall(other.ID)
	if err != nil || *got.OperatorAvatar != avatar || *got.ManagerID != f.Anna.ID || *got.AcceptedAt != 30 || got.Kind != models.CallBoth || got.UpdatedAt != 30 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.reader().LatestCallOf("v1"); err != nil || got.ID != ringing.ID {
		t.Errorf("%+v, %v", got, err)
	}
	ids := func(list []models.Call, err error) (ids []int64) {
		f.must(err)
		for _, call := range list {
			ids = append(ids, call.ID)
		}
		return ids
	}
	if list := ids(f.reader().Calls(c.ID, 5)); !slices.Equal(list, []int64{past.ID, ringing.ID}) {
		t.Errorf("of a conversation: %v", list)
	}
	if list := ids(f.reader().LiveCalls(f.Org.ID, 5)); !slices.Equal(list, []int64{ringing.ID, spoken.ID}) {
		t.Errorf("live: %v", list)
	}
	if list := ids(f.reader().LiveCalls(f.Org.ID, 1)); !slices.Equal(list, []int64{ringing.ID}) {
		t.Errorf("bounded: %v", list)
	}
	for _, row := range []struct {
		rang, heard models.Time
		want        []int64
	}{{20, 30, nil}, {21, 30, []int64{ringing.ID}}, {20, 31, []int64{spoken.ID}}, {21, 31, []int64{ringing.ID, spoken.ID}}} {
		if list := ids(f.reader().OverdueCalls(row.rang, row.heard, 5)); !slices.Equal(list, row.want) {
			t.Errorf("%d, %d: %v, want %v", row.rang, row.heard, list, row.want)
		}
	}
	f.do(func(tx chat.Tx) error { return errors.Join(tx.HeardInCall(spoken.ID, 50), tx.HeardInCall(past.ID, 50)) })
	if list := ids(f.reader().OverdueCalls(0, 50, 5)); list != nil {
		t.Errorf("heard of: %v", list)
	}
	if list, err := f.reader().Calls(c.ID, 1); err != nil || list[0].UpdatedAt != 10 {
		t.Errorf("what is over: %+v, %v", list, err)
	}
}
