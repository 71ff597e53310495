package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

// heard records what is broadcast.
type heard struct {
	mu   sync.Mutex
	list []string
}

func (h *heard) Publish(_ context.Context, channel, scope string, data []byte) error {
	var ev chat.Event
	if err := json.Unmarshal(data, &ev); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if ev.Queue != nil {
		h.list = append(h.list, fmt.Sprintf("%s: place %d unattended %v", channel, ev.Queue.Position, ev.Queue.Unattended))
	}
	return nil
}

func (h *heard) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.list
	h.list = nil
	return list
}

func (h *heard) want(t *testing.T, want ...string) {
	t.Helper()
	if got := h.take(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestQueueMovesOn(t *testing.T) {
	told := &heard{}
	tendedWith(t, chat.Config{MaxConversations: 1, Broadcaster: told}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		first := w.open(stranger, "v1")
		second := w.open(stranger, "v2")
		pass(time.Millisecond) // the queue's order knows no less
		third := w.open(stranger, "v3")
		pass(10 * time.Second)
		channel := func(c *chat.ConversationView) string { return fmt.Sprint("/conversations/", c.ID) }
		told.want(t, channel(second)+": place 1 unattended false", channel(third)+": place 2 unattended false")

		w.do(w.service.Close(ctx, as(w.Anna), chat.Sender{}, first.ID))
		pass(time.Millisecond) // at once, not in the next round
		if got := w.state(second.ID); got.ManagerID == nil || *got.ManagerID != w.Anna.ID {
			t.Errorf("not given to who has room: %+v", got)
		}
		told.want(t, channel(third)+": place 1 unattended false")
		w.wantSteps(second.ID, "opened", fmt.Sprint("assigned ", w.Anna.ID))

		w.onDuty(w.boris)
		pass(time.Millisecond)
		if got := w.state(third.ID); got.ManagerID == nil || *got.ManagerID != w.boris.ID {
			t.Errorf("not given to who came: %+v", got)
		}
		told.want(t)
	})
}

func TestHandedBackGoesToSomebodyElse(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.do(w.service.Transfer(ctx, as(w.Anna), chat.Sender{}, c.ID, chat.TransferRequest{Note: "Not mine"}))
		pass(time.Minute)
		if got := w.state(c.ID); got.State() != models.StateWaiting {
			t.Errorf("given back to her: %+v", got)
		}
		w.onDuty(w.boris)
		pass(time.Second)
		if got := w.state(c.ID); got.ManagerID == nil || *got.ManagerID != w.boris.ID {
			t.Errorf("%+v", got)
		}
	})
}

func TestUnansweredGoesToTheNextAndThenWaits(t *testing.T) {
	told := &heard{}
	tendedWith(t, chat.Config{AnswerWithin: 30 * time.Second, Broadcaster: told}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna, w.boris)
		c := w.open(stranger, "v1")
		if *c.ManagerID != w.Anna.ID {
			t.Fatalf("%+v", c)
		}
		pass(25 * time.Second)
		if *w.state(c.ID).ManagerID != w.Anna.ID {
			t.Error("taken from her too early")
		}
		pass(10 * time.Second)
		if got := w.state(c.ID); got.ManagerID == nil || *got.ManagerID != w.boris.ID || got.AnswerBy == nil {
			t.Fatalf("not given to the next: %+v", got)
		}
		pass(40 * time.Second)
		if got := w.state(c.ID); got.State() != models.StateWaiting || !got.Unattended || got.AnswerBy != nil {
			t.Fatalf("does not wait: %+v", got)
		}
		told.want(t, fmt.Sprintf("/conversations/%d: place 1 unattended true", c.ID))
		w.wantSteps(c.ID, fmt.Sprint("opened ", w.Anna.ID), fmt.Sprint("unanswered ", w.boris.ID), "unanswered")
		pass(10 * time.Minute)
		if got := w.state(c.ID); got.State() != models.StateWaiting {
			t.Errorf("given again to who let it pass: %+v", got)
		}
		pass(10 * time.Minute) // by now they may have come to themselves
		if got := w.steps(c.ID); len(got) < 4 || got[3] != fmt.Sprint("assigned ", w.Anna.ID) {
			t.Errorf("waits for ever: %v", got)
		}
	})
}

func TestAnsweringStopsTheClock(t *testing.T) {
	for name, answer := range map[string]func(w *world, id int64){
		"a message": func(w *world, id int64) { w.post(as(w.Anna), id, "Good day") },
		"accepting": func(w *world, id int64) { w.do(w.service.Claim(ctx, as(w.Anna), chat.Sender{}, id)) },
	} {
		t.Run(name, func(t *testing.T) {
			tendedWith(t, chat.Config{AnswerWithin: 30 * time.Second}, func(t *testing.T, w *world) {
				w.onDuty(w.Anna, w.boris)
				c := w.open(stranger, "v1")
				pass(20 * time.Second)
				answer(w, c.ID)
				pass(5 * time.Minute)
				if got := w.state(c.ID); *got.ManagerID != w.Anna.ID || got.AnswerBy != nil {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func TestBroadcast(t *testing.T) {
	tendedWith(t, chat.Config{AnswerWithin: time.Minute}, func(t *testing.T, w *world) {
		o := models.Organization{
			UUID: "00000000-0000-4000-9000-000000000002", Name: "Loud", SiteKey: "loud", TimeZone: "UTC", Strategy: models.Broadcast, CreatedAt: 1,
		}
		if err := w.Update(ctx, func(tx chat.Tx) error { return tx.CreateOrganization(&o) }); err != nil {
			t.Fatal(err)
		}
		vera, zoe := w.Manager(o, "Vera"), w.Manager(o, "Zoe")
		w.onDuty(vera, zoe)
		open := func(visitor string) int64 {
			ev, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: visitor, SiteKey: "loud"})
			return w.do(ev, err).ID
		}
		taken, left := open("v1"), open("v2")
		pass(30 * time.Second)
		if got := w.state(taken); got.State() != models.StateWaiting || got.Unattended {
			t.Fatalf("%+v", got)
		}
		w.do(w.service.Claim(ctx, as(zoe), chat.Sender{}, taken))
		pass(time.Minute)
		if got := w.state(taken); *got.ManagerID != zoe.ID {
			t.Errorf("%+v", got)
		}
		if got := w.state(left); got.State() != models.StateWaiting || !got.Unattended {
			t.Errorf("nobody took it, and the visitor is not told: %+v", got)
		}
		w.wantSteps(left, "opened", "unanswered")
	})
}

func TestVanishedCounterpartWhenAllAreFull(t *testing.T) {
	tendedWith(t, chat.Config{MaxConversations: 1}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna, w.boris)
		first, second := w.open(stranger, "v1"), w.open(stranger, "v2")
		w.gone(w.Anna)
		pass(3 * time.Minute)
		if got := w.state(first.ID); got.State() != models.StateWaiting {
			t.Fatalf("%+v", got)
		}
		w.do(w.service.Close(ctx, as(w.boris), chat.Sender{}, second.ID))
		pass(time.Second)
		if got := w.state(first.ID); got.ManagerID == nil || *got.ManagerID != w.boris.ID {
			t.Errorf("%+v", got)
		}
	})
}

func TestAvailabilityIsTold(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		told := func() (list []bool) {
			pending, err := w.Pending(ctx, nil, 100)
			if err != nil {
				t.Fatal(err)
			}
			var ids []int64
			for _, e := range pending {
				var ev chat.Event
				if err := json.Unmarshal([]byte(e.Payload), &ev); err != nil {
					t.Fatal(err)
				}
				if e.Kind == models.EventAvailability {
					list = append(list, ev.Availability.Online)
				}
				ids = append(ids, e.ID)
			}
			if err := w.Relayed(ctx, ids, 1); err != nil {
				t.Fatal(err)
			}
			return list
		}
		want := func(when string, want ...bool) {
			t.Helper()
			if got := told(); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: told %v, want %v", when, got, want)
			}
		}
		pass(time.Minute)
		want("at first")
		w.onDuty(w.Anna)
		pass(time.Millisecond)
		want("the first came", true)
		w.onDuty(w.boris)
		w.gone(w.Anna)
		pass(5 * time.Minute)
		want("another is there")
		w.gone(w.boris)
		pass(20 * time.Second)
		want("within the grace")
		pass(20 * time.Second)
		want("the last one left", false)
		view, err := w.service.Availability(ctx, w.Org.SiteKey)
		if err != nil || view.Online || view.Channel != fmt.Sprint("/availability/", w.Org.ID) {
			t.Errorf("%+v, %v", view, err)
		}
		if _, err := w.service.SetDuty(ctx, as(w.boris), chat.Sender{}, models.DutyPaused); err != nil {
			t.Fatal(err)
		}
		w.onDuty(w.boris)
		pass(time.Second)
		want("there, but paused")
	})
}
