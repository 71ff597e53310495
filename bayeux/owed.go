package bayeux

import (
	"context"
	"sync"
	"time"
)

// owed are subscriptions that a review could not decide about. They stay,
// and the Policy is asked again until it knows: who has lost a right must not
// keep it because of what was wrong in that moment.
type owed struct {
	mu    sync.Mutex
	list  map[held]struct{}
	ready chan struct{} // holds one; never closed
}

type held struct {
	s       *Session
	pattern string
}

func newOwed() *owed {
	return &owed{list: map[held]struct{}{}, ready: make(chan struct{}, 1)}
}

func (u *owed) add(h held) {
	u.mu.Lock()
	u.list[h] = struct{}{}
	u.mu.Unlock()
	select {
	case u.ready <- struct{}{}:
	default:
	}
}

func (u *owed) take() map[held]struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := u.list
	u.list = map[held]struct{}{}
	return list
}

// run asks again, a sweep after somebody could not be asked.
func (u *owed) run(ctx context.Context, srv *Server) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-u.ready:
		case <-ctx.Done():
			return
		}
		pause.Reset(srv.cfg.Sweep)
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
		failed := false
		for h := range u.take() {
			if failed { // the rest would fail as well, and fill the log
				u.add(h)
				continue
			}
			failed = !srv.recheck(ctx, h.s, h.pattern)
		}
	}
}
