package bayeux

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
)

var publishFrame = []byte(`[{"channel":"/conversations/1739","data":{"entity":"message","message":{"id":42,"content":"Hello, is anybody there?","read":false,"created_at":"2013-08-16T09:36:02.004Z"}},"clientId":"7P5ZD3TG3LAWPKKF7X3OMMANQX","id":"1a"}]`)

func BenchmarkDecode(b *testing.B) {
	for name, frame := range map[string][]byte{
		"publish": publishFrame,
		"connect": []byte(`[{"channel":"/meta/connect","clientId":"7P5ZD3TG3LAWPKKF7X3OMMANQX","connectionType":"websocket","id":"c1"}]`),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(frame)))
			var msgs []Message
			for b.Loop() {
				var err error
				if msgs, err = Decode(msgs[:0], frame, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Matching must not cost more with more subscriptions.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRegistry()
			s := &Session{}
			for i := range n {
				sub := newSubscription("org", fmt.Sprintf("/service/v%d", i), nil)
				r.add(s, &sub)
			}
			sub := newSubscription("org", "/service/*", nil)
			r.add(s, &sub)
			var list []*Session
			b.ReportAllocs()
			for b.Loop() {
				list = r.match("/service/v77", "org", list[:0])
			}
			if len(list) != 1 {
				b.Fatal(len(list))
			}
		})
	}
}

// Neither must what a publication costs in all, with the garbage collector that
// goes through what is subscribed.
func BenchmarkManySubscriptions(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			const sessions = 100
			srv := New(Config{MaxSubscriptions: n})
			all, ctx := srv.Local(nil), context.Background()
			_ = all.Subscribe(ctx, "", "/benches/*")
			locals := make([]*Local, sessions)
			channels := make([]string, n)
			for i := range channels {
				channels[i] = fmt.Sprintf("/benches/%d", i)
			}
			for i := range locals {
				locals[i] = srv.Local(nil)
				_ = locals[i].Subscribe(ctx, "", channels[i*n/sessions:(i+1)*n/sessions]...)
			}
			data := []byte(`{"entity":"message","message":{"id":42,"content":"Hello"}}`)
			dice := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			for b.Loop() {
				i := dice.IntN(n)
				if err := srv.Publish(ctx, channels[i], "", data); err != nil {
					b.Fatal(err)
				}
				for _, c := range []*Local{all, locals[i*sessions/n]} {
					if got, err := c.Next(ctx); len(got) != 1 {
						b.Fatal(got, err)
					}
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	msgs, err := Decode(nil, publishFrame, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			newEvent(msgs[0].Channel, msgs[0].Data, nil)
		}
	})
	b.Run("acknowledgement", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			acknowledge(&msgs[0])
		}
	})
}

// A delivery is an entry in a queue and, every eighth time, a Take.
func BenchmarkFanout(b *testing.B) {
	for _, n := range []int{1, 50, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			srv := New(Config{})
			links := make([]*Link, n)
			spares := make([][]*Event, n)
			for i := range links {
				u := newUser(b, srv, "")
				u.link = srv.Socket(func() {})
				u.say(`[{"channel":"/meta/subscribe","clientId":"$","subscription":"/a"},{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}]`)
				u.link.Release()
				links[i] = u.link
			}
			data := []byte(`{"entity":"message","message":{"id":42,"content":"Hello"}}`)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := srv.Publish(context.Background(), "/a", "", data); err != nil {
					b.Fatal(err)
				}
				if i%8 == 7 {
					for j, l := range links {
						batch := l.Take(spares[j])
						spares[j] = batch.Events
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/delivery")
		})
	}
}

// Without extensions nothing is paid for them; see Fanout. With one that looks
// at publications they cost the publication, not its recipients.
func BenchmarkExtension(b *testing.B) {
	look := OutgoingFunc(func(context.Context, *Call) error { return nil })
	srv := New(Config{Extensions: []Extension{look}})
	data := []byte(`{"entity":"message","message":{"id":42,"content":"Hello"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := srv.Publish(context.Background(), "/a", "", data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAck is an event for a client that acknowledges, and its next connect.
func BenchmarkAck(b *testing.B) {
	srv := New(Config{})
	u := newUser(b, srv, `{"ack":true}`)
	u.subscribe("/a", "")
	link := srv.Socket(func() {})
	data := []byte(`{"entity":"message","message":{"id":42,"content":"Hello"}}`)
	var msgs []Message
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		msgs, _ = srv.Decode(msgs[:0], fmt.Appendf(nil, `[{"channel":"/meta/connect","clientId":"%s","connectionType":"websocket","ext":{"ack":%d}}]`, u.id, i))
		srv.Process(context.Background(), link, msgs)
		link.Release()
		if err := srv.Publish(context.Background(), "/a", "", data); err != nil {
			b.Fatal(err)
		}
		if batch := link.Take(nil); len(batch.Events) != 1 || batch.Connect == nil {
			b.Fatal(batch)
		}
	}
}

func BenchmarkProcess(b *testing.B) {
	srv := New(Config{})
	u := newUser(b, srv, "")
	frame := []byte(`[{"channel":"/a","clientId":"` + u.id + `","data":{"x":1}}]`)
	link := srv.Socket(func() {})
	var msgs []Message
	b.ReportAllocs()
	for b.Loop() {
		msgs, _ = srv.Decode(msgs[:0], frame)
		srv.Process(context.Background(), link, msgs)
	}
}
