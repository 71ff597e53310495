package chat_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/models"
)

const rightPassword = "correct horse"

// guessed is a world in a bubble of time whose Dora has a password, on SQLite, which needs no process beside
// this one.
func guessed(t *testing.T, after int, test func(w *world, dora models.Manager, log *chattest.LogBuffer)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(ctx, sqlite(t), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		log := chattest.Log(t)
		w := &world{Fixture: chattest.NewFixture(t, s), t: t, gate: chat.NewGate(s, nil, chat.Rules{})}
		w.service = chat.New(s, w.gate, chat.Config{LockAfter: after, LockFor: time.Minute, Logger: slog.New(slog.NewTextHandler(log, nil))})
		dora, err := chat.NewAdmin(s).CreateManager(ctx, w.Org.ID, "Dora", "dora@example.com", rightPassword, "admin")
		if err != nil {
			t.Fatal(err)
		}
		test(w, dora, log)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// tries signs in n times and wants each to end with the code; "" is success.
func (w *world) tries(n int, email, password, source, code string) {
	w.t.Helper()
	chattest.Secret(password)
	for i := range n {
		_, _, err := w.service.Login(ctx, email, password, source)
		switch {
		case code == "" && err != nil:
			w.t.Fatalf("attempt %d: %v", i+1, err)
		case code != "":
			wantCode(w.t, err, code)
		}
	}
}

func TestLockOut(t *testing.T) {
	guessed(t, 3, func(w *world, dora models.Manager, log *chattest.LogBuffer) {
		const here, there = "192.0.2.1", "198.51.100.1"
		for _, email := range []string{dora.Email, "nobody@example.com"} { // the same for who is not there
			w.tries(3, email, "wrong horse", here, "login_failed")
			w.tries(1, email, rightPassword, here, "login_locked")
			_, _, err := w.service.Login(ctx, strings.ToUpper(email)+" ", "wrong horse", here)
			if refusal := wantCode(t, err, "login_locked"); refusal.Kind != chat.TooMany || refusal.RetryAfter != time.Minute {
				t.Errorf("%+v", refusal)
			}
		}
		if text := log.String(); strings.Count(text, "sign-ins are locked") != 2 || strings.Contains(text, "example.com") || strings.Contains(text, here) ||
			!strings.Contains(text, fmt.Sprint("manager=", dora.ID)) {
			t.Errorf("the log: %s", text)
		}
		w.tries(1, dora.Email, rightPassword, there, "") // who guesses here locks nobody out there
		time.Sleep(time.Minute)
		w.tries(2, dora.Email, "wrong horse", here, "login_failed")
		w.tries(1, dora.Email, rightPassword, here, "") // success clears
		w.tries(2, dora.Email, "wrong horse", here, "login_failed")
		w.tries(1, dora.Email, rightPassword, here, "")
	})
}

// TestLockOutEverywhere: who guesses from many places is stopped; she who signed in lately is not.
func TestLockOutEverywhere(t *testing.T) {
	guessed(t, 2, func(w *world, dora models.Manager, _ *chattest.LogBuffer) {
		const home = "192.0.2.1"
		w.tries(1, dora.Email, rightPassword, home, "")
		for i := range 20 { // ten times two
			w.tries(1, dora.Email, "wrong horse", fmt.Sprint("198.51.100.", i), "login_failed")
		}
		w.tries(1, dora.Email, rightPassword, "198.51.100.77", "login_locked")
		w.tries(1, dora.Email, rightPassword, home, "")
		w.tries(1, dora.Email, rightPassword, "198.51.100.78", "") // her success cleared it
		time.Sleep(31 * 24 * time.Hour)
		for i := range 20 {
			w.tries(1, dora.Email, "wrong horse", fmt.Sprint("203.0.113.", i), "login_failed")
		}
		w.tries(1, dora.Email, rightPassword, home, "login_locked") // known no more
		if _, err := chat.NewAdmin(w).Unlock(ctx, dora.ID); err != nil {
			t.Fatal(err)
		}
		w.tries(1, dora.Email, rightPassword, "203.0.113.1", "")
	})
}

func TestLockOutForgets(t *testing.T) {
	guessed(t, 2, func(w *world, dora models.Manager, _ *chattest.LogBuffer) {
		w.tries(1, dora.Email, "wrong horse", "a", "login_failed")
		time.Sleep(time.Minute) // so long that they are not in a row
		w.tries(1, dora.Email, "wrong horse", "a", "login_failed")
		w.tries(1, dora.Email, rightPassword, "a", "")
	})
	guessed(t, -1, func(w *world, dora models.Manager, _ *chattest.LogBuffer) { // never
		w.tries(12, dora.Email, "wrong horse", "a", "login_failed")
		w.tries(1, dora.Email, rightPassword, "a", "")
	})
}

// TestLockOutAtOnce: many guesses at the same time are as many as one after another.
func TestLockOutAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.service = chat.New(w, w.gate, chat.Config{LockAfter: 3})
		codes := make(chan error, 12)
		for range cap(codes) {
			go func() {
				_, _, err := w.service.Login(context.Background(), "nobody@example.com", "wrong horse", "192.0.2.1")
				codes <- err
			}()
		}
		failed := 0
		for range cap(codes) {
			if chat.KindOf(<-codes) == chat.Unauthenticated {
				failed++
			}
		}
		if failed != 3 {
			t.Errorf("%d passwords were looked at, want 3", failed)
		}
	})
}
