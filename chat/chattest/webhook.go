package chattest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

// Webhook adds one of the organisation's.
func (f *Fixture) Webhook(o models.Organization, change func(*models.Webhook)) models.Webhook {
	f.t.Helper()
	w := models.Webhook{
		OrganizationID: o.ID, URL: "https://example.com/hook", Format: models.FormatParley, Events: models.AllEvents, Enabled: true,
		Secret: "whsec_x", CreatedAt: 1, UpdatedAt: 1,
	}
	if change != nil {
		change(&w)
	}
	f.do(func(tx chat.Tx) error { w.ID = 0; return tx.CreateWebhook(&w) })
	return w
}

// delivery is one of an event in a lane.
func (f *Fixture) delivery(event int64, lane string) models.Delivery {
	return models.Delivery{OrganizationID: f.Org.ID, UUID: f.uuid(), EventID: &event, Type: "message.created", Lane: lane, Payload: "{}", CreatedAt: models.Time(event)}
}

func (f *Fixture) queueUp(w models.Webhook, at models.Time, list ...models.Delivery) (added int) {
	f.t.Helper()
	f.do(func(tx chat.Tx) (err error) {
		if _, err := tx.LockWebhook(w.ID); err != nil {
			return err
		}
		added, err = tx.QueueDeliveries(w.ID, list, at)
		return err
	})
	return added
}

func (f *Fixture) claim(w models.Webhook, at, until models.Time, limit int) (list []models.Delivery) {
	f.t.Helper()
	f.do(func(tx chat.Tx) (err error) {
		if _, err := tx.LockWebhook(w.ID); err != nil {
			return err
		}
		list, err = tx.ClaimDeliveries(w.ID, at, until, limit)
		return err
	})
	return list
}

// end ends a claim and tells whether it was one.
func (f *Fixture) end(d models.Delivery, state models.DeliveryState, at models.Time) (ok bool) {
	f.t.Helper()
	d.State, d.DueAt, d.FinishedAt = state, nil, &at
	if state == models.DeliveryPending {
		d.DueAt, d.FinishedAt = &at, nil
	}
	f.do(func(tx chat.Tx) (err error) {
		if _, err := tx.LockWebhook(d.WebhookID); err != nil {
			return err
		}
		ok, err = tx.SaveDelivery(d, at)
		return err
	})
	return ok
}

// eventsOf names deliveries by their events.
func eventsOf(list []models.Delivery) string {
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = fmt.Sprint(*d.EventID)
	}
	return strings.Join(names, " ")
}

func (f *Fixture) wantDue(at models.Time, want ...int64) {
	f.t.Helper()
	ids, err := f.reader().DueWebhooks(at, nil, 10)
	f.must(err)
	if !slices.Equal(ids, append([]int64{}, want...)) {
		f.t.Errorf("at %d due are %v, want %v", at, ids, want)
	}
}

func webhooks(t *testing.T, f *Fixture) {
	until, at := models.Time(9), models.Time(5)
	w := f.Webhook(f.Org, nil)
	f.Webhook(f.Organization("Kettles"), nil)
	f.do(func(tx chat.Tx) error {
		w, err := tx.LockWebhook(w.ID)
		f.must(err)
		w.URL, w.Description, w.Events, w.Enabled, w.DisabledReason = "http://b.example", "b", models.NewEventTypes([]string{"message", "note.created"}), false, models.WebhookGone
		w.DisabledAt, w.FailingSince, w.SucceededAt = &at, &at, &at
		w.Secret, w.PreviousSecret, w.PreviousUntil, w.UpdatedAt = "new", "old", &until, 7
		return tx.SaveWebhook(w)
	})
	got, err := f.reader().Webhook(w.ID)
	f.must(err)
	if got.URL != "http://b.example" || got.Description != "b" || got.Enabled || got.DisabledReason != models.WebhookGone || *got.DisabledAt != 5 ||
		*got.FailingSince != 5 || *got.SucceededAt != 5 || got.Secret != "new" || got.PreviousSecret != "old" || *got.PreviousUntil != 9 ||
		got.UpdatedAt != 7 || got.CreatedAt != 1 || got.OrganizationID != f.Org.ID {
		t.Errorf("%+v", got)
	}
	if !got.Events.Want("message.created") || !got.Events.Want("note.created") || got.Events.Want("note.deleted") {
		t.Errorf("wants %v", got.Events.List())
	}
	if list, err := f.reader().Webhooks(f.Org.ID); err != nil || len(list) != 1 || list[0].ID != w.ID {
		t.Errorf("%+v, %v", list, err)
	}
	f.queueUp(w, 1, f.delivery(1, "c1"))
	f.do(func(tx chat.Tx) error {
		got.DeletedAt = &at
		return tx.SaveWebhook(got)
	})
	if _, err := f.reader().Webhook(w.ID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("a deleted one is found: %v", err)
	}
	if list, err := f.reader().EveryWebhook(); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	f.do(func(tx chat.Tx) error {
		if _, err := tx.LockWebhook(w.ID); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("a deleted one is locked: %v", err)
		}
		for _, want := range []int{1, 0, 0} {
			if n, err := tx.RemoveWebhook(w.ID, 10); err != nil || n != want {
				t.Errorf("removed %d, want %d: %v", n, want, err)
			}
		}
		return nil
	})
	if list, err := f.reader().EveryWebhook(); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func deliveriesInOrder(t *testing.T, f *Fixture) {
	w, other := f.Webhook(f.Org, nil), f.Webhook(f.Org, nil)
	if n := f.queueUp(w, 10, f.delivery(1, "c1"), f.delivery(2, "c1"), f.delivery(3, "c2"), f.delivery(4, "")); n != 4 {
		t.Errorf("queued %d", n)
	}
	if n := f.queueUp(w, 10, f.delivery(2, "c1"), f.delivery(5, ""), f.delivery(6, "c2")); n != 2 {
		t.Errorf("queued %d: event 2 is there already", n)
	}
	f.queueUp(other, 9, f.delivery(1, "c1"))
	f.wantDue(8)
	f.wantDue(10, other.ID, w.ID)
	if ids, err := f.reader().DueWebhooks(10, []int64{other.ID}, 10); err != nil || !slices.Equal(ids, []int64{w.ID}) {
		t.Errorf("%v, %v", ids, err)
	}
	claimed := f.claim(w, 10, 50, 3)
	if got := eventsOf(claimed); got != "1 3 4" {
		t.Fatalf("claimed %s", got)
	}
	if got := eventsOf(f.claim(w, 10, 60, 3)); got != "5" {
		t.Errorf("then claimed %s", got)
	}
	f.wantDue(49, other.ID)
	f.end(claimed[0], models.DeliveryPending, 20) // it failed and is tried again at 20
	f.end(claimed[1], models.DeliveryDelivered, 12)
	again := f.claim(w, 12, 50, 9)
	if got := eventsOf(again); got != "6" {
		t.Errorf("after 3 came %s", got)
	}
	again = f.claim(w, 20, 50, 9)
	if got := eventsOf(again); got != "1" || again[0].Attempts != 2 || again[0].Retries != 2 {
		t.Errorf("again: %s, %+v", got, again)
	}
	if f.end(claimed[0], models.DeliveryDelivered, 30) {
		t.Error("a claim that another has by now was ended")
	}
	// Its sender died.
	if got := eventsOf(f.claim(w, 50, 90, 9)); got != "4 6 1" && got != "1 4 6" {
		t.Errorf("whose sender died: %s", got)
	}
	if n, err := f.reader().Queued(w.ID, 3); err != nil || n != 3 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := f.reader().Queued(w.ID, 30); err != nil || n != 5 {
		t.Errorf("%d, %v", n, err)
	}
	f.do(func(tx chat.Tx) error { off := other; off.Enabled = false; return tx.SaveWebhook(off) })
	if n, oldest, err := f.reader().WebhookQueue(); err != nil || n != 5 || *oldest != 10 {
		t.Errorf("%d, %v, %v", n, oldest, err)
	}
	f.wantDue(1000, w.ID)
}

func deliveriesEnd(t *testing.T, f *Fixture) {
	w := f.Webhook(f.Org, nil)
	f.queueUp(w, 10, f.delivery(1, "c1"), f.delivery(2, "c1"))
	one := f.claim(w, 10, 50, 1)[0]
	one.Status, one.Error = 500, "the endpoint answered 500"
	f.do(func(tx chat.Tx) error {
		for number := 1; number <= models.MaxAttemptsKept+2; number++ {
			a := models.Attempt{DeliveryID: one.ID, Number: number, StartedAt: 10, DurationMS: 3, Status: 500, Error: "e", Response: "oops"}
			f.must(tx.AppendAttempt(&a))
		}
		return nil
	})
	f.end(one, models.DeliveryFailed, 11)
	kept, err := f.reader().Delivery(one.ID)
	if err != nil || kept.State != models.DeliveryFailed || kept.Status != 500 || kept.Error == "" || *kept.FinishedAt != 11 || kept.DueAt != nil {
		t.Errorf("%+v, %v", kept, err)
	}
	attempts, err := f.reader().Attempts(one.ID)
	if err != nil || len(attempts) != models.MaxAttemptsKept || attempts[0].Number != 3 || attempts[0].Response != "oops" || attempts[0].DurationMS != 3 {
		t.Errorf("%d attempts: %+v, %v", len(attempts), attempts[:1], err)
	}
	two := f.claim(w, 11, 50, 1)[0]
	f.do(func(tx chat.Tx) error { return tx.DropDelivery(two, 12) })
	if _, err := f.reader().Delivery(two.ID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("dropped: %v", err)
	}
	f.wantDue(1000)
	for state, want := range map[models.DeliveryState]int{"": 1, models.DeliveryFailed: 1, models.DeliveryPending: 0} {
		if list, err := f.reader().Deliveries(chat.DeliveryQuery{WebhookID: w.ID, State: state, Type: "message.created", Limit: 5}); err != nil || len(list) != want {
			t.Errorf("%s: %d, %v", state, len(list), err)
		}
	}
}

func replays(t *testing.T, f *Fixture) {
	w := f.Webhook(f.Org, nil)
	f.queueUp(w, 10, f.delivery(1, "c1"), f.delivery(2, "c1"), f.delivery(3, "c1"), f.delivery(4, "c2"))
	for range 2 {
		for _, d := range f.claim(w, 10, 50, 9) {
			f.end(d, models.DeliveryFailed, 10)
		}
	}
	// 1, 2 and 4 have failed, 3 is on its way.
	three := f.claim(w, 10, 50, 9)[0]
	var failed []int64
	f.do(func(tx chat.Tx) (err error) {
		failed, err = tx.FailedDeliveries(w.ID, 2, 0, 9)
		if err != nil || len(failed) != 2 {
			t.Errorf("failed: %v, %v", failed, err)
		}
		failed, err = tx.FailedDeliveries(w.ID, 0, 0, 9)
		f.must(err)
		return tx.ReplayDeliveries(w.ID, append(failed, three.ID), 20)
	})
	if got := eventsOf(f.claim(w, 20, 60, 9)); got != "4" {
		t.Errorf("replayed, while 3 is on its way: %s", got)
	}
	f.end(three, models.DeliveryPending, 100)
	f.do(func(tx chat.Tx) error { return tx.ReplayDeliveries(w.ID, []int64{three.ID}, 30) })
	if three = f.claim(w, 30, 60, 9)[0]; *three.EventID != 3 {
		t.Errorf("what rested is not sent at once: %+v", three)
	}
	f.end(three, models.DeliveryDelivered, 31)
	one := f.claim(w, 31, 60, 9)
	if got := eventsOf(one); got != "1" || one[0].Retries != 1 || one[0].Attempts != 2 || one[0].QueuedAt != 20 {
		t.Errorf("after 3: %+v", one)
	}
}

// mended: what a delivery waited for may be erased.
func mended(t *testing.T, f *Fixture) {
	w := f.Webhook(f.Org, nil)
	hers, after, other := f.delivery(1, "c1"), f.delivery(2, "c1"), f.delivery(3, "c2")
	hers.VisitorID = "v1"
	f.queueUp(w, 10, hers, after, other)
	f.do(func(tx chat.Tx) error {
		_, _, err := tx.RemoveOf("v1", "mark", 10)
		return err
	})
	if got := eventsOf(f.claim(w, 10, 60, 9)); got != "3" {
		t.Errorf("claimed %s", got)
	}
	f.do(func(tx chat.Tx) error {
		for _, want := range []int{1, 0} {
			if n, err := tx.MendLanes(w.ID, 20); err != nil || n != want {
				t.Errorf("mended %d, want %d: %v", n, want, err)
			}
		}
		return nil
	})
	f.wantDue(20, w.ID)
	if got := eventsOf(f.claim(w, 20, 60, 9)); got != "2" {
		t.Errorf("then claimed %s", got)
	}
}

func forgotten(t *testing.T, f *Fixture) {
	w := f.Webhook(f.Org, nil)
	for n := range models.Time(6) {
		f.queueUp(w, n, f.delivery(int64(n), ""))
		for _, d := range f.claim(w, n, 50, 1) {
			f.end(d, models.DeliveryDelivered, n)
		}
	}
	f.queueUp(w, 3, f.delivery(100, "c1"), f.delivery(101, "c1"), f.delivery(102, "c2"))
	f.queueUp(w, 9, f.delivery(103, "c1"))
	f.do(func(tx chat.Tx) error {
		for _, row := range []struct {
			before            models.Time
			keep, limit, want int
		}{{2, 100, 1, 1}, {2, 100, 9, 1}, {2, 100, 9, 0}, {0, 3, 9, 1}, {0, 3, 9, 0}} {
			if n, err := tx.ForgetDeliveries(w.ID, row.before, row.keep, row.limit); err != nil || n != row.want {
				t.Errorf("%+v: %d, %v", row, n, err)
			}
		}
		for _, want := range []int{2, 1, 0} {
			if n, err := tx.AbandonDeliveries(w.ID, 9, 10, 2); err != nil || n != want {
				t.Errorf("gave %d up, want %d: %v", n, want, err)
			}
		}
		return nil
	})
	f.wantDue(1000) // the last waits for one that is not there any more
	f.do(func(tx chat.Tx) error { return tx.WakeWebhook(w.ID, 20) })
	f.wantDue(19)
	if got := eventsOf(f.claim(w, 20, 60, 9)); got != "103" {
		t.Errorf("woken: %s", got)
	}
}
