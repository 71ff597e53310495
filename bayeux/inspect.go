package bayeux

import (
	"context"
	"slices"
	"strings"
	"time"
)

// SessionInfo is what an operator may see of a session. ID is the clientId:
// whoever has it can take the session's mail.
type SessionInfo struct {
	ID            string    `json:"id"`
	Who           string    `json:"who"`
	Transport     string    `json:"transport"` // of the last connect; "local", or "" before the first
	Attached      bool      `json:"attached"`  // a socket, stream or held poll is there
	Since         time.Time `json:"since"`
	Subscriptions int       `json:"subscriptions"`
	QueueMessages int       `json:"queue_messages"`
	QueueBytes    int       `json:"queue_bytes"`
}

// SessionState is all there is to see of one.
type SessionState struct {
	SessionInfo
	Answered *time.Time         `json:"answered_at"` // the last connect
	Held     bool               `json:"held"`        // a connect is
	Expires  *time.Time         `json:"expires_at"`  // unless it is heard of; nil while it is attached
	Acks     bool               `json:"acks"`
	List     []SubscriptionInfo `json:"list"`
}

// SubscriptionInfo is one of a session's subscriptions.
type SubscriptionInfo struct {
	Channel string `json:"channel"`
	Scope   string `json:"scope"`
	Who     string `json:"who"`
}

// ChannelInfo is a channel or pattern that somebody is subscribed to.
type ChannelInfo struct {
	Channel       string `json:"channel"`
	Subscriptions int    `json:"subscriptions"` // in all scopes
}

// Sessions lists those whose ids come after one, by id, and whether there are
// more than limit. It costs a look at each session's id and holds up nobody
// but those who come and go meanwhile.
func (srv *Server) Sessions(after string, limit int) (list []SessionInfo, more bool) {
	page := newPage(after, limit)
	srv.mu.RLock()
	for id := range srv.sessions {
		page.offer(id)
	}
	srv.mu.RUnlock()
	ids, more := page.take()
	list = make([]SessionInfo, 0, len(ids))
	for _, id := range ids {
		if s := srv.anySession(id); s != nil {
			s.mu.Lock()
			info, who := s.info(), s.whoNow()
			s.mu.Unlock()
			info.Who = srv.display(who)
			list = append(list, info)
		}
	}
	return list, more
}

// Session tells all about one; false if there is none.
func (srv *Server) Session(id string) (SessionState, bool) {
	s := srv.anySession(id)
	if s == nil {
		return SessionState{}, false
	}
	s.mu.Lock()
	state := SessionState{
		SessionInfo: s.info(), Answered: srv.clock(s.answered), Held: s.hold.on, Expires: srv.clock(s.expires), Acks: s.acks != nil,
		List: make([]SubscriptionInfo, 0, len(s.subs)),
	}
	who := s.whoNow()
	var speakers []any
	for i := range s.subs {
		sub := &s.subs[i]
		state.List = append(state.List, SubscriptionInfo{Channel: sub.pattern(), Scope: sub.scope()})
		speakers = append(speakers, s.speaker(sub))
	}
	s.mu.Unlock()
	state.Who = srv.display(who)
	for i, who := range speakers {
		state.List[i].Who = srv.display(who)
	}
	return state, true
}

// info is all but the name; the caller holds mu.
func (s *Session) info() SessionInfo {
	transport := s.transport.String()
	if s.local {
		transport = "local"
	}
	return SessionInfo{
		ID: s.id, Transport: transport, Attached: s.link != nil || s.beside() != nil, Since: s.srv.epoch.Add(time.Duration(s.born)).UTC().Round(0),
		Subscriptions: len(s.subs), QueueMessages: len(s.queue), QueueBytes: s.bytes,
	}
}

// clock converts the server's time, nil for 0.
func (srv *Server) clock(at int64) *time.Time {
	if at == 0 {
		return nil
	}
	t := srv.epoch.Add(time.Duration(at)).UTC().Round(0)
	return &t
}

// Channels lists the channels and patterns that begin with prefix and come
// after one, by name, and whether there are more than limit.
func (srv *Server) Channels(prefix, after string, limit int) (list []ChannelInfo, more bool) {
	page := newPage(after, limit)
	srv.reg.mu.RLock()
	defer srv.reg.mu.RUnlock()
	for key := range srv.reg.audiences {
		if pattern := patternOf(key); strings.HasPrefix(pattern, prefix) {
			page.offer(pattern)
		}
	}
	names, more := page.take()
	list = make([]ChannelInfo, 0, len(names))
	for _, name := range names {
		info := ChannelInfo{Channel: name}
		for _, a := range srv.reg.everywhere(name) {
			info.Subscriptions += int(a.count)
		}
		list = append(list, info)
	}
	return list, more
}

// page picks the first few of many names that come after one.
type page struct {
	after string
	limit int
	names []string // twice as many at most, unordered
	last  string   // later ones are of no use, "" while there are not enough
}

func newPage(after string, limit int) *page { return &page{after: after, limit: max(limit, 1)} }

func (p *page) offer(name string) {
	if name <= p.after || p.last != "" && name >= p.last {
		return
	}
	p.names = append(p.names, name)
	if len(p.names) > 2*p.limit+2 {
		p.cut()
	}
}

// cut leaves one more than the page has.
func (p *page) cut() {
	slices.Sort(p.names)
	p.names = slices.Compact(p.names) // one pattern in several scopes
	if len(p.names) > p.limit+1 {
		p.names = p.names[:p.limit+1]
		p.last = p.names[p.limit]
	}
}

func (p *page) take() (names []string, more bool) {
	p.cut()
	if len(p.names) > p.limit {
		return p.names[:p.limit], true
	}
	return p.names, false
}

// PublishAs publishes like a client that who stands for: the Policy and the
// rules are asked. An *Error is a refusal.
func (srv *Server) PublishAs(ctx context.Context, who any, channel string, data []byte) error {
	_, announced := srv.rules.presenceOf(channel)
	switch {
	case !srv.name(channel) || len(channel) > srv.cfg.MaxChannelBytes:
		return ErrInvalidChannel.With(channel)
	case isMeta(channel) || announced:
		return ErrForbidden.With(channel)
	case !validJSON(data, srv.cfg.MaxDepth):
		return ErrBadRequest
	}
	scope, ok, err := srv.cfg.Policy.Publish(ctx, who, channel)
	if err != nil {
		return err
	}
	if !ok {
		return ErrForbidden.With(channel)
	}
	if limit := srv.rules.of(channel).MaxMessageBytes; limit > 0 && len(data) > limit {
		return ErrTooLarge.With(channel)
	}
	return srv.distribute(ctx, Publication{Channel: channel, Scope: scope, Data: data})
}

// connectionType is one of a client's, in a byte.
type connectionType uint8

var connectionNames = [...]string{"", "websocket", "eventsource", "long-polling", "cross-origin-long-polling", "callback-polling", "rows"}

// rowsConnection is that of sockets which speak in rows.
const rowsConnection connectionType = 6

func (c connectionType) String() string { return connectionNames[c] }

// typeNamed is 0 for a name that is none.
func typeNamed(name string) connectionType {
	return connectionType(max(0, slices.Index(connectionNames[:], name))) // #nosec G115 -- there are seven
}
