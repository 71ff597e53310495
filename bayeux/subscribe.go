package bayeux

import (
	"context"
	"slices"
)

// grant is a subscription that was allowed and is yet to be entered.
type grant struct{ pattern, scope string }

func (srv *Server) subscribe(ctx context.Context, l *Link, m *Message) Frame {
	s, patterns, err := srv.subscription(l, m)
	if err == nil && len(patterns) > srv.cfg.MaxSubscriptions {
		err = ErrTooMany
	}
	if err == nil {
		err = srv.soon(l, len(patterns), patterns...)
	}
	if err == nil {
		err = srv.enter(ctx, l, s, m, patterns)
	}
	return subscribed(m, err)
}

// subscribed is the reply to subscribe and unsubscribe; the subscription goes
// back as it came, string or array.
func subscribed(m *Message, err *Error) Frame {
	r := reply{channel: m.Channel, id: m.ID, courtesy: m.courtesy, clientID: m.ClientID, subscription: m.Subscription, err: err}
	if !truthy(m.Subscription) {
		r.subscription = []byte("[]")
	}
	return r.frame()
}

// subscription checks a request to subscribe or unsubscribe. Faye reports the
// last fault that it finds.
func (srv *Server) subscription(l *Link, m *Message) (s *Session, patterns []string, err *Error) {
	s, err = srv.find(l, m)
	if !truthy(m.Subscription) {
		return nil, nil, ErrMissing.With("subscription")
	}
	if err != nil {
		return nil, nil, err
	}
	list, ok := readPatterns(m.Subscription)
	if !ok {
		return nil, nil, ErrInvalidChannel
	}
	for _, p := range list {
		if len(p) > srv.cfg.MaxChannelBytes || depthOf(p) > srv.cfg.MaxChannelDepth || !ValidPattern(p, srv.cfg.StrictChannels) {
			return nil, nil, ErrInvalidChannel.With(p)
		}
		if isMeta(p) {
			return nil, nil, ErrForbidden.With(p)
		}
	}
	return s, list, nil
}

// readPatterns reads a string or an array of them.
func readPatterns(raw []byte) (list []string, ok bool) {
	s := scanner{b: raw, depth: 1}
	one := func() bool {
		if s.next() != '"' {
			return false
		}
		inner, escaped, ok := s.str()
		if ok {
			list = append(list, unquote(inner, escaped))
		}
		return ok
	}
	if s.next() == '[' {
		ok = s.array(one)
	} else {
		ok = one()
	}
	return list, ok
}

// enter asks for leave for every pattern before it subscribes to any.
func (srv *Server) enter(ctx context.Context, l *Link, s *Session, m *Message, patterns []string) *Error {
	era := srv.reviews.Load()
	who, bad := srv.credentials(ctx, s, m)
	if bad != nil {
		if bad.Is(ErrForbidden) && len(patterns) > 0 {
			bad = ErrForbidden.With(patterns[0])
		}
		return bad
	}
	grants := make([]grant, 0, len(patterns))
	for _, p := range patterns {
		scope, ok, err := srv.maySubscribe(ctx, who.who, p)
		if err != nil {
			return srv.fault("subscribe", p, err)
		}
		if !ok {
			return ErrForbidden.With(p)
		}
		grants = append(grants, grant{p, scope})
	}
	if bad := srv.pacedGrants(ctx, who.who, grants); bad != nil {
		return bad
	}
	r, bad := srv.wish(ctx, m.extra.replay, grants)
	if bad != nil {
		return bad
	}
	l.hush(s) // events must not overtake the reply: Faye's client drops them
	told, doubt, err := srv.apply(ctx, s, grants, who, r)
	if err != nil {
		return err
	}
	if r != nil {
		err = srv.replay(ctx, s, r)
	}
	srv.report(s)
	if told != nil {
		<-told
	}
	if doubt || srv.reviews.Load() != era {
		srv.reconsider(ctx, s, nil) // rights changed between asking and entering
	}
	return err
}

// apply enters all grants or none. told is closed when the Monitor has heard
// of them, nil if there is nothing to hear; doubt: the session's credentials
// are not those any more that the grants were given to. From here on what is
// published waits for r, nil for none.
func (srv *Server) apply(ctx context.Context, s *Session, grants []grant, who credentials, r *replay) (told chan struct{}, doubt bool, err *Error) {
	srv.reg.mu.Lock()
	defer srv.reg.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return nil, false, ErrUnknownClient.With(s.id)
	}
	if room := srv.cfg.MaxSubscriptions - len(s.subs); len(grants) > room && s.fresh(grants) > room {
		return nil, false, ErrTooMany
	}
	if !who.own {
		who.until = 0 // they end with the session's
	}
	waiting := len(s.notes)
	for _, g := range grants {
		sub := s.find(g.pattern)
		if sub == nil {
			s.subs = append(s.subs, newSubscription(g.scope, g.pattern, &who))
			sub = &s.subs[len(s.subs)-1]
			srv.reg.add(s, sub)
			s.note(ctx, sub, who.who, true)
		} else {
			srv.regrant(ctx, s, sub, g.scope, &who)
		}
	}
	if who.until != 0 {
		s.watch(who.until, true)
	}
	if r != nil {
		s.begin(r)
	}
	if n := len(s.notes); n > waiting {
		told = make(chan struct{})
		s.notes[n-1].done = told
	}
	return told, !who.own && who.who != s.whoNow(), nil
}

// regrant moves a subscription that exists to the scope and the credentials
// that it has now. The caller holds both locks.
func (srv *Server) regrant(ctx context.Context, s *Session, sub *subscription, scope string, by *credentials) {
	if sub.scope() != scope {
		srv.reg.remove(sub)
		sub.key = keyOf(scope, sub.pattern())
		srv.reg.add(s, sub)
	}
	if sub.by.who != by.who {
		s.note(ctx, sub, sub.by.who, false)
		s.note(ctx, sub, by.who, true)
	}
	sub.by = by
}

// fresh counts the grants that are new to the session; the caller holds mu.
func (s *Session) fresh(grants []grant) (n int) {
	for _, g := range grants {
		if s.find(g.pattern) == nil {
			n++
		}
	}
	return n
}

// find returns the session's subscription to pattern, nil if there is none.
// The caller holds mu, and what it gets is good for as long.
func (s *Session) find(pattern string) *subscription {
	if i := s.index(pattern); i >= 0 {
		return &s.subs[i]
	}
	return nil
}

// index is find for who needs the place among the session's subscriptions.
func (s *Session) index(pattern string) int {
	mark := markOf(pattern)
	for i := range s.subs {
		if sub := &s.subs[i]; sub.mark == mark && sub.is(pattern) {
			return i
		}
	}
	return -1
}

func (srv *Server) unsubscribe(ctx context.Context, l *Link, m *Message) Frame {
	s, patterns, err := srv.subscription(l, m)
	if err == nil {
		srv.leave(ctx, s, patterns)
	}
	return subscribed(m, err)
}

// leave ends subscriptions and tells the Monitor.
func (srv *Server) leave(ctx context.Context, s *Session, patterns []string) {
	srv.reg.mu.Lock()
	s.mu.Lock()
	for _, p := range patterns {
		if i := s.index(p); i >= 0 {
			srv.revoke(ctx, s, i)
		}
	}
	s.mu.Unlock()
	srv.reg.mu.Unlock()
	srv.report(s)
}

// revoke ends one subscription of a session. The caller holds both locks.
func (srv *Server) revoke(ctx context.Context, s *Session, i int) {
	sub := &s.subs[i]
	srv.reg.remove(sub)
	s.note(ctx, sub, sub.by.who, false)
	s.subs = slices.Delete(s.subs, i, i+1)
}
