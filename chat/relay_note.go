package chat

import (
	"context"
	"sync"
	"time"

	"parley/models"
)

const (
	// relayNotes is how many handed-on events may wait to be noted as such, and relayNoteDelay how long, unless
	// somebody waits for their positions. What is not noted is handed on again after a crash, which clients take as an
	// update.
	relayNotes     = 256
	relayNoteDelay = 200 * time.Millisecond
	// noteBatch is how many are noted in one commit, mostNotes how many may wait before nothing is handed on.
	noteBatch = 512
	mostNotes = 2048
)

// notes are events that were handed on and have no position yet, in that order.
type notes struct {
	mu   sync.Mutex
	list []models.Event // without what they say
	due  chan struct{}  // holds one; never closed
	turn sync.Mutex     // of who notes
}

// add returns how many there are.
func (n *notes) add(events []models.Event) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range events {
		if e.Kind != models.EventAccess { // whose rights ended is asked for by who waits
			e.Payload = ""
		}
		n.list = append(n.list, e)
	}
	if len(n.list) >= relayNotes {
		n.hurry()
	}
	return len(n.list)
}

// hurry asks for a note at once. It never blocks.
func (n *notes) hurry() {
	select {
	case n.due <- struct{}{}:
	default:
	}
}

func (n *notes) ids() []int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return eventIDs(n.list)
}

func eventIDs(events []models.Event) []int64 {
	ids := make([]int64, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	return ids
}

// first returns the oldest. Who has the turn alone may drop them.
func (n *notes) first(most int) []models.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]models.Event(nil), n.list[:min(most, len(n.list))]...)
}

func (n *notes) drop(count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append([]models.Event(nil), n.list[count:]...)
}

// runNotes notes now and then, and at once while somebody waits for positions.
func (r *Relay) runNotes(ctx context.Context) {
	now := time.NewTicker(relayNoteDelay)
	defer now.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-now.C:
		case <-r.notes.due:
		}
		r.note(ctx)
	}
}

// hurry has what was handed on noted at once if somebody waits for its positions.
func (r *Relay) hurry() {
	if r.tail.following() {
		r.notes.hurry()
	}
}

// note gives the events that were handed on so far their positions. With several nodes each notes what it handed on:
// the store sees to it that an event gets one position, and that positions become visible in their order.
func (r *Relay) note(ctx context.Context) {
	r.notes.turn.Lock()
	defer r.notes.turn.Unlock()
	for left := len(r.notes.ids()); left > 0; {
		events := r.notes.first(min(left, noteBatch))
		if err := r.outbox.Relayed(ctx, eventIDs(events), now()); err != nil {
			if ctx.Err() == nil {
				r.logger.Error("noting relayed events failed", "error", err)
			}
			return
		}
		r.notes.drop(len(events))
		r.tail.noted(ctx, events)
		left -= len(events)
	}
}
