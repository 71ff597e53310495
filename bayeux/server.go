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

	rules   *rules
	history *history // nil if no rule keeps any

	reg      registry
	browsers browsers
	hearing  hearing
	hooks    *hooks // nil without extensions
	wheel    *wheel
	order    [64]sync.Mutex // by channel: all subscribers see one order
	reviews  atomic.Uint64  // reviews begun
	owed     *owed          // reviews that could not be done
	drain    atomic.Bool
	count    counters

	perSource *Tally // of sessions
	pace      *pace  // of handshakes
	asks      *pace  // of subscriptions and publications
	pacer     Pacer  // nil if the Policy is none
}

// New makes a Server. Its clock stands until Run runs.
func New(cfg Config) *Server {
	cfg.fill()
	srv := &Server{
		cfg: cfg, rules: newRules(cfg.Rules, cfg.except()), epoch: time.Now(), tick: max(cfg.Sweep/10, time.Millisecond), seed: maphash.MakeSeed(),
		sessions: make(map[string]*Session),
		browsers: browsers{limit: cfg.BrowserPolls}, hearing: hearingOf(cfg.Monitor),
		reg:   newRegistry(),
		owed:  newOwed(),
		wheel: newWheel(), perSource: NewTally(cfg.MaxSessionsPerSource), pace: newPace(cfg.HandshakesPerSecondBySource),
		asks: newPace(cfg.RequestsPerSecondBySource),
	}
	srv.pacer, _ = cfg.Policy.(Pacer)
	srv.hooks = newHooks(srv)
	srv.keep()
	return srv
}

// Config returns the settings with defaults filled in.
func (srv *Server) Config() Config { return srv.cfg }

func (srv *Server) now() int64 { return int64(time.Since(srv.epoch)) }

func (srv *Server) hash(b []byte) uint64 { return maphash.Bytes(srv.seed, b) | 1 }

// open starts a session, unless there are too many, here or of its source.
func (srv *Server) open(ctx context.Context, from Source, who credentials, ext []byte) (*Session, *Error) {
	s := &Session{id: rand.Text(), srv: srv, from: from, born: srv.now(), who: who.who, until: who.until}
	if ext != nil {
		s.ext = srv.hash(ext)
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if limit := srv.cfg.MaxSessions; limit > 0 && len(srv.sessions) >= limit {
		return nil, ErrBusy
	}
	if !srv.perSource.Add(from) {
		srv.count.crowded.Add(1)
		return nil, ErrCrowded
	}
	srv.sessions[s.id] = s
	s.mu.Lock()
	s.startClock()
	s.active()
	s.tellHandshake(ctx)
	if s.until != 0 {
		s.watch(s.until, true)
	}
	s.mu.Unlock()
	return s, nil
}

// session finds a client's session.
func (srv *Server) session(id string) *Session {
	if s := srv.anySession(id); s != nil && !s.local {
		return s
	}
	return nil
}

func (srv *Server) anySession(id string) *Session {
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
	if s.ended != nil || (why == ErrExpired || why == ErrIdle) && s.over(srv.now()) != why {
		s.mu.Unlock() // over, or heard of in the last moment
		srv.reg.mu.Unlock()
		return false
	}
	s.ended = why
	for i := range s.subs {
		sub := &s.subs[i]
		srv.reg.remove(sub)
		s.note(ctx, sub, sub.by.who, false)
	}
	s.tellEnd(ctx)
	s.subs, s.queue, s.bytes, s.published = nil, nil, 0, nil
	s.expires = 0
	s.woken = false
	wake, aside := s.rouse(), s.beside()
	if wake == nil && s.link == nil {
		s.unhold()
	}
	s.mu.Unlock()
	srv.reg.mu.Unlock()
	wake.rouse()
	aside.rouse()
	srv.mu.Lock()
	delete(srv.sessions, s.id)
	srv.mu.Unlock()
	srv.perSource.Done(s.from)
	switch why {
	case ErrDisconnected:
		srv.count.disconnected.Add(1)
	case ErrExpired:
		srv.count.expired.Add(1)
	case ErrIdle:
		srv.count.idle.Add(1)
	case ErrOverflow:
		srv.count.overflows.Add(1)
	}
	return true
}
