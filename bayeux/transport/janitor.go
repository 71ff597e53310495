package transport

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// Stats are the figures of the connections.
type Stats struct {
	Sockets int64 // now
	Streams int64 // now
	Opened  int64 // sockets since the start, as are the rest
	Silent  int64 // sockets closed because no pong came
	Slow    int64 // sockets, streams and responses given up because a write was stuck
	Lonely  int64 // sockets closed because no session came
	Refused int64 // sockets and streams for which there was no place
	Late    int64 // requests whose body did not come in time
}

type counters struct{ opened, silent, slow, lonely, refused, late atomic.Int64 }

// Stats returns the figures as they stand.
func (h *Handler) Stats() Stats {
	h.mu.Lock()
	n := len(h.sockets)
	h.mu.Unlock()
	c := &h.count
	return Stats{
		Sockets: int64(n), Streams: h.streams.Load(), Opened: c.opened.Load(), Silent: c.silent.Load(),
		Slow: c.slow.Load(), Lonely: c.lonely.Load(), Refused: c.refused.Load(), Late: c.late.Load(),
	}
}

// sweep is the janitor: one goroutine in place of timers for every socket. It
// goes when the last socket has gone.
func (h *Handler) sweep() {
	beat := time.NewTicker(min(time.Second, h.cfg.Pong/2, h.cfg.WriteTimeout/2))
	defer beat.Stop()
	over := h.ctx.Done()
	for {
		select {
		case <-beat.C:
		case <-over:
			over = nil
		case <-h.left:
		}
		list := h.open(true)
		if len(list) == 0 {
			return
		}
		now := stamp()
		for _, c := range list {
			h.inspect(c, now)
		}
	}
}

// open lists the sockets; the janitor, finding none, is off duty at once.
func (h *Handler) open(janitor bool) []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*socket, 0, len(h.sockets))
	for c := range h.sockets {
		list = append(list, c)
	}
	if janitor && len(list) == 0 {
		h.sweeps = false
	}
	return list
}

func (h *Handler) inspect(c *socket, now int64) {
	quiet := now - c.heard.Load()
	switch {
	case c.conn.stuck(now - int64(h.cfg.WriteTimeout)):
		h.count.slow.Add(1)
		h.cfg.Logger.Warn("transport: slow reader closed", "remote", c.conn.RemoteAddr().String())
		_ = c.conn.Close()
	case quiet > int64(h.cfg.Ping+h.cfg.Pong) && c.ping.Load() == pingSent:
		h.count.silent.Add(1)
		_ = c.conn.Close()
	case quiet > int64(h.cfg.Ping):
		if c.ping.CompareAndSwap(pingNone, pingDue) {
			c.wake()
		}
	case now > c.lonely.Load() && !c.link.Attached():
		h.count.lonely.Add(1)
		h.live.Go(func() { c.farewell(websocket.CloseNormalClosure, "no session") })
		c.lonely.Store(now + int64(h.cfg.Lonely))
	case c.pen.state.Load() == parked && now-c.pen.last.Load() > 2*busy:
		c.wake() // it finds nothing to do and goes
	}
}

// Shutdown drains the server and closes all sockets with 1001, spread over
// the time that ctx leaves, so that their clients do not all come back at
// once. It returns when every goroutine of the Handler has ended.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.srv.Drain()
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	list := h.open(false)
	var pause time.Duration
	if end, ok := ctx.Deadline(); ok && len(list) > 0 {
		pause = time.Until(end) * 3 / 4 / time.Duration(len(list))
	}
	for _, c := range list {
		if !c.link.Expel() {
			h.live.Go(func() { c.farewell(websocket.CloseGoingAway, "") })
		}
		if pause > 0 && ctx.Err() == nil {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
	h.stop()
	done := make(chan struct{})
	go func() { h.live.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, c := range h.open(false) {
		_ = c.conn.Close()
	}
	<-done
	return ctx.Err()
}
