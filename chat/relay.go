package chat

import (
	"context"
	"log/slog"
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
	// relayNotes is how many handed-on events may wait to be noted as such, and relayNoteDelay how long. What
	// is not noted is handed on again after a crash, which clients take as an update.
	relayNotes     = 256
	relayNoteDelay = 200 * time.Millisecond
	// relayPoll finds events that were committed without a wake-up: by a command, or by a process that died.
	relayPoll = time.Second
)

// Relay hands committed events on to every feed. It works from the outbox alone, so what was committed before
// a crash goes out after it.
type Relay struct {
	outbox Outbox
	feeds  []Feed
	logger *slog.Logger
	wake   chan struct{} // holds one; never closed

	relayed atomic.Int64
	lag     atomic.Int64 // milliseconds, of the latest batch's oldest event
	behind  atomic.Int64 // when the oldest event was committed that could not be handed on; 0 for none
}

// NewRelay makes a relay.
func NewRelay(outbox Outbox, logger *slog.Logger, feeds ...Feed) *Relay {
	return &Relay{outbox: outbox, feeds: feeds, logger: logger, wake: make(chan struct{}, 1)}
}

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

// Run hands events on until ctx ends; then once more whatever is committed, for at most a second.
func (r *Relay) Run(ctx context.Context) error {
	poll := time.NewTicker(relayPoll)
	defer poll.Stop()
	note := time.NewTimer(relayNoteDelay)
	defer note.Stop()
	var unnoted []int64
	for {
		unnoted = r.drain(ctx, unnoted)
		if ctx.Err() != nil {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			r.note(last, r.drain(last, unnoted))
			return nil
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-poll.C:
		case <-note.C:
			unnoted = r.note(ctx, unnoted)
			note.Reset(relayNoteDelay)
		}
	}
}

// drain hands on all that is committed, and returns what is still to be noted.
func (r *Relay) drain(ctx context.Context, unnoted []int64) []int64 {
	for ctx.Err() == nil {
		events, err := r.outbox.Pending(ctx, unnoted, relayBatch)
		if err == nil && len(events) == 0 {
			return unnoted
		}
		if err == nil {
			err = r.deliver(ctx, events)
		}
		if err != nil {
			if ctx.Err() == nil {
				r.logger.Error("relaying events failed", "error", err)
				r.stuck(events)
			}
			return unnoted // the next poll tries again
		}
		r.behind.Store(0)
		for _, e := range events {
			unnoted = append(unnoted, e.ID)
		}
		if len(unnoted) >= relayNotes {
			unnoted = r.note(ctx, unnoted)
		}
	}
	return unnoted
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
	for _, feed := range r.feeds {
		if err := feed.Deliver(ctx, events); err != nil {
			return err
		}
	}
	r.relayed.Add(int64(len(events)))
	r.lag.Store(max(0, int64(now()-events[0].CreatedAt)))
	return nil
}

// note marks events as relayed and returns those that it could not mark.
func (r *Relay) note(ctx context.Context, ids []int64) []int64 {
	if len(ids) == 0 {
		return ids
	}
	if err := r.outbox.Relayed(ctx, ids, now()); err != nil {
		if ctx.Err() == nil {
			r.logger.Error("noting relayed events failed", "error", err)
		}
		return ids
	}
	return ids[:0]
}
