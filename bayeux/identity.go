package bayeux

import (
	"context"
	"time"
)

// credentials are whose rights an operation uses.
type credentials struct {
	who   any
	until int64 // server clock, 0 for never
	own   bool  // came with the message; else they are the session's
}

// lent are the credentials of a subscription that hangs on the session's.
func lent(who any) *credentials { return &credentials{who: who} }

// whoNow is whom the session speaks for at this moment; the caller holds mu.
func (s *Session) whoNow() any {
	if s.until != 0 && s.until <= s.srv.now() {
		return nil
	}
	return s.who
}

// admit reads the credentials of a handshake.
func (srv *Server) admit(ctx context.Context, ext []byte) (credentials, *Error) {
	who, until, ok, err := srv.cfg.Policy.Identify(ctx, ext)
	if err != nil {
		return credentials{}, srv.fault("handshake", MetaHandshake, err)
	}
	if !ok {
		return credentials{}, ErrDenied
	}
	return credentials{who: who, until: srv.moment(until)}, nil
}

// credentials finds whose rights a subscribe or publish uses: those in its
// ext, else the session's. s is nil for a publisher without a session. An ext
// that was read before is not read again while what it said holds.
func (srv *Server) credentials(ctx context.Context, s *Session, m *Message) (credentials, *Error) {
	var mine credentials
	var mark uint64
	if s != nil {
		s.mu.Lock()
		mine.who = s.whoNow()
		known := m.extra.rest == nil
		if !known {
			mark = srv.hash(m.extra.rest)
			known = mark == s.ext && (s.until == 0 || s.until > srv.now())
		}
		s.mu.Unlock()
		if known {
			return mine, nil
		}
	}
	if m.extra.rest == nil {
		return mine, nil
	}
	who, until, ok, err := srv.cfg.Policy.Identify(ctx, m.extra.rest)
	if err != nil {
		return mine, srv.fault("identify", m.Channel, err)
	}
	if !ok {
		return mine, ErrForbidden.With(m.Channel)
	}
	if s != nil && (who == nil || who == mine.who) {
		s.remember(mark, who, until)
		return mine, nil
	}
	if who == nil {
		return mine, nil
	}
	return credentials{who: who, until: srv.moment(until), own: true}, nil
}

// remember notes an ext that says nothing new, or the same for longer.
func (s *Session) remember(mark uint64, who any, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ext = mark
	if who == nil || s.ended != nil {
		return
	}
	if s.until = s.srv.moment(until); s.until != 0 {
		s.watch(s.until, true)
	}
}

// refresh takes the credentials that a connect brings along, as Faye's
// extensions attach them to every message. Bad ones change nothing here: those
// of the session end when their time comes.
func (srv *Server) refresh(ctx context.Context, s *Session, ext []byte) {
	if ext == nil {
		return
	}
	mark := srv.hash(ext)
	s.mu.Lock()
	same := s.ext == mark
	s.mu.Unlock()
	if same {
		return
	}
	who, until, ok, err := srv.cfg.Policy.Identify(ctx, ext)
	if err != nil {
		srv.fault("identify", MetaConnect, err)
		return
	}
	if !ok {
		return
	}
	if who == nil {
		s.remember(mark, nil, until)
		return
	}
	if srv.adopt(s, mark, who, until) {
		srv.reconsider(ctx, s, func(sub *subscription) bool { return !sub.by.own })
	}
}

// adopt makes who the session's; true if it was somebody else before.
func (srv *Server) adopt(s *Session, mark uint64, who any, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.who != who
	s.who, s.until, s.ext = who, srv.moment(until), mark
	if s.until != 0 && s.ended == nil {
		s.watch(s.until, true)
	}
	for i := range s.subs {
		if sub := &s.subs[i]; sub.by.own && sub.by.who == who {
			sub.by = lent(who)
		}
	}
	return changed
}

// lapse takes credentials away whose time is over and reviews what hung on
// them.
func (srv *Server) lapse(ctx context.Context, s *Session) {
	now := srv.now()
	over := func(until int64) bool { return until != 0 && until <= now }
	s.mu.Lock()
	gone := over(s.until)
	if gone {
		s.who, s.until, s.ext = nil, 0, 0
	}
	var late []string
	for i := range s.subs {
		sub := &s.subs[i]
		switch {
		case sub.by.own && over(sub.by.until):
			sub.by = lent(sub.by.who)
		case sub.by.own || !gone:
			continue
		}
		late = append(late, sub.pattern())
	}
	s.mu.Unlock()
	for _, pattern := range late {
		srv.recheck(ctx, s, pattern)
	}
}
