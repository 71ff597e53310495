package bayeux

import (
	"slices"
	"strconv"
)

// acks is the ack extension of a session: its events stay in the queue until
// the client has told that it read the connect reply which carried them. They
// travel with connect replies only, on sockets too.
type acks struct {
	batch int64 // of the next connect reply, from 1
	sent  int   // events at the head of the queue that a reply has carried
	marks []mark
	aside *Link // an event stream: it keeps the session alive and carries nothing
}

// mark says how many events at the head of the queue the reply of a batch has
// carried: all that there were. Only those with new ones are marked.
type mark struct {
	batch int64
	end   int
}

// reliable starts the extension if the handshake asked for it.
func (s *Session) reliable(m *Message) bool {
	if s.srv.cfg.WithoutAck || string(m.extra.ack) != "true" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acks = &acks{batch: 1}
	return true
}

// read takes the client's word for the last batch it got, and forgets the
// events up to it. Those of later batches were lost on their way and are to
// be sent again. A connect without a batch says nothing. The caller holds mu.
func (s *Session) read(m *Message) {
	n := millis(m.extra.ack)
	if s.acks == nil || n < 0 {
		return
	}
	a, old, done := s.acks, 0, 0
	for old < len(a.marks) && a.marks[old].batch <= n {
		done = a.marks[old].end
		old++
	}
	a.marks = slices.Delete(a.marks, 0, old)
	for i := range a.marks {
		a.marks[i].end -= done
	}
	for _, ev := range s.queue[:done] {
		s.bytes -= len(ev.Frame)
	}
	s.queue = slices.Delete(s.queue, 0, done)
	a.sent = 0
}

// due reports whether there are events for the next connect reply; the caller
// holds mu.
func (s *Session) due() bool {
	if s.acks != nil {
		return len(s.queue) > s.acks.sent
	}
	return len(s.queue) > 0
}

// takeKept is takeQueue for events that stay until they are read.
func (s *Session) takeKept(spare []*Event) []*Event {
	if !s.due() {
		return nil
	}
	out := append(spare[:0], s.queue[s.acks.sent:]...)
	s.acks.sent = len(s.queue)
	return out
}

// number gives a connect reply its batch; the caller holds mu.
func (s *Session) number(r *reply) {
	a := s.acks
	if a == nil {
		return
	}
	if n := len(a.marks); a.sent > 0 && (n == 0 || a.marks[n-1].end < a.sent) {
		a.marks = append(a.marks, mark{a.batch, a.sent})
	}
	r.extend(`"ack":` + strconv.FormatInt(a.batch, 10))
	a.batch++
}

// listen makes l the session's event stream, beside the link that connects
// come by; the caller holds mu.
func (s *Session) listen(l *Link) (prev *Link) {
	prev, s.acks.aside = s.acks.aside, l
	s.expires = 0
	return prev
}

// beside is the event stream of a session whose events do not go there; the
// caller holds mu.
func (s *Session) beside() *Link {
	if s.acks == nil {
		return nil
	}
	return s.acks.aside
}
