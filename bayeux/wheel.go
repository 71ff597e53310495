package bayeux

import "sync"

// wheel remembers which sessions to look at, and when: one entry a session
// instead of timers for its held connect, its expiry and its credentials.
// Its lock is the innermost of all.
type wheel struct {
	mu     sync.Mutex
	slots  map[int64][]*Session
	last   int64         // the newest slot that was taken out
	next   int64         // the one that the clock waits for; 0 for none
	sooner chan struct{} // told when there is one before next
}

func newWheel() *wheel {
	return &wheel{slots: make(map[int64][]*Session), sooner: make(chan struct{}, 1)}
}

// put enters s under slot, or under the next one if that is past.
func (w *wheel) put(s *Session, slot int64) (at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slot = max(slot, w.last+1)
	w.slots[slot] = append(w.slots[slot], s)
	if w.next == 0 || slot < w.next {
		w.next = slot
		select {
		case w.sooner <- struct{}{}:
		default:
		}
	}
	return slot
}

// take removes and returns what is due up to slot, and tells the next slot
// that holds anything, 0 for none.
func (w *wheel) take(slot int64) (due []*Session, next int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for at, list := range w.slots {
		switch {
		case at <= slot:
			due = append(due, list...)
			delete(w.slots, at)
		case next == 0 || at < next:
			next = at
		}
	}
	w.last, w.next = max(w.last, slot), next
	return due, next
}
