package bayeux

import (
	"context"
	"hash/maphash"
	"sync"
	"time"
)

// publish serves any channel that is not under /meta.
func (srv *Server) publish(ctx context.Context, l *Link, m *Message) Frame {
	var s *Session
	var err *Error
	if m.ClientID != "" || m.oddClient {
		s, err = srv.find(l, m)
	}
	if !srv.name(m.Channel) {
		err = ErrInvalidChannel.With(m.Channel)
	}
	if m.Data == nil {
		err = ErrMissing.With("data")
	}
	if err != nil {
		return refuse(m, err)
	}
	var mark uint64
	if s != nil && truthy(m.ID) {
		if mark = srv.hash(m.ID); s.seen(mark) {
			srv.count.duplicates.Add(1)
			return acknowledge(m)
		}
	}
	if err := srv.accept(ctx, l, s, m); err != nil {
		if mark != 0 {
			s.unsee(mark)
		}
		return refuse(m, err)
	}
	return acknowledge(m)
}

// name checks a channel to publish on.
func (srv *Server) name(channel string) bool {
	return ValidName(channel, srv.cfg.StrictChannels) && depthOf(channel) <= srv.cfg.MaxChannelDepth
}

// acknowledge accepts a publish. It never has data: that is how cometd.js
// tells an acknowledgement from an event.
func acknowledge(m *Message) Frame {
	r := reply{channel: m.Channel, id: m.ID, clientID: m.ClientID}
	return r.frame()
}

// accept asks who may publish and passes the message on.
func (srv *Server) accept(ctx context.Context, l *Link, s *Session, m *Message) *Error {
	who, bad := srv.credentials(ctx, s, m)
	if bad != nil {
		return bad
	}
	if isService(m.Channel) {
		return srv.service(ctx, l, s, who.who, m)
	}
	scope, ok, err := srv.cfg.Policy.Publish(ctx, who.who, m.Channel)
	if err != nil {
		return srv.fault("publish", m.Channel, err)
	}
	if !ok {
		return ErrForbidden.With(m.Channel)
	}
	if s != nil {
		l.hush(s) // its own copy and the reply leave together
	}
	if err := srv.distribute(ctx, Publication{m.Channel, scope, m.Data}); err != nil {
		return srv.fault("publish", m.Channel, err)
	}
	return nil
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
