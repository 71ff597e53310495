package bayeux

import (
	"encoding/json"
	"sync"
)

// Session is one client: its subscriptions, its credentials, and its mail,
// which waits here and never in a connection, so that a reconnect finds it.
type Session struct {
	id    string
	srv   *Server
	from  Source
	born  int64
	local bool
	// visitor: it ends with its link, see Listen. Set once, before the link has it.
	visitor bool

	mu    sync.Mutex // below registry.mu, above wheel.mu
	queue []*Event
	bytes int // of the queue's frames
	link  *Link
	woken bool // the link was told and has not taken yet
	// corked keeps mail back until the replies that must go first are out
	corked bool
	hold   hold

	transport connectionType // of the last connect

	heard    int64 // when the client sent anything but a connect, if Config.Activity
	expires  int64 // when the clock runs out; 0 while it is stopped
	answered int64 // when the last connect was
	look     int64 // wheel slot in which the session is looked at, 0 for none
	ended    error

	subs      []subscription
	who       any
	until     int64  // when who ends; 0 for never
	ext       uint64 // hash of the ext that was identified last
	published *recent

	acks *acks // nil without the ack extension
	past *past // of subscriptions with replay

	notes     []note
	reporting bool
}

// hold is a connect whose reply is owed.
type hold struct {
	on   bool
	ripe bool // answer at the next chance
	// apart: not held, since its browser holds enough
	apart bool
	at    int64
	id    json.RawMessage

	courtesy *courtesy
}

// outcome of an enqueue, for the publisher.
type outcome uint8

const (
	queued   outcome = iota
	crowded          // queued, and half full though a socket empties it
	refused          // the session is over
	overflow         // did not fit: the session has to end
)

// enqueue adds an event; wake is the link to be told, if any.
func (s *Session) enqueue(ev *Event) (wake *Link, out outcome) {
	c := &s.srv.cfg
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return nil, refused
	}
	if s.past != nil {
		if out, taken := s.divert(ev); taken {
			return nil, out
		}
	}
	if !s.fits(ev) {
		return nil, overflow
	}
	n := len(s.queue)
	ready := s.put(ev)
	half := 2*n >= c.MaxQueueMessages || 2*s.bytes >= c.MaxQueueBytes
	if half && s.link != nil && s.link.push {
		out = crowded
	}
	if !ready {
		return nil, out
	}
	return s.rouse(), out
}

// fits reports whether the queue has room; the caller holds mu.
func (s *Session) fits(ev *Event) bool {
	c, n := &s.srv.cfg, len(s.queue)
	return n < c.MaxQueueMessages && (n == 0 || s.bytes+len(ev.Frame) <= c.MaxQueueBytes)
}

// put appends an event; false if it has to wait for a connect. The caller
// holds mu.
func (s *Session) put(ev *Event) (ready bool) {
	if s.queue == nil {
		s.queue = make([]*Event, 0, 4)
	}
	s.queue = append(s.queue, ev)
	if s.srv.cfg.ActivityBoth {
		s.heard = s.srv.now()
	}
	s.bytes += len(ev.Frame)
	if s.acks == nil {
		return true
	}
	if s.hold.on && s.link != nil && s.link.push {
		s.hold.ripe = true
	}
	return s.hold.on
}

// rouse returns the link if it has to be told that there is something to
// take. The caller holds mu and calls wake after it.
func (s *Session) rouse() *Link {
	if s.link == nil || s.woken || s.corked {
		return nil
	}
	s.woken = true
	return s.link
}

// takeQueue hands the queue over and goes on with spare.
func (s *Session) takeQueue(spare []*Event) []*Event {
	if s.acks != nil {
		return s.takeKept(spare)
	}
	if len(s.queue) == 0 {
		return nil
	}
	out := s.queue
	s.queue, s.bytes = nil, 0
	if cap(spare) > 0 {
		s.queue = spare[:0]
	}
	return out
}

// startClock lets the session expire unless it is heard of; the caller holds mu.
func (s *Session) startClock() {
	if s.beside() != nil {
		s.expires = 0
		return
	}
	s.expires = s.srv.now() + int64(s.srv.cfg.Interval+s.srv.cfg.Grace)
	s.watch(s.expires, true)
}

// touch restarts a running clock; false if the session is over. A heartbeat
// is no activity.
func (s *Session) touch(heartbeat bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !heartbeat {
		s.active()
	}
	if s.ended == nil && s.expires != 0 {
		s.startClock()
	}
	return s.ended == nil
}

// active notes that the session does something; the caller holds mu.
func (s *Session) active() {
	if limit := int64(s.srv.cfg.Activity); limit > 0 {
		s.heard = s.srv.now()
		s.watch(s.heard+limit, true)
	}
}

// idle is when the session has done nothing for too long, 0 for never; the
// caller holds mu.
func (s *Session) idle() int64 {
	if s.srv.cfg.Activity <= 0 || s.local {
		return 0
	}
	return s.heard + int64(s.srv.cfg.Activity)
}

// over tells why the time of the session is up, nil if it is not; the caller
// holds mu.
func (s *Session) over(now int64) error {
	switch {
	case s.expires != 0 && s.expires <= now:
		return ErrExpired
	case s.idle() != 0 && s.idle() <= now:
		return ErrIdle
	}
	return nil
}

// watch makes the server look at the session at the given time: a tick early
// rather than late, or with late the other way round. An entry for an earlier
// time does as well: that look makes the next one.
func (s *Session) watch(at int64, late bool) {
	tick := int64(s.srv.tick)
	slot := at / tick
	if late {
		slot = (at + tick - 1) / tick
	}
	if s.look == 0 || slot < s.look {
		s.look = s.srv.wheel.put(s, slot)
	}
}

// inspect does what has become due and returns what to do without the lock.
func (s *Session) inspect(slot int64) (wake *Link, over error, lapsed bool) {
	now := s.srv.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil || s.look > slot || s.look == 0 {
		return nil, nil, false // over, or this was a stale entry
	}
	s.look = 0
	if over = s.over(now); over != nil {
		return nil, over, false
	}
	for _, end := range [...]int64{s.expires, s.idle()} {
		if end != 0 {
			s.watch(end, true)
		}
	}
	if s.hold.on && !s.hold.ripe {
		if s.hold.at < now+int64(s.srv.tick) {
			s.hold.ripe = true
			wake = s.rouse()
		} else {
			s.watch(s.hold.at, false)
		}
	}
	return wake, nil, s.inspectCredentials(now)
}

// inspectCredentials reports whether any have ended.
func (s *Session) inspectCredentials(now int64) (lapsed bool) {
	check := func(until int64) {
		if until == 0 {
			return
		}
		if until <= now {
			lapsed = true
		} else {
			s.watch(until, true)
		}
	}
	check(s.until)
	for _, sub := range s.subs {
		check(sub.by.until)
	}
	return lapsed
}
