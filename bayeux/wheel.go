package bayeux

import "sync"

// wheel remembers which sessions to look at, and when: one entry a session
// instead of timers for its held connect, its expiry and its credentials.
// Its lock is the innermost of all.
type wheel struct {
	mu    sync.Mutex
	slots map[int64][]*Session
	last  int64 // the newest slot that was taken out
	armed chan struct{}
}

func newWheel() *wheel {
	return &wheel{slots: make(map[int64][]*Session), armed: make(chan struct{}, 1)}
}

// put enters s under slot, or under the next one if that is past.
func (w *wheel) put(s *Session, slot int64) (at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slot = max(slot, w.last+1)
	w.slots[slot] = append(w.slots[slot], s)
	if len(w.slots) == 1 {
		select {
		case w.armed <- struct{}{}:
		default:
		}
	}
	return slot
}

// take removes and returns what is due up to slot; more tells whether
// anything is left.
func (w *wheel) take(slot int64) (due []*Session, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slot-w.last > int64(len(w.slots)) {
		for at, list := range w.slots {
			if at <= slot {
				due = append(due, list...)
				delete(w.slots, at)
			}
		}
	} else {
		for at := w.last + 1; at <= slot; at++ {
			if list, ok := w.slots[at]; ok {
				due = append(due, list...)
				delete(w.slots, at)
			}
		}
	}
	w.last = max(w.last, slot)
	return due, len(w.slots) > 0
}
