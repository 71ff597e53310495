package bayeux

import (
	"context"
	"crypto/rand"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the protocol without sockets: transports hand it messages through
// a Link and pull from that what the client is to get. All its methods may be
// called by many goroutines at once.
type Server struct {
	cfg   Config
	epoch time.Time
	tick  time.Duration
	seed  maphash.Seed

	mu       sync.RWMutex // outermost; never held together with reg.mu
	sessions map[string]*Session

	reg     registry
	wheel   *wheel
	order   [64]sync.Mutex // by channel: all subscribers see one order
	reviews atomic.Uint64  // reviews begun
	drain   atomic.Bool
	count   counters
}

// New makes a Server. Its clock stands until Run runs.
func New(cfg Config) *Server {
	cfg.fill()
	return &Server{
		cfg: cfg, epoch: time.Now(), tick: max(cfg.Sweep/10, time.Millisecond), seed: maphash.MakeSeed(),
		sessions: make(map[string]*Session),
		reg:      registry{nodes: make(map[nodeKey]*node)},
		wheel:    newWheel(),
	}
}

// Config returns the settings with defaults filled in.
func (srv *Server) Config() Config { return srv.cfg }

func (srv *Server) now() int64 { return int64(time.Since(srv.epoch)) }

func (srv *Server) hash(b []byte) uint64 { return maphash.Bytes(srv.seed, b) | 1 }

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
		wake, expired, lapsed := s.inspect(slot)
		wake.rouse()
		if expired {
			srv.finish(context.Background(), s, ErrExpired)
		}
		if expired || lapsed {
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

// open starts a session; nil if there are too many.
func (srv *Server) open(who credentials, ext []byte) *Session {
	s := &Session{id: rand.Text(), srv: srv, who: who.who, until: who.until}
	if ext != nil {
		s.ext = srv.hash(ext)
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if limit := srv.cfg.MaxSessions; limit > 0 && len(srv.sessions) >= limit {
		return nil
	}
	srv.sessions[s.id] = s
	s.mu.Lock()
	s.startClock()
	if s.until != 0 {
		s.watch(s.until, true)
	}
	s.mu.Unlock()
	return s
}

func (srv *Server) session(id string) *Session {
	srv.mu.RLock()
	defer srv.mu.RUnlock()
	return srv.sessions[id]
}

// end closes a session for good and tells the Monitor.
func (srv *Server) end(ctx context.Context, s *Session, why error) {
	if srv.finish(ctx, s, why) {
		srv.report(s)
	}
}

// finish is end without telling the Monitor; false if it was over already.
func (srv *Server) finish(ctx context.Context, s *Session, why error) bool {
	srv.reg.mu.Lock()
	s.mu.Lock()
	if s.ended != nil || why == ErrExpired && (s.expires == 0 || s.expires > srv.now()) {
		s.mu.Unlock() // over, or heard of in the last moment
		srv.reg.mu.Unlock()
		return false
	}
	s.ended = why
	for _, sub := range s.subs {
		srv.reg.remove(sub)
		s.note(ctx, sub.who, sub.pattern(), false, nil)
	}
	s.subs, s.queue, s.bytes, s.published = nil, nil, 0, nil
	s.expires = 0
	s.woken = false
	wake := s.rouse()
	if wake == nil && s.link == nil {
		s.unhold()
	}
	s.mu.Unlock()
	srv.reg.mu.Unlock()
	wake.rouse()
	srv.mu.Lock()
	delete(srv.sessions, s.id)
	srv.mu.Unlock()
	switch why {
	case ErrDisconnected:
		srv.count.disconnected.Add(1)
	case ErrExpired:
		srv.count.expired.Add(1)
	case ErrOverflow:
		srv.count.overflows.Add(1)
	}
	return true
}

// Publish sends data, one JSON value, to all who are subscribed to channel
// in scope, here and on other nodes. Publications of one goroutine arrive in
// its order; two on one channel reach all sessions of this node in the same
// order. data is not to be changed afterwards.
func (srv *Server) Publish(ctx context.Context, channel, scope string, data []byte) error {
	if !ValidName(channel, srv.cfg.StrictChannels) || isMeta(channel) {
		return ErrInvalidChannel.With(channel)
	}
	if !validJSON(data, srv.cfg.MaxDepth) {
		return ErrBadRequest.With(channel)
	}
	return srv.distribute(ctx, Publication{Channel: channel, Scope: scope, Data: data})
}

func (srv *Server) distribute(ctx context.Context, p Publication) error {
	if err := srv.cfg.Backplane.Publish(ctx, p); err != nil {
		return err
	}
	srv.count.publications.Add(1)
	srv.deliver(p)
	return nil
}

// A publisher takes this pause when a socket's queue is half full: enqueueing
// is ten times faster than writing, and a burst would end the sessions of
// clients that read as fast as they can. Whoever does not read at all costs
// it a pause a message until the rest of that queue is full.
const breather = time.Millisecond

var recipients = sync.Pool{New: func() any { return new([]*Session) }}

// deliver puts a publication into the queues of this node's subscribers.
func (srv *Server) deliver(p Publication) {
	list := recipients.Get().(*[]*Session)
	line := &srv.order[maphash.String(srv.seed, p.Channel)%uint64(len(srv.order))]
	var full []*Session
	n, slow := int64(0), false

	line.Lock()
	*list = srv.reg.match(p.Channel, p.Scope, (*list)[:0])
	if len(*list) > 0 {
		ev := newEvent(p.Channel, p.Data, nil)
		for _, s := range *list {
			wake, out := s.enqueue(ev)
			wake.rouse()
			switch out {
			case queued:
				n++
			case crowded:
				n++
				slow = true
			case overflow:
				full = append(full, s)
			}
		}
	}
	line.Unlock()

	srv.count.deliveries.Add(n)
	clear(*list)
	recipients.Put(list)
	for _, s := range full {
		srv.cfg.Logger.Warn("bayeux: queue overflow, session ended", "channel", p.Channel)
		srv.end(context.Background(), s, ErrOverflow)
	}
	if slow {
		time.Sleep(breather)
	}
}

// Drain refuses new sessions and answers the held polls with the advice to
// shake hands again, elsewhere. Sockets keep theirs until their transport
// closes them.
func (srv *Server) Drain() {
	srv.drain.Store(true)
	for _, s := range srv.all() {
		s.mu.Lock()
		poll := s.link != nil && !s.link.push
		s.mu.Unlock()
		if poll {
			srv.end(context.Background(), s, ErrDraining)
		}
	}
}

// Shutdown drains and then ends every session that is left.
func (srv *Server) Shutdown(ctx context.Context) error {
	srv.Drain()
	for _, s := range srv.all() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		srv.end(ctx, s, ErrDraining)
	}
	return nil
}

// Kick ends a session and tells its client not to come back.
func (srv *Server) Kick(ctx context.Context, session string) bool {
	s := srv.session(session)
	if s == nil {
		return false
	}
	srv.end(ctx, s, ErrKicked)
	return true
}

func (srv *Server) all() []*Session {
	srv.mu.RLock()
	defer srv.mu.RUnlock()
	list := make([]*Session, 0, len(srv.sessions))
	for _, s := range srv.sessions {
		list = append(list, s)
	}
	return list
}
