package transport

import (
	"errors"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"parley/bayeux"

	"github.com/gorilla/websocket"
)

// socket is one websocket. It speaks for the session that connected through
// it last.
type socket struct {
	h    *Handler
	ws   *websocket.Conn
	conn *corked
	link *bayeux.Link

	rows      bool // it speaks in rows, not Bayeux
	malformed int  // frames of late that could not be read; the reader's own

	eager bool // the reader may write
	rapid int  // frames that came at once, in a row; the reader's own

	mu    sync.Mutex
	out   []bayeux.Frame // replies to be written before the link's mail
	room  chan struct{}  // the reader waits here while out is full
	dead  bool
	bad   bool // the last frame was no JSON
	spare []*bayeux.Event

	pen    pen
	heard  atomic.Int64 // stamp of the last sign of life
	ping   atomic.Int32 // whether one is on its way
	said   atomic.Bool  // the close frame is out
	lonely atomic.Int64 // stamp at which it is closed if no session has it
}

// States of socket.ping.
const (
	pingNone int32 = iota
	pingDue
	pingSent
)

// A client that sends and does not read is not read from any more.
const maxReplies = 512

// Frames closer than this, one after the other, are of a client that does not
// wait for answers: these are gathered, by a writer.
const rapidly = int64(time.Millisecond)

// What a client says first comes at once too, and most say nothing for long
// after that: a writer for it would leave a stack behind for each.
const opening = 8

// What an unknown client may take, beyond the pause it was advised, to shake
// hands again.
const reshake = 12 * time.Second

func (h *Handler) serveSocket(w http.ResponseWriter, r *http.Request, rows bool) {
	if h.shut() {
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	from := h.source(r)
	if !h.enter(w, from) {
		return
	}
	hijack := &hijacker{ResponseWriter: w}
	ws, err := h.upgrader.Upgrade(hijack, r, nil)
	if err != nil {
		h.leave(from)
		return // the Upgrader has answered
	}
	c := &socket{h: h, ws: ws, conn: hijack.conn, rows: rows}
	c.eager = buffered(hijack.conn.Conn)
	c.link = h.srv.Socket(c.wake)
	c.link.Origin = foreign(r)
	c.link.Request = h.info(r)
	c.link.From = from
	c.heard.Store(stamp())
	c.lonely.Store(stamp() + int64(h.cfg.Lonely))
	ws.SetReadLimit(int64(c.limit()))
	ws.SetPongHandler(func(string) error { c.hear(); return nil })
	pong := ws.PingHandler()
	ws.SetPingHandler(func(text string) error { c.hear(); return pong(text) })
	if !h.adopt(c) {
		h.leave(from)
		_ = c.conn.Close()
		return
	}
	// the reader got a goroutine of its own, since the one of net/http has a
	// deep stack and keeps the request
}

// buffered reports whether the kernel takes what is written to a connection
// before its peer reads it. On a pipe a reader that writes would wait for a
// client that still sends.
func buffered(conn net.Conn) bool {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok { // of TLS
		conn = secure.NetConn()
	}
	_, ok := conn.(syscall.Conn)
	return ok
}

func (h *Handler) shut() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closing
}

// adopt enters a socket and starts its reader; false while shutting down.
func (h *Handler) adopt(c *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return false
	}
	h.sockets[c] = struct{}{}
	h.live.Add(1) // for writers, until retire
	h.live.Go(c.read)
	if !h.sweeps {
		h.sweeps = true
		h.live.Go(h.sweep)
	}
	h.count.opened.Add(1)
	return true
}

func (h *Handler) forget(c *socket) {
	h.leave(c.link.From)
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, c)
	if h.closing && len(h.sockets) == 0 {
		select {
		case h.left <- struct{}{}:
		default:
		}
	}
}

// read serves frames until the socket ends. A panic, of a Policy perhaps, ends
// this socket only, as net/http does it for requests.
func (c *socket) read() {
	defer c.close()
	defer func() {
		if p := recover(); p != nil {
			c.h.cfg.Logger.Error("transport: panic", "value", p, "stack", string(debug.Stack()))
		}
	}()
	for {
		_, r, err := c.ws.NextReader()
		if err != nil {
			c.cut(err)
			return
		}
		in := inboxes.Get().(*inbox)
		if err := in.fill(r, c.limit()); err != nil {
			in.drop()
			c.cut(err)
			return
		}
		before := c.heard.Load()
		c.hear()
		if c.rapid++; c.heard.Load()-before >= rapidly {
			c.rapid = 0
		}
		ok := c.serve(in)
		in.drop()
		if !ok {
			return
		}
	}
}

// limit is how long a frame may be, in bytes.
func (c *socket) limit() int {
	limit := c.h.srv.Config().MaxMessageBytes
	if c.rows {
		return min(limit, maxRow)
	}
	return limit
}

// cut ends a socket whose message was too large: gorilla has sent 1009.
func (c *socket) cut(err error) {
	if errors.Is(err, websocket.ErrReadLimit) && !c.said.Swap(true) {
		c.halfClose()
	}
}

func (c *socket) hear() {
	c.heard.Store(stamp())
	c.ping.Store(pingNone)
}

var (
	emptyFrame = bayeux.Frame("[]")
	badFrame   = bayeux.Frame(`[{"successful":false,"error":"` + bayeux.ErrBadRequest.Error() + `"}]`)
)

// serve handles one frame; false ends the socket.
func (c *socket) serve(in *inbox) bool {
	if c.rows {
		c.lonely.Store(stamp() + int64(c.h.cfg.Lonely))
		return c.serveRow(in)
	}
	if err := c.h.decode(in, in.body.Bytes()); err != nil {
		if c.bad {
			c.farewell(websocket.CloseInvalidFramePayloadData, "not JSON")
			return false
		}
		c.bad = true
		return c.reply(badFrame)
	}
	c.bad = false
	if len(in.msgs) == 0 {
		return c.reply(emptyFrame) // what Faye's clients up to 1.2.5 keep alive with
	}
	frames := c.h.srv.Process(c.h.ctx, c.link, in.msgs)
	if c.link.Unknown {
		c.lonely.Store(stamp() + int64(reshake))
	} else {
		c.lonely.Store(stamp() + int64(c.h.cfg.Lonely))
	}
	return c.reply(frames...)
}

// reply sends frames and lets the link's mail follow. If nobody else writes,
// the reader does: whoever it has just woken, with what its client published,
// is then the next to run.
func (c *socket) reply(frames ...bayeux.Frame) bool {
	before, mine := absent, false
	if len(frames) > 0 && c.eager && c.rapid < opening {
		before, mine = c.grab()
	}
	c.mu.Lock()
	c.out = append(c.out, frames...)
	c.link.Release()
	if mine {
		c.mu.Unlock()
		c.writeOnce(before)
		c.mu.Lock()
	}
	for len(c.out) > maxReplies && !c.dead {
		if c.room == nil {
			c.room = make(chan struct{}, 1)
		}
		c.mu.Unlock()
		c.wake()
		<-c.room
		c.mu.Lock()
	}
	dead := c.dead
	c.mu.Unlock()
	if len(frames) > 0 && !mine {
		c.wake()
	}
	return !dead
}

// How much a client may send after the close frame before it is cut off.
const maxLinger = 8 << 20

// How long a client may take to close its side.
const linger = 2 * time.Second

// farewell sends a close frame and shuts the sending side. The reader closes
// the rest: closing with input unread would reset the connection, and the
// client might never see the close frame.
func (c *socket) farewell(code int, why string) {
	if c.said.Swap(true) {
		return
	}
	bye := websocket.FormatCloseMessage(code, why)
	_ = c.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second)) // gone already, maybe
	c.halfClose()
}

func (c *socket) halfClose() {
	_ = c.conn.SetReadDeadline(time.Now().Add(linger))
	if half, ok := c.conn.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// close ends the reader's side; a writer finds the socket dead.
func (c *socket) close() {
	c.link.Close()
	c.mu.Lock()
	c.dead = true
	c.out = nil
	c.mu.Unlock()
	c.retire()
	if c.said.Load() {
		_, _ = io.Copy(io.Discard, io.LimitReader(c.conn.Conn, maxLinger))
	}
	_ = c.conn.Close()
	c.h.forget(c)
}

// codeFor is how a socket is closed when its session ends.
func codeFor(end error) (code int, why string) {
	switch {
	case errors.Is(end, bayeux.ErrOverflow):
		return websocket.ClosePolicyViolation, "too slow"
	case errors.Is(end, bayeux.ErrDraining):
		return websocket.CloseGoingAway, ""
	}
	return websocket.CloseNormalClosure, ""
}
