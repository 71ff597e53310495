package transport

import (
	"sync/atomic"
	"time"

	"parley/bayeux"

	"github.com/gorilla/websocket"
)

// pen says who writes on a socket. An idle socket has no writer; one that is
// written to again within a while keeps it, parked.
type pen struct {
	state atomic.Int32
	park  chan struct{}
	last  atomic.Int64 // stamp of the last flush
	quit  atomic.Bool
}

const (
	absent  int32 = iota // no writer
	writing              // one is at work
	again                // and has to look once more
	parked               // one waits on park
	gone                 // the socket is closed, nobody writes again
)

// A socket that was written to within this time is busy: its writer stays.
const busy = int64(time.Second)

// wake makes sure that a writer looks at the socket. It never blocks.
func (c *socket) wake() {
	p := &c.pen
	for {
		switch p.state.Load() {
		case absent:
			if p.state.CompareAndSwap(absent, writing) {
				go c.write() // live counts it since adopt
				return
			}
		case writing:
			if p.state.CompareAndSwap(writing, again) {
				return
			}
		case again, gone:
			return
		case parked:
			if p.state.CompareAndSwap(parked, writing) {
				p.park <- struct{}{}
				return
			}
		}
	}
}

// grab takes the pen for the reader if nobody writes; before is what has to be
// restored.
func (c *socket) grab() (before int32, ok bool) {
	for _, before = range []int32{absent, parked} {
		if c.pen.state.CompareAndSwap(before, writing) {
			return before, true
		}
	}
	return before, false
}

// writeOnce writes what there is and gives the pen back that grab took.
func (c *socket) writeOnce(before int32) {
	p := &c.pen
	p.state.Store(writing) // whoever woke the socket until now finds his mail written
	ok := c.flush()
	switch {
	case !ok && before == absent:
		c.abandon()
		return
	case !ok:
		c.mu.Lock()
		c.dead = true // the one that is parked puts the pen down
		c.mu.Unlock()
	case p.state.CompareAndSwap(writing, before):
		return
	}
	p.state.Store(writing) // it was again: somebody else has to go on
	if before == parked {
		p.park <- struct{}{}
	} else {
		go c.write() // live counts it since adopt
	}
}

// retire ends the writing for good, when the reader has marked the socket
// dead: at once if there is no writer, else by the writer.
func (c *socket) retire() {
	c.pen.quit.Store(true)
	if c.pen.state.CompareAndSwap(absent, gone) {
		c.h.live.Done()
		return
	}
	c.wake()
}

// write writes until there is nothing left, and for a while longer.
func (c *socket) write() {
	p := &c.pen
	for {
		if !c.flush() {
			c.abandon()
			return
		}
		now := stamp()
		stay := now-p.last.Swap(now) < busy && !p.quit.Load()
		if !stay {
			c.spare = nil
			if p.state.CompareAndSwap(writing, absent) {
				return
			}
		} else {
			if p.park == nil {
				p.park = make(chan struct{}, 1)
			}
			if p.state.CompareAndSwap(writing, parked) {
				<-p.park
				continue
			}
		}
		p.state.Store(writing) // it was again
	}
}

// flush writes everything there is with one system call, if it fits; false
// ends the socket.
func (c *socket) flush() bool {
	c.mu.Lock()
	batch := c.link.Take(c.spare)
	replies := c.out
	c.out = nil
	dead := c.dead
	if c.room != nil {
		select {
		case c.room <- struct{}{}:
		default:
		}
	}
	c.mu.Unlock()
	if dead {
		return false
	}
	c.link.Outgoing(c.h.ctx, &batch)
	ping := c.ping.CompareAndSwap(pingDue, pingSent)
	if len(replies)+len(batch.Events) == 0 && batch.Connect == nil && batch.End == nil && !ping {
		return true
	}
	c.conn.cork()
	err := c.frames(replies, batch)
	if ping && err == nil {
		err = c.ws.WriteControl(websocket.PingMessage, nil, time.Time{})
	}
	if e := c.conn.uncork(); err == nil {
		err = e
	}
	clear(batch.Events)
	if batch.Events != nil {
		c.spare = batch.Events
	}
	if cap(c.spare) > 64 {
		c.spare = nil
	}
	if err == nil && batch.End != nil {
		c.farewell(codeFor(batch.End))
	}
	return err == nil && batch.End == nil
}

// frames writes each message as a frame of its own: several clients read no
// more than the first of a frame.
func (c *socket) frames(replies []bayeux.Frame, batch bayeux.Batch) error {
	for _, f := range replies {
		if err := c.ws.WriteMessage(websocket.TextMessage, f); err != nil {
			return err
		}
	}
	for _, ev := range batch.Events {
		if err := c.ws.WriteMessage(websocket.TextMessage, c.frame(ev)); err != nil {
			return err
		}
	}
	if batch.Connect != nil {
		return c.ws.WriteMessage(websocket.TextMessage, batch.Connect)
	}
	return nil
}

// abandon puts the pen down for good. It closes the connection, which ends
// the reader too, unless a farewell is on its way.
func (c *socket) abandon() {
	if !c.said.Load() {
		_ = c.conn.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.h.live.Done()
	defer c.pen.state.Store(gone)
	c.dead = true
	c.out = nil
	if c.room != nil {
		select {
		case c.room <- struct{}{}:
		default:
		}
	}
}
