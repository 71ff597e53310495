package webhook

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/models"
)

// TestOffline: of what nobody has seen the webhook hears a while later, and of nothing else.
func TestOffline(t *testing.T) {
	there := false
	var unknown error
	net := &endpoint{}
	inTime(t, Config{
		transport: net, Reached: func(context.Context, models.Message) (bool, error) { return there, unknown },
	}, func(t *testing.T, w *world) {
		net.forget()
		there, unknown = false, nil
		h := w.hook(address, chat.TypeOffline)
		c := w.Conversation(1, "v1", w.Anna, nil)
		_, stop := w.runs(w.cfg)
		defer stop()
		seen := now()
		write := func(change func(*models.Message)) {
			w.event = w.Message(c, change).ID - 1
			w.happens(c.ID, 1)
		}
		write(nil)
		time.Sleep(28 * time.Second)
		net.want(t)
		time.Sleep(4 * time.Second)
		if net.want(t, w.event); net.requests()[0].eventType != chat.TypeOffline || !strings.Contains(net.requests()[0].body, `"event":"recipient_offline"`) {
			t.Errorf("%+v", net.requests()[0])
		}
		net.forget()
		write(func(m *models.Message) { m.ReadAt = &seen })
		write(func(m *models.Message) { m.DeletedAt = &seen })
		there = true
		write(nil)
		time.Sleep(time.Minute)
		net.want(t)
		unknown, there = errors.New("the database is away"), false
		write(nil)
		time.Sleep(time.Minute)
		net.want(t, w.event)
		if got := w.states(h); got != "delivered delivered" {
			t.Errorf("what was seen is still there: %s", got)
		}
	})
}

// TestTidy: what is finished is forgotten, what waits for a webhook that stays off is given up, and a deleted webhook
// goes.
func TestTidy(t *testing.T) {
	net := &endpoint{}
	inTime(t, Config{transport: net, Keep: time.Hour, KeepCount: 3, GiveUpAfter: 5 * time.Hour, poll: longPoll}, func(t *testing.T, w *world) {
		net.forget()
		h := w.hook(address, "message.created")
		off := w.hook("https://off.example", "message.created")
		s, stop := w.runs(w.cfg)
		defer stop()
		w.happens(1, 5)
		if _, err := w.hooks().Change(t.Context(), off.ID, chat.WebhookChanges{Enabled: chat.To(false)}); err != nil {
			t.Fatal(err)
		}
		s.Wake()
		synctest.Wait()
		time.Sleep(2 * time.Minute)
		if got := w.states(h); got != "delivered delivered delivered" {
			t.Errorf("%s", got)
		}
		if stats := s.Stats(); stats.Delivered < 5 || stats.Queue != 0 || stats.Running != 0 {
			t.Errorf("%+v", stats)
		}
		time.Sleep(2 * time.Hour)
		if got := w.states(h); got != "" {
			t.Errorf("%s", got)
		}
		before := w.states(off)
		time.Sleep(4 * time.Hour)
		if got := w.states(off); !strings.Contains(before, "pending") || strings.Contains(got, "pending") {
			t.Errorf("before %s, then %s", before, got)
		}
		if err := w.hooks().Delete(t.Context(), off.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		if all, err := w.store.View(t.Context()).EveryWebhook(); err != nil || len(all) != 1 {
			t.Errorf("%d webhooks, %v", len(all), err)
		}
	})
}

// TestStop: what is under way may end, what does not is sent again by the next, at once.
func TestStop(t *testing.T) {
	net := &endpoint{}
	inTime(t, Config{transport: roundTrip(nil), Drain: 3 * time.Second}, func(t *testing.T, w *world) {
		net.forget()
		h := w.hook(address, "message.created")
		takes := map[int64]time.Duration{1: 2 * time.Second, 2: 8 * time.Second}
		cfg := w.cfg
		cfg.transport = slowly(net, takes)
		s, stop := w.runs(cfg)
		w.happens(1, 1)
		w.happens(2, 1)
		s.Wake()
		synctest.Wait()
		began := time.Now()
		stop()
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if got := w.states(h); got != "delivered pending" {
			t.Errorf("%s", got)
		}
		net.forget()
		takes[2] = 0
		_, stop = w.runs(cfg)
		defer stop()
		synctest.Wait()
		net.want(t, 2)
		if d := w.deliveries(h)[1]; d.State != models.DeliveryDelivered || d.Error != "" {
			t.Errorf("%+v", d)
		}
	})
}
