package bayeux

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/textproto"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Extension sees the messages of clients before the server does, and what goes
// to them before it leaves. Extensions are called in the order of
// Config.Extensions, both ways, outside all locks, by many goroutines at once.
//
// A method may replace c.Data and c.Ext. An *Error refuses the message, in
// these words; ErrDropped deletes it, which its sender is told as 404::Message
// deleted. Any other error, a panic, something that is no JSON, or silence for
// Config.ExtensionTimeout is a failure: the message goes no further, and its
// sender hears 500::Internal server error, unless Config.ExtensionsFailOpen
// lets it pass as it was. A method that is still at work after that time is
// left alone; what it does to c then counts for nothing.
type Extension interface {
	// Incoming sees a message of a client.
	Incoming(ctx context.Context, c *Call) error

	// Outgoing sees each reply, and each publication once before it goes to all
	// its subscribers. Nobody hears of a publication that it refuses or drops.
	// Of a reply only Ext counts.
	Outgoing(ctx context.Context, c *Call) error
}

// RecipientExtension is an Extension that sees each event once more for each
// session that gets it, when it leaves. It costs that each recipient's event is
// handled by itself.
type RecipientExtension interface {
	Extension
	OutgoingTo(ctx context.Context, c *Call) error
}

// IncomingFunc is an Extension of what comes in.
type IncomingFunc func(ctx context.Context, c *Call) error

// Incoming calls f.
func (f IncomingFunc) Incoming(ctx context.Context, c *Call) error { return f(ctx, c) }

// Outgoing does nothing.
func (f IncomingFunc) Outgoing(context.Context, *Call) error { return nil }

// OutgoingFunc is an Extension of what goes out.
type OutgoingFunc func(ctx context.Context, c *Call) error

// Incoming does nothing.
func (f OutgoingFunc) Incoming(context.Context, *Call) error { return nil }

// Outgoing calls f.
func (f OutgoingFunc) Outgoing(ctx context.Context, c *Call) error { return f(ctx, c) }

// Call is a message on its way through an Extension, which may keep it. Raw
// fields are JSON, nil when absent.
type Call struct {
	Channel      string
	Session      string // the clientId: of the sender, or of whom it goes to; "" if there is none, or many
	ID           json.RawMessage
	Subscription json.RawMessage
	Data         json.RawMessage
	Ext          json.RawMessage
	Reply        bool         // to a request, with Error "" if it was successful
	Error        string       // of a reply
	Request      *RequestInfo // by which the client speaks; nil inside the process, and for what goes to many
}

// RequestInfo is the HTTP request that a message came by, or its socket.
type RequestInfo struct {
	RemoteAddr string
	Header     map[string][]string // with canonical names; not to be changed
}

// Get returns the first value of a header, "" if there is none.
func (r *RequestInfo) Get(name string) string {
	if r == nil {
		return ""
	}
	return textproto.MIMEHeader(r.Header).Get(name)
}

// ErrDropped is what an Extension deletes a message with.
var ErrDropped = errors.New("bayeux: dropped by an extension")

// Extended reports whether there are extensions, for which a transport sets
// Link.Request.
func (srv *Server) Extended() bool { return srv.hooks != nil }

type hook func(ctx context.Context, c *Call) error

// hooks are what extensions want to see.
type hooks struct {
	srv           *Server
	in, out, each []hook
	stuck         atomic.Int64 // calls that were given up and have not returned
}

// More calls than these, given up and still at work, are not added to.
const maxStuck = 1000

// newHooks is nil without extensions.
func newHooks(srv *Server) *hooks {
	if len(srv.cfg.Extensions) == 0 {
		return nil
	}
	h := &hooks{srv: srv}
	for _, e := range srv.cfg.Extensions {
		if _, only := e.(OutgoingFunc); !only {
			h.in = append(h.in, e.Incoming)
		}
		if _, only := e.(IncomingFunc); !only {
			h.out = append(h.out, e.Outgoing)
		}
		if r, ok := e.(RecipientExtension); ok {
			h.each = append(h.each, r.OutgoingTo)
		}
	}
	return h
}

// pass takes a call through hooks; nil lets it go on.
func (h *hooks) pass(ctx context.Context, list []hook, c *Call) *Error {
	for _, f := range list {
		err := h.call(ctx, f, c)
		var refusal *Error
		switch {
		case err == nil:
		case errors.Is(err, ErrDropped):
			return ErrDeleted
		case errors.As(err, &refusal):
			return refusal
		default:
			h.srv.cfg.Logger.Error("bayeux: extension failed", "err", err)
			if !h.srv.cfg.ExtensionsFailOpen {
				return ErrInternal
			}
		}
	}
	return nil
}

var errStuck = errors.New("too many calls of extensions do not return")

// Who was first, a call that returned or its deadline.
const (
	undecided int32 = iota
	returned
	givenUp
)

// call runs one hook, on a copy, in a goroutine that may outlive it.
func (h *hooks) call(ctx context.Context, f hook, c *Call) error {
	if h.stuck.Load() >= maxStuck {
		return errStuck
	}
	ctx, cancel := context.WithTimeout(ctx, h.srv.cfg.ExtensionTimeout)
	defer cancel()
	mine := *c
	var state atomic.Int32
	done := make(chan error, 1)
	go func() {
		done <- guarded(ctx, f, &mine)
		if !state.CompareAndSwap(undecided, returned) {
			h.stuck.Add(-1)
		}
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		if state.CompareAndSwap(undecided, givenUp) {
			h.stuck.Add(1)
			return ctx.Err()
		}
		err = <-done
	}
	if err != nil {
		return err
	}
	for _, raw := range [][]byte{mine.Data, mine.Ext} {
		if raw != nil && !validJSON(raw, h.srv.cfg.MaxDepth) {
			return errors.New("an extension set something that is no JSON")
		}
	}
	c.Data, c.Ext = mine.Data, mine.Ext
	return nil
}

func guarded(ctx context.Context, f hook, c *Call) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f(ctx, c)
}

// incoming shows a message to the extensions. What they hold against it
// becomes its fault.
func (h *hooks) incoming(ctx context.Context, l *Link, m *Message) {
	if h == nil || h.in == nil || m.fault != nil {
		return
	}
	c := &Call{
		Channel: m.Channel, Session: m.ClientID, ID: bytes.Clone(m.ID), Subscription: bytes.Clone(m.Subscription),
		Data: bytes.Clone(m.Data), Ext: bytes.Clone(m.Ext), Request: l.Request,
	}
	if m.fault = h.pass(ctx, h.in, c); m.fault != nil {
		return
	}
	m.Data = c.Data
	if !bytes.Equal(c.Ext, m.Ext) {
		s := scanner{b: c.Ext, depth: h.srv.cfg.MaxDepth}
		if c.Ext == nil {
			s.b = []byte("null")
		}
		m.readExt(&s)
	}
}

// publication shows one to the extensions before it is delivered; false if it
// is not to be.
func (h *hooks) publication(ctx context.Context, session string, p *Publication) bool {
	if h == nil || h.out == nil {
		return true
	}
	c := &Call{Channel: p.Channel, Session: session, Data: bytes.Clone(p.Data)}
	if p.Binary != nil {
		c.Ext = fmt.Appendf(nil, `{"binary":%s}`, p.Binary)
	}
	if h.pass(ctx, h.out, c) != nil || c.Data == nil {
		return false
	}
	p.Data, p.Binary, p.fields = c.Data, nil, fieldsOf(c.Ext)
	return true
}

// fieldsOf is what stands between the braces of an ext.
func fieldsOf(ext []byte) string {
	ext = bytes.TrimSpace(ext)
	if len(ext) < 2 || ext[0] != '{' {
		return ""
	}
	return oneLine(ext)[1 : len(oneLine(ext))-1]
}

// replies shows frames that answer a batch to the extensions. Some may be
// events that go along.
func (h *hooks) replies(ctx context.Context, l *Link, frames []Frame) []Frame {
	if h == nil || h.out == nil {
		return frames
	}
	kept := frames[:0]
	for _, f := range frames {
		p := readParts(f)
		if p.get("successful") != nil {
			kept = append(kept, h.reply(ctx, l.Request, p, f))
		} else if f = h.event(ctx, l.Request, p.text("clientId"), p, f); f != nil {
			kept = append(kept, f)
		}
	}
	return kept
}

// reply shows a reply to the extensions. One that they drop turns into an
// error: some clients wait for it for ever.
func (h *hooks) reply(ctx context.Context, from *RequestInfo, p parts, f Frame) Frame {
	c := &Call{
		Channel: p.text("channel"), Session: p.text("clientId"), ID: p.get("id"), Subscription: p.get("subscription"),
		Ext: p.get("ext"), Reply: true, Error: p.text("error"), Request: from,
	}
	before := c.Ext
	err := h.pass(ctx, h.out, c)
	switch {
	case err != nil:
		h.fail(ctx, &p, c, err)
	case bytes.Equal(before, c.Ext):
		return f
	case c.Ext == nil:
		p.drop("ext")
	default:
		p.set("ext", []byte(oneLine(c.Ext)))
	}
	return p.frame()
}

// fail turns a reply into a refusal.
func (h *hooks) fail(ctx context.Context, p *parts, c *Call, err *Error) {
	p.drop("ext")
	p.set("successful", []byte("false"))
	p.set("error", appendString(nil, err.Error()))
	if c.Channel != MetaHandshake {
		return
	}
	p.drop("clientId")
	advice := h.srv.never()
	if err.passing() {
		advice = h.srv.again(time.Second)
	}
	b := advice.append(nil) // "advice":{…},
	p.set("advice", b[len(`"advice":`):len(b)-1])
	if s := h.srv.session(c.Session); s != nil {
		h.srv.end(ctx, s, ErrKicked)
	}
}

// event shows an event to the extensions that want to know for whom it is;
// nil if it is not to be sent.
func (h *hooks) event(ctx context.Context, from *RequestInfo, session string, p parts, f Frame) Frame {
	if h.each == nil {
		return f
	}
	c := &Call{Channel: p.text("channel"), Session: session, ID: p.get("id"), Data: p.get("data"), Ext: p.get("ext"), Request: from}
	data, ext := c.Data, c.Ext
	if h.pass(ctx, h.each, c) != nil || c.Data == nil {
		return nil
	}
	if bytes.Equal(data, c.Data) && bytes.Equal(ext, c.Ext) {
		return f
	}
	p.set("data", []byte(oneLine(c.Data)))
	if c.Ext == nil {
		p.drop("ext")
	} else {
		p.set("ext", []byte(oneLine(c.Ext)))
	}
	return p.frame()
}

// Outgoing shows what Take has given to the extensions, and takes out what
// they drop. Whoever calls Take calls it before it sends the batch.
func (l *Link) Outgoing(ctx context.Context, b *Batch) {
	h := l.srv.hooks
	if h == nil || b.session == nil || h.out == nil {
		return
	}
	id := b.session.id
	if h.each != nil {
		kept := b.Events[:0]
		for _, ev := range b.Events {
			f := h.event(ctx, l.Request, id, readParts(ev.Frame), ev.Frame)
			if f == nil {
				continue
			}
			if &f[0] != &ev.Frame[0] {
				p := readParts(f)
				ev = &Event{Channel: ev.Channel, Data: p.get("data"), Frame: f, ID: ev.ID}
			}
			kept = append(kept, ev)
		}
		clear(b.Events[len(kept):])
		b.Events = kept
	}
	if b.Connect != nil {
		b.Connect = h.reply(ctx, l.Request, readParts(b.Connect), b.Connect)
	}
}
