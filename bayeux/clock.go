package bayeux

import (
	"context"
	"sync"
	"time"
)

// Run is the clock: it ends holds, expires sessions and credentials, and
// receives from the backplane. It returns when ctx ends.
func (srv *Server) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 1)
	group.Go(func() {
		if err := srv.cfg.Backplane.Run(ctx, srv.deliver); err != nil && ctx.Err() == nil {
			failed <- err
		}
	})
	work := &chores{ready: make(chan struct{}, 1)}
	group.Go(func() { work.run(ctx, srv) })
	group.Go(func() { srv.owed.run(ctx, srv) })
	clock := time.NewTimer(0)
	defer clock.Stop()
	for {
		select {
		case <-clock.C:
		case <-srv.wheel.sooner:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		}
		if next := srv.turn(work); next > 0 {
			clock.Reset(time.Duration(next*int64(srv.tick) - srv.now()))
		}
	}
}

// turn looks at the sessions that are due and returns the next slot in which
// any are, 0 for none.
func (srv *Server) turn(work *chores) (next int64) {
	slot := srv.now() / int64(srv.tick)
	due, next := srv.wheel.take(slot)
	for _, s := range due {
		wake, over, lapsed := s.inspect(slot)
		wake.rouse()
		if over != nil {
			srv.finish(context.Background(), s, over)
		}
		if over != nil || lapsed {
			work.add(s)
		}
	}
	return next
}

// chores are what a turn leaves to another goroutine, since Policy and
// Monitor may take their time.
type chores struct {
	mu    sync.Mutex
	list  []*Session
	ready chan struct{}
}

func (c *chores) add(s *Session) {
	c.mu.Lock()
	c.list = append(c.list, s)
	c.mu.Unlock()
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

func (c *chores) run(ctx context.Context, srv *Server) {
	for {
		select {
		case <-c.ready:
		case <-ctx.Done():
			return
		}
		c.mu.Lock()
		list := c.list
		c.list = nil
		c.mu.Unlock()
		for _, s := range list {
			srv.report(s)
			srv.lapse(ctx, s)
		}
	}
}

// moment converts a wall clock time to the server's, 0 for never.
func (srv *Server) moment(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, srv.now()+int64(time.Until(t)))
}
