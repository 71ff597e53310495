package chat_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

func TestDutySwitch(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		if d, err := w.service.Duty(ctx, as(w.Anna), chat.Sender{}); err != nil || d.State != models.DutyAuto || !d.Live || !d.OnDuty {
			t.Errorf("%+v, %v", d, err)
		}
		if d, err := w.service.SetDuty(ctx, as(w.Anna), chat.Sender{}, models.DutyPaused); err != nil || !d.Live || d.OnDuty {
			t.Errorf("%+v, %v", d, err)
		}
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		wantCode(t, err, "chat_offline_message")
		if d, err := w.service.SetDuty(ctx, as(w.Anna), chat.Sender{}, models.DutyOn); err != nil || !d.OnDuty {
			t.Errorf("%+v, %v", d, err)
		}
		w.presence.Unsubscribed(ctx, "session-Anna", as(w.Anna), "/service/*")
		if d, err := w.service.Duty(ctx, as(w.Anna), chat.Sender{}); err != nil || d.Live || !d.OnDuty {
			t.Errorf("within grace: %+v, %v", d, err)
		}
		_, err = w.service.SetDuty(ctx, as(w.Anna), chat.Sender{}, "sleeping")
		wantCode(t, err, "state_invalid")
		_, err = w.service.Duty(ctx, stranger, chat.Sender{})
		wantCode(t, err, "token_missing")
		_, err = w.service.Duty(ctx, visitor("v1"), chat.Sender{})
		wantCode(t, err, "forbidden")
	})
}

// TestPresenceIgnores: only managers on the service channel count.
func TestPresenceIgnores(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.presence.Subscribed(ctx, "a", nil, "/service/*")
		w.presence.Subscribed(ctx, "b", as(w.Anna), "/service/v1")
		w.presence.Subscribed(ctx, "c", chat.Principal{Party: chat.Backend, OrganizationID: w.Org.ID}, "/service/*")
		if d, err := w.service.Duty(ctx, as(w.Anna), chat.Sender{}); err != nil || d.Live {
			t.Errorf("%+v, %v", d, err)
		}
		w.onDuty(w.Anna)
		if err := w.presence.Start(ctx); err != nil { // as after a crash
			t.Fatal(err)
		}
		if d, err := w.service.Duty(ctx, as(w.Anna), chat.Sender{}); err != nil || d.Live || !d.OnDuty {
			t.Errorf("after a restart: %+v, %v", d, err)
		}
	})
}

// failing is a store whose transactions fail for a while.
type failing struct {
	chat.Store
	broken atomic.Bool
}

func (f *failing) Update(ctx context.Context, fn func(chat.Tx) error) error {
	if f.broken.Load() {
		return errors.New("the database is away")
	}
	return f.Store.Update(ctx, fn)
}

// TestPresenceIsMadeGood: what could not be noted while the database was away is noted later.
func TestPresenceIsMadeGood(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		s := &failing{Store: w}
		presence := chat.NewPresence(s, "other", slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { presence.Run(ctx) }) //nolint:errcheck // it has none
		live := func(m models.Manager) bool {
			d, err := w.service.Duty(ctx, as(m), chat.Sender{})
			if err != nil {
				t.Fatal(err)
			}
			return d.Live
		}
		presence.Subscribed(ctx, "a", as(w.Anna), "/service/*")
		s.broken.Store(true)
		presence.Unsubscribed(ctx, "a", as(w.Anna), "/service/*")
		presence.Subscribed(ctx, "b", as(w.boris), "/service/*")
		pass(time.Minute)
		if !live(w.Anna) || live(w.boris) {
			t.Fatal("the store was not away")
		}
		s.broken.Store(false)
		pass(20 * time.Second)
		if live(w.Anna) || !live(w.boris) {
			t.Errorf("Anna is live: %v, Boris: %v", live(w.Anna), live(w.boris))
		}
		cancel()
		group.Wait()
	})
}
