package bayeux

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// reader is a client with the ack extension, on a line that loses replies.
type reader struct {
	*user
	ack int // the last batch that arrived
	got []int
}

func newReader(t *testing.T, srv *Server) *reader {
	t.Helper()
	r := &reader{user: newUser(t, srv, `{"ack":true}`)}
	want(t, "subscribe", r.subscribe("/a", ""), "")
	return r
}

func (r *reader) connect(timeout time.Duration) string {
	return fmt.Sprintf(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket","advice":{"timeout":%d},"ext":{"ack":%d}}`, timeout.Milliseconds(), r.ack)
}

// hear takes in what arrives, in order.
func (r *reader) hear(frames ...Frame) {
	r.t.Helper()
	for _, f := range frames {
		var m struct {
			Channel    string
			Data       *int
			Successful bool
			Ext        struct{ Ack int }
		}
		if err := json.Unmarshal(f.Object(), &m); err != nil {
			r.t.Fatal(err)
		}
		switch {
		case m.Data != nil:
			if n := *m.Data; n == len(r.got) {
				r.got = append(r.got, n)
			} else if n > len(r.got) {
				r.t.Fatalf("%d after %d", n, len(r.got))
			}
		case m.Channel == MetaConnect && m.Successful:
			if m.Ext.Ack <= r.ack {
				r.t.Fatalf("batch %d after %d", m.Ext.Ack, r.ack)
			}
			r.ack = m.Ext.Ack
		default:
			r.t.Fatalf("%s", f)
		}
	}
}

func (r *reader) hearBatch(b Batch) {
	r.t.Helper()
	for _, ev := range b.Events {
		r.hear(ev.Frame)
	}
	if b.Connect != nil {
		r.hear(b.Connect)
	} else if b.Events != nil {
		r.t.Fatal("events without a connect reply")
	}
}

// Whatever is lost, and on whichever transport, all arrives in order; what
// has arrived is not kept.
func TestAckLosesNothing(t *testing.T) {
	for seed := range uint64(20) {
		quiet(t, Config{}, func(t *testing.T, srv *Server) {
			dice := rand.New(rand.NewPCG(seed, 1))
			r := newReader(t, srv)
			sent := 0
			for range 200 {
				publish := func() {
					for range dice.IntN(4) {
						if err := srv.Publish(context.Background(), "/a", "", fmt.Append(nil, sent)); err != nil {
							t.Fatal(err)
						}
						sent++
					}
				}
				publish()
				lost := dice.IntN(3) == 0
				if dice.IntN(2) == 0 {
					r.link = nil
					r.pollOnce(publish, lost, dice.IntN(5) == 0)
				} else {
					r.socketOnce(publish, lost)
				}
			}
			r.pollOnce(func() {}, false, false)
			r.pollOnce(func() {}, false, false)
			if len(r.got) != sent {
				t.Fatalf("seed %d: %d of %d", seed, len(r.got), sent)
			}
			s := srv.session(r.id)
			if len(s.queue) != 0 || s.bytes != 0 || len(s.acks.marks) != 0 {
				t.Errorf("seed %d: kept %d events, %d bytes, %d marks", seed, len(s.queue), s.bytes, len(s.acks.marks))
			}
		})
	}
}

func (r *reader) decode(text string) []Message {
	r.t.Helper()
	msgs, err := r.srv.Decode(nil, []byte(strings.ReplaceAll(text, "$", r.id)))
	if err != nil {
		r.t.Fatal(err)
	}
	return msgs
}

// pollOnce polls; the reply may be lost, or the client hangs up before it.
func (r *reader) pollOnce(meanwhile func(), lost, hangup bool) {
	r.t.Helper()
	link := r.srv.Poll()
	defer link.Close()
	frames := r.srv.Process(context.Background(), link, r.decode(r.connect(time.Second)))
	if !link.Holding() {
		if !lost {
			r.hear(frames...)
		}
		return
	}
	meanwhile()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if hangup {
		cancel()
	}
	b, err := link.Next(ctx)
	if err == nil && !lost {
		r.hearBatch(b)
	}
}

// socketOnce connects on a socket, which may be cut after it.
func (r *reader) socketOnce(meanwhile func(), lost bool) {
	r.t.Helper()
	if r.link == nil {
		r.link = r.srv.Socket(func() {})
	}
	frames := r.srv.Process(context.Background(), r.link, r.decode(r.connect(time.Second)))
	meanwhile()
	r.link.Release()
	b := r.link.Take(nil)
	if !lost {
		r.hear(frames...)
		r.hearBatch(b)
		return
	}
	r.link.Close()
	r.link = nil
}

// What was sent and not acknowledged counts towards the limits of the queue.
func TestAckIsBounded(t *testing.T) {
	for name, cfg := range map[string]Config{
		"messages": {MaxQueueMessages: 10},
		"bytes":    {MaxQueueBytes: 10*len(`[{"channel":"/a","data":0}]`) + 5},
	} {
		t.Run(name, func(t *testing.T) {
			quiet(t, cfg, func(t *testing.T, srv *Server) {
				r := newReader(t, srv)
				publishN(t, srv, "/a", 4)
				r.pollOnce(func() {}, true, false)
				publishN(t, srv, "/a", 6)
				r.pollOnce(func() {}, true, false)
				if srv.Stats().Overflows != 0 {
					t.Fatal("too early")
				}
				publishN(t, srv, "/a", 1)
				if s := srv.Stats(); s.Overflows != 1 || s.Sessions != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// An event stream of such a session keeps it alive and ends with it; the
// events wait for connects, which are held beside it.
func TestAckBesideAnEventStream(t *testing.T) {
	quiet(t, Config{}, func(t *testing.T, srv *Server) {
		r := newReader(t, srv)
		woken := make(chan struct{}, 1)
		stream := srv.Stream(r.id, func() { woken <- struct{}{} })
		defer stream.Close()
		poll := srv.Poll()
		defer poll.Close()
		r.process(poll, `{"channel":"/meta/connect","clientId":"$","connectionType":"eventsource","ext":{"ack":0}}`)
		if !poll.Holding() {
			t.Fatal("not held")
		}
		publishN(t, srv, "/a", 2)
		b, err := poll.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r.hearBatch(b)
		if len(r.got) != 2 || len(woken) != 0 || len(stream.Take(nil).Events) != 0 || !stream.Attached() {
			t.Fatal(r.got, "the stream carries events")
		}
		time.Sleep(time.Hour)
		if srv.Stats().Sessions != 1 {
			t.Fatal("expired beside an open stream")
		}
		newer := srv.Stream(r.id, func() { woken <- struct{}{} })
		if <-woken; stream.Attached() || !newer.Attached() {
			t.Fatal("two streams")
		}
		srv.Kick(context.Background(), r.id)
		if <-woken; !errors.Is(newer.Take(nil).End, ErrKicked) {
			t.Error("the stream outlives the session")
		}
		newer.Close()

		r = newReader(t, srv)
		last := srv.Stream(r.id, func() {})
		last.Close()
		time.Sleep(20 * time.Second)
		if srv.Stats().Sessions != 0 {
			t.Error("not expired after its stream")
		}
	})
}

// The count in ext.ack is none of the credentials: they are read once.
func TestAckIsNoCredential(t *testing.T) {
	g := newGate()
	quiet(t, Config{Policy: g}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, `{"ack":true,"token":"anna"}`)
		for i := range 5 {
			u.poll(0, fmt.Sprintf(`{"ack":%d,"token":"anna","timesync":{"tc":%d,"l":0,"o":0}}`, i, i))
			u.poll(0, fmt.Sprintf(`{"ack":%d}`, i))
		}
		if g.asked != 1 {
			t.Errorf("asked %d times", g.asked)
		}
		want(t, "private", u.subscribe("/private", `{"token":"anna","ack":9}`), "")
	})
}

func TestAckCanBeRefused(t *testing.T) {
	srv := New(Config{WithoutAck: true})
	u := newUser(t, srv, `{"ack":true}`)
	if srv.session(u.id).acks != nil {
		t.Error("agreed to")
	}
}
