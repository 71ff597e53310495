package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// How long the server may take for an answer that it owes at once.
const patience = 30 * time.Second

// session is one client. Its reader is one goroutine, which connects again and again.
type session struct {
	run     *run
	http    http.Client
	ws      *websocket.Conn
	writing sync.Mutex // one writer of ws
	cid     string
	serial  atomic.Int64
	leaving atomic.Bool
	acked   atomic.Int64 // the last batch that came, as the ack extension counts
	seen    arrivals
}

// message is what the generator reads of any.
type message struct {
	Channel    string          `json:"channel"`
	ID         json.RawMessage `json:"id"`
	ClientID   string          `json:"clientId"`
	Successful *bool           `json:"successful"`
	Error      string          `json:"error"`
	Data       json.RawMessage `json:"data"`
	Ext        struct {
		Ack json.RawMessage `json:"ack"`
	} `json:"ext"`
	Advice struct {
		Reconnect string  `json:"reconnect"`
		Interval  float64 `json:"interval"`
	} `json:"advice"`
}

func (m *message) ok() bool { return m.Successful != nil && *m.Successful }

// dial opens a session; index says to which channel it subscribes, -1 to none.
// The session returned beside an error is to be closed too.
func (r *run) dial(ctx context.Context, index int) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	jar, _ := cookiejar.New(nil) // never fails
	s := &session{run: r, http: http.Client{Transport: r.http, Jar: jar}}
	if r.Transport == WebSocket && r.Dialect == CometD {
		if err := s.upgrade(ctx); err != nil { // cometd.js shakes hands on the socket
			return nil, err
		}
	}
	if err := s.handshake(ctx); err != nil {
		return s, err
	}
	if s.ws == nil && r.Transport == WebSocket {
		if err := s.upgrade(ctx); err != nil {
			return s, err
		}
	}
	if err := s.begin(ctx, index); err != nil {
		return s, err
	}
	r.loops.Go(s.listen)
	return s, nil
}

func (s *session) upgrade(ctx context.Context) error {
	d := websocket.Dialer{Jar: s.http.Jar, NetDialContext: s.run.http.DialContext, WriteBufferPool: &buffers, ReadBufferSize: 1024}
	ws, resp, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(s.run.url, "http"), nil)
	if err != nil {
		if resp != nil {
			return fmt.Errorf("websocket: HTTP %d: %w", resp.StatusCode, err)
		}
		return err
	}
	s.ws = ws
	return nil
}

var buffers sync.Pool

func (s *session) handshake(ctx context.Context) error {
	replies, err := s.ask(ctx, "/handshake", s.text("/meta/handshake", `"version":"1.0","supportedConnectionTypes":["`+s.run.Transport+`"]`), 1)
	if err != nil {
		return err
	}
	if !replies[0].ok() {
		return errors.New("handshake: " + replies[0].Error)
	}
	s.cid = replies[0].ClientID
	return nil
}

// begin connects for the first time and subscribes.
func (s *session) begin(ctx context.Context, index int) error {
	var all []string
	connect := s.text("/meta/connect", `"connectionType":"`+s.run.Transport+`","advice":{"timeout":0}`)
	if index >= 0 {
		all = append(all, s.text("/meta/subscribe", fmt.Sprintf(`"subscription":%q`, s.run.channel(index%s.run.Channels))))
	}
	if s.run.Dialect == CometD {
		all = []string{strings.Join(append([]string{connect}, all...), ",")}
	} else {
		all = append([]string{connect}, all...)
	}
	for i, text := range all {
		suffix := ""
		if i == 0 {
			suffix = "/connect"
		}
		want := strings.Count(text, `"channel":"/meta/`)
		replies, err := s.ask(ctx, suffix, text, want)
		if err != nil {
			return err
		}
		for _, r := range replies {
			if !r.ok() {
				return fmt.Errorf("%s: %s", r.Channel, r.Error)
			}
		}
	}
	return nil
}

// text is a message with the next id.
func (s *session) text(channel, fields string) string {
	more := ""
	if fields != "" {
		more = "," + fields
	}
	if s.cid != "" {
		more += `,"clientId":"` + s.cid + `"`
	}
	if ext := s.ext(channel); ext != "" {
		more += `,"ext":` + ext
	}
	return fmt.Sprintf(`{"channel":%q%s,"id":"%d"}`, channel, more, s.serial.Add(1))
}

// ext is what goes along with a message: what was asked for and, to a handshake and to connects, the ack extension's.
func (s *session) ext(channel string) string {
	ack := ""
	switch {
	case !s.run.Ack:
	case channel == "/meta/handshake":
		ack = `"ack":true`
	case channel == "/meta/connect":
		ack = fmt.Sprintf(`"ack":%d`, s.acked.Load())
	}
	rest := strings.TrimSpace(string(s.run.Ext))
	switch {
	case ack == "":
		return rest
	case rest == "" || strings.TrimSpace(strings.Trim(rest, "{}")) == "":
		return "{" + ack + "}"
	}
	return "{" + ack + "," + rest[1:]
}

// ask sends messages before the session listens, and reads as many replies.
func (s *session) ask(ctx context.Context, suffix, text string, want int) (replies []message, err error) {
	if s.ws == nil {
		all, err := s.post(ctx, suffix, text)
		if err == nil && len(all) != want {
			err = fmt.Errorf("%d replies to %d messages", len(all), want)
		}
		return all, err
	}
	if err := s.write(text); err != nil {
		return nil, err
	}
	end, _ := ctx.Deadline()
	_ = s.ws.SetReadDeadline(end)
	defer func() { _ = s.ws.SetReadDeadline(time.Time{}) }()
	for len(replies) < want {
		all, err := s.read()
		if err != nil {
			return nil, err
		}
		for _, m := range all {
			if m.Successful != nil {
				replies = append(replies, m)
			}
		}
	}
	return replies, nil
}

func (s *session) write(text string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_ = s.ws.SetWriteDeadline(time.Now().Add(patience))
	return s.ws.WriteMessage(websocket.TextMessage, []byte("["+text+"]"))
}

func (s *session) read() ([]message, error) {
	_, text, err := s.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	return parse(text)
}

func parse(text []byte) (all []message, err error) {
	if err = json.Unmarshal(text, &all); err != nil {
		err = fmt.Errorf("not an array of messages: %w", err)
	}
	return all, err
}

// post sends messages by HTTP, where the dialect sends them.
func (s *session) post(ctx context.Context, suffix, text string) ([]message, error) {
	address := s.run.url
	if s.run.Dialect == CometD {
		if suffix == "" {
			suffix = "/"
		}
		address += suffix
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("["+text+"]"))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d: %.80s", resp.StatusCode, bytes.TrimSpace(body))
	}
	return parse(body)
}

// listen takes what comes until the run ends.
func (s *session) listen() {
	err := s.connect()
	if s.run.ctx.Err() == nil && !s.leaving.Load() {
		s.run.lose(err)
	}
}

// connect keeps a connect at the server.
func (s *session) connect() error {
	for {
		text := s.text("/meta/connect", `"connectionType":"`+s.run.Transport+`"`)
		var all []message
		var err error
		if s.ws == nil {
			all, err = s.post(s.run.ctx, "/connect", text)
		} else if err = s.write(text); err == nil {
			all, err = s.untilConnected()
		}
		if err != nil {
			return err
		}
		pause, err := s.take(all)
		if err != nil {
			return err
		}
		if !sleep(s.run.ctx, pause) {
			return s.run.ctx.Err()
		}
	}
}

// untilConnected takes frames until one holds the reply to the connect, which it returns.
func (s *session) untilConnected() ([]message, error) {
	for {
		all, err := s.read()
		if err != nil {
			return nil, err
		}
		for _, m := range all {
			if m.Channel == "/meta/connect" && m.Successful != nil {
				return all, nil
			}
		}
		if _, err := s.take(all); err != nil {
			return nil, err
		}
	}
}

var errToldToLeave = errors.New("the server said not to connect again")

// take counts events and acknowledgements, and reads the advice of a connect.
func (s *session) take(all []message) (pause time.Duration, err error) {
	for i := range all {
		m := &all[i]
		switch {
		case m.Successful == nil:
			s.run.tally.see(&s.seen, m.Data)
		case m.Channel == "/meta/connect":
			if !m.ok() {
				return 0, errors.New("connect: " + m.Error)
			}
			if m.Advice.Reconnect == "none" {
				return 0, errToldToLeave
			}
			if n, err := strconv.ParseInt(string(m.Ext.Ack), 10, 64); err == nil {
				s.acked.Store(n)
			}
			pause = time.Duration(m.Advice.Interval * float64(time.Millisecond))
		case !m.ok() && !strings.HasPrefix(m.Channel, "/meta/"):
			s.run.tally.refuse(m.Channel)
		}
	}
	return pause, nil
}

// publish sends a message. By HTTP it waits for the acknowledgement; on a
// websocket the reader gets it.
func (s *session) publish(channel, data string) error {
	text := s.text(channel, `"data":`+data)
	if s.ws != nil {
		return s.write(text)
	}
	ctx, cancel := context.WithTimeout(s.run.ctx, patience)
	defer cancel()
	all, err := s.post(ctx, "", text)
	if err == nil {
		_, err = s.take(all)
	}
	return err
}

// leave disconnects.
func (s *session) leave() {
	if s.cid == "" {
		return
	}
	s.leaving.Store(true)
	text := s.text("/meta/disconnect", "")
	if s.ws != nil {
		_ = s.write(text) // it may be gone already
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.run.ctx), time.Second)
	defer cancel()
	_, _ = s.post(ctx, "/disconnect", text)
}

// close ends what leave did not.
func (s *session) close() {
	if s.ws != nil {
		_ = s.ws.Close()
	}
}
