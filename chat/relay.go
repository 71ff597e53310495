package chat

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/models"
)

// Feed takes committed events on to an audience. Events of a conversation come in order. An error means that
// none of the batch is certain to have gone out: it comes again.
type Feed interface {
	Deliver(ctx context.Context, events []models.Event) error
}

const (
	relayBatch = 500
	// relayPoll finds events that were committed without a wake-up: by a command, or by a process that died.
	relayPoll = time.Second
)

// Relay hands committed events on to every feed. It works from the outbox alone, so what was committed before
// a crash goes out after it.
type Relay struct {
	outbox Outbox
	feeds  handed
	logger *slog.Logger
	wake   chan struct{} // holds one; never closed
	notes  notes
	tail   *Tail // nil: nobody follows

	relayed atomic.Int64
	lag     atomic.Int64 // milliseconds, of the latest batch's oldest event
	behind  atomic.Int64 // when the oldest event was committed that could not be handed on; 0 for none
}

// NewRelay makes a relay.
func NewRelay(outbox Outbox, logger *slog.Logger, feeds ...Feed) *Relay {
	return &Relay{outbox: outbox, feeds: handed{feeds: feeds}, logger: logger, wake: make(chan struct{}, 1), notes: notes{due: make(chan struct{}, 1)}}
}

// Feed has the relay tell those who follow the events what has got a position. It comes before Run.
func (r *Relay) Feed(t *Tail) { r.tail = t }

// Wake tells the relay that something was committed. It never blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // a wake-up waits already, and will see this commit too
	}
}

// Stats returns how many events were handed on, and how old the oldest of the latest batch was; while the relay
// cannot go on, how old the one is that it is stuck at.
func (r *Relay) Stats() (relayed int64, lag time.Duration) {
	if stuck := r.behind.Load(); stuck != 0 {
		return r.relayed.Load(), now().Time().Sub(models.Time(stuck).Time())
	}
	return r.relayed.Load(), time.Duration(r.lag.Load()) * time.Millisecond
}

// Run hands events on until ctx ends; then once more whatever is committed, for at most a second. What was handed on
// is noted beside that, so that nobody who listens waits for it.
func (r *Relay) Run(ctx context.Context) error {
	noting, stop := context.WithCancel(ctx)
	var notes sync.WaitGroup
	notes.Go(func() { r.runNotes(noting) })
	poll := time.NewTicker(relayPoll)
	defer poll.Stop()
	for {
		r.drain(ctx)
		if ctx.Err() != nil {
			stop()
			notes.Wait()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			r.drain(last)
			r.note(last)
			return nil
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-poll.C:
		}
	}
}

// drain hands on all that is committed.
func (r *Relay) drain(ctx context.Context) {
	for ctx.Err() == nil {
		events, err := r.outbox.Pending(ctx, r.notes.ids(), relayBatch)
		if err == nil && len(events) == 0 {
			break
		}
		if err == nil {
			err = r.deliver(ctx, events)
		}
		if err != nil {
			if ctx.Err() == nil {
				r.logger.Error("relaying events failed", "error", err)
				r.stuck(events)
			}
			break // the next poll tries again
		}
		r.behind.Store(0)
		if r.notes.add(events) >= mostNotes {
			r.note(ctx)
		}
		r.hurry()
	}
	r.hurry() // somebody may have come to wait for what was handed on before
}

// stuck notes since when the relay is behind; no events are known while the outbox cannot be read.
func (r *Relay) stuck(events []models.Event) {
	since := now()
	if len(events) > 0 {
		since = events[0].CreatedAt
	}
	r.behind.CompareAndSwap(0, int64(since))
}

func (r *Relay) deliver(ctx context.Context, events []models.Event) error {
	if err := r.feeds.deliver(ctx, events); err != nil {
		return err
	}
	r.relayed.Add(int64(len(events)))
	r.lag.Store(max(0, int64(now()-events[0].CreatedAt)))
	return nil
}
