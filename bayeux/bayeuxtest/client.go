package bayeuxtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Transports that Dial knows.
const (
	WebSocket   = "websocket"
	LongPolling = "long-polling"
)

// Options of Dial. The zero value polls.
type Options struct {
	Transport string // WebSocket, or LongPolling which is the default
	Ext       any    // sent with every handshake, connect, subscribe and publish
	Header    http.Header
	// DialContext replaces the network; nil for the real one.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	Buffer      int // events that Messages holds: 1024
	// Grouped accepts several messages in one frame. Without it that is an error:
	// some mobile clients read the first message of a frame only.
	Grouped bool
}

// Event is what a subscriber receives.
type Event struct {
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"`
	ID      json.RawMessage `json:"id,omitempty"`
}

// Error is a refusal in the words of the wire, such as
// "403:/a:Forbidden channel".
type Error string

func (e Error) Error() string { return string(e) }

// message is any message, in either direction.
type message struct {
	Channel      string          `json:"channel,omitempty"`
	ID           messageID       `json:"id,omitempty"`
	ClientID     string          `json:"clientId,omitempty"`
	Successful   *bool           `json:"successful,omitempty"`
	Error        string          `json:"error,omitempty"`
	Data         json.RawMessage `json:"data,omitempty"`
	Ext          any             `json:"ext,omitempty"`
	Subscription any             `json:"subscription,omitempty"`
	Version      string          `json:"version,omitempty"`
	Types        []string        `json:"supportedConnectionTypes,omitempty"`
	Type         string          `json:"connectionType,omitempty"`
	Advice       advice          `json:"advice,omitzero"`
}

type advice struct {
	Reconnect string  `json:"reconnect"`
	Interval  float64 `json:"interval,omitempty"` // milliseconds
}

// messageID is an id as this client sends it, or the JSON text of one that
// another client has chosen: Faye passes a publisher's id on, whatever it is.
type messageID string

func (id *messageID) UnmarshalJSON(text []byte) error {
	*id = messageID(text)
	var own string
	if json.Unmarshal(text, &own) == nil {
		*id = messageID(own)
	}
	return nil
}

// wire is a transport: send returns once the message is on its way or, by
// polling, answered; everything that arrives goes to receive.
type wire interface {
	send(ctx context.Context, m message, receive func([]message)) error
	run(receive func([]message)) error // reads until closed; polling has nothing to read
	close() error
}

// Client is a session. It connects again and again by itself and ends with
// the first connect that fails.
type Client struct {
	opts    Options
	wire    wire
	id      string
	ctx     context.Context
	stop    context.CancelCauseFunc
	events  chan Event
	loops   sync.WaitGroup
	nextID  atomic.Int64
	leaving atomic.Bool // a connect may find the session gone

	mu      sync.Mutex
	waiting map[messageID]chan message
}

// Dial shakes hands with the server at url, an http address, and connects.
// ctx bounds only that. Close the client in the end.
func Dial(ctx context.Context, url string, opts Options) (*Client, error) {
	if opts.Transport == "" {
		opts.Transport = LongPolling
	}
	if opts.Buffer <= 0 {
		opts.Buffer = 1024
	}
	c := &Client{opts: opts, events: make(chan Event, opts.Buffer), waiting: make(map[messageID]chan message)}
	c.ctx, c.stop = context.WithCancelCause(context.Background())
	var err error
	switch opts.Transport {
	case WebSocket:
		c.wire, err = dialSocket(ctx, url, opts)
	case LongPolling:
		c.wire = newPoller(url, opts)
	default:
		err = fmt.Errorf("bayeuxtest: no transport %q", opts.Transport)
	}
	if err != nil {
		return nil, err
	}
	c.loops.Go(func() {
		if err := c.wire.run(c.receive); err != nil {
			c.stop(err)
		}
	})
	reply, err := c.ask(ctx, message{Channel: "/meta/handshake", Version: "1.0", Types: []string{opts.Transport}})
	if err != nil {
		c.halt()
		return nil, err
	}
	c.id = reply.ClientID
	c.loops.Go(c.connect)
	return c, nil
}

// ID is the clientId.
func (c *Client) ID() string { return c.id }

// Messages is where events arrive. A reader that leaves it full holds the
// client up.
func (c *Client) Messages() <-chan Event { return c.events }

// Next waits for an event.
func (c *Client) Next(ctx context.Context) (Event, error) {
	select {
	case e := <-c.events:
		return e, nil
	default:
	}
	select {
	case e := <-c.events:
		return e, nil
	case <-c.ctx.Done():
		return Event{}, context.Cause(c.ctx)
	case <-ctx.Done():
		return Event{}, ctx.Err()
	}
}

// Done is closed when the session has ended; Err says why.
func (c *Client) Done() <-chan struct{} { return c.ctx.Done() }

// Err is what ended the session, nil while it lives.
func (c *Client) Err() error { return context.Cause(c.ctx) }

// Subscribe subscribes to one channel or pattern, or to several at once.
func (c *Client) Subscribe(ctx context.Context, channels ...string) error {
	_, err := c.ask(ctx, message{Channel: "/meta/subscribe", Subscription: oneOrAll(channels)})
	return err
}

// Unsubscribe undoes Subscribe.
func (c *Client) Unsubscribe(ctx context.Context, channels ...string) error {
	_, err := c.ask(ctx, message{Channel: "/meta/unsubscribe", Subscription: oneOrAll(channels)})
	return err
}

func oneOrAll(channels []string) any {
	if len(channels) == 1 {
		return channels[0]
	}
	return channels
}

// Publish sends data, encoded as JSON, and waits for the acknowledgement.
func (c *Client) Publish(ctx context.Context, channel string, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, message{Channel: channel, Data: raw})
	return err
}

// Close disconnects, and returns when all goroutines of the client have ended.
func (c *Client) Close() error {
	var err error
	c.leaving.Store(true)
	if c.ctx.Err() == nil {
		_, err = c.ask(c.ctx, message{Channel: "/meta/disconnect"})
	}
	c.halt()
	return err
}

// Drop ends the client without a word to the server, as a lost line does.
func (c *Client) Drop() { c.halt() }

var errClosed = errors.New("bayeuxtest: client closed")

func (c *Client) halt() {
	c.stop(errClosed)
	_ = c.wire.close()
	c.loops.Wait()
}

// ask sends a message and waits for its reply.
func (c *Client) ask(ctx context.Context, m message) (message, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ctx, func() { cancel(context.Cause(c.ctx)) })()
	m.ID = messageID(strconv.FormatInt(c.nextID.Add(1), 10))
	m.ClientID, m.Ext = c.id, c.opts.Ext
	reply := make(chan message, 1)
	c.mu.Lock()
	c.waiting[m.ID] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, m.ID)
		c.mu.Unlock()
	}()
	if err := c.wire.send(ctx, m, c.receive); err != nil {
		return message{}, err
	}
	select {
	case r := <-reply:
		return r, r.fault()
	case <-ctx.Done():
	}
	select {
	case r := <-reply: // the server answers before it closes
		return r, r.fault()
	default:
		return message{}, context.Cause(ctx)
	}
}

func (m *message) fault() error {
	if m.Successful == nil || !*m.Successful {
		return Error(m.Error)
	}
	return nil
}

// connect keeps a connect at the server.
func (c *Client) connect() {
	for c.ctx.Err() == nil {
		reply, err := c.ask(c.ctx, message{Channel: "/meta/connect", Type: c.opts.Transport})
		if err != nil {
			if !c.leaving.Load() {
				c.stop(err)
			}
			return
		}
		if reply.Advice.Reconnect == "none" {
			return // Close disconnects
		}
		if !c.pause(reply.Advice.Interval) {
			return
		}
	}
}

// pause keeps the advised interval; false when the client ended meanwhile.
func (c *Client) pause(milliseconds float64) bool {
	if milliseconds <= 0 {
		return true
	}
	timer := time.NewTimer(time.Duration(milliseconds * float64(time.Millisecond)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func (c *Client) receive(batch []message) {
	for _, m := range batch {
		if m.Data != nil {
			ev := Event{Channel: m.Channel, Data: m.Data}
			if m.ID != "" {
				ev.ID = json.RawMessage(strconv.Quote(string(m.ID)))
			}
			select {
			case c.events <- ev:
			case <-c.ctx.Done():
			}
			continue
		}
		c.mu.Lock()
		reply := c.waiting[m.ID]
		c.mu.Unlock()
		if reply != nil {
			select {
			case reply <- m:
			default:
			}
		}
	}
}
