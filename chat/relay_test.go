package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"parley/chat"
	"parley/models"
)

// box is an outbox in memory, at the border between relay and store: the store's own is tested with the store.
type box struct {
	mu       sync.Mutex
	events   []models.Event
	relayed  map[int64]bool
	failNote bool
}

func (b *box) commit(ids ...int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		b.events = append(b.events, models.Event{ID: id, CreatedAt: models.At(time.Now())})
	}
	slices.SortFunc(b.events, func(x, y models.Event) int { return int(x.ID - y.ID) })
}

func (b *box) Pending(_ context.Context, except []int64, limit int) (list []models.Event, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if !b.relayed[e.ID] && !slices.Contains(except, e.ID) && len(list) < limit {
			list = append(list, e)
		}
	}
	return list, nil
}

func (b *box) Relayed(_ context.Context, ids []int64, _ models.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failNote {
		return errors.New("the database is away")
	}
	for _, id := range ids {
		b.relayed[id] = true
	}
	return nil
}

// listener is a feed that notes what it got, and fails as often as it is told to.
type listener struct {
	mu    sync.Mutex
	got   []int64
	fails int
}

func (l *listener) Deliver(_ context.Context, events []models.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails > 0 {
		l.fails--
		return errors.New("not now")
	}
	for _, e := range events {
		l.got = append(l.got, e.ID)
	}
	return nil
}

func (l *listener) want(t *testing.T, ids ...int64) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.got, ids) {
		t.Errorf("got %v, want %v", l.got, ids)
	}
}

// relaying runs a relay in a bubble of time.
func relaying(t *testing.T, test func(t *testing.T, b *box, l *listener, r *chat.Relay)) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	synctest.Test(t, func(t *testing.T) {
		b, l := &box{relayed: map[int64]bool{}}, &listener{}
		r := chat.NewRelay(b, slog.New(slog.DiscardHandler), l)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := r.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		test(t, b, l, r)
		cancel()
		group.Wait()
	})
}

func TestRelayWithoutDelay(t *testing.T) {
	relaying(t, func(t *testing.T, b *box, l *listener, r *chat.Relay) {
		synctest.Wait()
		began := time.Now()
		b.commit(1, 2)
		r.Wake()
		synctest.Wait()
		l.want(t, 1, 2)
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
		b.commit(3)
		r.Wake()
		synctest.Wait()
		l.want(t, 1, 2, 3)
	})
}

// TestRelayLateCommit: an event with a lower id may be committed later, as sequences go. It is not skipped.
func TestRelayLateCommit(t *testing.T) {
	relaying(t, func(t *testing.T, b *box, l *listener, r *chat.Relay) {
		b.commit(10, 12)
		r.Wake()
		synctest.Wait()
		b.commit(11, 9)
		r.Wake()
		synctest.Wait()
		l.want(t, 10, 12, 9, 11)
		time.Sleep(time.Minute) // and none comes twice
		l.want(t, 10, 12, 9, 11)
	})
}

func TestRelayFindsWhatNobodyAnnounced(t *testing.T) {
	relaying(t, func(t *testing.T, b *box, l *listener, _ *chat.Relay) {
		synctest.Wait()
		b.commit(1)
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		l.want(t, 1)
	})
}

func TestRelayTriesAgain(t *testing.T) {
	relaying(t, func(t *testing.T, b *box, l *listener, r *chat.Relay) {
		l.mu.Lock()
		l.fails = 2
		l.mu.Unlock()
		b.commit(1, 2)
		r.Wake()
		synctest.Wait()
		l.want(t)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		l.want(t, 1, 2)
	})
}

// TestRelayWithoutNotes: while the database cannot be told, nothing goes out twice; the notes follow.
func TestRelayWithoutNotes(t *testing.T) {
	relaying(t, func(t *testing.T, b *box, l *listener, r *chat.Relay) {
		b.mu.Lock()
		b.failNote = true
		b.mu.Unlock()
		b.commit(1, 2)
		r.Wake()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		l.want(t, 1, 2)
		b.mu.Lock()
		b.failNote = false
		b.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		b.mu.Lock()
		defer b.mu.Unlock()
		if !b.relayed[1] || !b.relayed[2] {
			t.Errorf("noted: %v", b.relayed)
		}
	})
}

// TestRelayTakesUpTheOutbox: what an earlier process left goes out first; what is committed while stopping
// goes out, too.
func TestRelayTakesUpTheOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l := &box{relayed: map[int64]bool{1: true}}, &listener{}
		b.commit(1, 2, 3)
		r := chat.NewRelay(b, slog.New(slog.DiscardHandler), l)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { r.Run(ctx) }) //nolint:errcheck // it has none
		synctest.Wait()
		l.want(t, 2, 3)
		b.commit(4)
		cancel()
		group.Wait()
		l.want(t, 2, 3, 4)
		if !b.relayed[4] {
			t.Error("the last one was not noted")
		}
	})
}

// publisher notes what the feed does to the engine.
type publisher struct{ did []string }

func (p *publisher) PublishStored(_ context.Context, id int64, channel, scope string, data []byte) error {
	p.did = append(p.did, fmt.Sprintf("%s@%s %s #%d", channel, scope, data, id))
	return nil
}

func (p *publisher) ReviewOf(_ context.Context, pick func(any) bool) {
	for _, who := range []any{
		chat.Principal{Party: chat.Manager, ManagerID: 5}, chat.Principal{Party: chat.Manager, ManagerID: 6},
		chat.Principal{Party: chat.Backend, KeyID: 5}, nil,
	} {
		if pick(who) {
			p.did = append(p.did, fmt.Sprint("review of ", who))
		}
	}
}

func (p *publisher) Revoke(context.Context, func(any, string) bool) {}

func (p *publisher) Review(_ context.Context, channel string) {
	p.did = append(p.did, "review "+channel)
}

// reviews is an engine at which those listen who are named, and notes who is asked about again.
type reviews struct {
	publisher
	who, asked []chat.Principal
}

func (r *reviews) ReviewOf(_ context.Context, pick func(any) bool) {
	for _, who := range r.who {
		if pick(who) {
			r.asked = append(r.asked, who)
		}
	}
}

// TestOrganizationReview: whoever may be of an organisation that changes is asked about again, since it may be suspended.
func TestOrganizationReview(t *testing.T) {
	of := func(party chat.Party, organization int64) chat.Principal {
		return chat.Principal{Party: party, OrganizationID: organization, VisitorID: "v1"}
	}
	concerned := []chat.Principal{of(chat.Visitor, 7), of(chat.Visitor, 0), of(chat.Manager, 7), of(chat.Backend, 7)}
	r := &reviews{who: append(slices.Clone(concerned), of(chat.Visitor, 8), of(chat.Manager, 8), of(chat.Operator, 0))}
	err := chat.NewFayeFeed(r).Deliver(t.Context(), []models.Event{{ID: 1, Kind: models.EventOrganization, OrganizationID: 7, Payload: `{}`}})
	if err != nil || !slices.Equal(r.asked, concerned) {
		t.Errorf("%v, %v", r.asked, err)
	}
}

func TestFayeFeed(t *testing.T) {
	id := int64(17)
	p := &publisher{}
	var events []models.Event
	for i, e := range []struct {
		kind   models.EventKind
		action string
	}{
		{models.EventConversation, "created"}, {models.EventConversation, "announced"}, {models.EventConversation, "updated"},
		{models.EventMessage, "created"}, {models.EventMessage, "updated"}, {models.EventNotification, "created"},
	} {
		events = append(events, models.Event{
			ID: int64(10 + i), OrganizationID: 3, VisitorID: "v1", ConversationID: &id, Kind: e.kind, Action: e.action, Payload: fmt.Sprint(i),
		})
	}
	if err := chat.NewFayeFeed(p).Deliver(ctx, events); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"/service/v1@3 0 #10", "/service/v1@3 1 #11", "/service/v1@3 2 #12", "/conversations/17@3 2 #12", "review /conversations/17", "review /staff/17",
		"/conversations/17@3 3 #13", "/conversations/17@3 4 #14", "/notifications/v1@3 5 #15",
	}
	if !slices.Equal(p.did, want) {
		t.Errorf("got  %q\nwant %q", p.did, want)
	}
}

// TestRelayFeedsByThemselves lets one feed fail: the others hear everything once, and what is new meanwhile at once.
func TestRelayFeedsByThemselves(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	synctest.Test(t, func(t *testing.T) {
		b, first, second, third := &box{relayed: map[int64]bool{}}, &listener{}, &listener{fails: 3}, &listener{}
		r := chat.NewRelay(b, slog.New(slog.DiscardHandler), first, second, third)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := r.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		b.commit(1, 2)
		r.Wake()
		synctest.Wait()
		b.commit(3)
		r.Wake()
		synctest.Wait()
		first.want(t, 1, 2, 3)
		second.want(t)
		time.Sleep(5 * time.Second)
		b.commit(4)
		r.Wake()
		synctest.Wait()
		for _, l := range []*listener{first, second, third} {
			l.want(t, 1, 2, 3, 4)
		}
		cancel()
		group.Wait()
	})
}
