package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

// word is any message from the server.
type word struct {
	Channel    string
	ID         string
	ClientID   string
	Successful *bool
	Error      string
	Data       *struct {
		P string // publisher
		N int
	}
	Ext struct{ Ack any }
}

func (m *word) ok() bool { return m.Successful != nil && *m.Successful }

// line is a connection on which the server pushes.
type line struct {
	close func()
	send  func(text string) error // nil for an event stream
	owed  int                     // markers that are to come back

	mu    sync.Mutex
	words []word
	ended bool
	news  chan struct{} // of either, cap 1
}

func newLine() *line { return &line{news: make(chan struct{}, 1)} }

func (l *line) put(words []word, ended bool) {
	l.mu.Lock()
	l.words = append(l.words, words...)
	l.ended = l.ended || ended
	l.mu.Unlock()
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// take returns what has come; ended: nothing more will.
func (l *line) take() (words []word, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	words, l.words = l.words, nil
	return words, l.ended
}

// dialLine opens a websocket.
func (w *world) dialLine() (*line, error) {
	ws, _, err := websocket.DefaultDialer.DialContext(w.ctx, "ws"+strings.TrimPrefix(w.url, "http"), nil)
	if err != nil {
		return nil, err
	}
	l := newLine()
	l.close = func() { _ = ws.Close() }
	l.send = func(text string) error { return ws.WriteMessage(websocket.TextMessage, []byte(text)) }
	w.lines.Go(func() {
		defer l.put(nil, true)
		defer ws.Close()
		for {
			_, text, err := ws.ReadMessage()
			if err != nil {
				return
			}
			words, err := parse(text)
			if err != nil {
				w.t.Error(err)
				return
			}
			l.put(words, false)
		}
	})
	return l, nil
}

// openStream opens an event stream, which is attached when this returns; nil
// without an error if the server does not know the session.
func (w *world) openStream(id string) (*line, error) {
	ctx, cancel := context.WithCancel(w.ctx)
	req, err := http.NewRequestWithContext(ctx, "GET", w.url+"/"+id, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := w.client.Do(req)
	if err != nil {
		cancel()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		cancel()
		if resp.StatusCode == http.StatusNotFound {
			return nil, nil
		}
		return nil, errors.New(resp.Status)
	}
	l := newLine()
	l.close = cancel
	attached := make(chan struct{})
	w.lines.Go(func() {
		defer l.put(nil, true)
		defer cancel()
		defer resp.Body.Close()
		var once sync.Once
		defer once.Do(func() { close(attached) })
		for in := bufio.NewReader(resp.Body); ; {
			text, err := in.ReadString('\n')
			if err != nil {
				return // a line that was cut is none
			}
			once.Do(func() { close(attached) })
			text, ok := strings.CutPrefix(text, "data: ")
			if !ok {
				continue
			}
			words, err := parse([]byte(text))
			if err != nil {
				w.t.Error(err)
				return
			}
			l.put(words, false)
		}
	})
	<-attached
	return l, nil
}

// parse reads an array of messages. The marker [] becomes a word of its own.
func parse(text []byte) ([]word, error) {
	var words []word
	if err := json.Unmarshal(text, &words); err != nil {
		return nil, fmt.Errorf("%w in %q", err, text)
	}
	if len(words) == 0 {
		words = []word{{Channel: marker}}
	}
	return words, nil
}

const marker = "[]"

var errDisplaced = errors.New("displaced by a newer connect")

// post sends messages by long-polling, ask by callback-polling.
func (w *world) post(ctx context.Context, body string) ([]word, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", w.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	text, err := w.fetch(req)
	if err != nil {
		return nil, err
	}
	return parse(text)
}

func (w *world) ask(ctx context.Context, body string) ([]word, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", w.url+"/?jsonp=f&message="+url.QueryEscape(body), nil)
	if err != nil {
		return nil, err
	}
	text, err := w.fetch(req)
	if err != nil {
		return nil, err
	}
	return parse([]byte(strings.TrimSuffix(strings.TrimPrefix(string(text), "/**/f("), ");")))
}

func (w *world) fetch(req *http.Request) ([]byte, error) {
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusConflict:
		return nil, errDisplaced
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d: %s", resp.StatusCode, text)
	}
	return text, nil
}
