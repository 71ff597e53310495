package chattest

import (
	"errors"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func userClients(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	add := func(m models.Manager, expires models.Time) models.UserClient {
		c := models.UserClient{
			UUID: f.uuid(), OrganizationID: f.Org.ID, ManagerID: m.ID, ExpiresInMS: 5, ExpiresAt: expires, Live: true,
			Properties: `{"a":1}`, CreatedAt: 1, UpdatedAt: 1,
		}
		f.do(func(tx chat.Tx) error { c.ID = 0; return tx.CreateUserClient(&c) })
		return c
	}
	live := func() bool {
		all, err := f.reader().Candidates(f.Org.ID)
		f.must(err)
		present, err := f.reader().Present([]int64{f.Anna.ID, boris.ID})
		f.must(err)
		watched, err := f.reader().Watched()
		f.must(err)
		if all[0].Live != present[f.Anna.ID] || all[0].Live != slices.Contains(watched, f.Org.ID) || all[1].Live || present[boris.ID] {
			t.Errorf("%+v, present %v, watched %v", all, present, watched)
		}
		return all[0].Live
	}
	if live() {
		t.Error("Anna is there without a client")
	}
	late, soon := add(f.Anna, 20), add(f.Anna, 10)
	if !live() {
		t.Error("Anna is not there")
	}
	if c, err := f.reader().UserClient(soon.UUID); c != soon || err != nil {
		t.Errorf("%+v, %v; want %+v", c, err, soon)
	}
	if _, err := f.reader().UserClient(f.uuid()); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("no client: %v", err)
	}
	if all, err := f.reader().UserClients(f.Anna.ID); len(all) != 2 || all[0] != late || err != nil {
		t.Errorf("%+v, %v", all, err)
	}
	expired := func(by models.Time) (ids []int64) {
		list, err := f.reader().ExpiredClients(by, 10)
		f.must(err)
		for _, c := range list {
			ids = append(ids, c.ID)
		}
		return ids
	}
	for by, want := range map[models.Time][]int64{9: nil, 10: {soon.ID}, 20: {soon.ID, late.ID}} {
		if got := expired(by); !slices.Equal(got, want) {
			t.Errorf("expired by %d: %v, want %v", by, got, want)
		}
	}

	// Her conversation is not abandoned as long as one of her clients counts.
	f.Conversation(1, "v1", f.Anna, nil)
	abandoned := func() bool {
		list, err := f.reader().Abandoned(f.Org.ID, 100, 10)
		f.must(err)
		organizations, err := f.reader().AbandonedOrganizations(100)
		f.must(err)
		if len(list) != len(organizations) {
			t.Errorf("%+v in %v", list, organizations)
		}
		return len(list) > 0
	}
	f.do(func(tx chat.Tx) error { return tx.SeeManager(f.Anna.ID, 15) })
	if abandoned() {
		t.Error("abandoned too early")
	}
	soon.Live, soon.ExpiresInMS, soon.ExpiresAt, soon.Properties, soon.UpdatedAt = false, 6, 11, `{}`, 12
	f.do(func(tx chat.Tx) error { return tx.SaveUserClient(soon) })
	if c, err := f.reader().UserClient(soon.UUID); c != soon || err != nil {
		t.Errorf("%+v, %v; want %+v", c, err, soon)
	}
	if !live() || !slices.Equal(expired(20), []int64{late.ID}) {
		t.Error("the other one counts no more, or this one does")
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteUserClient(late.ID) })
	if live() || !abandoned() {
		t.Error("Anna is there still")
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteClientsBefore(11, 10) })
	if all, err := f.reader().UserClients(f.Anna.ID); len(all) != 1 || err != nil {
		t.Errorf("deleted too early: %+v, %v", all, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteClientsBefore(12, 10) })
	if all, err := f.reader().UserClients(f.Anna.ID); len(all) != 0 || err != nil {
		t.Errorf("%+v, %v", all, err)
	}
	last := add(boris, 30)
	f.do(func(tx chat.Tx) error { return tx.RetireManager(boris.ID, 5) })
	if _, err := f.reader().UserClient(last.UUID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("whose manager left: %v", err)
	}
}
