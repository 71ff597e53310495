package bayeux

import (
	"sync"
	"sync/atomic"
	"time"
)

// browsers counts the held polls of each browser, which has few connections
// to one host over HTTP/1.1: a few tabs that poll would block each other's
// requests. Its lock is an innermost one.
type browsers struct {
	limit int
	mu    sync.Mutex
	held  map[string]int
}

// What a client whose poll is one too many is advised to wait, as CometD does.
const crowdedPause = 2 * time.Second

// seat is a held poll's place among those of its browser.
type seat struct {
	name  string // of the browser, "" for none
	taken atomic.Bool
}

// enter takes a place for a poll that is about to be held, or takes over that
// of the session's earlier poll; false if there is none.
func (b *browsers) enter(l, prev *Link) bool {
	if b.limit <= 0 || l.push || l.seat.name == "" {
		return true
	}
	if prev != nil && prev.seat.name == l.seat.name && prev.seat.taken.CompareAndSwap(true, false) {
		l.seat.taken.Store(true)
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[l.seat.name] >= b.limit {
		return false
	}
	if b.held == nil {
		b.held = make(map[string]int)
	}
	b.held[l.seat.name]++
	l.seat.taken.Store(true)
	return true
}

// leave gives the place back.
func (b *browsers) leave(l *Link) {
	if !l.seat.taken.CompareAndSwap(true, false) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[l.seat.name]--; b.held[l.seat.name] == 0 {
		delete(b.held, l.seat.name)
	}
}

// Browser names the browser that a poll comes from, for Config.BrowserPolls.
func (l *Link) Browser(name string) { l.seat.name = name }
