package bayeux

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"
)

// Replayer keeps publications longer than this process lives, under the ids
// that PublishStored is given. On one channel ids rise, in the order in which
// publications can be read and in which they are published. But for Keeps it
// is asked outside all locks. Rules are not about its channels.
type Replayer interface {
	// Keeps reports whether channel, a name, is one of those it keeps. It is
	// always the same, and known without asking anybody.
	Keeps(channel string) bool

	// Newest is the highest id given out so far.
	Newest(ctx context.Context) (int64, error)

	// Replay passes the publications on channel with ids above after, to each,
	// by rising id, and of more than limit the last ones. scope is the
	// subscriber's, "" for all. It shows everything that was passed to
	// PublishStored before it was called, and may show what is going to be.
	// each keeps data.
	Replay(ctx context.Context, channel, scope string, after int64, limit int, each func(id int64, data []byte)) error
}

func (c *Config) except() func(channel string) bool {
	if c.Replayer == nil {
		return nil
	}
	return c.Replayer.Keeps
}

// Where a replay can begin, beside after an id.
const (
	replayNew = -1 // nothing of the past
	replayAll = -2 // everything that is kept
)

// past is what a session remembers because of its replays.
type past struct {
	running []*replay
	// shown is how far the client has seen a Replayer's channel, which may be
	// further than it was published. Entries go with the next newer publication.
	shown map[string]int64
}

// replay is the past on its way into a queue. What is published meanwhile
// waits behind it.
type replay struct {
	wishes []wish
	live   []*Event
	bytes  int
}

// wish is one channel or pattern of a subscribe with ext.replay.
type wish struct {
	grant
	after int64
}

// newNumbered is newEvent for an event that can be asked for again. Its number
// stands in ext.replay, and where Salesforce's clients look for it.
func newNumbered(channel string, data []byte, id int64, ext ...string) *Event {
	ext = append(ext, `"replay":`+strconv.FormatInt(id, 10))
	ev := newEvent(channel, withReplayID(data, id), nil, ext...)
	ev.ID = id
	return ev
}

// withReplayID sets data.event.replayId if data is an object without an event,
// or with one that is an object; other data it returns as it is.
func withReplayID(data []byte, id int64) []byte {
	s := scanner{b: data, depth: 1 << 10}
	if s.next() != '{' {
		return data
	}
	var event []byte
	at := 0
	empty := true
	ok := s.object(func(name []byte) (ok, taken bool) {
		empty = false
		if string(name) != "event" {
			return true, false
		}
		event, ok = s.value()
		at = s.i
		return ok, true
	})
	if !ok || event != nil && event[0] != '{' {
		return data
	}
	number := strconv.FormatInt(id, 10)
	if event == nil {
		return insertMember(data, s.i-1, empty, `"event":{"replayId":`+number+`}`)
	}
	inner := scanner{b: event, i: 1}
	return insertMember(data, at-1, inner.next() == '}', `"replayId":`+number)
}

// insertMember puts a member in before the brace at i.
func insertMember(data []byte, i int, first bool, member string) []byte {
	b := make([]byte, 0, len(data)+len(member)+1)
	b = append(b, data[:i]...)
	if !first {
		b = append(b, ',')
	}
	b = append(b, member...)
	return append(b, data[i:]...)
}

// replays reports whether anything can be replayed here.
func (srv *Server) replays() bool { return srv.history != nil || srv.cfg.Replayer != nil }

// offersReplay reports whether a client that shakes hands with this ext.replay can
// ask for replays.
func (srv *Server) offersReplay(asked []byte) bool {
	return string(asked) == "true" && srv.replays()
}

// member returns the value of a member of a JSON object, nil if there is none.
func member(object []byte, name string) (value []byte) {
	s := scanner{b: object, depth: 1 << 10}
	if s.next() != '{' {
		return nil
	}
	s.object(func(n []byte) (ok, taken bool) {
		if string(n) != name {
			return true, false
		}
		value, ok = s.value()
		return ok, true
	})
	return value
}

// wish reads which of the granted subscriptions want their past.
func (srv *Server) wish(ctx context.Context, asked []byte, grants []grant) (*replay, *Error) {
	if !srv.replays() || len(asked) == 0 || asked[0] != '{' {
		return nil, nil
	}
	r := &replay{}
	for _, g := range grants {
		raw := member(asked, g.pattern)
		if raw == nil || string(raw) == "null" || !srv.keeps(g.pattern) {
			continue
		}
		after, ok := replayNumber(raw)
		if !ok {
			return nil, badReplayID(raw)
		}
		if after > 0 {
			newest, err := srv.newest(ctx, g.pattern)
			if err != nil {
				return nil, srv.fault("replay", g.pattern, err)
			}
			if after > newest {
				return nil, badReplayID(raw)
			}
		}
		if after != replayNew {
			r.wishes = append(r.wishes, wish{g, max(after, 0)})
		}
	}
	if len(r.wishes) == 0 {
		return nil, nil
	}
	return r, nil
}

// replayNumber reads an id, a number or a string of one.
func replayNumber(raw []byte) (int64, bool) {
	if raw[0] == '"' {
		raw = []byte(unquote(raw[1:len(raw)-1], bytes.IndexByte(raw, '\\') >= 0))
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil && n >= replayAll
}

// badReplayID speaks in Salesforce's words, which its users' tools look for.
func badReplayID(raw []byte) *Error {
	const longest = 32
	given := tame(string(bytes.Trim(raw[:min(len(raw), longest)], `"`)))
	return &Error{Code: ErrBadRequest.Code, Text: "The replayId {" + given + "} you provided was invalid.  " +
		"Please provide a valid ID, -2 to replay all events, or -1 to replay only new events."}
}

// stored reports whether the Replayer keeps the channel.
func (srv *Server) stored(pattern string) bool {
	_, kind := splitPattern(pattern)
	return kind == exact && srv.cfg.Replayer != nil && srv.cfg.Replayer.Keeps(pattern)
}

func (srv *Server) keeps(pattern string) bool { return srv.history != nil || srv.stored(pattern) }

func (srv *Server) newest(ctx context.Context, pattern string) (int64, error) {
	if srv.stored(pattern) {
		return srv.cfg.Replayer.Newest(ctx)
	}
	return srv.history.newest(), nil
}

// replay brings the past that r wishes for into the queue, and behind it what
// was published since r was begun, which was when its subscriptions were
// entered: so nothing is missing between, and nothing comes twice.
func (srv *Server) replay(ctx context.Context, s *Session, r *replay) *Error {
	srv.count.replays.Add(1)
	list, err := srv.recall(ctx, r)
	s.mu.Lock()
	wake, late := s.flush(r, list)
	s.mu.Unlock()
	wake.rouse()
	if late {
		srv.end(ctx, s, ErrOverflow)
	}
	if err != nil {
		return srv.fault("replay", r.wishes[0].pattern, err)
	}
	return nil
}

// recall collects the past: by rising id, and each publication once.
func (srv *Server) recall(ctx context.Context, r *replay) ([]*Event, error) {
	var kept, stored []*Event
	for _, w := range r.wishes {
		if !srv.stored(w.pattern) {
			for _, st := range srv.remembered(w.pattern, w.scope, w.after) {
				kept = append(kept, st.Event)
			}
			continue
		}
		err := srv.cfg.Replayer.Replay(ctx, w.pattern, w.scope, w.after, srv.cfg.MaxReplay, func(id int64, data []byte) {
			p := Publication{Channel: w.pattern, Data: data}
			if srv.hooks.publication(ctx, "", &p) {
				stored = append(stored, newNumbered(p.Channel, p.Data, id, p.ext()...))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return append(inOrder(stored), inOrder(kept)...), nil
}

func inOrder(list []*Event) []*Event {
	slices.SortStableFunc(list, func(a, b *Event) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(list, func(a, b *Event) bool { return a.ID == b.ID && a.Channel == b.Channel })
}

// remembered reads the history of all that pattern covers. It holds the order
// lock of each channel on the way: a publication is then kept and delivered,
// or neither.
func (srv *Server) remembered(pattern, scope string, after int64) (out []Stored) {
	names := []string{pattern}
	if _, kind := splitPattern(pattern); kind != exact {
		names = srv.history.channels(pattern)
	}
	for _, name := range names {
		line := srv.line(name)
		line.Lock()
		out = append(out, srv.history.read(name, scope, after, time.Now())...)
		line.Unlock()
	}
	return out
}

// begin makes what is published from now on wait for r; the caller holds mu.
func (s *Session) begin(r *replay) {
	if s.past == nil {
		s.past = &past{}
	}
	s.past.running = append(s.past.running, r)
}

// divert takes a live event that has to wait for a replay, or that one has
// shown; the caller holds mu.
func (s *Session) divert(ev *Event) (out outcome, taken bool) {
	c := &s.srv.cfg
	for _, r := range s.past.running {
		if !slices.ContainsFunc(r.wishes, func(w wish) bool { return Covers(w.pattern, ev.Channel) }) {
			continue
		}
		if len(r.live) >= c.MaxQueueMessages || r.bytes+len(ev.Frame) > c.MaxQueueBytes {
			return overflow, true
		}
		r.live = append(r.live, ev)
		r.bytes += len(ev.Frame)
		return queued, true
	}
	return queued, s.again(ev)
}

// again reports whether the client has seen an event that is published now;
// the caller holds mu.
func (s *Session) again(ev *Event) bool {
	last, ok := s.past.shown[ev.Channel]
	if !ok || ev.ID == 0 {
		return false
	}
	if ev.ID <= last {
		return true
	}
	delete(s.past.shown, ev.Channel)
	s.forget()
	return false
}

// forget frees past if there is nothing left in it; the caller holds mu.
func (s *Session) forget() {
	if len(s.past.running) == 0 && len(s.past.shown) == 0 {
		s.past = nil
	}
}

// flush puts the past into the queue, and then what waited for it. The past
// takes no more than half of the room in the queue: of more, the last part.
// late: what waited does not fit. The caller holds mu.
func (s *Session) flush(r *replay, list []*Event) (wake *Link, late bool) {
	if s.ended != nil {
		s.past = nil
		return nil, false
	}
	s.past.running = slices.DeleteFunc(s.past.running, func(other *replay) bool { return other == r })
	shown := make(map[string]int64)
	for _, w := range r.wishes {
		if s.srv.stored(w.pattern) {
			shown[w.pattern] = w.after
		}
	}
	for _, ev := range list {
		shown[ev.Channel] = ev.ID
	}
	for _, ev := range s.fitting(list) {
		s.put(ev)
	}
	for _, ev := range r.live {
		if ev.ID != 0 && ev.ID <= shown[ev.Channel] {
			continue
		}
		if late = !s.fits(ev); late {
			break
		}
		s.put(ev)
	}
	s.show(shown)
	if s.due() && (s.acks == nil || s.hold.on) {
		wake = s.rouse()
	}
	return wake, late
}

// show remembers how far the client has seen what is yet to be published; the
// caller holds mu.
func (s *Session) show(shown map[string]int64) {
	for channel, last := range shown {
		if last == 0 || !s.srv.stored(channel) || len(s.past.shown) >= s.srv.cfg.MaxSubscriptions {
			continue
		}
		if s.past.shown == nil {
			s.past.shown = make(map[string]int64)
		}
		s.past.shown[channel] = last
	}
	s.forget()
}

// fitting is the last part of the past that half of the queue's room takes.
func (s *Session) fitting(list []*Event) []*Event {
	c := &s.srv.cfg
	messages := (c.MaxQueueMessages - len(s.queue)) / 2
	bytes := (c.MaxQueueBytes - s.bytes) / 2
	n := 0
	for n < len(list) && n < messages && bytes >= len(list[len(list)-1-n].Frame) {
		bytes -= len(list[len(list)-1-n].Frame)
		n++
	}
	return list[len(list)-n:]
}
