package chat

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"

	"parley/models"
)

const (
	// mostFollowers bounds who waits for events at a time, followersEach what one caller holds, followersFrom what
	// strangers and visitors of an address do.
	mostFollowers = 2000
	followersEach = 16
	followersFrom = 200
)

// Tail is the end of the log of events, where callers wait for the next. The relay tells it what got a position, and
// it wakes those who may see some of that: rights are looked up once for all of them, and nobody asks the database
// while nothing happens. With several nodes each has its own. A nil Tail has nobody.
type Tail struct {
	store Store
	gate  *Gate
	// wake asks the relay to note what it has handed on.
	wake  func()
	count atomic.Int64

	mu        sync.Mutex
	followers map[*follower]bool
	held      map[string]int
	closed    bool
}

// follower is a call that waits.
type follower struct {
	who   Principal
	kinds []models.EventKind
	keys  []string      // that it is counted by
	news  chan struct{} // holds one; closed at the end of the server
}

func newTail(store Store, gate *Gate, wake func()) *Tail {
	return &Tail{store: store, gate: gate, wake: wake, followers: map[*follower]bool{}, held: map[string]int{}}
}

// Close lets everybody go who waits, and nobody wait any more.
func (t *Tail) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	for f := range t.followers {
		close(f.news)
	}
}

// Followers counts who waits.
func (t *Tail) Followers() int64 { return t.count.Load() }

func (t *Tail) following() bool { return t != nil && t.count.Load() > 0 }

// follow lets somebody wait; leave must follow. Nobody waits at a tail that is closed.
func (t *Tail) follow(who Principal, from string, kinds []models.EventKind) (*follower, error) {
	f := &follower{who: who, kinds: kinds, keys: []string{who.String()}, news: make(chan struct{}, 1)}
	if who.Party == Visitor {
		f.keys = append(f.keys, "from "+from)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		close(f.news)
	}
	if len(t.followers) >= mostFollowers || t.held[f.keys[0]] >= followersEach ||
		len(f.keys) > 1 && t.held[f.keys[1]] >= followersFrom {
		return nil, &Error{Kind: TooMany, Code: "too_many_waiting", Text: "Too many calls wait for events"}
	}
	for _, key := range f.keys {
		t.held[key]++
	}
	if !t.closed {
		t.followers[f] = true
		t.count.Add(1)
	}
	t.wake()
	return f, nil
}

func (t *Tail) leave(f *follower) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range f.keys {
		if t.held[key]--; t.held[key] == 0 {
			delete(t.held, key)
		}
	}
	if t.followers[f] {
		delete(t.followers, f)
		t.count.Add(-1)
	}
}

// noted wakes those whom some of the events concern.
func (t *Tail) noted(ctx context.Context, events []models.Event) {
	if !t.following() {
		return
	}
	t.mu.Lock()
	followers := make([]*follower, 0, len(t.followers))
	for f := range t.followers {
		followers = append(followers, f)
	}
	t.mu.Unlock()
	known, err := t.judged(ctx, followers, events)
	theirs := sorted(events)
	for _, f := range followers {
		concerned := func(e models.Event) bool { return f.concerned(t.gate, e, known) }
		if err != nil || slices.ContainsFunc(theirs.of(f.who), concerned) {
			t.tell(f)
		}
	}
}

// sortedEvents are events by whom they are about.
type sortedEvents struct {
	visitors      map[string][]models.Event
	organizations map[int64][]models.Event
}

func sorted(events []models.Event) sortedEvents {
	s := sortedEvents{map[string][]models.Event{}, map[int64][]models.Event{}}
	for _, e := range events {
		s.organizations[e.OrganizationID] = append(s.organizations[e.OrganizationID], e)
		if e.VisitorID != "" {
			s.visitors[e.VisitorID] = append(s.visitors[e.VisitorID], e)
		}
	}
	return s
}

func (s sortedEvents) of(who Principal) []models.Event {
	if who.Party == Visitor {
		return s.visitors[who.VisitorID]
	}
	return s.organizations[who.OrganizationID]
}

// tell wakes a follower, unless the end has.
func (t *Tail) tell(f *follower) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// judged reads on what it depends whether somebody may see the events.
func (t *Tail) judged(ctx context.Context, followers []*follower, events []models.Event) (judgedBy, error) {
	var organizations []int64
	for _, f := range followers {
		if f.who.limited() && !slices.Contains(organizations, f.who.OrganizationID) {
			organizations = append(organizations, f.who.OrganizationID)
		}
	}
	concerned := slices.DeleteFunc(slices.Clone(events), func(e models.Event) bool { return !slices.Contains(organizations, e.OrganizationID) })
	return judging(t.store.View(ctx), concerned)
}

// concerned tells whether a follower may see an event, or lost her rights by it.
func (f *follower) concerned(g *Gate, e models.Event, known judgedBy) bool {
	if e.Kind == models.EventAccess {
		var r revocation
		return json.Unmarshal([]byte(e.Payload), &r) != nil || r.concerns(f.who)
	}
	return wanted(f.kinds, e) && g.seen(f.who, e, known) != ""
}
