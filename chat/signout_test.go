package chat_test

import (
	"errors"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

func (w *world) signIn(m models.Manager, password string) string {
	w.t.Helper()
	_, secret, err := w.service.Login(ctx, m.Email, password, "192.0.2.1")
	if err != nil {
		w.t.Fatal(err)
	}
	chattest.Secret(password, secret)
	return secret
}

func (w *world) sign(m models.Manager) string {
	w.t.Helper()
	today, err := chat.NewAdmin(w).Manager(ctx, m.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	signed, _, err := w.keys.Manager(today, time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return signed
}

// authenticated tells whether the token is somebody's, and who that is.
func (w *world) authenticated(token string) (chat.Principal, bool) {
	w.t.Helper()
	p, _, err := w.gate.Authenticate(ctx, token)
	if err != nil && chat.KindOf(err) != chat.Unauthenticated {
		w.t.Fatal(err)
	}
	return p, err == nil
}

func (w *world) listens(p chat.Principal, channel string) bool {
	w.t.Helper()
	_, ok, err := w.gate.Subscribe(ctx, p, channel)
	if err != nil {
		w.t.Fatal(err)
	}
	return ok
}

func TestSignOutEverywhere(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		first, second := w.signIn(people.target, rightPassword), w.signIn(people.target, rightPassword)
		token, admins := w.sign(people.target), w.sign(people.admin)
		p, ok := w.authenticated(token)
		if !ok || !w.listens(p, "/service/*") {
			t.Fatal("she was not in to begin with")
		}
		w.events()
		for range 2 { // within one second, too
			if err := w.service.SignOutEverywhere(ctx, as(people.admin), people.target.ID); err != nil {
				t.Fatal(err)
			}
			w.wantEvents("access revoked")
			for _, secret := range []string{first, second} {
				_, _, err := w.service.LoggedIn(ctx, secret)
				wantCode(t, err, "login_required")
			}
			if _, ok := w.authenticated(token); ok || w.listens(p, "/service/*") || w.listens(p, "/notifications/v1") {
				t.Error("she is still in")
			}
			if _, ok := w.authenticated(admins); !ok {
				t.Error("somebody else was signed out")
			}
			// At once she may come again.
			first = w.signIn(people.target, rightPassword)
			second = first
			token = w.sign(people.target)
			if p, ok = w.authenticated(token); !ok || !w.listens(p, "/service/*") {
				t.Error("she cannot come again")
			}
		}
	})
}

func TestPasswordChange(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		m := people.manager
		here, elsewhere, token := w.signIn(m, rightPassword), w.signIn(m, rightPassword), w.sign(m)
		own := chat.PasswordChange{ManagerID: m.ID, Old: "wrong horse", New: "battery staple", Keep: here}
		_, err := w.service.ChangePassword(ctx, as(m), own)
		wantCode(t, err, "password_wrong")
		own.Old, own.New = rightPassword, "short"
		_, err = w.service.ChangePassword(ctx, as(m), own)
		wantCode(t, err, "password_invalid")
		own.New = "battery staple"
		changed, err := w.service.ChangePassword(ctx, as(m), own)
		if err != nil || changed.PasswordChangedAt == nil || changed.TokensValidFrom == 0 {
			t.Fatalf("%+v, %v", changed, err)
		}
		if _, p, err := w.service.LoggedIn(ctx, here); err != nil || p.Since != changed.TokensValidFrom {
			t.Errorf("where she changed it: %+v, %v", p, err)
		}
		_, _, err = w.service.LoggedIn(ctx, elsewhere)
		wantCode(t, err, "login_required")
		if _, ok := w.authenticated(token); ok {
			t.Error("an old token holds")
		}
		_, _, err = w.service.Login(ctx, m.Email, rightPassword, "192.0.2.1")
		wantCode(t, err, "login_failed")
		w.signIn(m, "battery staple")

		admin := chat.PasswordChange{ManagerID: m.ID, New: "admin's choice"}
		if _, err := w.service.ChangePassword(ctx, as(people.admin), admin); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.service.LoggedIn(ctx, here)
		wantCode(t, err, "login_required")
		w.signIn(m, "admin's choice")
		_, err = w.service.ChangePassword(ctx, as(people.admin), chat.PasswordChange{ManagerID: people.admin.ID, New: "without the old"})
		wantCode(t, err, "password_wrong")
	})
}

// TestOldPasswordIsNotGuessed: who has come by a token cannot try passwords with it for ever.
func TestOldPasswordIsNotGuessed(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		m := w.team().manager
		w.service = chat.New(w, w.gate, chat.Config{LockAfter: 2})
		c := chat.PasswordChange{ManagerID: m.ID, Old: "wrong horse", New: "battery staple", Source: "192.0.2.1"}
		for range 2 {
			_, err := w.service.ChangePassword(ctx, as(m), c)
			wantCode(t, err, "password_wrong")
		}
		c.Old = rightPassword
		_, err := w.service.ChangePassword(ctx, as(m), c)
		wantCode(t, err, "login_locked")
		w.signIn(m, rightPassword) // the sign-in is not hindered
	})
}

// TestRolesAreTodays: a session's principal is as old as its credentials, its rights are not.
func TestRolesAreTodays(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		p := as(people.supervisor)
		if !w.listens(p, "/conversations/*") {
			t.Fatal("a supervisor cannot listen")
		}
		w.events()
		role := func(r models.Role) {
			if _, err := w.service.ChangeColleague(ctx, as(people.admin), p.ManagerID, chat.ManagerChanges{Role: chat.To(r)}); err != nil {
				t.Fatal(err)
			}
		}
		role(models.RoleManager)
		w.wantEvents("access revoked")
		if w.listens(p, "/conversations/*") || !w.listens(p, "/service/*") {
			t.Error("she has not what a manager has")
		}
		role(models.RoleManager)
		w.wantEvents() // nothing has changed
	})
}

func TestTokensWithoutATime(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		m := w.team().manager
		gate := chat.NewGate(w, timeless{m: m}, chat.Rules{})
		if _, _, err := gate.Authenticate(ctx, "x"); err != nil {
			t.Errorf("before any sign-out: %v", err)
		}
		if _, err := chat.NewAdmin(w).SignOut(ctx, m.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err := gate.Authenticate(ctx, "x")
		wantCode(t, err, "token_invalid")
	})
}

// timeless verifies every token as one of hers that does not say when it was signed.
type timeless struct {
	chat.DataVerifier
	m models.Manager
}

func (timeless) SiteSecret(string) (int64, bool) { return 0, false }

func (timeless) VerifySite(string, string) (chat.Claims, error) {
	return chat.Claims{}, errors.New("none")
}

func (v timeless) Verify(string) (chat.Claims, error) {
	return chat.Claims{Subject: itoa(v.m.ID), Role: string(v.m.Role)}, nil
}
