package bayeux

import "context"

// Review asks the Policy again about every subscription to exactly channel,
// a name or a pattern.
// Those that it refuses now end without a word to their clients. So do those
// to its joins and leaves.
func (srv *Server) Review(ctx context.Context, channel string) {
	srv.reviews.Add(1)
	for _, s := range srv.reg.holders(channel, "") {
		srv.recheck(ctx, s, channel)
	}
	if srv.announces(channel) {
		srv.Review(ctx, PresenceChannel(channel))
	}
}

// ReviewOf asks the Policy again about every subscription that uses the
// rights of somebody whom pick names, after those have changed. pick is
// called under a lock: it looks and returns.
func (srv *Server) ReviewOf(ctx context.Context, pick func(who any) bool) {
	srv.reviews.Add(1)
	for _, s := range srv.all() {
		srv.reconsider(ctx, s, func(sub *subscription) bool { return pick(s.speaker(sub)) })
	}
}

// reconsider reviews the subscriptions of a session that pick names, nil for
// all.
func (srv *Server) reconsider(ctx context.Context, s *Session, pick func(*subscription) bool) {
	s.mu.Lock()
	var list []string
	for i := range s.subs {
		if sub := &s.subs[i]; pick == nil || pick(sub) {
			list = append(list, sub.pattern())
		}
	}
	s.mu.Unlock()
	for _, pattern := range list {
		srv.recheck(ctx, s, pattern)
	}
}

// recheck reviews one subscription. If the Policy cannot decide, it stays, is
// asked about again later, and recheck returns false. An answer that was overtaken, by other credentials or another review, is
// asked for again.
func (srv *Server) recheck(ctx context.Context, s *Session, pattern string) bool {
	if s.local {
		return true
	}
	ctx = context.WithValue(ctx, reviewKey{}, true)
	const tries = 3
	for try := 1; try <= tries; try++ {
		era := srv.reviews.Load()
		s.mu.Lock()
		sub := s.find(pattern)
		if sub == nil {
			s.mu.Unlock()
			return true
		}
		who := s.speaker(sub)
		s.mu.Unlock()
		scope, ok, err := srv.maySubscribe(ctx, who, pattern)
		if err != nil {
			srv.fault("review", pattern, err)
			srv.owed.add(held{s, pattern})
			return false
		}
		if try < tries && srv.reviews.Load() != era {
			continue
		}
		if srv.settle(ctx, s, pattern, who, scope, ok) {
			if !ok {
				srv.cfg.Logger.Debug("bayeux: subscription refused by a review", "channel", pattern)
			}
			break
		}
	}
	srv.report(s)
	return true
}

// speaker is whose rights a subscription uses; the caller holds mu.
func (s *Session) speaker(sub *subscription) any {
	if sub.by.own {
		return sub.by.who
	}
	return s.whoNow()
}

// settle applies the answer about a subscription, or returns false if it is
// out of date.
func (srv *Server) settle(ctx context.Context, s *Session, pattern string, who any, scope string, ok bool) bool {
	srv.reg.mu.Lock()
	defer srv.reg.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.index(pattern)
	if i < 0 {
		return true
	}
	sub := &s.subs[i]
	switch {
	case s.speaker(sub) != who:
		return false
	case ok:
		by := sub.by
		if by.who != who {
			by = lent(who)
		}
		srv.regrant(ctx, s, sub, scope, by)
		return true
	}
	srv.revoke(ctx, s, i)
	srv.count.revoked.Add(1)
	return true
}

// Revoke ends every subscription that pick names, without asking the Policy
// and without a word to their clients. pick is called under a lock: it looks
// and returns.
func (srv *Server) Revoke(ctx context.Context, pick func(who any, channel string) bool) {
	srv.reviews.Add(1) // whoever is being let in now is asked about again
	for _, s := range srv.all() {
		if !s.local {
			srv.revokeOf(ctx, s, pick)
		}
	}
}

func (srv *Server) revokeOf(ctx context.Context, s *Session, pick func(who any, channel string) bool) {
	s.mu.Lock()
	var list []string
	for i := range s.subs {
		if sub := &s.subs[i]; pick(s.speaker(sub), sub.pattern()) {
			list = append(list, sub.pattern())
		}
	}
	s.mu.Unlock()
	for _, pattern := range list {
		srv.reg.mu.Lock()
		s.mu.Lock()
		if i := s.index(pattern); i >= 0 && pick(s.speaker(&s.subs[i]), pattern) {
			srv.revoke(ctx, s, i)
			srv.count.revoked.Add(1)
		}
		s.mu.Unlock()
		srv.reg.mu.Unlock()
	}
	if len(list) > 0 {
		srv.report(s)
	}
}
