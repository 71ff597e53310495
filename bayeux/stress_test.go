package bayeux_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"
)

// TestStress has some hundred sessions subscribe, publish and drop on both
// transports. Whoever stays subscribed gets every publication once and, from
// one publisher on one channel, in order.
func TestStress(t *testing.T) {
	const listeners, droppers, publishers, rooms, messages = 200, 80, 6, 5, 20
	srv := bayeux.New(bayeux.Config{MaxQueueMessages: 100_000, MaxQueueBytes: 1 << 28})
	h := transport.New(srv, transport.Config{})
	web := httptest.NewServer(h)
	run, stopRun := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(run) }()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()

	kinds := []string{bayeuxtest.WebSocket, bayeuxtest.LongPolling}
	dial := func(i int) *bayeuxtest.Client {
		c, err := bayeuxtest.Dial(ctx, web.URL, bayeuxtest.Options{Transport: kinds[i%2], Buffer: 10_000})
		if err != nil {
			t.Error(err)
		}
		return c
	}

	var ready, listening, dropping, publishing sync.WaitGroup
	var over atomic.Bool
	ready.Add(listeners)
	for i := range listeners {
		listening.Go(func() {
			c := dial(i)
			room := i % rooms
			patterns := [][]string{{"/room/%d"}, {"/room/*"}, {"/**", "/room/%d", "/room/**"}}[i%3]
			for j, p := range patterns {
				if p == "/room/%d" {
					patterns[j] = fmt.Sprintf(p, room)
				}
			}
			if err := c.Subscribe(ctx, patterns...); err != nil {
				t.Error(err)
			}
			ready.Done()
			expect := publishers * messages * rooms
			if len(patterns) == 1 && patterns[0] != "/room/*" {
				expect = publishers * messages
			}
			follow(ctx, t, c, expect)
			if err := c.Close(); err != nil {
				t.Error(kinds[i%2], patterns, err)
			}
		})
	}
	ready.Wait()
	for i := range droppers {
		dropping.Go(func() {
			for !over.Load() {
				c := dial(i)
				if c == nil {
					return
				}
				_ = c.Subscribe(ctx, "/room/*") // may be cut off
				_ = c.Publish(ctx, "/noise", i)
				time.Sleep(time.Duration(20+rand.IntN(50)) * time.Millisecond)
				if rand.IntN(2) == 0 {
					c.Drop()
				} else {
					_ = c.Close()
				}
			}
		})
	}
	for p := range publishers {
		publishing.Go(func() {
			c := dial(p)
			for n := range messages {
				for room := range rooms {
					if err := c.Publish(ctx, fmt.Sprintf("/room/%d", room), stamp{p, n}); err != nil {
						t.Error(err)
					}
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	publishing.Wait()
	listening.Wait()
	over.Store(true)
	dropping.Wait()

	if s := srv.Stats(); s.Overflows != 0 {
		t.Errorf("%+v", s)
	}
	if err := srv.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := h.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if s := srv.Stats(); s.Sessions != 0 || s.Subscriptions != 0 || s.Held != 0 {
		t.Errorf("left over: %+v", s)
	}
	web.Close()
	stopRun()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type stamp struct{ P, N int }

// follow reads n events of rooms and checks their order.
func follow(ctx context.Context, t *testing.T, c *bayeuxtest.Client, n int) {
	next := map[string]int{}
	for got := 0; got < n; {
		ev, err := c.Next(ctx)
		if err != nil {
			t.Errorf("after %d of %d: %v", got, n, err)
			return
		}
		if ev.Channel == "/noise" {
			continue
		}
		got++
		var s stamp
		if err := json.Unmarshal(ev.Data, &s); err != nil {
			t.Error(err)
			return
		}
		line := fmt.Sprint(ev.Channel, " ", s.P)
		if s.N != next[line] {
			t.Errorf("%s: %d, want %d", line, s.N, next[line])
			return
		}
		next[line]++
	}
}
