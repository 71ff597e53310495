package chat_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/models"
)

// tended runs a service's care in a bubble of time, on SQLite, which needs no process beside this one.
func tended(t *testing.T, test func(t *testing.T, w *world)) {
	tendedWith(t, chat.Config{IdleCloseAfter: 20 * time.Minute}, test)
}

func tendedWith(t *testing.T, cfg chat.Config, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(ctx, sqlite(t), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		w := &world{Fixture: chattest.NewFixture(t, s), t: t, gate: chat.NewGate(s, nil, chat.Rules{})}
		w.service = chat.New(s, w.gate, cfg)
		w.presence = chat.NewPresence(s, "node", slog.New(slog.DiscardHandler))
		w.presence.Notify(w.service.Stir)
		w.boris = w.Manager(w.Org, "Boris")
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := w.service.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		w.stop = func() {
			cancel()
			group.Wait()
		}
		test(t, w)
		w.stop()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) gone(m models.Manager) {
	w.presence.Unsubscribed(ctx, "session-"+m.Name, as(m), "/service/*")
}

func (w *world) state(id int64) models.Conversation {
	w.t.Helper()
	c, err := w.View(ctx).Conversation(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// pass lets time go by. Statements are no waiting that the bubble knows, so the last round is waited for.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestVanishedCounterpart(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.onDuty(w.boris)
		w.events()
		w.gone(w.Anna)
		pass(time.Minute)
		if *w.state(c.ID).ManagerID != w.Anna.ID {
			t.Error("handed over too early")
		}
		w.wantEvents()
		pass(90 * time.Second)
		if *w.state(c.ID).ManagerID != w.boris.ID {
			t.Error("not handed over")
		}
		w.wantEvents("conversation updated")
		pass(5 * time.Minute)
		w.wantEvents()
	})
}

func TestVanishedCounterpartComesBack(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.gone(w.Anna)
		pass(5 * time.Minute) // nobody else is there
		if *w.state(c.ID).ManagerID != w.Anna.ID {
			t.Error("handed over to nobody")
		}
		w.onDuty(w.Anna, w.boris)
		pass(5 * time.Minute)
		if *w.state(c.ID).ManagerID != w.Anna.ID {
			t.Error("taken from a manager who is back")
		}
	})
}

func TestIdleConversationCloses(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		pass(15 * time.Minute)
		w.post(stranger, c.ID, "still here")
		w.events()
		pass(15 * time.Minute)
		if w.state(c.ID).Status != models.StatusOpen {
			t.Error("closed although somebody wrote")
		}
		pass(6 * time.Minute)
		if got := w.state(c.ID); got.Status != models.StatusClosed || got.ClosedAt == nil {
			t.Errorf("not closed: %+v", got)
		}
		w.wantEvents("conversation updated")
	})
}
