package bayeux

import (
	"bytes"
	"context"
)

// A Monitor that has these methods too is told more. For one session they are
// called in order with all the others: the handshake first, the disconnect
// last. In a cluster each is told on the node where it happened.

// HandshakeMonitor hears of new sessions, before their clients do.
type HandshakeMonitor interface {
	Handshaken(ctx context.Context, session string, who any)
}

// DisconnectMonitor hears of sessions that ended, whatever ended them: reason
// is ErrDisconnected, ErrExpired, ErrIdle, ErrOverflow, ErrKicked or
// ErrDraining.
type DisconnectMonitor interface {
	Disconnected(ctx context.Context, session string, who any, reason error)
}

// PublishMonitor hears what was accepted and passed on, of clients and of
// Server.Publish; session is "" for those without one, or
// whose session has ended meanwhile. data may be kept, not
// changed.
type PublishMonitor interface {
	Published(ctx context.Context, session string, who any, channel string, data []byte)
}

// ConnectionMonitor hears when a session gets a connection that can deliver to
// it, and when it has none any more. For a client that polls that is with
// every poll.
type ConnectionMonitor interface {
	ConnectionOpened(ctx context.Context, session string)
	ConnectionClosed(ctx context.Context, session string)
}

// hearing is what the Monitor can hear beside subscriptions.
type hearing struct {
	handshake  HandshakeMonitor
	disconnect DisconnectMonitor
	publish    PublishMonitor
	connection ConnectionMonitor
}

func hearingOf(m Monitor) (h hearing) {
	h.handshake, _ = m.(HandshakeMonitor)
	h.disconnect, _ = m.(DisconnectMonitor)
	h.publish, _ = m.(PublishMonitor)
	h.connection, _ = m.(ConnectionMonitor)
	return h
}

// tell queues what the Monitor has to hear; the caller holds mu and calls
// report afterwards.
func (s *Session) tell(ctx context.Context, f func(ctx context.Context)) {
	ctx = context.WithoutCancel(ctx)
	s.notes = append(s.notes, note{tell: func() { f(ctx) }})
}

func (s *Session) tellHandshake(ctx context.Context) {
	if h := s.srv.hearing.handshake; h != nil {
		who := s.who
		s.tell(ctx, func(ctx context.Context) { h.Handshaken(ctx, s.id, who) })
	}
}

// tellEnd is called when the session has ended, and with it its connection.
func (s *Session) tellEnd(ctx context.Context) {
	if s.link != nil {
		s.tellConnection(false)
	}
	if h := s.srv.hearing.disconnect; h != nil {
		who, why := s.who, s.ended
		s.tell(ctx, func(ctx context.Context) { h.Disconnected(ctx, s.id, who, why) })
	}
}

func (s *Session) tellConnection(open bool) {
	h := s.srv.hearing.connection
	if h == nil {
		return
	}
	s.tell(context.Background(), func(ctx context.Context) {
		if open {
			h.ConnectionOpened(ctx, s.id)
		} else {
			h.ConnectionClosed(ctx, s.id)
		}
	})
}

// tie makes l, or nothing, the link that the session speaks through. The
// caller holds mu and calls tied afterwards.
func (s *Session) tie(l *Link) {
	was := s.link != nil
	s.link = l
	if is := l != nil; is != was && s.ended == nil {
		s.tellConnection(is)
	}
}

// tied reports what tie had to tell; the caller holds no lock.
func (s *Session) tied() {
	if s.srv.hearing.connection != nil {
		s.srv.report(s)
	}
}

// published tells of a publication; s is nil for one without a session.
func (srv *Server) published(ctx context.Context, s *Session, who any, channel string, data []byte) {
	h := srv.hearing.publish
	if h == nil {
		return
	}
	data = bytes.Clone(data)
	if s != nil {
		s.mu.Lock()
		over := s.ended != nil
		if !over {
			s.tell(ctx, func(ctx context.Context) { h.Published(ctx, s.id, who, channel, data) })
		}
		s.mu.Unlock()
		if !over {
			srv.report(s)
			return
		}
	}
	h.Published(context.WithoutCancel(ctx), "", who, channel, data)
}
