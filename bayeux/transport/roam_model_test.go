package transport_test

import (
	"fmt"
	"maps"
	"sync"
)

// room is a channel with what was published on it, by publisher: each numbers
// its messages from 1.
type room struct {
	channel string

	mu             sync.Mutex
	begun, settled map[string]int // last number of which publishing began, was acknowledged
}

// begin notes that a publisher is about to send its next message.
func (r *room) begin(publisher string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun[publisher]++
	return r.begun[publisher]
}

func (r *room) settle(publisher string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled[publisher] = n
}

// sofar is what had begun: whatever comes later has a higher number.
func (r *room) sofar() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.begun)
}

// ledger is what one subscriber got from one room, and what it is owed.
type ledger struct {
	room *room
	on   bool
	last map[string]int // by publisher
	// floor is what need not come: it was published before the subscription, or
	// may have been on a line that broke.
	floor map[string]int
	// ceiling is what may still come after the subscription ended.
	ceiling map[string]int
}

func (l *ledger) open() {
	l.on, l.floor = true, l.room.sofar()
}

func (l *ledger) close() {
	l.on, l.ceiling = false, l.room.sofar()
}

// pardon forgives what was lost until now.
func (l *ledger) pardon() {
	if l.on {
		l.floor = l.room.sofar()
	}
}

// enter takes an event down. again: it may have come before, since the client
// did not acknowledge it.
func (l *ledger) enter(publisher string, n int, again bool) error {
	last := l.last[publisher]
	switch {
	case n <= last && again:
		return nil
	case n <= last:
		return fmt.Errorf("%s: %d of %s after %d", l.room.channel, n, publisher, last)
	case n > last+1 && n-1 > l.floor[publisher]:
		return fmt.Errorf("%s: %d of %s after %d, only those up to %d may be missing", l.room.channel, n, publisher, last, l.floor[publisher])
	case !l.on && n > l.ceiling[publisher]:
		return fmt.Errorf("%s: %d of %s after the subscription ended", l.room.channel, n, publisher)
	}
	l.last[publisher] = n
	return nil
}

// check looks for what was owed and did not come, after everything came.
func (l *ledger) check() error {
	if !l.on {
		return nil
	}
	l.room.mu.Lock()
	defer l.room.mu.Unlock()
	for publisher, n := range l.room.settled {
		if n > l.last[publisher] && n > l.floor[publisher] {
			return fmt.Errorf("%s: %d of %s never came, the last was %d", l.room.channel, n, publisher, l.last[publisher])
		}
	}
	return nil
}
