package chat_test

import (
	"strings"
	"testing"

	"parley/chat"
)

func TestLogin(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := chat.NewAdmin(w)
		m, err := people.CreateManager(ctx, w.Org.ID, " Dora ", "Dora@Example.com", "correct horse", "supervisor")
		if err != nil || m.Name != "Dora" || m.Email != "dora@example.com" || strings.Contains(m.PasswordHash, "horse") {
			t.Fatalf("%+v, %v", m, err)
		}
		for name, pair := range map[string][2]string{
			"wrong password": {"dora@example.com", "correct hors"}, "empty": {"dora@example.com", ""},
			"unknown": {"nobody@example.com", "correct horse"}, "endless": {"dora@example.com", strings.Repeat("x", 1<<16)},
		} {
			_, _, err := w.service.Login(ctx, pair[0], pair[1], "192.0.2.1")
			t.Run(name, func(t *testing.T) { wantCode(t, err, "login_failed") })
		}
		_, secret, err := w.service.Login(ctx, " DORA@example.com", "correct horse", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if got, p, err := w.service.LoggedIn(ctx, secret); err != nil || got.ID != m.ID || p != as(m) {
			t.Errorf("%+v, %+v, %v", got, p, err)
		}
		_, _, err = w.service.LoggedIn(ctx, "forged")
		wantCode(t, err, "login_required")
		if err := w.service.Logout(ctx, secret); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.service.LoggedIn(ctx, secret)
		wantCode(t, err, "login_required")

		_, err = people.CreateManager(ctx, w.Org.ID, "Dora", "dora@example.com", "correct horse", "manager")
		wantCode(t, err, "email_taken")
		for name, call := range map[string][3]string{
			"email_invalid": {"no address", "long enough", "manager"}, "password_invalid": {"e@example.com", "short", "manager"},
			"role_invalid": {"e@example.com", "long enough", "boss"},
		} {
			_, err := people.CreateManager(ctx, w.Org.ID, "E", call[0], call[1], call[2])
			t.Run(name, func(t *testing.T) { wantCode(t, err, name) })
		}
	})
}
