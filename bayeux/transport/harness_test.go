package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server with a handler on the network.
type site struct {
	*httptest.Server
	t   *testing.T
	srv *bayeux.Server
	h   *transport.Handler
}

func newSite(t *testing.T, cfg bayeux.Config, tc transport.Config) *site {
	srv, h := start(t, cfg, tc)
	s := &site{httptest.NewServer(h), t, srv, h}
	t.Cleanup(s.Close)
	return s
}

// start runs a server and a handler until the test ends.
func start(t testing.TB, cfg bayeux.Config, tc transport.Config) (*bayeux.Server, *transport.Handler) {
	srv := bayeux.New(cfg)
	h := transport.New(srv, tc)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		stop()
		<-done
	})
	return srv, h
}

func (s *site) do(method, path, kind, body string, header ...string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(text)
}

const handshake = `{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["websocket","long-polling","eventsource"]}`

func (s *site) session() string {
	s.t.Helper()
	_, text := s.do("POST", "/", "application/json", handshake)
	var replies []struct{ ClientID string }
	if err := json.Unmarshal([]byte(text), &replies); err != nil {
		s.t.Fatal(err, text)
	}
	return replies[0].ClientID
}

func (s *site) dial(header http.Header) *websocket.Conn {
	s.t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http")+"/any/suffix", header)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	return ws
}

func (s *site) client(kind string) *bayeuxtest.Client {
	s.t.Helper()
	c, err := bayeuxtest.Dial(s.t.Context(), s.URL, bayeuxtest.Options{Transport: kind})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Drop)
	return c
}

func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return "?" + v.Encode()
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: ", what)
		}
	}
}

// stream opens an event stream and sends its lines on.
func (s *site) stream(id string) (*http.Response, chan string) {
	s.t.Helper()
	req, err := http.NewRequest("GET", s.URL+"/"+id, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
		s.t.Fatal(resp)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	return resp, lines
}
