package bayeux

import (
	"context"
	"sync/atomic"
	"time"
)

// Link is a client's way in: one HTTP request, one socket, one event stream.
// A transport makes one, passes it to Process and pulls from it. Process,
// Release, Next and Close are called from one goroutine; Take from one at a
// time; the session a link speaks for is the one that connected through it
// last.
type Link struct {
	srv  *Server
	push bool                    // events go out at once; otherwise only with a connect's reply
	wake func()                  // never blocks
	sess atomic.Pointer[Session] // a hint: s.link == l, under s.mu, is the truth
	cork *Session                // corked by the Process under way
	wait chan struct{}           // of a poll

	// From is where the client is, set by the transport, for limits.
	From Source

	seat seat // of a poll

	// Origin is that of the page which the client runs in, set by the transport; "" for a program, or a page of the
	// server's own host.
	Origin string

	// InAddress is set by the transport when messages come in the address of a
	// request.
	InAddress bool

	// Request is what extensions are told of where messages come from.
	Request *RequestInfo

	// Unknown is set by Process when it refused a message for its clientId,
	// and cleared when a handshake succeeded.
	Unknown bool
}

// Batch is what there was to take.
type Batch struct {
	Events  []*Event // the slice is the caller's, the events are shared
	Connect Frame    // the reply to the held connect, to be written last; nil if it is still held
	End     error    // the session is over: write what is here, then close

	session *Session
}

// Poll makes a link for one HTTP request.
func (srv *Server) Poll() *Link {
	l := &Link{srv: srv}
	l.wake = func() {
		select {
		case l.wait <- struct{}{}:
		default:
		}
	}
	return l
}

// Socket makes a link that receives events as they come. wake is called, from
// any goroutine and not under a lock, when Take has something to give.
func (srv *Server) Socket(wake func()) *Link {
	return &Link{srv: srv, push: true, wake: wake}
}

// Holding reports whether Process left a connect to be answered by Next.
func (l *Link) Holding() bool { return l.sess.Load() != nil }

// Attached reports whether the link is the one that its session speaks through.
func (l *Link) Attached() bool {
	s := l.sess.Load()
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link == l || s.beside() == l
}

// Take returns what there is without waiting. spare is a slice that the
// session may fill next, the one of an earlier Batch for example.
func (l *Link) Take(spare []*Event) (b Batch) {
	s := l.sess.Load()
	if s == nil {
		return b
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.beside() == l {
		return Batch{End: s.ended}
	}
	if s.link != l || s.corked {
		return b
	}
	return s.take(spare)
}

// take empties the session into its link; the caller holds mu.
func (s *Session) take(spare []*Event) (b Batch) {
	s.woken = false
	b.session = s
	if s.ended != nil {
		b.Connect, b.End = s.lastWord(), s.ended
		s.link = nil
		return b
	}
	ripe := s.hold.on && s.hold.ripe
	if ripe || s.acks == nil {
		b.Events = s.takeQueue(spare)
	}
	if ripe {
		b.Connect = s.answer()
	}
	return b
}

// Next waits until the connect that Process left on a poll can be answered
// and returns the events with its reply. A newer connect of the session ends
// it with ErrReplaced; when ctx ends the connect is let go, and the events
// stay.
func (l *Link) Next(ctx context.Context) (Batch, error) {
	b, err := l.next(ctx)
	l.Outgoing(ctx, &b)
	return b, err
}

func (l *Link) next(ctx context.Context) (Batch, error) {
	s := l.sess.Load()
	select {
	case <-l.wait:
	case <-ctx.Done():
	}
	if b := l.srv.cfg.Burst; b > 0 && ctx.Err() == nil && s.burst(l) {
		time.Sleep(b)
	}
	if err := ctx.Err(); err != nil {
		s.let(l)
		return Batch{}, err
	}
	defer s.tied()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != l {
		return Batch{}, ErrReplaced
	}
	s.hold.ripe = true
	return s.take(nil), nil
}

// burst reports whether the poll was roused by an event that others may follow.
func (s *Session) burst(l *Link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link == l && s.ended == nil && !s.hold.ripe
}

// let gives up the held connect of a poll whose client went away.
func (s *Session) let(l *Link) {
	defer s.tied()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.beside() == l:
		s.acks.aside = nil
		if s.ended == nil && !s.hold.on {
			s.startClock()
		}
	case s.link != l:
	case s.ended == nil:
		s.drop()
	default:
		s.link = nil
		s.unhold()
	}
}

// Release lets mail flow again that Process kept back so that its replies go
// first. A socket calls it once they are queued for writing.
func (l *Link) Release() {
	s := l.cork
	if s == nil {
		return
	}
	l.cork = nil
	s.mu.Lock()
	var wake *Link
	if s.link == l {
		s.corked = false
		if s.due() || s.hold.ripe || s.ended != nil {
			wake = s.rouse()
		}
	}
	s.mu.Unlock()
	wake.rouse()
}

// Close detaches the link: the session's clock starts, its mail waits. A
// session that Listen has opened ends.
func (l *Link) Close() {
	l.Release()
	l.depart()
	l.srv.browsers.leave(l)
	if s := l.sess.Swap(nil); s != nil {
		s.let(l)
	}
}

func (l *Link) rouse() {
	if l != nil {
		l.wake()
	}
}

// hush keeps back the mail of s from l until Release, if l is its link.
func (l *Link) hush(s *Session) {
	if !l.push || l.cork == s {
		return
	}
	s.mu.Lock()
	if s.link == l {
		s.corked = true
		l.cork = s
	}
	s.mu.Unlock()
}

// Stream makes a link for an event stream: it receives events as they come
// and stops the session's clock while it is attached. nil if there is no such
// session.
func (srv *Server) Stream(session string, wake func()) *Link {
	s := srv.session(session)
	if s == nil {
		return nil
	}
	l := srv.Socket(wake)
	s.mu.Lock()
	if s.ended != nil {
		s.mu.Unlock()
		return nil
	}
	if s.acks != nil {
		prev := s.listen(l)
		l.sess.Store(s)
		s.mu.Unlock()
		prev.rouse()
		return l
	}
	prev := s.link
	s.unhold()
	s.tie(l)
	s.woken, s.corked, s.expires = false, false, 0
	l.sess.Store(s)
	var wakes *Link
	if len(s.queue) > 0 {
		wakes = s.rouse()
	}
	s.mu.Unlock()
	prev.rouse()
	wakes.rouse()
	s.tied()
	return l
}

// Expel ends the session that speaks through the link, because the server is
// going away; false if there is none.
func (l *Link) Expel() bool {
	if !l.Attached() {
		return false
	}
	l.srv.end(context.Background(), l.sess.Load(), ErrDraining)
	return true
}
