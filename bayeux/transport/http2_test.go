package transport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
)

// newHTTP2Site serves HTTP/2 alone to its client: with TLS, or as a proxy
// may ask for it without.
func newHTTP2Site(t *testing.T, secure bool) *site {
	srv, h := start(t, bayeux.Config{}, transport.Config{})
	s := &site{httptest.NewUnstartedServer(h), t, srv, h}
	t.Cleanup(s.Close)
	s.Config.WriteTimeout, s.Config.ReadTimeout = time.Minute, time.Minute
	protocols := new(http.Protocols)
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
		protocols.SetHTTP2(true)
	} else {
		s.Config.Protocols = new(http.Protocols)
		s.Config.Protocols.SetHTTP1(true)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
		protocols.SetUnencryptedHTTP2(true)
	}
	s.Client().Transport.(*http.Transport).Protocols = protocols
	return s
}

func eachHTTP2(t *testing.T, test func(t *testing.T, s *site)) {
	for name, secure := range map[string]bool{"TLS": true, "plain": false} {
		t.Run(name, func(t *testing.T) { test(t, newHTTP2Site(t, secure)) })
	}
}

func (s *site) publish(n int) {
	s.t.Helper()
	if err := s.srv.Publish(s.t.Context(), "/a", "", fmt.Append(nil, n)); err != nil {
		s.t.Fatal(err)
	}
}

// All polls of a page go through one connection, held ones too.
func TestHTTP2Polling(t *testing.T) {
	eachHTTP2(t, func(t *testing.T, s *site) {
		const clients = 20
		ids := make([]string, clients)
		answers := make([]string, clients)
		var polls sync.WaitGroup
		for i := range clients {
			ids[i] = s.session()
			s.say(ids[i], `{"channel":"/meta/subscribe","clientId":"$","subscription":"/a"}`)
			connect := `{"channel":"/meta/connect","clientId":"` + ids[i] + `","connectionType":"long-polling","id":"c"}`
			polls.Go(func() {
				var resp *http.Response
				if i%2 == 0 {
					resp, answers[i] = s.do("POST", "/connect", "application/json", connect)
				} else {
					resp, answers[i] = s.do("GET", "/"+query("message", connect, "jsonp", "f"), "", "")
				}
				if resp.ProtoMajor != 2 {
					t.Error(resp.Proto)
				}
			})
		}
		until(t, "held", func() bool { return s.srv.Stats().Held == clients })
		s.publish(1)
		polls.Wait()
		for i, text := range answers {
			text = strings.TrimPrefix(text, "/**/f(")
			if !strings.HasPrefix(text, `[{"channel":"/a","data":1},{"channel":"/meta/connect","id":"c"`) {
				t.Error(i, text)
			}
		}
	})
}

// A newer connect displaces the held one; a request that its client cancels,
// the connection staying open, lets the session go.
func TestHTTP2PollsEnd(t *testing.T) {
	eachHTTP2(t, func(t *testing.T, s *site) {
		id := s.session()
		connect := `{"channel":"/meta/connect","clientId":"` + id + `","connectionType":"long-polling"}`
		status := make(chan int, 1)
		go func() {
			resp, _ := s.do("POST", "/", "application/json", connect)
			status <- resp.StatusCode
		}()
		until(t, "held", func() bool { return s.srv.Stats().Held == 1 })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			req, _ := http.NewRequestWithContext(ctx, "POST", s.URL, strings.NewReader(connect))
			resp, err := s.Client().Do(req)
			if err == nil {
				resp.Body.Close()
			}
			ended <- err
		}()
		if got := <-status; got != 409 {
			t.Error(got)
		}
		until(t, "held again", func() bool { st := s.srv.Stats(); return st.Held == 1 && st.Replaced == 1 })
		cancel()
		if err := <-ended; err == nil {
			t.Error("answered")
		}
		until(t, "let go", func() bool { return s.srv.Stats().Held == 0 })
		s.session()
	})
}

func TestHTTP2EventStream(t *testing.T) {
	eachHTTP2(t, func(t *testing.T, s *site) {
		id := s.session()
		s.say(id, `{"channel":"/meta/subscribe","clientId":"$","subscription":"/a"}`)
		resp, lines := s.stream(id)
		defer resp.Body.Close()
		if resp.ProtoMajor != 2 {
			t.Error(resp.Proto)
		}
		for n := range 5 {
			s.publish(n)
			want := fmt.Sprintf(`data: [{"channel":"/a","data":%d}]`, n)
			for got := range lines {
				if got == want {
					break
				}
			}
		}
		s.say(id, `{"channel":"/meta/disconnect","clientId":"$"}`)
		for range lines { // ends with the session
		}
		until(t, "ended", func() bool { return s.h.Stats().Streams == 0 })
	})
}

// Where HTTP/2 is spoken a websocket comes by a connection of its own, over
// HTTP/1.1, as browsers do it.
func TestSecureWebSocket(t *testing.T) {
	s := newHTTP2Site(t, true)
	dialer := websocket.Dialer{TLSClientConfig: s.Client().Transport.(*http.Transport).TLSClientConfig}
	ws, _, err := dialer.Dial("wss"+strings.TrimPrefix(s.URL, "https"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	id := s.session()
	say(t, ws, `{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":"/a"}`)
	say(t, ws, `{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"websocket"}`)
	if _, text, err := ws.ReadMessage(); err != nil || !strings.Contains(string(text), `"successful":true`) {
		t.Fatalf("%s %v", text, err)
	}
	until(t, "held", func() bool { return s.srv.Stats().Held == 1 })
	for n := range 200 {
		s.publish(n)
	}
	for n := range 200 {
		if _, text, err := ws.ReadMessage(); err != nil || string(text) != fmt.Sprintf(`[{"channel":"/a","data":%d}]`, n) {
			t.Fatalf("%d: %s %v", n, text, err)
		}
	}
	say(t, ws, `{"channel":"/meta/disconnect","clientId":"`+id+`"}`)
	if code := closeCode(t, ws); code != 1000 {
		t.Error(code)
	}
}

// An offer to change to HTTP/2 is not taken up: it is a request like others.
func TestUpgradeToHTTP2IsIgnored(t *testing.T) {
	s := newHTTP2Site(t, true)
	conn, err := tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /faye HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Error(resp.Status)
	}
}
