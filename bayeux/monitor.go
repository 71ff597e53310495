package bayeux

import "context"

// Monitor hears of changes: synchronously, outside all locks, for one session
// never two at once and in the order in which they happened. Subscribed
// returns before the reply to the subscribe request leaves. Unsubscribed also
// tells of subscriptions that ended with their session or were revoked.
// ctx outlives the request that caused the change.
type Monitor interface {
	Subscribed(ctx context.Context, session string, who any, channel string)
	Unsubscribed(ctx context.Context, session string, who any, channel string)
}

// note is a change that the Monitor has yet to hear of.
type note struct {
	ctx        context.Context
	who        any
	channel    string
	scope      string
	subscribed bool
	done       chan struct{} // closed once told; may be nil
	tell       func()        // of anything but subscriptions; else nil
}

// report tells the Monitor what waits in s.notes, unless someone is at it
// already. The queue instead of a lock lets the Monitor call the Server, even
// about the same session.
func (srv *Server) report(s *Session) {
	if srv.cfg.Monitor == nil && (srv.rules == nil || !srv.rules.joinLeave) {
		return
	}
	s.mu.Lock()
	if s.reporting {
		s.mu.Unlock()
		return
	}
	s.reporting = true
	for len(s.notes) > 0 {
		n := s.notes[0]
		s.notes = s.notes[1:]
		s.mu.Unlock()
		if n.tell != nil {
			n.tell()
		} else if srv.cfg.Monitor == nil {
			// only joins and leaves are of interest
		} else if n.subscribed {
			srv.cfg.Monitor.Subscribed(n.ctx, s.id, n.who, n.channel)
		} else {
			srv.cfg.Monitor.Unsubscribed(n.ctx, s.id, n.who, n.channel)
		}
		if n.tell == nil {
			srv.announce(n)
		}
		if n.done != nil {
			close(n.done)
		}
		s.mu.Lock()
	}
	s.notes, s.reporting = nil, false
	s.mu.Unlock()
}

// note queues a change; the caller holds s.mu and calls report afterwards.
func (s *Session) note(ctx context.Context, sub *subscription, who any, subscribed bool) {
	channel := sub.pattern()
	if s.srv.cfg.Monitor == nil && !s.srv.announces(channel) {
		return
	}
	s.notes = append(s.notes, note{context.WithoutCancel(ctx), who, channel, sub.scope(), subscribed, nil, nil})
}
