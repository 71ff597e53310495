package check

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// socket is a peer's websocket.
type socket struct {
	p      *peer
	ws     *websocket.Conn
	frames chan string
	queue  []message // of frames that held several
	bye    error     // valid when frames is closed
	once   sync.Once
	done   chan struct{}
}

// dial opens a websocket at the mount, or below it.
func (p *peer) dial(suffix string) *socket {
	p.t.needs("websocket")
	ctx, cancel := p.t.deadline()
	defer cancel()
	dialer := websocket.Dialer{NetDialContext: p.t.DialContext, Jar: p.http.Jar}
	p.t.note(">", "upgrade to websocket "+suffix)
	ws, resp, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(p.t.url, "http")+suffix, p.t.Header)
	if err != nil {
		got := err.Error()
		if resp != nil {
			got = fmt.Sprintf("HTTP %d: %s", resp.StatusCode, got)
		}
		p.t.failGot(got, "a websocket opens")
	}
	s := &socket{p: p, ws: ws, frames: make(chan string, 1024), done: make(chan struct{})}
	p.sockets = append(p.sockets, s)
	go s.listen()
	return s
}

func (s *socket) listen() {
	defer close(s.done)
	defer close(s.frames)
	for {
		_, frame, err := s.ws.ReadMessage()
		if err != nil {
			s.bye = err
			return
		}
		s.frames <- string(frame)
	}
}

func (s *socket) end() {
	s.once.Do(func() {
		_ = s.ws.Close()
		for range s.frames { // whoever reads must come to its end
		}
		<-s.done
	})
}

// write sends one frame.
func (s *socket) write(text string) {
	text = s.p.fill(text)
	s.p.t.note(">", "(websocket) "+text)
	_ = s.ws.SetWriteDeadline(time.Now().Add(s.p.t.Patience))
	if err := s.ws.WriteMessage(websocket.TextMessage, []byte(s.p.t.dress(text))); err != nil {
		s.p.t.failGot(err.Error(), "the websocket takes a frame")
	}
}

// frame is the next one's text; ok is false when the socket was closed.
func (s *socket) frame(due string) (text string, ok bool) {
	t := s.p.t
	timer := time.NewTimer(t.Patience)
	defer timer.Stop()
	select {
	case text, ok = <-s.frames:
	case <-timer.C:
		t.failGot(fmt.Sprintf("nothing in %v", t.Patience), "%s", due)
	case <-t.ctx.Done():
		t.failGot(t.ctx.Err().Error(), "%s", due)
	}
	if ok {
		t.note("<", "(websocket) "+text)
	} else {
		t.note("<", "(websocket) "+s.bye.Error())
	}
	return text, ok
}

// batch is what the next frame holds.
func (s *socket) batch(due string) []message {
	text, ok := s.frame(due)
	s.p.t.want(ok, "%s", due)
	all, err := batch(text)
	s.p.t.want(err == nil, "a frame with a JSON array of messages")
	return all
}

// message is the next one, however they are grouped.
func (s *socket) message(due string) message {
	for len(s.queue) == 0 {
		s.queue = s.batch(due)
	}
	m := s.queue[0]
	s.queue = s.queue[1:]
	return m
}

// reply is the reply with this id; events that come before are returned too.
func (s *socket) reply(id string) (reply message, events []message) {
	for {
		m := s.message("a reply to " + id)
		if m.isEvent() {
			events = append(events, m)
		} else if m.text("id") == id {
			return m, events
		}
	}
}

// event is the next event.
func (s *socket) event() message {
	for {
		if m := s.message("an event"); m.isEvent() {
			return m
		}
	}
}

// quiet must be so.
func (s *socket) quiet(why string) {
	t := s.p.t
	t.want(len(s.queue) == 0, "%s", why)
	timer := time.NewTimer(t.Quiet)
	defer timer.Stop()
	select {
	case text, ok := <-s.frames:
		if !ok {
			text = s.bye.Error()
		}
		t.note("<", "(websocket) "+text)
		t.fail("%s", why)
	case <-timer.C:
	case <-t.ctx.Done():
	}
}

// closes waits for the socket's end and returns its code, 0 if it had none.
func (s *socket) closes(why string) int {
	for {
		if _, ok := s.frame(why); ok {
			continue
		}
		if closed, is := errors.AsType[*websocket.CloseError](s.bye); is {
			return closed.Code
		}
		return 0
	}
}

// connectSocket is a session that has connected by websocket; its connect is held.
func (t *talk) connectSocket() (*peer, *socket) {
	t.needs("websocket")
	p := t.session()
	s := p.dial("")
	s.write(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","advice":{"timeout":0},"id":"w0"}]`)
	reply, _ := s.reply("w0")
	t.want(reply.ok(), "a connect by websocket succeeds")
	s.write(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","id":"w1"}]`)
	return p, s
}
