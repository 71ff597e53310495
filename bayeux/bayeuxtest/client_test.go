package bayeuxtest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClient(t *testing.T) {
	for _, kind := range []string{bayeuxtest.LongPolling, bayeuxtest.WebSocket} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { converse(t, kind) })
		})
	}
}

func converse(t *testing.T, kind string) {
	ctx := context.Background()
	srv := bayeux.New(bayeux.Config{})
	h := transport.New(srv, transport.Config{})
	net := bayeuxtest.Serve(h)
	run, stop := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- srv.Run(run) }()

	c, err := bayeuxtest.Dial(ctx, net.URL(), bayeuxtest.Options{Transport: kind, DialContext: net.DialContext})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Subscribe(ctx, "/a"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour) // it connects again and again
	if err := c.Publish(ctx, "/a", "hello"); err != nil {
		t.Fatal(err)
	}
	if ev, err := c.Next(ctx); err != nil || string(ev.Data) != `"hello"` {
		t.Error(ev, err)
	}
	if err := c.Subscribe(ctx, "/b", "/meta/x"); err == nil || err.Error() != "403:/meta/x:Forbidden channel" {
		t.Error(err)
	}
	if err := c.Unsubscribe(ctx, "/a"); err != nil {
		t.Error(err)
	}
	synctest.Wait() // a connect is held
	srv.Kick(ctx, c.ID())
	<-c.Done()
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "ended by the server") && !strings.Contains(err.Error(), "close 1000") {
		t.Error(err)
	}
	c.Drop()

	if err := h.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := net.Close(); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
