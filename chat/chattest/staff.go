package chattest

import (
	"errors"
	"testing"

	"parley/chat"
	"parley/models"
)

func candidates(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	f.Manager(f.Organization("Kettles"), "Clara")
	f.Conversation(1, "v1", boris, nil)
	f.Conversation(2, "v2", boris, nil)
	f.Conversation(3, "v3", boris, func(c *models.Conversation) { c.Status = models.StatusClosed })
	f.do(func(tx chat.Tx) error {
		f.must(tx.AddDutySession(models.DutySession{SessionID: "s", ManagerID: f.Anna.ID, Node: "n", Since: 5}))
		f.must(tx.SetDutyState(boris.ID, models.DutyPaused))
		return tx.AssignManager(boris.ID, 9)
	})
	got, err := f.reader().Candidates(f.Org.ID)
	f.must(err)
	if len(got) != 2 || got[0].Manager.Name != "Anna" || !got[0].Live || got[0].Open != 0 || got[1].Live || got[1].Open != 2 ||
		got[1].Manager.DutyState != models.DutyPaused || got[1].Manager.LastAssignedAt == nil || *got[1].Manager.LastAssignedAt != 9 {
		t.Errorf("%+v", got)
	}
}

func dutySessions(t *testing.T, f *Fixture) {
	live := func() bool {
		all, err := f.reader().Candidates(f.Org.ID)
		f.must(err)
		return all[0].Live
	}
	add := func(session, node string) {
		f.do(func(tx chat.Tx) error {
			return tx.AddDutySession(models.DutySession{SessionID: session, ManagerID: f.Anna.ID, Node: node})
		})
	}
	add("a", "one")
	add("a", "one") // again is no error
	add("b", "two")
	f.do(func(tx chat.Tx) error { return tx.EndDutySession("a", 10) })
	if !live() {
		t.Error("one session is left, yet she is not live")
	}
	f.do(func(tx chat.Tx) error {
		on, err := tx.DutySessions("two")
		if err != nil || len(on) != 1 || on[0].SessionID != "b" || on[0].ManagerID != f.Anna.ID {
			t.Errorf("on node two: %+v, %v", on, err)
		}
		return tx.EndDutySession("unknown", 99)
	})
	f.do(func(tx chat.Tx) error { return tx.EndDutySessions("two", 20) })
	m, _ := f.reader().Manager(f.Anna.ID)
	if live() || m.SeenAt == nil || *m.SeenAt != 20 {
		t.Errorf("live %v, seen %v", live(), m.SeenAt)
	}
}

func retired(t *testing.T, f *Fixture) {
	f.do(func(tx chat.Tx) error {
		f.must(tx.CreateLoginSession(models.LoginSession{TokenHash: "h", ManagerID: f.Anna.ID, ExpiresAt: 1 << 50}))
		return tx.RetireManager(f.Anna.ID, 9)
	})
	r := f.reader()
	_, byID := r.Manager(f.Anna.ID)
	_, byEmail := r.ManagerByEmail(f.Anna.Email)
	_, login := r.LoginSession("h")
	for _, err := range []error{byID, byEmail, login} {
		if !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("still there: %v", err)
		}
	}
	if m, err := r.FormerManager(f.Anna.ID); err != nil || m.Name != "Anna" {
		t.Errorf("former: %+v, %v", m, err)
	}
	if all, err := r.Managers(f.Org.ID); err != nil || len(all) != 0 {
		t.Errorf("listed: %v, %v", all, err)
	}
	f.Manager(f.Org, "Anna") // the address is free again
}

func logins(t *testing.T, f *Fixture) {
	f.do(func(tx chat.Tx) error {
		f.must(tx.CreateLoginSession(models.LoginSession{TokenHash: "a", ManagerID: f.Anna.ID, ExpiresAt: 10}))
		return tx.CreateLoginSession(models.LoginSession{TokenHash: "b", ManagerID: f.Anna.ID, ExpiresAt: 20})
	})
	f.do(func(tx chat.Tx) error { return tx.DeleteLoginSessionsBefore(20) })
	if _, err := f.reader().LoginSession("a"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("expired: %v", err)
	}
	if s, err := f.reader().LoginSession("b"); err != nil || s.ManagerID != f.Anna.ID {
		t.Errorf("%+v, %v", s, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteLoginSession("b") })
	if _, err := f.reader().LoginSession("b"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("signed out: %v", err)
	}
}

func keys(t *testing.T, f *Fixture) {
	k := models.APIKey{OrganizationID: f.Org.ID, Name: "shop", Scopes: models.AllScopes, CreatedAt: 1}
	f.do(func(tx chat.Tx) error {
		k.ID = 0
		f.must(tx.CreateAPIKey(&k))
		k.KeyHash = "hash"
		return tx.SaveAPIKey(k)
	})
	if got, err := f.reader().APIKey(k.ID); err != nil || got != k {
		t.Errorf("%+v, %v", got, err)
	}
	f.do(func(tx chat.Tx) error {
		f.must(tx.UseAPIKey(k.ID, 20))
		f.must(tx.UseAPIKey(k.ID, 10)) // another node was later
		f.must(tx.UseAPIKey(99, 10))
		k.Name, k.Scopes = "push", models.ScopePush
		return tx.SaveAPIKey(k) // as it was read before it was used
	})
	got, err := f.reader().APIKey(k.ID)
	if err != nil || got.Name != "push" || got.Scopes != models.ScopePush || got.LastUsedAt == nil || *got.LastUsedAt != 20 {
		t.Errorf("%+v, %v", got, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteAPIKey(k.ID) })
	if all, err := f.reader().APIKeys(f.Org.ID); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}
