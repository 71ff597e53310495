package bayeux

import (
	"context"
	"crypto/rand"
)

// Local is a client inside the process: a session without a network. It may
// subscribe to anything, in any scope, and no Policy is asked. It does not
// expire; if it does not read, its queue overflows and it ends like any other.
type Local struct {
	srv  *Server
	s    *Session
	link *Link
	wait chan struct{}
}

// Local starts a local session, which is the caller's to close. who is what
// the Monitor and others see of it.
func (srv *Server) Local(who any) *Local {
	c := &Local{srv: srv, wait: make(chan struct{}, 1)}
	c.s = &Session{id: rand.Text(), srv: srv, who: who, local: true, born: srv.now()}
	c.link = srv.Socket(func() {
		select {
		case c.wait <- struct{}{}:
		default:
		}
	})
	c.s.tellHandshake(context.Background())
	c.s.tie(c.link)
	c.link.sess.Store(c.s)
	srv.mu.Lock()
	srv.sessions[c.s.id] = c.s
	srv.mu.Unlock()
	srv.report(c.s)
	return c
}

// ID names the session to Kick and the Monitor.
func (c *Local) ID() string { return c.s.id }

// Subscribe subscribes to channels or patterns, all or none, in a scope: ""
// hears all scopes.
func (c *Local) Subscribe(ctx context.Context, scope string, patterns ...string) error {
	grants := make([]grant, len(patterns))
	for i, p := range patterns {
		if !ValidPattern(p, c.srv.cfg.StrictChannels) {
			return ErrInvalidChannel.With(p)
		}
		grants[i] = grant{p, scope}
	}
	told, _, err := c.srv.apply(ctx, c.s, grants, credentials{who: c.s.who}, nil)
	if err != nil {
		return err
	}
	c.srv.report(c.s)
	if told != nil {
		<-told
	}
	return nil
}

// Unsubscribe undoes Subscribe.
func (c *Local) Unsubscribe(ctx context.Context, patterns ...string) {
	c.srv.leave(ctx, c.s, patterns)
}

// Publish is Server.Publish.
func (c *Local) Publish(ctx context.Context, channel, scope string, data []byte) error {
	return c.srv.Publish(ctx, channel, scope, data)
}

// Next waits for events and takes all there are; the slice is the caller's.
// It returns ctx's error, or why the session has ended. One goroutine at a
// time may wait.
func (c *Local) Next(ctx context.Context) ([]*Event, error) {
	for {
		b := c.link.Take(nil)
		c.link.Outgoing(ctx, &b)
		if b.End != nil {
			return nil, b.End
		}
		if len(b.Events) > 0 {
			return b.Events, nil
		}
		if !c.link.Attached() {
			return nil, ErrDisconnected
		}
		select {
		case <-c.wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Each calls do for each event until ctx or the session ends, and returns why.
func (c *Local) Each(ctx context.Context, do func(*Event)) error {
	for {
		events, err := c.Next(ctx)
		if err != nil {
			return err
		}
		for _, ev := range events {
			do(ev)
		}
	}
}

// Close ends the session.
func (c *Local) Close() { c.srv.end(context.Background(), c.s, ErrDisconnected) }
