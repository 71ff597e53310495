package chattest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

func peopleChange(t *testing.T, f *Fixture) {
	five, fifty := 5, int64(50)
	f.do(func(tx chat.Tx) error {
		f.must(tx.AssignManager(f.Anna.ID, 7))
		f.must(tx.SetDutyState(f.Anna.ID, models.DutyOn))
		m := f.Anna // as it was read before duty noted anything
		picture, at := "/a.png", models.Time(9)
		m.Name, m.Email, m.Role, m.AvatarURL, m.TimeZone = "Anne", "anne@example.com", models.RoleAdmin, &picture, "Europe/Berlin"
		m.MaxConversations, m.PasswordHash, m.PasswordChangedAt, m.TokensValidFrom = &five, "y", &at, 1000
		f.must(tx.SaveManager(m))
		o := f.Org
		o.Name, o.OfflineMessage, o.Greeting, o.TimeZone, o.Strategy = "Kettles", "away", "hello", "Asia/Tokyo", models.RoundRobin
		o.AllowedOrigins, o.MaxConversations, o.AnswerWithinMS, o.Online = models.NewOrigins([]string{"https://a.example"}), &five, &fifty, true
		return tx.SaveOrganization(o)
	})
	m, err := f.reader().Manager(f.Anna.ID)
	f.must(err)
	if m.Name != "Anne" || m.Email != "anne@example.com" || m.Role != models.RoleAdmin || *m.AvatarURL != "/a.png" || m.TimeZone != "Europe/Berlin" ||
		*m.MaxConversations != 5 || m.PasswordHash != "y" || *m.PasswordChangedAt != 9 || m.TokensValidFrom != 1000 {
		t.Errorf("not changed: %+v", m)
	}
	if m.DutyState != models.DutyOn || m.LastAssignedAt == nil || *m.LastAssignedAt != 7 {
		t.Errorf("what duty noted is lost: %+v", m)
	}
	o, err := f.reader().Organization(f.Org.ID)
	f.must(err)
	if o.Name != "Kettles" || o.OfflineMessage != "away" || o.Greeting != "hello" || o.TimeZone != "Asia/Tokyo" || o.Strategy != models.RoundRobin ||
		!slices.Equal(o.AllowedOrigins.List(), []string{"https://a.example"}) || *o.MaxConversations != 5 || *o.AnswerWithinMS != 50 || o.Online {
		t.Errorf("%+v", o)
	}
	f.do(func(tx chat.Tx) error {
		m.MaxConversations, m.AvatarURL = nil, nil
		return tx.SaveManager(m)
	})
	if m, err = f.reader().Manager(f.Anna.ID); err != nil || m.MaxConversations != nil || m.AvatarURL != nil {
		t.Errorf("nil was not kept: %+v, %v", m, err)
	}
	f.do(func(tx chat.Tx) error {
		f.must(tx.RetireManager(f.Anna.ID, 9))
		if _, err := tx.LockManager(f.Anna.ID); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("locked though she left: %v", err)
		}
		return nil
	})
}

func loginsOf(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	f.do(func(tx chat.Tx) error {
		for hash, m := range map[string]models.Manager{"a": f.Anna, "b": f.Anna, "c": boris} {
			f.must(tx.CreateLoginSession(models.LoginSession{TokenHash: hash, ManagerID: m.ID, ExpiresAt: 1 << 50}))
		}
		return tx.DeleteLoginSessionsOf(f.Anna.ID, "b")
	})
	for hash, there := range map[string]bool{"a": false, "b": true, "c": true} {
		if _, err := f.reader().LoginSession(hash); (err == nil) != there {
			t.Errorf("%s: %v", hash, err)
		}
	}
}

func loginTries(t *testing.T, f *Fixture) {
	// Many at once, of whom each counts one.
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			f.do(func(tx chat.Tx) error {
				tries, err := tx.LockLoginTries("account", "source")
				f.must(err)
				tries.Failed++
				tries.TriedAt = 50
				return tx.SaveLoginTries(tries)
			})
		})
	}
	group.Wait()
	f.do(func(tx chat.Tx) error {
		everywhere, err := tx.LockLoginTries("account", "")
		f.must(err)
		everywhere.Failed, everywhere.TriedAt = 77, 50
		f.must(tx.SaveLoginTries(everywhere))
		if everywhere, err = tx.LockLoginTries("account", ""); err != nil || everywhere.Failed != 77 {
			t.Errorf("%+v, %v", everywhere, err)
		}
		return err
	})
	until, at := models.Time(90), models.Time(70)
	f.do(func(tx chat.Tx) error {
		tries, err := tx.LockLoginTries("account", "source")
		f.must(err)
		if tries.Failed != 8 || tries.LockedUntil != nil {
			t.Errorf("%+v", tries)
		}
		tries.LockedUntil = &until
		f.must(tx.SaveLoginTries(tries))
		known, err := tx.LockLoginTries("account", "known")
		f.must(err)
		known.SucceededAt, known.TriedAt = &at, 50
		return tx.SaveLoginTries(known)
	})
	locks, err := f.reader().LoginLocks([]string{"account", "another"}, 89)
	if err != nil || len(locks) != 1 || locks[0].Account != "account" || *locks[0].LockedUntil != 90 {
		t.Errorf("%+v, %v", locks, err)
	}
	if locks, err = f.reader().LoginLocks([]string{"account"}, 90); err != nil || len(locks) != 0 {
		t.Errorf("a lock that has ended: %+v, %v", locks, err)
	}
	f.do(func(tx chat.Tx) error { return tx.UnlockLogin("account") })
	f.do(func(tx chat.Tx) error {
		if tries, err := tx.LockLoginTries("account", "source"); err != nil || tries.Failed != 0 || tries.LockedUntil != nil {
			t.Errorf("unlocked: %+v, %v", tries, err)
		}
		f.must(tx.DeleteLoginTries(10, 51)) // of the two, one has failures alone
		if known, err := tx.LockLoginTries("account", "known"); err != nil || known.SucceededAt == nil {
			t.Errorf("a source that is known was forgotten: %+v, %v", known, err)
		}
		f.must(tx.DeleteLoginTries(51, 51))
		known, err := tx.LockLoginTries("account", "known")
		if err != nil || known.SucceededAt != nil {
			t.Errorf("after all that time it is still known: %+v, %v", known, err)
		}
		return nil
	})
}

func schedules(t *testing.T, f *Fixture) {
	boris, clara := f.Manager(f.Org, "Boris"), f.Manager(f.Organization("Kettles"), "Clara")
	monday := func(m models.Manager, starts int) models.Shift {
		return models.Shift{ManagerID: m.ID, Weekday: 1, Starts: starts, Ends: 1440}
	}
	var leave, foreign models.Leave
	var xmas models.Holiday
	f.do(func(tx chat.Tx) error {
		f.must(tx.ReplaceShifts(f.Anna.ID, []models.Shift{monday(f.Anna, 1)}))
		f.must(tx.ReplaceShifts(f.Anna.ID, []models.Shift{monday(f.Anna, 600), monday(f.Anna, 60)}))
		f.must(tx.ReplaceShifts(boris.ID, []models.Shift{monday(boris, 0)}))
		f.must(tx.ReplaceShifts(boris.ID, nil))
		f.must(tx.ReplaceShifts(clara.ID, []models.Shift{monday(clara, 0)}))
		leave = models.Leave{ManagerID: f.Anna.ID, StartsAt: 10, EndsAt: 20, Reason: "sea"}
		foreign = models.Leave{ManagerID: clara.ID, StartsAt: 10, EndsAt: 20}
		xmas = models.Holiday{OrganizationID: f.Org.ID, Day: "2026-12-25", Name: "Christmas"}
		f.must(tx.CreateLeave(&leave))
		f.must(tx.CreateLeave(&foreign))
		f.must(tx.CreateHoliday(&models.Holiday{OrganizationID: f.Org.ID, Day: "2026-12-26"}))
		return tx.CreateHoliday(&xmas)
	})
	r := f.reader()
	shifts, err := r.ShiftsOf(f.Anna.ID)
	if err != nil || len(shifts) != 2 || shifts[0].Starts != 60 || shifts[1].Starts != 600 || shifts[1].Ends != 1440 {
		t.Errorf("%+v, %v", shifts, err)
	}
	if none, err := r.ShiftsOf(boris.ID); err != nil || none == nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
	if leaves, err := r.LeavesOf(f.Anna.ID); err != nil || len(leaves) != 1 || leaves[0] != leave {
		t.Errorf("%+v, %v", leaves, err)
	}
	if days, err := r.Holidays(f.Org.ID); err != nil || len(days) != 2 || days[0] != xmas || days[1].Day != "2026-12-26" {
		t.Errorf("%+v, %v", days, err)
	}
	f.do(func(tx chat.Tx) error {
		for what, try := range map[string]func() (bool, error){
			"another's leave":     func() (bool, error) { return tx.DeleteLeave(f.Anna.ID, foreign.ID) },
			"another's holiday":   func() (bool, error) { return tx.DeleteHoliday(clara.OrganizationID, xmas.ID) },
			"a leave that is not": func() (bool, error) { return tx.DeleteLeave(f.Anna.ID, 999) },
		} {
			if found, err := try(); found || err != nil {
				t.Errorf("%s: %v, %v", what, found, err)
			}
		}
		gone, err := tx.DeleteLeave(f.Anna.ID, leave.ID)
		f.must(err)
		over, err := tx.DeleteHoliday(f.Org.ID, xmas.ID)
		if !gone || !over {
			t.Error("nothing was deleted")
		}
		return err
	})
	if leaves, err := f.reader().LeavesOf(clara.ID); err != nil || len(leaves) != 1 {
		t.Errorf("another's: %+v, %v", leaves, err)
	}
}
