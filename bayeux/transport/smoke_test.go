package transport_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"
)

func TestSmoke(t *testing.T) {
	srv := bayeux.New(bayeux.Config{})
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	go srv.Run(ctx)
	h := transport.New(srv, transport.Config{})
	web := httptest.NewServer(h)
	defer web.Close()
	for _, kind := range []string{bayeuxtest.LongPolling, bayeuxtest.WebSocket} {
		c, err := bayeuxtest.Dial(ctx, web.URL, bayeuxtest.Options{Transport: kind})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Subscribe(ctx, "/a/*", "/b"); err != nil {
			t.Fatal(err)
		}
		if err := c.Publish(ctx, "/a/x", map[string]int{"n": 1}); err != nil {
			t.Fatal(err)
		}
		ev, err := c.Next(ctx)
		if err != nil || ev.Channel != "/a/x" || string(ev.Data) != `{"n":1}` {
			t.Fatal(ev, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", srv.Stats())
}
