package api_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/api"
	"parley/chat"
)

// dialled is a connection to the server that ends with the test.
func (h *house) dialled() net.Conn {
	h.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	return c
}

// TestSlowBodies: whoever announces a body and does not send it is let go, on every route.
func TestSlowBodies(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) { c.AnswerTime = 200 * time.Millisecond })
	for _, path := range []string{"/chat/service/v1", "/chat/nothing", "/dashboard/api/login", "/dashboard/api/logout", "/healthz", "/nowhere"} {
		c := h.dialled()
		if _, err := io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // the reading shows it
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("%s: the server did not let go: %v", path, err)
		}
	}
}

// TestUnreadAnswers: whoever asks for a lot and does not read is let go, and the answer with it.
func TestUnreadAnswers(t *testing.T) {
	ended := make(chan error, 1)
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) {
		c.AnswerTime = 200 * time.Millisecond
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			page := make([]byte, 1<<20)
			for range 64 { // more than the kernel takes off our hands
				if _, err := w.Write(page); err != nil {
					ended <- err
					return
				}
			}
			ended <- nil
		})
	})
	if _, err := io.WriteString(h.dialled(), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the answer was written although nobody read it")
	}
}

// TestBoundsDoNotReachMounts: a request that is held, after one that was bounded on the same connection.
func TestBoundsDoNotReachMounts(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) {
		c.AnswerTime = 100 * time.Millisecond
		c.Mounts = map[string]http.Handler{"/faye": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(300 * time.Millisecond) // held for longer than others may take
			io.WriteString(w, "at last")
		})}
	})
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/healthz", "/faye"} {
		response, err := client.Get(h.url + path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || path == "/faye" && string(text) != "at last" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
}
