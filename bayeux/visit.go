package bayeux

import "context"

// A socket whose tongue knows no handshake has a session from its first
// subscription on. Nobody can come back to it: it ends with the link. It has
// no credentials; each subscription is made with its own, and keeps the rights
// of whom they named until these end, whatever becomes of the credentials.

// Listen subscribes a socket's link to a channel, a name, with what Identify
// reads in ext, nil for a stranger. Who listens there already goes on with
// these credentials. The link's mail waits for Release: the answer goes first.
func (srv *Server) Listen(ctx context.Context, l *Link, channel string, ext []byte) error {
	ctx = l.asking(ctx)
	m := Message{Channel: MetaSubscribe, Subscription: appendString(nil, channel), Timeout: -1}
	if ext != nil {
		m.readExt(&scanner{b: ext, depth: srv.cfg.MaxDepth})
	}
	if srv.hooks.incoming(ctx, l, &m); m.fault != nil {
		return m.fault
	}
	if !srv.name(channel) || len(channel) > srv.cfg.MaxChannelBytes || isMeta(channel) {
		return ErrInvalidChannel.With(channel)
	}
	if err := srv.soon(l, 1, channel); err != nil {
		return err
	}
	if err := srv.listen(ctx, l, channel, m.extra.rest); err != nil {
		return err
	}
	return nil
}

func (srv *Server) listen(ctx context.Context, l *Link, channel string, ext []byte) *Error {
	era := srv.reviews.Load()
	by := credentials{own: true}
	if ext != nil {
		who, _, ok, err := srv.cfg.Policy.Identify(ctx, ext)
		if err != nil {
			return srv.fault("identify", channel, err)
		}
		if !ok {
			return ErrForbidden.With(channel)
		}
		by.who = who
	}
	scope, ok, err := srv.maySubscribe(ctx, by.who, channel)
	if err != nil {
		return srv.fault("subscribe", channel, err)
	}
	if !ok {
		return ErrForbidden.With(channel)
	}
	if _, ok := srv.paced(ctx, by.who, scope, 1); !ok {
		return ErrTooFast.With(channel)
	}
	s, bad := srv.visit(ctx, l)
	if bad != nil {
		return bad
	}
	l.hush(s)
	told, _, bad := srv.apply(ctx, s, []grant{{channel, scope}}, by, nil)
	if bad != nil {
		return bad
	}
	srv.report(s)
	if told != nil {
		<-told
	}
	if srv.reviews.Load() != era {
		srv.reconsider(ctx, s, nil)
	}
	return nil
}

// Unlisten undoes Listen.
func (srv *Server) Unlisten(ctx context.Context, l *Link, channel string) {
	if s := l.sess.Load(); s != nil {
		l.hush(s) // the answer goes first
		srv.leave(ctx, s, []string{channel})
	}
}

// visit returns the link's session, or opens one.
func (srv *Server) visit(ctx context.Context, l *Link) (*Session, *Error) {
	if s := l.sess.Load(); s != nil {
		if !s.touch(false) {
			return nil, ErrUnknownClient
		}
		return s, nil
	}
	if srv.drain.Load() {
		return nil, ErrDraining
	}
	if _, ok := srv.pace.take(l.From, srv.now(), 1); !ok {
		srv.count.crowded.Add(1)
		return nil, ErrCrowded
	}
	s, err := srv.open(ctx, l.From, credentials{}, nil)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.visitor = true
	s.transport = rowsConnection
	s.expires = 0
	s.tie(l)
	l.sess.Store(s)
	s.mu.Unlock()
	srv.report(s)
	srv.count.handshakes.Add(1)
	return s, nil
}

// depart ends the session of a link that nobody can come back to.
func (l *Link) depart() {
	if s := l.sess.Load(); s != nil && s.visitor {
		l.srv.end(context.Background(), s, ErrDisconnected)
	}
}
