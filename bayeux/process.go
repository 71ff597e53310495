package bayeux

import (
	"context"
	"errors"
	"slices"
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
	ctx = l.asking(ctx)
	out := make([]Frame, 0, len(in))
	var last []Frame // replies to connects
	lead := 0        // handshake replies go first
	l.Unknown = false
	for i := range in {
		m := &in[i]
		srv.hooks.incoming(ctx, l, m)
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
	return srv.hooks.replies(ctx, l, append(out, last...))
}

func (srv *Server) serve(ctx context.Context, l *Link, m *Message, out []Frame) []Frame {
	switch {
	case m.fault != nil && (m.Channel == MetaSubscribe || m.Channel == MetaUnsubscribe):
		return append(out, subscribed(m, m.fault))
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
	r := reply{channel: m.Channel, id: m.ID, courtesy: m.courtesy, clientID: m.ClientID, err: err}
	return r.frame()
}

// find looks the session of a message up. Like Faye it names a missing
// clientId rather than an unknown one.
func (srv *Server) find(l *Link, m *Message) (*Session, *Error) {
	if m.ClientID == "" && !m.oddClient {
		return nil, ErrMissing.With("clientId")
	}
	s := srv.session(m.ClientID)
	if s == nil || !s.touch(m.Channel == MetaConnect) {
		l.Unknown = true
		return nil, ErrUnknownClient.With(m.ClientID)
	}
	return s, nil
}

func (srv *Server) handshake(ctx context.Context, l *Link, m *Message) Frame {
	r := reply{channel: MetaHandshake, id: m.ID, courtesy: m.courtesy, handshake: true, advice: srv.never()}
	if m.fault != nil {
		if r.err = m.fault; r.err.passing() {
			r.advice = srv.again(time.Second)
		}
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
	if wait, ok := srv.pace.take(l.From, srv.now(), 1); !ok {
		srv.count.crowded.Add(1)
		r.err, r.advice = ErrCrowded, srv.again(max(wait, time.Second))
		return r.frame()
	}
	who, err := srv.admit(ctx, m.extra.rest)
	if err != nil && err.passing() {
		r.err, r.advice = err, srv.again(time.Second)
		return r.frame()
	}
	if err != nil {
		r.err = err
		return r.frame()
	}
	if wait, ok := srv.paced(ctx, who.who, "", 1); !ok {
		r.err, r.advice = ErrTooFast, srv.again(max(wait, time.Second))
		return r.frame()
	}
	s, err := srv.open(ctx, l.From, who, m.extra.rest)
	if err != nil {
		r.err, r.advice = err, srv.again(time.Second)
		return r.frame()
	}
	srv.report(s)
	srv.count.handshakes.Add(1)
	l.Unknown = false
	if s.reliable(m) {
		r.extend(`"ack":true`)
	}
	if srv.offersReplay(m.extra.replay) {
		r.extend(`"replay":true`)
	}
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
		r := reply{channel: MetaConnect, id: m.ID, courtesy: m.courtesy, err: err, advice: srv.again(0)}
		return append(out, r.frame())
	}
	srv.refresh(ctx, s, m.extra.rest)
	return srv.connect(l, s, m, alone, out)
}

// disconnect ends the session. A connect that is held by the same socket is
// answered before the disconnect is: cometd.js waits for both.
func (srv *Server) disconnect(ctx context.Context, l *Link, m *Message, out []Frame) []Frame {
	s, err := srv.find(l, m)
	if err != nil {
		r := reply{channel: MetaDisconnect, id: m.ID, courtesy: m.courtesy, err: err}
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
	r := reply{channel: MetaDisconnect, id: m.ID, courtesy: m.courtesy, clientID: s.id}
	return append(out, r.frame())
}

// fault logs what went wrong here and returns what a stranger may hear of it.
func (srv *Server) fault(doing, channel string, err error) *Error {
	if !errors.Is(err, context.Canceled) {
		srv.cfg.Logger.Error("bayeux: "+doing, "err", err)
		srv.cfg.Logger.Debug("bayeux: "+doing, "channel", channel)
	}
	var known interface{ Unavailable() bool }
	if errors.As(err, &known) && known.Unavailable() {
		return ErrUnavailable
	}
	return ErrInternal
}
