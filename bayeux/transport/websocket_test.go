package transport_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
)

func closeCode(t *testing.T, ws *websocket.Conn) int {
	t.Helper()
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			var closed *websocket.CloseError
			if !errors.As(err, &closed) {
				t.Fatal(err)
			}
			return closed.Code
		}
	}
}

func say(t *testing.T, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestOversizeFrame(t *testing.T) {
	s := newSite(t, bayeux.Config{MaxMessageBytes: 1000}, transport.Config{})
	ws := s.dial(nil)
	say(t, ws, `{"channel":"/a","data":"`+strings.Repeat("x", 3_000_000)+`"}`)
	if code := closeCode(t, ws); code != 1009 {
		t.Error(code)
	}
}

func TestFragmentsCountTogether(t *testing.T) {
	s := newSite(t, bayeux.Config{MaxMessageBytes: 1000}, transport.Config{})
	ws := s.dial(nil)
	w, err := ws.NextWriter(websocket.TextMessage)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := w.Write([]byte(strings.Repeat(" ", 3000))); err != nil {
			break // closed already
		}
	}
	_ = w.Close()
	if code := closeCode(t, ws); code != 1009 {
		t.Error(code)
	}
}

func TestUpgradeChecksTheOrigin(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{AllowedOrigins: []string{"https://shop.example"}})
	s.dial(http.Header{"Origin": {"https://shop.example"}})
	s.dial(http.Header{"Origin": {s.URL}})
	s.dial(nil)
	_, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), http.Header{"Origin": {"https://evil.example"}})
	if err == nil || resp.StatusCode != 403 {
		t.Error(err, resp)
	}
	resp, _ = s.do("GET", "/", "", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "12")
	if resp.StatusCode != 400 {
		t.Error(resp.Status)
	}
}

// inMemory serves on pipes inside a bubble.
func inMemory(t *testing.T, cfg bayeux.Config, tc transport.Config) (*bayeux.Server, *transport.Handler, *bayeuxtest.Network) {
	srv, h := start(t, cfg, tc)
	n := bayeuxtest.Serve(h)
	t.Cleanup(func() { _ = n.Close() })
	return srv, h, n
}

func TestPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, h, n := inMemory(t, bayeux.Config{}, transport.Config{Lonely: time.Hour})
		dialer := websocket.Dialer{NetDialContext: n.DialContext}
		var pings atomic.Int64
		dial := func(answer bool) (*websocket.Conn, chan error) {
			ws, _, err := dialer.Dial("ws://x/", nil)
			if err != nil {
				t.Fatal(err)
			}
			pong := ws.PingHandler()
			ws.SetPingHandler(func(s string) error {
				pings.Add(1)
				if answer {
					return pong(s)
				}
				return nil
			})
			end := make(chan error, 1)
			go func() { _, _, err := ws.ReadMessage(); _ = ws.Close(); end <- err }()
			return ws, end
		}
		ws, alive := dial(true)
		time.Sleep(130 * time.Second)
		if n := pings.Load(); n != 5 && n != 4 {
			t.Errorf("%d pings in 130 s", n)
		}
		select {
		case err := <-alive:
			t.Fatal(err)
		default:
		}
		_ = ws.Close()
		<-alive
		began := time.Now()
		_, dead := dial(false)
		<-dead
		if d := time.Since(began); d < 34*time.Second || d > 38*time.Second {
			t.Error("closed after", d)
		}
		if s := h.Stats(); s.Silent != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A reader that stops reading is closed; its session's queue stays bounded
// and nobody else waits.
func TestSlowReader(t *testing.T) {
	s := newSite(t, bayeux.Config{MaxQueueMessages: 50}, transport.Config{WriteTimeout: 300 * time.Millisecond})
	ws := s.dial(nil)
	if err := ws.NetConn().(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	say(t, ws, handshake)
	var replies []struct{ ClientID string }
	if err := ws.ReadJSON(&replies); err != nil {
		t.Fatal(err)
	}
	id := replies[0].ClientID
	say(t, ws, `[{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"websocket"}]`)
	say(t, ws, `[{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":"/big"}]`)
	until(t, "subscribed", func() bool { return s.srv.Stats().Subscriptions == 1 })
	data := []byte(`"` + strings.Repeat("x", 200_000) + `"`)
	for range 40 {
		if err := s.srv.Publish(t.Context(), "/big", "", data); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "closed", func() bool { st := s.h.Stats(); return st.Slow+s.srv.Stats().Overflows > 0 && st.Sockets == 0 })
}

// A client that sends and never reads is not read from for ever.
func TestOnlySends(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{WriteTimeout: 300 * time.Millisecond})
	ws := s.dial(nil)
	_ = ws.SetWriteDeadline(time.Now().Add(10 * time.Second))
	frame := []byte(`[` + strings.TrimSuffix(strings.Repeat(`{"channel":"/x","data":1},`, 500), ",") + `]`)
	for {
		if err := ws.WriteMessage(websocket.TextMessage, frame); err != nil {
			break
		}
	}
	until(t, "closed", func() bool { return s.h.Stats().Sockets == 0 })
}

func TestShutdownClosesSockets(t *testing.T) {
	for name, window := range map[string]time.Duration{"at once": 0, "spread": 2 * time.Second} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, bayeux.Config{}, transport.Config{})
			lonely := s.dial(nil)
			ws := s.dial(nil)
			say(t, ws, handshake)
			var replies []struct{ ClientID string }
			if err := ws.ReadJSON(&replies); err != nil {
				t.Fatal(err)
			}
			say(t, ws, `[{"channel":"/meta/connect","clientId":"`+replies[0].ClientID+`","connectionType":"websocket","id":"9"}]`)
			until(t, "held", func() bool { return s.srv.Stats().Held == 1 })
			done := make(chan error)
			go func() {
				ctx := context.Background()
				if window > 0 {
					var stop context.CancelFunc
					ctx, stop = context.WithTimeout(ctx, window)
					defer stop()
				}
				done <- s.h.Shutdown(ctx)
			}()
			_, text, err := ws.ReadMessage()
			if err != nil || !strings.Contains(string(text), `"id":"9"`) || !strings.Contains(string(text), `"reconnect":"handshake"`) {
				t.Errorf("%s %v", text, err)
			}
			for _, c := range []*websocket.Conn{ws, lonely} {
				if code := closeCode(t, c); code != 1001 {
					t.Error(code)
				}
				_ = c.Close()
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if _, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil); err == nil {
				t.Error("a socket after Shutdown")
			}
		})
	}
}

// What waited for one transport is delivered by another, once.
func TestSessionMovesBetweenTransports(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	id := s.session()
	s.do("POST", "", "", `{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":"/a"}`)
	publish := func(n int) { s.do("POST", "", "", fmt.Sprintf(`{"channel":"/a","data":%d}`, n)) }
	publish(1)
	ws := s.dial(nil)
	say(t, ws, `{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"websocket"}`)
	read := func() string {
		_, text, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := read(); got != `[{"channel":"/a","data":1}]` {
		t.Error(got)
	}
	publish(2)
	if got := read(); got != `[{"channel":"/a","data":2}]` {
		t.Error(got)
	}
	_ = ws.Close()
	until(t, "noticed", func() bool { return s.h.Stats().Sockets == 0 })
	publish(3)
	_, text := s.do("POST", "", "", `{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling","advice":{"timeout":0}}`)
	if !strings.HasPrefix(text, `[{"channel":"/a","data":3},{"channel":"/meta/connect"`) {
		t.Error(text)
	}
	publish(4)
	resp, lines := s.stream(id)
	defer resp.Body.Close()
	for _, want := range []string{"retry: 5000", "", `data: [{"channel":"/a","data":4}]`, ""} {
		if got := <-lines; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	publish(5)
	if got := <-lines; got != `data: [{"channel":"/a","data":5}]` {
		t.Error(got)
	}
	s.do("POST", "", "", `{"channel":"/meta/disconnect","clientId":"`+id+`"}`)
	for range lines { // ends with the session
	}
	if resp, _ := s.do("GET", "/"+id, "", "", "Accept", "text/event-stream"); resp.StatusCode != 404 {
		t.Error(resp.Status)
	}
}

func TestManyClientsOnBothTransports(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	ctx := t.Context()
	for _, kind := range []string{bayeuxtest.LongPolling, bayeuxtest.WebSocket} {
		a, b := s.client(kind), s.client(kind)
		if err := a.Subscribe(ctx, "/x/*"); err != nil {
			t.Fatal(err)
		}
		if err := a.Subscribe(ctx, "/meta/x"); err == nil || err.Error() != "403:/meta/x:Forbidden channel" {
			t.Error(err)
		}
		for i := range 20 {
			if err := b.Publish(ctx, "/x/y", i); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 20 {
			if ev, err := a.Next(ctx); err != nil || string(ev.Data) != fmt.Sprint(i) {
				t.Fatal(ev, err)
			}
		}
		for _, c := range []*bayeuxtest.Client{a, b} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if st := s.srv.Stats(); st.Sessions != 0 || st.Held != 0 {
		t.Errorf("%+v", st)
	}
}

// A publisher that does not pause is no reason to end the session of a client
// that reads.
func TestTightPublisher(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	c := s.client(bayeuxtest.WebSocket)
	if err := c.Subscribe(t.Context(), "/a"); err != nil {
		t.Fatal(err)
	}
	until(t, "connected", func() bool { return s.srv.Stats().Held == 1 })
	const n = 5000
	go func() {
		for i := range n {
			if err := s.srv.Publish(context.Background(), "/a", "", fmt.Append(nil, i)); err != nil {
				t.Error(err)
			}
		}
	}()
	for i := range n {
		ev, err := c.Next(t.Context())
		if err != nil || string(ev.Data) != fmt.Sprint(i) {
			t.Fatal(i, ev, err, s.srv.Stats())
		}
	}
}

// A handler that panics costs its caller the socket, nobody else anything.
func TestPanicEndsOneSocket(t *testing.T) {
	s := newSite(t, bayeux.Config{
		Logger: slog.New(slog.DiscardHandler),
		Services: map[string]bayeux.Handler{"/service/bad": func(context.Context, bayeux.Request) ([]byte, error) {
			panic("bad handler")
		}},
	}, transport.Config{Logger: slog.New(slog.DiscardHandler)})
	other, ws := s.dial(nil), s.dial(nil)
	say(t, ws, `{"channel":"/service/bad","data":1}`)
	if _, _, err := ws.ReadMessage(); err == nil {
		t.Error("still open")
	}
	say(t, other, `[]`)
	if _, text, err := other.ReadMessage(); err != nil || string(text) != "[]" {
		t.Error(string(text), err)
	}
}
