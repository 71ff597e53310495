package bayeux

import (
	"bytes"
	"context"
	"errors"
	"strings"
)

// Handler answers what a client publishes on a /service channel; such a
// publication goes nowhere else. Data that is not nil goes back to that
// session alone, on the same channel and with the same id, which completes a
// cometd.js remote call. An *Error refuses in its own words.
type Handler func(ctx context.Context, r Request) (data []byte, err error)

// Request is a publication to a /service channel. Data may be kept.
type Request struct {
	Session string
	Who     any
	Channel string
	Data    []byte
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
	answer := Publication{Channel: m.Channel, Data: data}
	if !srv.hooks.publication(ctx, s.id, &answer) {
		return nil
	}
	l.hush(s)
	wake, out := s.enqueue(newEvent(m.Channel, answer.Data, m.ID, answer.ext()...))
	wake.rouse()
	if out == overflow {
		srv.end(ctx, s, ErrOverflow)
	}
	return nil
}

// serves reports whether a publication is for a handler, or for nobody.
func (srv *Server) serves(channel string) bool {
	return isService(channel) && (!srv.cfg.ServicePublish || srv.handler(channel) != nil)
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
