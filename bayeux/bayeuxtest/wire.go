package bayeuxtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

// poller sends each message as a request of its own.
type poller struct {
	url    string
	header http.Header
	http   *http.Client
}

func newPoller(url string, opts Options) *poller {
	t := &http.Transport{DialContext: opts.DialContext, MaxIdleConnsPerHost: 2}
	jar, _ := cookiejar.New(nil) // never fails; CometD knows a session by its cookie as well
	return &poller{url: url, header: opts.Header, http: &http.Client{Transport: t, Jar: jar}}
}

func (p *poller) send(ctx context.Context, m message, receive func([]message)) error {
	body, err := json.Marshal([]message{m})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for k, v := range p.header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.http.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("bayeuxtest: HTTP %d: %s", resp.StatusCode, text)
	}
	var batch []message
	if err := json.Unmarshal(text, &batch); err != nil {
		return fmt.Errorf("bayeuxtest: %w in %q", err, text)
	}
	receive(batch)
	return nil
}

func (p *poller) run(func([]message)) error { return nil }

func (p *poller) close() error {
	p.http.CloseIdleConnections()
	return nil
}

// socket sends each message as a frame.
type socket struct {
	ws      *websocket.Conn
	grouped bool
	mu      sync.Mutex // one writer
}

func dialSocket(ctx context.Context, url string, opts Options) (*socket, error) {
	d := websocket.Dialer{NetDialContext: opts.DialContext}
	ws, resp, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(url, "http"), opts.Header)
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("bayeuxtest: HTTP %d: %w", resp.StatusCode, err)
		}
		return nil, err
	}
	return &socket{ws: ws, grouped: opts.Grouped}, nil
}

func (s *socket) send(_ context.Context, m message, _ func([]message)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ws.WriteJSON([]message{m})
}

func (s *socket) run(receive func([]message)) error {
	for {
		_, text, err := s.ws.ReadMessage()
		if err != nil {
			return err
		}
		var batch []message
		if err := json.Unmarshal(text, &batch); err != nil {
			return fmt.Errorf("bayeuxtest: %w in %q", err, text)
		}
		if len(batch) > 1 && !s.grouped {
			return errors.New("bayeuxtest: several messages in one frame")
		}
		receive(batch)
	}
}

func (s *socket) close() error { return s.ws.Close() }
