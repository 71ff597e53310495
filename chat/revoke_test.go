package chat_test

import (
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// TestRevocation: whoever is deleted loses what hangs on her sessions, too, and the engine is told to ask.
func TestRevocation(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := chat.NewAdmin(w)
		backend := w.backend(w.Org)
		w.onDuty(w.Anna)
		w.open(stranger, "v1")
		listens := func(who chat.Principal) bool {
			_, ok, err := w.gate.Subscribe(ctx, who, "/service/*")
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !listens(backend) || !listens(as(w.Anna)) {
			t.Fatal("they could not listen to begin with")
		}
		w.events()
		if err := people.DeleteAPIKey(ctx, backend.KeyID); err != nil {
			t.Fatal(err)
		}
		if err := people.DeleteManager(ctx, w.Anna.ID); err != nil {
			t.Fatal(err)
		}
		if listens(backend) || listens(as(w.Anna)) {
			t.Error("they still may listen")
		}
		if _, ok, err := w.gate.Publish(ctx, backend, "/notifications/v1"); ok || err != nil {
			t.Errorf("the key still publishes: %v, %v", ok, err)
		}
		pending, err := w.Pending(ctx, nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		pending = slices.DeleteFunc(pending, func(e models.Event) bool { return e.Kind != models.EventAccess })
		if want := 2; len(pending) != want {
			t.Errorf("%d events, want %d: %+v", len(pending), want, pending)
		}
	})
}

// TestRevocationNames: the engine is asked about the one whose rights ended, not about a namesake.
func TestRevocationNames(t *testing.T) {
	p := &publisher{}
	err := chat.NewFayeFeed(p).Deliver(ctx, []models.Event{
		{Kind: models.EventAccess, Payload: `{"manager_id":5}`}, {Kind: models.EventAccess, Payload: `{"key_id":5}`},
	})
	if want := []string{"review of :5", "review of key:5"}; err != nil || !slices.Equal(p.did, want) {
		t.Errorf("%q, %v, want %q", p.did, err, want)
	}
}
