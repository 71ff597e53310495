package chat_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

// asked is a store that counts how often it is read from.
type asked struct {
	chat.Store
	views atomic.Int64
}

func (a *asked) View(ctx context.Context) chat.Reader {
	a.views.Add(1)
	return a.Store.View(ctx)
}

// running is a service with its relay.
type running struct {
	*world
	service *chat.Service
	asked   *asked
}

func run(t *testing.T, w *world) running {
	r := running{world: w, asked: &asked{Store: w}}
	relay := chat.NewRelay(w, slog.New(slog.DiscardHandler))
	// The gate asks for everybody's rights, the service for the pages.
	r.service = chat.New(r.asked, w.gate, chat.Config{Committed: relay.Wake})
	w.service = r.service
	relay.Feed(r.service.Tail())
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() { relay.Run(ctx) }) //nolint:errcheck // it has none
	t.Cleanup(func() { cancel(); group.Wait() })
	return r
}

// wait asks and waits in the background.
func (r running) wait(who chat.Principal, change func(*chat.EventsRequest)) <-chan answered {
	r.t.Helper()
	start, err := r.service.Events(ctx, who, chat.EventsRequest{})
	if err != nil {
		r.t.Fatal(err)
	}
	request := chat.EventsRequest{After: &start.Next, Wait: 20 * time.Second}
	if change != nil {
		change(&request)
	}
	before := r.service.Tail().Followers()
	answer := make(chan answered, 1)
	go func() {
		page, err := r.service.Events(ctx, who, request)
		answer <- answered{page, err}
	}()
	for r.service.Tail().Followers() == before && len(answer) == 0 {
		time.Sleep(time.Millisecond)
	}
	return answer
}

type answered struct {
	chat.EventsPage
	err error
}

func (r running) get(answer <-chan answered) answered {
	r.t.Helper()
	select {
	case a := <-answer:
		return a
	case <-time.After(10 * time.Second):
		r.t.Fatal("nobody woke it")
		return answered{}
	}
}

func TestEventsWait(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		r := run(t, w)
		w.onDuty(w.Anna)
		c := w.open(visitor("v1"), "v1")
		sam := w.Manager(w.Org, "Sam")
		admin := chat.NewAdmin(w)
		if _, err := admin.UpdateManager(ctx, sam.ID, chat.ManagerChanges{Role: chat.To(models.RoleSupervisor)}); err != nil {
			t.Fatal(err)
		}
		for name, who := range map[string]chat.Principal{
			"visitor": visitor("v1"), "counterpart": as(w.Anna), "supervisor": as2(sam, models.RoleSupervisor), "backend": w.backend(w.Org),
		} {
			answer := r.wait(who, func(r *chat.EventsRequest) { r.Kinds = []models.EventKind{models.EventMessage} })
			m := w.post(as(w.Anna), c.ID, "for "+name)
			a := r.get(answer)
			var told chat.Event
			if a.err != nil || len(a.Events) != 1 || json.Unmarshal(a.Events[0].Event, &told) != nil || told.Message.ID != m.ID {
				t.Errorf("%s: %+v", name, a)
			}
		}
		if n := r.service.Tail().Followers(); n != 0 {
			t.Errorf("%d are still there", n)
		}
	})
}

// TestEventsWaitUndisturbed: what somebody may not see does not wake her.
func TestEventsWaitUndisturbed(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	r := run(t, w)
	w.onDuty(w.Anna)
	c := w.open(visitor("v1"), "v1")
	w.relay()
	boris, other := r.wait(as(w.boris), nil), r.wait(visitor("v2"), nil)
	key := r.wait(w.backend(w.Org), func(r *chat.EventsRequest) { r.Kinds = []models.EventKind{models.EventNote} })
	before := r.asked.views.Load()
	const posts = 50
	for i := range posts {
		w.post(visitor("v1"), c.ID, fmt.Sprint(i))
	}
	if _, err := w.service.AddNote(ctx, as(w.Anna), chat.Sender{}, c.ID, "the last word"); err != nil {
		t.Fatal(err)
	}
	if a := r.get(key); a.err != nil || len(a.Events) != 1 {
		t.Errorf("%+v", a)
	}
	r.service.Tail().Close()
	for _, answer := range []<-chan answered{boris, other} {
		if a := r.get(answer); a.err != nil || len(a.Events) != 0 {
			t.Errorf("%+v", a)
		}
	}
	// Two reads a post, one of the conversation for boris with each note of the relay's, and the ends.
	if views := r.asked.views.Load() - before; views > 3*posts+20 {
		t.Errorf("%d reads for %d posts", views, posts)
	}
}

func TestEventsWaitEnds(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		r := run(t, w)
		// With the credentials.
		key := w.backend(w.Org)
		began := time.Now()
		a := r.get(r.wait(key, func(r *chat.EventsRequest) { r.Until = time.Now().Add(100 * time.Millisecond) }))
		if a.err != nil || time.Since(began) > 5*time.Second {
			t.Errorf("%+v after %v", a, time.Since(began))
		}
		// With the key.
		answer := r.wait(key, nil)
		if err := chat.NewAdmin(w).DeleteAPIKey(ctx, key.KeyID); err != nil {
			t.Fatal(err)
		}
		wantCode(t, r.get(answer).err, "token_invalid")
		// With the caller.
		ended, cancel := context.WithCancel(ctx)
		after := int64(0)
		cancel()
		if _, err := w.service.Events(ended, visitor("v9"), chat.EventsRequest{After: &after, Wait: time.Minute}); err == nil {
			t.Error("a caller who is gone got an answer")
		}
		// With the server, for those who come then, too.
		answer = r.wait(as(w.Anna), nil)
		r.service.Tail().Close()
		if a := r.get(answer); a.err != nil || len(a.Events) != 0 {
			t.Errorf("%+v", a)
		}
		if a := r.get(r.wait(as(w.Anna), nil)); a.err != nil {
			t.Error(a.err)
		}
	})
}

func TestEventsWaitBounds(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	r := run(t, w)
	var waiting []<-chan answered
	for range 16 {
		waiting = append(waiting, r.wait(as(w.Anna), nil))
	}
	after := int64(0)
	_, err := w.service.Events(ctx, as(w.Anna), chat.EventsRequest{After: &after, Wait: time.Second})
	wantCode(t, err, "too_many_waiting")
	for i := range 200 {
		waiting = append(waiting, r.wait(visitor(fmt.Sprint("v", i)), func(r *chat.EventsRequest) { r.From = "192.0.2.1" }))
	}
	_, err = w.service.Events(ctx, visitor("v"), chat.EventsRequest{After: &after, Wait: time.Second, From: "192.0.2.1"})
	wantCode(t, err, "too_many_waiting")
	waiting = append(waiting, r.wait(visitor("v"), func(r *chat.EventsRequest) { r.From = "192.0.2.2" }))
	r.service.Tail().Close()
	for _, answer := range waiting {
		if a := r.get(answer); a.err != nil {
			t.Error(a.err)
		}
	}
}

// TestEventsUnderLoad follows while many post: everything comes once, in its conversation's order.
func TestEventsUnderLoad(t *testing.T) {
	chattest.Slow(t)
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		const writers, each = 16, 40
		r := run(t, w)
		w.onDuty(w.Anna)
		var group sync.WaitGroup
		for i := range writers {
			id := fmt.Sprint("v", i)
			c := w.open(visitor(id), id)
			group.Go(func() {
				for n := range each {
					_, _, err := w.service.Post(ctx, visitor(id), chat.PostRequest{ConversationID: c.ID, Content: fmt.Sprint(n)})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		key, after := w.backend(w.Org), int64(0)
		last, ids := map[int64]int64{}, map[int64]bool{}
		for count := 0; count < writers*each; {
			page, err := r.service.Events(ctx, key, chat.EventsRequest{After: &after, Wait: 10 * time.Second})
			if err != nil || len(page.Events) == 0 {
				t.Fatal(cmp.Or(err, fmt.Errorf("only %d came", count)))
			}
			for _, e := range page.Events {
				var told chat.Event
				if err := json.Unmarshal(e.Event, &told); err != nil || ids[e.ID] || e.Position <= after {
					t.Fatalf("%+v after %d, %v", e, after, err)
				}
				ids[e.ID], after = true, e.Position
				if m := told.Message; m != nil {
					if count++; m.ID <= last[m.ConversationID] {
						t.Fatalf("message %d after %d", m.ID, last[m.ConversationID])
					}
					last[m.ConversationID] = m.ID
				}
			}
			after = page.Next
		}
		group.Wait()
	})
}
