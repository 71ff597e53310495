package bayeux

import (
	"context"
	"errors"
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
	if _, is := srv.rules.presenceOf(m.Channel); is {
		err = ErrForbidden.With(m.Channel)
	}
	if m.Data == nil {
		err = ErrMissing.With("data")
	}
	if err != nil {
		return refuse(m, err)
	}
	if s != nil && truthy(m.ID) {
		err = srv.acceptOnce(ctx, l, s, m)
	} else {
		err = srv.accept(ctx, l, s, m)
	}
	if err != nil {
		return refuse(m, err)
	}
	return acknowledge(m)
}

// acceptOnce is accept for a publish that its client may send again.
func (srv *Server) acceptOnce(ctx context.Context, l *Link, s *Session, m *Message) (err *Error) {
	mark := srv.hash(m.ID)
	r, made, fault := s.claim(ctx, mark)
	if errors.As(fault, &err) {
		return err
	}
	if fault != nil {
		return srv.fault("publish", m.Channel, fault)
	}
	if made {
		srv.count.duplicates.Add(1)
		return nil
	}
	settled := false
	defer func() { s.settle(r, mark, settled && err == nil) }() // a Policy may panic
	err = srv.accept(ctx, l, s, m)
	settled = true
	return err
}

// name checks a channel to publish on.
func (srv *Server) name(channel string) bool {
	return ValidName(channel, srv.cfg.StrictChannels) && depthOf(channel) <= srv.cfg.MaxChannelDepth
}

// acknowledge accepts a publish. It never has data: that is how cometd.js
// tells an acknowledgement from an event.
func acknowledge(m *Message) Frame {
	r := reply{channel: m.Channel, id: m.ID, courtesy: m.courtesy, clientID: m.ClientID}
	return r.frame()
}

// accept asks who may publish and passes the message on.
func (srv *Server) accept(ctx context.Context, l *Link, s *Session, m *Message) *Error {
	if err := srv.soon(l, 1, m.Channel); err != nil {
		return err
	}
	who, bad := srv.credentials(ctx, s, m)
	if bad != nil {
		return bad
	}
	if srv.serves(m.Channel) {
		if err := srv.service(ctx, l, s, who.who, m); err != nil {
			return err
		}
		srv.published(ctx, s, who.who, m.Channel, m.Data)
		return nil
	}
	scope, ok, err := srv.cfg.Policy.Publish(ctx, who.who, m.Channel)
	if err != nil {
		return srv.fault("publish", m.Channel, err)
	}
	if !ok {
		return ErrForbidden.With(m.Channel)
	}
	if _, ok := srv.paced(ctx, who.who, scope, 1); !ok {
		return ErrTooFast.With(m.Channel)
	}
	if limit := srv.rules.of(m.Channel).MaxMessageBytes; limit > 0 && len(m.Data) > limit {
		return ErrTooLarge.With(m.Channel)
	}
	if s != nil {
		l.hush(s) // its own copy and the reply leave together
	}
	if err := srv.distribute(ctx, Publication{Channel: m.Channel, Scope: scope, Data: m.Data, Binary: m.extra.binary}); err != nil {
		return srv.fault("publish", m.Channel, err)
	}
	srv.published(ctx, s, who.who, m.Channel, m.Data)
	return nil
}

// Publish sends data, one JSON value, to all who are subscribed to channel
// in scope, here and on other nodes. Publications of one goroutine arrive in
// its order; two on one channel reach all sessions of this node in the same
// order. data is not to be changed afterwards.
func (srv *Server) Publish(ctx context.Context, channel, scope string, data []byte) error {
	return srv.PublishStored(ctx, 0, channel, scope, data)
}

// Heard reports whether a publication on channel in scope would reach anybody,
// or be kept, so that what nobody hears need not be made. It is true when that
// cannot be known here, of other nodes for example. It costs look-ups in the
// channel's depth.
func (srv *Server) Heard(channel, scope string) bool {
	if _, one := srv.cfg.Backplane.(alone); !one || srv.hearing.publish != nil {
		return true
	}
	return srv.reg.hears(channel, scope) || srv.rules.of(channel).History.Size > 0
}

// HeardUnder is Heard for whatever channel lies below a place: "/a" for /a/b
// and /a/b/c. It costs one look-up unless there are patterns that end in **.
func (srv *Server) HeardUnder(place, scope string) bool {
	if _, one := srv.cfg.Backplane.(alone); !one || srv.hearing.publish != nil {
		return true
	}
	return srv.reg.hearsUnder(place, scope) || srv.keepsUnder(place)
}

// PublishStored is Publish for what the Replayer keeps, and id is its number
// there: a client can go on after it.
func (srv *Server) PublishStored(ctx context.Context, id int64, channel, scope string, data []byte) error {
	if !ValidName(channel, srv.cfg.StrictChannels) || isMeta(channel) {
		return ErrInvalidChannel.With(channel)
	}
	if !validJSON(data, srv.cfg.MaxDepth) {
		return ErrBadRequest.With(channel)
	}
	if err := srv.distribute(ctx, Publication{Channel: channel, Scope: scope, ID: id, Data: data}); err != nil {
		return err
	}
	srv.published(ctx, nil, nil, channel, data)
	return nil
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

// line is the lock under which all publications on a channel are delivered.
func (srv *Server) line(channel string) *sync.Mutex {
	return &srv.order[maphash.String(srv.seed, channel)%uint64(len(srv.order))]
}

var recipients = sync.Pool{New: func() any { return new([]*Session) }}

// match appends the sessions that a publication reaches. Joins and leaves go to
// those alone who asked for them.
func (srv *Server) match(p Publication, dst []*Session) []*Session {
	if _, is := srv.rules.presenceOf(p.Channel); is {
		return srv.reg.matchExact(p.Channel, p.Scope, dst)
	}
	return srv.reg.match(p.Channel, p.Scope, dst)
}

// event encodes a publication, and keeps it if there is something to keep;
// the caller holds the channel's order lock.
func (srv *Server) event(p Publication, keep Retention) *Event {
	if keep.Size > 0 {
		p.ID = srv.history.number()
		ev := newNumbered(p.Channel, p.Data, p.ID, p.ext()...)
		srv.history.add(p.Scope, ev, keep, time.Now())
		return ev
	}
	if p.ID != 0 {
		return newNumbered(p.Channel, p.Data, p.ID, p.ext()...)
	}
	return newEvent(p.Channel, p.Data, nil, p.ext()...)
}

// deliver puts a publication into the queues of this node's subscribers.
func (srv *Server) deliver(p Publication) {
	if !srv.hooks.publication(context.Background(), "", &p) {
		return
	}
	list := recipients.Get().(*[]*Session)
	line := srv.line(p.Channel)
	var full []*Session
	n, slow := int64(0), false

	line.Lock()
	*list = srv.match(p, (*list)[:0])
	keep := srv.rules.of(p.Channel).History
	if len(*list) > 0 || keep.Size > 0 {
		ev := srv.event(p, keep)
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
		srv.cfg.Logger.Warn("bayeux: queue overflow, session ended")
		srv.end(context.Background(), s, ErrOverflow)
	}
	if slow {
		time.Sleep(breather)
	}
}
