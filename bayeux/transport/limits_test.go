package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/bayeux"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// Each row tells whether the first and the second handshake count for one
// address. The peer is 127.0.0.1 in all of them.
func TestWhoCounts(t *testing.T) {
	local := prefixes("127.0.0.0/8", "10.0.0.0/8")
	for _, c := range []struct {
		name          string
		trusted       []netip.Prefix
		first, second []string
		same          bool
	}{
		{"no header", local, nil, nil, true},
		{"proxy not trusted", nil, []string{"X-Forwarded-For", "192.0.2.1"}, []string{"X-Forwarded-For", "192.0.2.2"}, true},
		{"two clients", local, []string{"X-Forwarded-For", "192.0.2.1"}, []string{"X-Forwarded-For", "192.0.2.2"}, false},
		{"one client", local, []string{"X-Forwarded-For", "192.0.2.1"}, []string{"X-Forwarded-For", " 192.0.2.1 "}, true},
		{"what a client made up before", local, []string{"X-Forwarded-For", "192.0.2.1"}, []string{"X-Forwarded-For", "192.0.2.9, 192.0.2.1"}, true},
		{"two proxies", local, []string{"X-Forwarded-For", "192.0.2.1, 10.0.0.1"}, []string{"X-Forwarded-For", "192.0.2.2, 10.0.0.1"}, false},
		{"two lines", local, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-For", "10.0.0.1"}, []string{"X-Forwarded-For", "192.0.2.1"}, true},
		{"proxies only", local, []string{"X-Forwarded-For", "10.0.0.2, 10.0.0.1"}, []string{"X-Forwarded-For", "10.0.0.2"}, true},
		{"nonsense", local, []string{"X-Forwarded-For", "somebody"}, nil, true},
		{"nonsense behind", local, []string{"X-Forwarded-For", "192.0.2.1, ?"}, nil, true},
		{"another header", local, []string{"X-Real-IP", "192.0.2.1"}, []string{"Forwarded", "for=192.0.2.2"}, true},
		{"one network", local, []string{"X-Forwarded-For", "2001:db8::1"}, []string{"X-Forwarded-For", "2001:db8::2"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, bayeux.Config{MaxSessionsPerSource: 1}, transport.Config{TrustedProxies: c.trusted})
			if _, text := s.do("POST", "/", "", handshake, c.first...); !strings.Contains(text, `"successful":true`) {
				t.Fatal(text)
			}
			_, text := s.do("POST", "/", "", handshake, c.second...)
			if refused := strings.Contains(text, `"error":"429::Too many clients from this address"`); refused != c.same {
				t.Error(text)
			}
		})
	}
}

// Every transport knows where a handshake comes from, and refuses in the
// protocol's words.
func TestHandshakeLimitOnEveryTransport(t *testing.T) {
	s := newSite(t, bayeux.Config{HandshakesPerSecondBySource: 0.001}, transport.Config{})
	s.session()
	refused := func(text string) {
		t.Helper()
		var replies []struct {
			Successful bool
			Advice     struct {
				Reconnect string
				Interval  int
			}
		}
		if err := json.Unmarshal([]byte(text), &replies); err != nil {
			t.Fatal(err, text)
		}
		if r := replies[0]; r.Successful || r.Advice.Reconnect != "handshake" || r.Advice.Interval < 1000 {
			t.Error(text)
		}
	}
	_, text := s.do("POST", "/", "application/json", handshake)
	refused(text)
	_, text = s.do("GET", "/"+query("message", handshake, "jsonp", "f"), "", "")
	refused(strings.TrimSuffix(strings.TrimPrefix(text, "/**/f("), ");"))
	ws := s.dial(nil)
	say(t, ws, handshake)
	_, frame, err := ws.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	refused(string(frame))
	if n := s.srv.Stats().Crowded; n != 3 {
		t.Error(n, "refused")
	}
}

// Sockets and streams have a limit together, and one for each address; their
// places are free again when they end.
func TestSocketLimits(t *testing.T) {
	for name, c := range map[string]struct {
		engine    bayeux.Config
		transport transport.Config
		status    int
	}{
		"all":         {bayeux.Config{}, transport.Config{MaxSockets: 2}, 503},
		"one address": {bayeux.Config{MaxSessionsPerSource: 2}, transport.Config{}, 429},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, c.engine, c.transport)
			id := s.session()
			a := s.dial(nil)
			resp, lines := s.stream(id)
			full := func() bool {
				_, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil)
				if err == nil {
					t.Fatal("a third")
				}
				return resp.StatusCode == c.status && resp.Header.Get("Retry-After") != ""
			}
			if !full() {
				t.Error("not refused as it should be")
			}
			if resp, text := s.do("GET", "/"+id, "", "", "Accept", "text/event-stream"); resp.StatusCode != c.status {
				t.Error(resp.StatusCode, text)
			}
			// A socket enters the figures a moment after its client has the answer.
			until(t, "the figures", func() bool {
				st := s.h.Stats()
				return st.Sockets == 1 && st.Streams == 1 && st.Refused == 2
			})
			_ = a.Close()
			until(t, "a place", func() bool { return s.h.Stats().Sockets == 0 })
			b := s.dialWhenFree()
			if !full() {
				t.Error("not refused after a change")
			}
			resp.Body.Close()
			for range lines { // to its end
			}
			until(t, "another", func() bool { return s.h.Stats().Streams == 0 })
			s.dialWhenFree()
			_ = b.Close()
			// what is no upgrade after all takes no place
			for range 3 {
				s.do("GET", "/", "", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "12")
			}
			s.dialWhenFree()
		})
	}
}

// A body that comes a byte a second is not waited for; one that pauses is.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, h, n := inMemory(t, bayeux.Config{}, transport.Config{})
		send := func(pause time.Duration) (status int, took time.Duration) {
			conn, err := n.DialContext(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			began := time.Now()
			go func() {
				if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(handshake)); err != nil {
					return
				}
				for i := range len(handshake) {
					time.Sleep(pause)
					if _, err := conn.Write([]byte(handshake[i : i+1])); err != nil {
						return
					}
				}
			}()
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return resp.StatusCode, time.Since(began)
		}
		if status, took := send(time.Second); status != 408 || took != 10*time.Second {
			t.Error(status, took)
		}
		if status, took := send(50 * time.Millisecond); status != 200 {
			t.Error(status, took)
		}
		if st := h.Stats(); st.Late != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// A client that is gone without a word costs its poll's time and no more.
func TestHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, _, n := inMemory(t, bayeux.Config{}, transport.Config{})
		id := shake(t, n)
		conn, err := n.DialContext(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		body := `{"channel":"/meta/connect","clientId":"` + id + `","connectionType":"long-polling"}`
		if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if st := srv.Stats(); st.Held != 1 {
			t.Errorf("%+v", st)
		}
		time.Sleep(25*time.Second + 15*time.Second + 2*time.Second)
		if st := srv.Stats(); st.Held != 0 || st.Sessions != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// pipes is a listener whose connections are made in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error { close(p); return nil }

func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

func (p pipes) DialContext(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p <- theirs
	return ours, nil
}

// Whoever asks and does not read the answer is given up, small answers, held
// ones and streams alike. A poll that was held for longer than the server's
// own limit is answered.
func TestUnreadResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, h := start(t, bayeux.Config{}, transport.Config{})
		network := make(pipes)
		server := &http.Server{Handler: h, WriteTimeout: 15 * time.Second}
		served := make(chan error)
		go func() { served <- server.Serve(network) }()
		defer func() { _ = server.Close(); <-served }()

		unread := func(request string) {
			t.Helper()
			conn, _ := network.DialContext(t.Context(), "", "")
			defer conn.Close()
			if _, err := conn.Write([]byte(request)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Second)
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			if text, err := io.ReadAll(conn); len(text) > 0 || err != nil {
				t.Errorf("%q %v", text, err)
			}
		}
		post := func(body string) string {
			return fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
		unread(post(`[]`))
		id := shake(t, network)
		unread("GET /" + id + " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
		id = shake(t, network)
		connect := post(`{"channel":"/meta/connect","clientId":"` + id + `","connectionType":"long-polling"}`)
		unread(connect)
		if st := srv.Stats(); st.Held != 0 || st.Sessions != 0 {
			t.Errorf("%+v", st)
		}
		if st := h.Stats(); st.Slow != 1 || st.Streams != 0 {
			t.Errorf("%+v", st)
		}
		id = shake(t, network)
		conn, _ := network.DialContext(t.Context(), "", "")
		defer conn.Close()
		in := bufio.NewReader(conn)
		for range 2 { // 25 s each
			if _, err := io.WriteString(conn, post(`{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling"}`)); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(text), `"successful":true`) {
				t.Errorf("%s %v", text, err)
			}
		}
	})
}

// shake shakes hands by a request of its own.
func shake(t *testing.T, n interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: n.DialContext, DisableKeepAlives: true}}
	resp, err := client.Post("http://x/", "application/json", strings.NewReader(handshake))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var replies []struct{ ClientID string }
	if err := json.Unmarshal(text, &replies); err != nil {
		t.Fatal(err, string(text))
	}
	return replies[0].ClientID
}

// dialWhenFree dials until there is a place: one is given back a moment after its socket has left the figures.
func (s *site) dialWhenFree() (ws *websocket.Conn) {
	s.t.Helper()
	until(s.t, "a free place", func() bool {
		var err error
		ws, _, err = websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil)
		return err == nil
	})
	s.t.Cleanup(func() { _ = ws.Close() })
	return ws
}
