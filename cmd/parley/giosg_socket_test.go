package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// rowClient is a client of the socket.
type rowClient struct {
	t      *testing.T
	conn   *websocket.Conn
	query  int
	frames chan []json.RawMessage
	// seen are changes that arrived before somebody asked for them.
	seen []change
}

// change is what a subscriber hears.
type change struct {
	channel string
	object
}

func (w *realm) dial(path string) *rowClient {
	w.t.Helper()
	conn, response, err := websocket.DefaultDialer.DialContext(w.t.Context(), strings.Replace(w.origin, "http", "ws", 1)+path, nil)
	w.must(err)
	response.Body.Close() //nolint:errcheck // there is none
	l := &rowClient{t: w.t, conn: conn, frames: make(chan []json.RawMessage, 1000)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(l.frames)
		for {
			var frame []json.RawMessage
			if conn.ReadJSON(&frame) != nil {
				return
			}
			l.frames <- frame
		}
	}()
	w.t.Cleanup(func() { conn.Close(); <-read }) //nolint:errcheck // it is over
	return l
}

// ask sends a request about a channel and returns whether it was granted.
func (l *rowClient) ask(verb, channel, token string) bool {
	l.t.Helper()
	l.query++
	if err := l.conn.WriteJSON([]any{verb, []string{channel, token}, object{"query": l.query}}); err != nil {
		l.t.Fatal(err)
	}
	for {
		kind, frame := l.frame()
		if kind != "__qr__" {
			continue
		}
		var said struct {
			Query int
			Fail  bool
		}
		if json.Unmarshal(frame[2], &said) != nil || said.Query != l.query {
			l.t.Fatalf("the answer to query %d is %s", l.query, frame)
		}
		if list := string(frame[1]); list != "[[]]" {
			l.t.Errorf("an answer has %s", list)
		}
		return !said.Fail
	}
}

func (l *rowClient) sub(channel, token string) {
	l.t.Helper()
	if !l.ask("sub", channel, token) {
		l.t.Fatalf("no subscription to %s", channel)
	}
}

// frame reads one, and keeps a change.
func (l *rowClient) frame() (kind string, frame []json.RawMessage) {
	l.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case frame, open := <-l.frames:
		if !open {
			l.t.Fatal("the socket was closed")
		}
		if err := json.Unmarshal(frame[0], &kind); err != nil {
			l.t.Fatal(err)
		}
		if kind == "changed" {
			var parts []json.RawMessage
			var c change
			if json.Unmarshal(frame[1], &parts) != nil || len(parts) != 2 || json.Unmarshal(parts[0], &c.channel) != nil || json.Unmarshal(parts[1], &c.object) != nil {
				l.t.Fatalf("a change is %s", frame)
			}
			l.seen = append(l.seen, c)
		}
		return kind, frame
	case <-limit.C:
		l.t.Fatalf("nothing came; seen are %v", l.seen)
		return "", nil
	}
}

// hears returns the first change that is an action on a channel, and forgets those before it.
func (l *rowClient) hears(action, channel string) change {
	l.t.Helper()
	for {
		for i, c := range l.seen {
			if c.channel == channel && c.text("action") == action {
				l.seen = l.seen[i+1:]
				return c
			}
		}
		l.frame()
	}
}

// any is the next change.
func (l *rowClient) any() change {
	l.t.Helper()
	for len(l.seen) == 0 {
		l.frame()
	}
	first := l.seen[0]
	l.seen = l.seen[1:]
	return first
}
