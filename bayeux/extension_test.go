package bayeux

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// spy is an Extension made of functions.
type spy struct{ in, out, to hook }

func (s spy) Incoming(ctx context.Context, c *Call) error   { return s.in.call(ctx, c) }
func (s spy) Outgoing(ctx context.Context, c *Call) error   { return s.out.call(ctx, c) }
func (s spy) OutgoingTo(ctx context.Context, c *Call) error { return s.to.call(ctx, c) }

func (f hook) call(ctx context.Context, c *Call) error {
	if f == nil {
		return nil
	}
	return f(ctx, c)
}

// sayRaw processes a message and returns the replies as JSON.
func (u *user) sayRaw(text string) string {
	u.t.Helper()
	link := u.srv.Poll()
	defer link.Close()
	msgs, err := u.srv.Decode(nil, []byte(strings.ReplaceAll(text, "$", u.id)))
	if err != nil {
		u.t.Fatal(err)
	}
	frames := u.srv.Process(context.Background(), link, msgs)
	if link.Holding() {
		b, err := link.Next(context.Background())
		if err != nil {
			u.t.Fatal(err)
		}
		for _, ev := range b.Events {
			frames = append(frames, ev.Frame)
		}
		frames = append(frames, b.Connect)
	}
	return strings.ReplaceAll(string(bytes.Join(asBytes(frames), nil)), u.id, "$")
}

func asBytes(frames []Frame) (out [][]byte) {
	for _, f := range frames {
		out = append(out, f)
	}
	return out
}

const pollOnce = `{"channel":"/meta/connect","clientId":"$","connectionType":"long-polling","advice":{"timeout":1000}}`

func TestExtensionsChangeMessages(t *testing.T) {
	censor := IncomingFunc(func(_ context.Context, c *Call) error {
		if c.Channel == "/a" {
			c.Data = bytes.ReplaceAll(c.Data, []byte("damn"), []byte("****"))
		}
		return nil
	})
	second := IncomingFunc(func(_ context.Context, c *Call) error {
		if strings.Contains(string(c.Data), "damn") {
			return errors.New("called before the first")
		}
		if c.Channel == MetaHandshake {
			c.Ext = json.RawMessage(`{"token":"anna"}`) // as the cookie tells, say
		}
		return nil
	})
	seal := spy{out: func(_ context.Context, c *Call) error {
		switch {
		case c.Reply && c.Channel == MetaSubscribe:
			c.Ext = json.RawMessage("{\n\"motd\": \"hello\"}")
		case !c.Reply:
			if c.Session != "" {
				return errors.New("a publication for one")
			}
			c.Data = json.RawMessage(`{"sealed":` + string(c.Data) + `}`)
			c.Ext = json.RawMessage(`{"seal":1}`)
		}
		return nil
	}, to: func(_ context.Context, c *Call) error {
		c.Ext = json.RawMessage(fmt.Sprintf(`{"for":%q}`, c.Session))
		return nil
	}}
	quiet(t, Config{Policy: newGate(), Extensions: []Extension{censor, second, seal}}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, "")
		want(t, "subscribe", u.sayRaw(`{"channel":"/meta/subscribe","clientId":"$","subscription":"/private/a"}`),
			`[{"channel":"/meta/subscribe","clientId":"$","subscription":"/private/a","successful":true,"ext":{"motd":"hello"}}]`)
		u.subscribe("/a", "")
		u.say(`{"channel":"/a","clientId":"$","data":"damn it","ext":{"token":"anna","binary":{}}}`)
		got := u.sayRaw(pollOnce)
		if !strings.HasPrefix(got, `[{"channel":"/a","data":{"sealed":"**** it"},"ext":{"for":"$"}}][{"channel":"/meta/connect"`) {
			t.Error(got)
		}
		local := srv.Local("clock")
		defer local.Close()
		if err := local.Subscribe(context.Background(), "", "/a"); err != nil {
			t.Fatal(err)
		}
		publishN(t, srv, "/a", 1)
		events, err := local.Next(context.Background())
		if err != nil || string(events[0].Data) != `{"sealed":0}` {
			t.Error(events, err)
		}
		// in a batch the events go along with the reply
		got = u.sayRaw(`[` + pollOnce + `,{"channel":"/b","clientId":"$","data":1}]`)
		if !strings.Contains(got, `[{"channel":"/a","data":{"sealed":0},"ext":{"for":"`) {
			t.Error(got)
		}
	})
}

func TestExtensionsRefuseAndDrop(t *testing.T) {
	guard := spy{
		in: func(_ context.Context, c *Call) error {
			switch {
			case c.Channel == "/refused" || strings.Contains(string(c.Subscription), "refused"):
				return ErrForbidden.With("so there")
			case c.Channel == "/dropped":
				return ErrDropped
			case c.Channel == "/broken":
				return errors.New("it broke")
			case c.Channel == "/panic":
				panic("help")
			case c.Channel == "/odd":
				c.Data = json.RawMessage(`{`)
			case string(c.Ext) == `{"go":"away"}`:
				return fmt.Errorf("no: %w", ErrDenied)
			}
			return nil
		},
		out: func(_ context.Context, c *Call) error {
			switch {
			case c.Channel == "/silent" && !c.Reply, c.Channel == MetaUnsubscribe, string(c.ID) == `"lost"`:
				return ErrDropped
			}
			return nil
		},
		to: func(_ context.Context, c *Call) error {
			if string(c.Data) == "13" {
				return ErrDropped
			}
			return nil
		},
	}
	quiet(t, Config{Extensions: []Extension{guard}}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, "")
		for _, c := range []struct{ say, hear string }{
			{`{"channel":"/refused","clientId":"$","data":1,"id":"1"}`, `[{"channel":"/refused","id":"1","clientId":"$","successful":false,"error":"403:so there:Forbidden channel"}]`},
			{`{"channel":"/dropped","clientId":"$","data":1,"id":"2"}`, `[{"channel":"/dropped","id":"2","clientId":"$","successful":false,"error":"404::Message deleted"}]`},
			{`{"channel":"/broken","clientId":"$","data":1}`, `[{"channel":"/broken","clientId":"$","successful":false,"error":"500::Internal server error"}]`},
			{`{"channel":"/panic","clientId":"$","data":1}`, `[{"channel":"/panic","clientId":"$","successful":false,"error":"500::Internal server error"}]`},
			{`{"channel":"/odd","clientId":"$","data":1}`, `[{"channel":"/odd","clientId":"$","successful":false,"error":"500::Internal server error"}]`},
			{`{"channel":"/meta/subscribe","clientId":"$","subscription":["/a","/refused"]}`,
				`[{"channel":"/meta/subscribe","clientId":"$","subscription":["/a","/refused"],"successful":false,"error":"403:so there:Forbidden channel"}]`},
			{`{"channel":"/meta/unsubscribe","clientId":"$","subscription":"/a"}`,
				`[{"channel":"/meta/unsubscribe","clientId":"$","subscription":"/a","successful":false,"error":"404::Message deleted"}]`},
		} {
			want(t, c.say, u.sayRaw(c.say), c.hear)
		}
		for _, handshake := range []string{`"ext":{"go":"away"}`, `"id":"lost"`} {
			sessions := srv.Stats().Sessions
			a := u.say(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["websocket"],` + handshake + `}`)[0]
			if a.Successful || a.Advice.Reconnect != "none" || a.ClientID != "" || srv.Stats().Sessions != sessions {
				t.Errorf("%+v", a)
			}
		}
		u.subscribe("/silent", "")
		u.subscribe("/a", "")
		publishN(t, srv, "/silent", 1)
		publishN(t, srv, "/a", 15)
		if events, _ := u.poll(time.Second, ""); len(events) != 14 || events[0] != "/a" {
			t.Error(events)
		}
	})
}

func TestExtensionsFailOpen(t *testing.T) {
	broken := spy{
		in:  func(context.Context, *Call) error { return errors.New("broken") },
		out: func(context.Context, *Call) error { panic("broken") },
	}
	quiet(t, Config{Extensions: []Extension{broken}, ExtensionsFailOpen: true}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, "")
		want(t, "subscribe", u.subscribe("/a", ""), "")
		want(t, "publish", u.publish("/a", ""), "")
		if events, fault := u.poll(time.Second, ""); len(events) != 1 || fault != "" {
			t.Error(events, fault)
		}
	})
}

// An extension that never answers costs its message, not the server. What it
// does later counts for nothing.
func TestExtensionDeadline(t *testing.T) {
	var free, left chan struct{} // of the bubble
	slow := IncomingFunc(func(_ context.Context, c *Call) error {
		if c.Channel == "/slow" {
			defer close(left)
			<-free
			c.Data = json.RawMessage(`"late"`)
		}
		return nil
	})
	quiet(t, Config{Extensions: []Extension{slow}}, func(t *testing.T, srv *Server) {
		free, left = make(chan struct{}), make(chan struct{})
		u := newUser(t, srv, "")
		u.subscribe("/a", "")
		began := time.Now()
		want(t, "slow", u.publish("/slow", ""), "500::Internal server error")
		if d := time.Since(began); d != 5*time.Second {
			t.Error("waited", d)
		}
		want(t, "next", u.publish("/a", ""), "")
		if srv.hooks.stuck.Load() != 1 {
			t.Error("not counted")
		}
		close(free)
		<-left
		time.Sleep(time.Second)
		if srv.hooks.stuck.Load() != 0 {
			t.Error("still counted")
		}
	})
}

func TestExtensionsAreToldOfTheRequest(t *testing.T) {
	var got *RequestInfo
	see := IncomingFunc(func(_ context.Context, c *Call) error {
		got = c.Request
		return nil
	})
	srv := New(Config{Extensions: []Extension{see}})
	link := srv.Poll()
	defer link.Close()
	link.Request = &RequestInfo{RemoteAddr: "192.0.2.1:5", Header: map[string][]string{"User-Agent": {"x"}}}
	(&user{t: t, srv: srv}).process(link, `{"channel":"/a","data":1}`)
	if got.RemoteAddr != "192.0.2.1:5" || got.Get("user-agent") != "x" || got.Get("cookie") != "" {
		t.Error(got)
	}
	(&user{t: t, srv: srv}).say(`{"channel":"/a","data":1}`)
	if got != nil || got.Get("x") != "" {
		t.Error(got)
	}
}

// Without OutgoingTo the recipients share an event that was changed as well.
func TestExtendedEventsAreShared(t *testing.T) {
	mark := OutgoingFunc(func(_ context.Context, c *Call) error {
		if !c.Reply {
			c.Data = json.RawMessage(`2`)
		}
		return nil
	})
	srv := New(Config{Extensions: []Extension{mark}})
	var events [2]*Event
	var locals [2]*Local
	for i := range locals {
		locals[i] = srv.Local(nil)
		if err := locals[i].Subscribe(context.Background(), "", "/a"); err != nil {
			t.Fatal(err)
		}
	}
	publishN(t, srv, "/a", 1)
	for i, l := range locals {
		list, err := l.Next(context.Background())
		if err != nil || string(list[0].Data) != "2" {
			t.Fatal(list, err)
		}
		events[i] = list[0]
		l.Close()
	}
	if events[0] != events[1] {
		t.Error("not shared")
	}
}
