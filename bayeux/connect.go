package bayeux

import (
	"bytes"
	"time"
)

// A client that asks for no hold over and over is held this long after all.
const restless = time.Second

// connect serves /meta/connect. alone: it may be held, since no other message
// came along with it. The reply is returned, after the queued events if the
// link does not push them, or left to Next or Take.
func (srv *Server) connect(l *Link, s *Session, m *Message, alone bool, out []Frame) []Frame {
	if m.ConnectionType == "eventsource" && s.acks == nil {
		return append(out, s.heartbeat(m))
	}
	out = srv.detach(l, s, out)
	l.hush(s)
	s.mu.Lock()
	if s.ended != nil {
		s.mu.Unlock()
		r := reply{channel: MetaConnect, id: m.ID, courtesy: m.courtesy, err: ErrUnknownClient.With(m.ClientID), advice: srv.again(0)}
		return append(out, r.frame())
	}
	if s.passing(l, m, alone) {
		r := reply{channel: MetaConnect, id: m.ID, courtesy: m.courtesy, clientID: s.id, advice: srv.retry()}
		s.mu.Unlock()
		return append(out, r.frame())
	}
	s.transport = typeNamed(m.ConnectionType)
	prev := s.link
	if prev != nil && prev != l {
		srv.count.replaced.Add(1)
		s.woken, s.corked = false, false
	}
	if !s.hold.on {
		srv.count.held.Add(1)
	}
	s.tie(l)
	s.hold = hold{on: true, id: bytes.Clone(m.ID), courtesy: m.courtesy}
	if l.push && !s.corked {
		s.corked, l.cork = true, s
	}
	s.read(m)
	held := srv.holdFor(l, s, m, alone)
	if held > 0 && !s.due() && !srv.browsers.enter(l, prev) {
		held, s.hold.apart = 0, true
	}
	if held <= 0 || (!l.push && alone || s.acks != nil) && s.due() {
		s.hold.ripe = true
	}
	if s.hold.ripe && (l.push || !alone) {
		out = s.answerNow(l, out)
	} else {
		l.keep(s, held)
	}
	s.mu.Unlock()
	if prev != l {
		prev.rouse()
	}
	s.tied()
	return out
}

// passing reports whether a connect leaves the socket or event stream alone
// that the session speaks through: a request that is answered at once takes
// nothing over. Faye's browser client sends one beside its event stream. The
// mail is the stream's. The caller holds mu.
func (s *Session) passing(l *Link, m *Message, alone bool) bool {
	return s.acks == nil && !l.push && s.link != nil && s.link.push && (m.Timeout == 0 || !alone)
}

// answerNow answers on the spot, as in a batch; the caller holds mu.
func (s *Session) answerNow(l *Link, out []Frame) []Frame {
	l.sess.Store(s)
	for _, ev := range s.takeQueue(nil) {
		out = append(out, ev.Frame)
	}
	out = append(out, s.answer())
	if !l.push {
		l.sess.Store(nil)
	}
	return out
}

// keep leaves the connect to be answered through l; the caller holds s.mu.
func (l *Link) keep(s *Session, held time.Duration) {
	l.sess.Store(s)
	if !l.push && l.wait == nil {
		l.wait = make(chan struct{}, 1)
	}
	s.expires = 0
	if s.hold.ripe {
		s.woken = true
		l.wake()
		return
	}
	s.hold.at = s.srv.now() + int64(held)
	s.watch(s.hold.at, false)
}

// holdFor is how long to hold at most. A client may ask for less than the
// server's timeout. In a batch there is no hold: the other replies wait.
func (srv *Server) holdFor(l *Link, s *Session, m *Message, alone bool) time.Duration {
	if !alone {
		return 0
	}
	d := srv.cfg.Timeout
	if m.Timeout >= 0 {
		d = min(d, time.Duration(m.Timeout)*time.Millisecond)
	}
	if d == 0 && s.answered != 0 && srv.now()-s.answered < int64(restless) {
		d = restless
	}
	return d
}

// detach frees a socket from the session it spoke for when another one
// connects through it; a held connect of the old one is answered.
func (srv *Server) detach(l *Link, s *Session, out []Frame) []Frame {
	old := l.sess.Load()
	if old == nil || old == s {
		return out
	}
	l.Release()
	defer old.tied()
	old.mu.Lock()
	defer old.mu.Unlock()
	if old.link != l {
		return out
	}
	if old.ended == nil {
		if old.hold.on {
			if old.acks != nil { // no reply leaves events behind
				for _, ev := range old.takeQueue(nil) {
					out = append(out, ev.Frame)
				}
			}
			out = append(out, old.answer())
		}
		old.drop()
	} else {
		old.link = nil
	}
	return out
}

// drop unties the session from its link; the caller holds mu.
func (s *Session) drop() {
	s.tie(nil)
	s.woken, s.corked = false, false
	s.unhold()
	s.startClock()
}

func (s *Session) unhold() {
	if s.hold.on {
		s.srv.count.held.Add(-1)
	}
	s.hold = hold{}
}

// answer makes the reply to the held connect, successful; the caller holds mu.
func (s *Session) answer() Frame {
	r := reply{channel: MetaConnect, id: s.hold.id, courtesy: s.hold.courtesy, clientID: s.id, advice: s.srv.retry()}
	s.number(&r)
	if s.hold.apart {
		r.advice = s.srv.apart()
	}
	s.unhold()
	s.answered = max(1, s.srv.now())
	if s.link == nil || !s.link.push {
		s.tie(nil)
		s.woken = false
	}
	s.startClock()
	return r.frame()
}

// lastWord answers the connect that is held when the session ends; nil if
// there is none. The caller holds mu.
func (s *Session) lastWord() Frame {
	if !s.hold.on {
		return nil
	}
	r := reply{channel: MetaConnect, id: s.hold.id, courtesy: s.hold.courtesy}
	s.unhold()
	switch s.ended {
	case ErrDisconnected:
		r.clientID, r.advice = s.id, s.srv.never()
	case ErrKicked, ErrIdle:
		r.err, r.advice = ErrKicked, s.srv.never()
	case ErrDraining:
		r.err, r.advice = ErrDraining, s.srv.again(time.Second)
	default:
		r.err, r.advice = ErrUnknownClient.With(s.id), s.srv.again(0)
	}
	return r.frame()
}

// heartbeat answers a connect of a client that listens to an event stream.
func (s *Session) heartbeat(m *Message) Frame {
	s.mu.Lock()
	s.transport = typeNamed(m.ConnectionType)
	s.mu.Unlock()
	r := reply{channel: MetaConnect, id: m.ID, courtesy: m.courtesy, clientID: s.id, advice: s.srv.retry()}
	r.advice.interval, r.advice.timeout = r.advice.timeout, 0
	return r.frame()
}
