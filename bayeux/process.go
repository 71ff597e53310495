package bayeux

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Decode reads what a client sent, within the server's limits.
func (srv *Server) Decode(dst []Message, b []byte) ([]Message, error) {
	return Decode(dst, b, srv.cfg.limits())
}

// Process serves a batch that came in through l and returns what to send back
// at once, in that order. It never waits for a held connect: see Link.Next and
// Link.Take. It does wait for Policy, Monitor and Handlers. Nothing of in is
// kept.
func (srv *Server) Process(ctx context.Context, l *Link, in []Message) []Frame {
	out := make([]Frame, 0, len(in))
	var last []Frame // replies to connects
	lead := 0        // handshake replies go first
	l.Unknown = false
	for i := range in {
		m := &in[i]
		switch m.Channel {
		case MetaConnect:
			last = srv.serveConnect(ctx, l, m, len(in) == 1, last)
		case MetaHandshake:
			out = slices.Insert(out, lead, srv.handshake(ctx, l, m))
			lead++
		default:
			out = srv.serve(ctx, l, m, out)
		}
	}
	return append(out, last...)
}

func (srv *Server) serve(ctx context.Context, l *Link, m *Message, out []Frame) []Frame {
	switch {
	case m.fault != nil:
		return append(out, refuse(m, m.fault))
	case m.Channel == MetaSubscribe:
		return append(out, srv.subscribe(ctx, l, m))
	case m.Channel == MetaUnsubscribe:
		return append(out, srv.unsubscribe(ctx, l, m))
	case m.Channel == MetaDisconnect:
		return srv.disconnect(ctx, l, m, out)
	case isMeta(m.Channel):
		return append(out, refuse(m, ErrForbidden.With(m.Channel)))
	}
	return append(out, srv.publish(ctx, l, m))
}

// refuse answers with an error and no advice.
func refuse(m *Message, err *Error) Frame {
	r := reply{channel: m.Channel, id: m.ID, clientID: m.ClientID, err: err}
	return r.frame()
}

// find looks the session of a message up. Like Faye it names a missing
// clientId rather than an unknown one.
func (srv *Server) find(l *Link, m *Message) (*Session, *Error) {
	if m.ClientID == "" && !m.oddClient {
		return nil, ErrMissing.With("clientId")
	}
	s := srv.session(m.ClientID)
	if s == nil || !s.touch() {
		l.Unknown = true
		return nil, ErrUnknownClient.With(m.ClientID)
	}
	return s, nil
}

func (srv *Server) handshake(ctx context.Context, l *Link, m *Message) Frame {
	r := reply{channel: MetaHandshake, id: m.ID, handshake: true, advice: srv.never()}
	if m.fault != nil {
		r.err = m.fault
		return r.frame()
	}
	if !m.Version {
		r.err = ErrMissing.With("version")
	}
	if m.noTypes {
		r.err = ErrMissing.With("supportedConnectionTypes")
	} else if !slices.ContainsFunc(m.Types, knownType) {
		r.err = ErrConnectionTypes.With(m.Types...)
	}
	if r.err != nil {
		return r.frame()
	}
	if srv.drain.Load() {
		r.err, r.advice = ErrDraining, srv.again(time.Second)
		return r.frame()
	}
	who, err := srv.admit(ctx, m.Ext)
	if err == ErrInternal {
		r.err, r.advice = err, srv.again(time.Second)
		return r.frame()
	}
	if err != nil {
		r.err = err
		return r.frame()
	}
	s := srv.open(who, m.Ext)
	if s == nil {
		r.err, r.advice = ErrBusy, srv.again(time.Second)
		return r.frame()
	}
	srv.count.handshakes.Add(1)
	l.Unknown = false
	r.clientID, r.advice = s.id, srv.retry()
	return r.frame()
}

func knownType(t string) bool {
	switch t {
	case "websocket", "eventsource", "long-polling", "cross-origin-long-polling", "callback-polling":
		return true
	}
	return false
}

// serveConnect checks a connect; of several faults the last is reported, as
// Faye does.
func (srv *Server) serveConnect(ctx context.Context, l *Link, m *Message, alone bool, out []Frame) []Frame {
	s, err := srv.find(l, m)
	switch {
	case m.fault != nil:
		err = m.fault
	case m.ConnectionType == "" && !m.oddType:
		err = ErrMissing.With("connectionType")
	case !knownType(m.ConnectionType):
		err = ErrConnectionTypes.With(m.ConnectionType)
	}
	if err == nil && srv.drain.Load() {
		err = ErrDraining
	}
	if err != nil {
		r := reply{channel: MetaConnect, id: m.ID, err: err, advice: srv.again(0)}
		return append(out, r.frame())
	}
	srv.refresh(ctx, s, m.Ext)
	return srv.connect(l, s, m, alone, out)
}

// disconnect ends the session. A connect that is held by the same socket is
// answered before the disconnect is: cometd.js waits for both.
func (srv *Server) disconnect(ctx context.Context, l *Link, m *Message, out []Frame) []Frame {
	s, err := srv.find(l, m)
	if err != nil {
		r := reply{channel: MetaDisconnect, id: m.ID, err: err}
		return append(out, r.frame())
	}
	l.hush(s)
	srv.end(ctx, s, ErrDisconnected)
	if l.cork == s {
		s.mu.Lock()
		if last := s.lastWord(); last != nil {
			out = append(out, last)
		}
		s.mu.Unlock()
	}
	r := reply{channel: MetaDisconnect, id: m.ID, clientID: s.id}
	return append(out, r.frame())
}

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

// service passes a publication under /service to its handler, and the answer
// to the session that asked.
func (srv *Server) service(ctx context.Context, l *Link, s *Session, who any, m *Message) *Error {
	handler := srv.handler(m.Channel)
	if handler == nil {
		return ErrForbidden.With(m.Channel)
	}
	r := Request{Who: who, Channel: m.Channel, Data: bytes.Clone(m.Data)}
	if s != nil {
		r.Session = s.id
	}
	data, err := handler(ctx, r)
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal
	}
	if err != nil {
		return srv.fault("service", m.Channel, err)
	}
	if s == nil || data == nil {
		return nil
	}
	l.hush(s)
	wake, out := s.enqueue(newEvent(m.Channel, data, m.ID))
	wake.rouse()
	if out == overflow {
		srv.end(ctx, s, ErrOverflow)
	}
	return nil
}

// handler finds who serves a channel: its own, else the closest pattern's.
func (srv *Server) handler(channel string) Handler {
	if h := srv.cfg.Services[channel]; h != nil {
		return h
	}
	last := strings.LastIndexByte(channel, '/')
	if h := srv.cfg.Services[channel[:last]+"/*"]; h != nil {
		return h
	}
	for i := last; i > 0; i = strings.LastIndexByte(channel[:i], '/') {
		if h := srv.cfg.Services[channel[:i]+"/**"]; h != nil {
			return h
		}
	}
	return nil
}

// fault logs what went wrong here and returns what a stranger may hear of it.
func (srv *Server) fault(doing, channel string, err error) *Error {
	if !errors.Is(err, context.Canceled) {
		srv.cfg.Logger.Error("bayeux: "+doing, "channel", channel, "err", err)
	}
	return ErrInternal
}
