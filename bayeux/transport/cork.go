package transport

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// corked is a connection whose writes can be gathered, so that many frames
// cost one system call.
type corked struct {
	net.Conn
	began atomic.Int64 // when the write under way began; 0 if there is none

	mu  sync.Mutex
	buf *[]byte // nil while writes go straight through
}

// A page of frames is written without waiting for more.
const corkSize = 64 << 10

var corkBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// SetWriteDeadline does nothing: gorilla calls it for every frame, and the
// janitor watches over began at no cost a write.
func (c *corked) SetWriteDeadline(time.Time) error { return nil }

func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.buf == nil {
		return c.write(p)
	}
	*c.buf = append(*c.buf, p...)
	if len(*c.buf) < corkSize {
		return len(p), nil
	}
	_, err := c.write(*c.buf)
	*c.buf = (*c.buf)[:0]
	return len(p), err
}

func (c *corked) write(p []byte) (int, error) {
	c.began.Store(stamp())
	defer c.began.Store(0)
	return c.Conn.Write(p)
}

// cork begins to gather.
func (c *corked) cork() {
	b := corkBuffers.Get().(*[]byte)
	c.mu.Lock()
	c.buf = b
	c.mu.Unlock()
}

// uncork writes what was gathered.
func (c *corked) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buf
	c.buf = nil
	var err error
	if len(*b) > 0 {
		_, err = c.write(*b)
	}
	if cap(*b) <= 2*corkSize {
		*b = (*b)[:0]
		corkBuffers.Put(b)
	}
	return err
}

// stuck reports whether a write has been under way since before t.
func (c *corked) stuck(t int64) bool {
	began := c.began.Load()
	return began != 0 && began < t
}

var epoch = time.Now()

// stamp is a cheap clock: nanoseconds since the start, never 0.
func stamp() int64 { return int64(time.Since(epoch)) + 1 }

// hijacker hands gorilla a corked connection in place of the server's.
type hijacker struct {
	http.ResponseWriter
	conn *corked
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, errors.Join(errors.New("transport: cannot upgrade"), err)
	}
	h.conn = &corked{Conn: conn}
	return h.conn, rw, nil
}
