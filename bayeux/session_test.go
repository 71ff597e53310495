package bayeux

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func quiet(t *testing.T, cfg Config, f func(t *testing.T, srv *Server)) {
	synctest.Test(t, func(t *testing.T) { f(t, startServer(t, cfg)) })
}

func publishN(t *testing.T, srv *Server, channel string, n int) {
	t.Helper()
	for i := range n {
		if err := srv.Publish(context.Background(), channel, "", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOverflowEndsTheSession(t *testing.T) {
	for name, cfg := range map[string]Config{
		"messages": {MaxQueueMessages: 10},
		"bytes":    {MaxQueueBytes: 10*len(`[{"channel":"/a","data":0}]`) + 5},
	} {
		t.Run(name, func(t *testing.T) {
			quiet(t, cfg, func(t *testing.T, srv *Server) {
				u, other := newUser(t, srv, ""), newUser(t, srv, "")
				u.subscribe("/a", "")
				other.subscribe("/b", "")
				publishN(t, srv, "/a", 10)
				if srv.Stats().Overflows != 0 {
					t.Fatal("too early")
				}
				publishN(t, srv, "/a", 1)
				s := srv.Stats()
				if s.Overflows != 1 || s.Sessions != 1 || s.Subscriptions != 1 || s.Deliveries != 10 {
					t.Errorf("%+v", s)
				}
				_, fault := u.poll(time.Second, "")
				want(t, "next connect", fault, "401:"+u.id+":Unknown client")
			})
		})
	}
}

func TestOneLargeEventIsNoOverflow(t *testing.T) {
	quiet(t, Config{MaxQueueBytes: 100}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, "")
		u.subscribe("/a", "")
		if err := srv.Publish(context.Background(), "/a", "", []byte(`"`+strings.Repeat("x", 500)+`"`)); err != nil {
			t.Fatal(err)
		}
		events, fault := u.poll(time.Second, "")
		if len(events) != 1 || fault != "" {
			t.Error(events, fault)
		}
	})
}

func TestLimits(t *testing.T) {
	quiet(t, Config{MaxSubscriptions: 3, MaxSessions: 2, MaxChannelDepth: 3}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, "")
		want(t, "deep", u.subscribe("/a/b/c/d", ""), "405:/a/b/c/d:Invalid channel")
		want(t, "deep", u.publish("/a/b/c/d", ""), "405:/a/b/c/d:Invalid channel")
		for _, c := range []string{"/a", "/b", "/a"} {
			want(t, c, u.subscribe(c, ""), "")
		}
		a := u.say(`{"channel":"/meta/subscribe","clientId":"$","subscription":["/c","/d"]}`)[0]
		want(t, "two more", a.Error, "403::Too many subscriptions")
		want(t, "one more", u.subscribe("/c", ""), "")
		newUser(t, srv, "")
		a = u.say(`{"channel":"/meta/handshake","version":"1","supportedConnectionTypes":["websocket"]}`)[0]
		if a.Error != "503::Server is full" || a.Advice.Reconnect != "handshake" || a.Advice.Interval < 1000 {
			t.Errorf("%+v", a)
		}
	})
}

func TestPublishChecksItsInput(t *testing.T) {
	srv := New(Config{})
	for _, c := range []struct {
		channel, data string
		want          error
	}{
		{"/a", `{"x":1}`, nil},
		{"/service/x", `null`, nil},
		{"/a/*", `1`, ErrInvalidChannel},
		{"/meta/connect", `1`, ErrInvalidChannel},
		{"a", `1`, ErrInvalidChannel},
		{"/a", `{"x"`, ErrBadRequest},
		{"/a", ``, ErrBadRequest},
		{"/a", `1 2`, ErrBadRequest},
	} {
		if err := srv.Publish(context.Background(), c.channel, "", []byte(c.data)); !errors.Is(err, c.want) {
			t.Errorf("%s %s: %v", c.channel, c.data, err)
		}
	}
}

// Events that follow a subscribe request do not overtake its reply.
func TestReplyBeforeEvents(t *testing.T) {
	quiet(t, Config{}, func(t *testing.T, srv *Server) {
		woken := 0
		u := newUser(t, srv, "")
		u.link = srv.Socket(func() { woken++ })
		defer u.link.Close()
		u.say(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}`)
		u.link.Release()
		u.subscribe("/a", "")
		publishN(t, srv, "/a", 2)
		if b := u.link.Take(nil); len(b.Events) != 0 || woken != 0 {
			t.Fatal("events before Release")
		}
		u.link.Release()
		if b := u.link.Take(nil); len(b.Events) != 2 || woken != 1 {
			t.Fatal(len(b.Events), woken)
		}
		publishN(t, srv, "/a", 3)
		if b := u.link.Take(nil); len(b.Events) != 3 || woken != 2 {
			t.Fatal(len(b.Events), woken)
		}
	})
}

func TestEventsAreShared(t *testing.T) {
	quiet(t, Config{}, func(t *testing.T, srv *Server) {
		var links [2]*Link
		for i := range links {
			u := newUser(t, srv, "")
			u.link = srv.Socket(func() {})
			u.say(`[{"channel":"/meta/subscribe","clientId":"$","subscription":["/a","/**"]},{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}]`)
			u.link.Release()
			links[i] = u.link
		}
		publishN(t, srv, "/a", 1)
		a, b := links[0].Take(nil).Events, links[1].Take(nil).Events
		if len(a) != 1 || len(b) != 1 || a[0] != b[0] {
			t.Error(a, b)
		}
	})
}

func TestStreamStopsTheClock(t *testing.T) {
	quiet(t, Config{}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, "")
		u.subscribe("/a", "")
		publishN(t, srv, "/a", 1)
		if srv.Stream("nobody", func() {}) != nil {
			t.Fatal("a stream for nobody")
		}
		woken := make(chan struct{}, 1)
		l := srv.Stream(u.id, func() { woken <- struct{}{} })
		<-woken
		if b := l.Take(nil); len(b.Events) != 1 {
			t.Fatal(b)
		}
		time.Sleep(time.Hour)
		if !l.Attached() {
			t.Fatal("expired beside an open stream")
		}
		l.Close()
		time.Sleep(20 * time.Second)
		if n := srv.Stats().Sessions; n != 0 {
			t.Error("not expired after it")
		}
	})
}

func TestDrain(t *testing.T) {
	quiet(t, Config{}, func(t *testing.T, srv *Server) {
		u, sock := newUser(t, srv, ""), newUser(t, srv, "")
		sock.link = srv.Socket(func() {})
		sock.say(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}`)
		sock.link.Release()
		link := srv.Poll()
		defer link.Close()
		u.process(link, `{"channel":"/meta/connect","clientId":"$","connectionType":"long-polling"}`)
		srv.Drain()
		batch, err := link.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		a := u.read(batch.Connect)
		if a.Successful || a.Error != "503::Server is shutting down" || a.Advice.Reconnect != "handshake" || a.Advice.Interval < 1000 {
			t.Errorf("%+v", a)
		}
		a = u.say(`{"channel":"/meta/handshake","version":"1","supportedConnectionTypes":["websocket"]}`)[0]
		if a.Error != "503::Server is shutting down" || a.Advice.Reconnect != "handshake" || a.Advice.Interval < 1000 {
			t.Errorf("%+v", a)
		}
		if !sock.link.Attached() || !sock.link.Expel() {
			t.Fatal("the socket's session has gone")
		}
		b := sock.link.Take(nil)
		if !errors.Is(b.End, ErrDraining) || sock.read(b.Connect).Error == "" {
			t.Error(b)
		}
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if s := srv.Stats(); s.Sessions != 0 || s.Held != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestKickAdvisesNone(t *testing.T) {
	quiet(t, Config{}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, "")
		link := srv.Poll()
		defer link.Close()
		u.process(link, `{"channel":"/meta/connect","clientId":"$","connectionType":"long-polling"}`)
		if !srv.Kick(context.Background(), u.id) || srv.Kick(context.Background(), u.id) {
			t.Fatal("kick")
		}
		batch, err := link.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if a := u.read(batch.Connect); a.Successful || a.Advice.Reconnect != "none" {
			t.Errorf("%+v", a)
		}
	})
}

func TestPublishMemoryIsBounded(t *testing.T) {
	srv := New(Config{})
	u := newUser(t, srv, "")
	for round := range 2 {
		for i := range 500 {
			u.say(fmt.Sprintf(`{"channel":"/a","clientId":"$","data":1,"id":"%d"}`, i))
		}
		if d := srv.Stats().Duplicates; d != 0 {
			t.Fatal(round, d, "ids are remembered for ever")
		}
	}
	u.say(`{"channel":"/a","clientId":"$","data":1,"id":"499"}`)
	if s := srv.Stats(); s.Duplicates != 1 || s.Publications != 1000 {
		t.Errorf("%+v", s)
	}
}

// plane is a backplane between servers in one process.
type plane struct {
	out  chan Publication
	in   chan Publication
	fail error
}

func (p *plane) Publish(_ context.Context, pub Publication) error {
	if p.fail == nil {
		p.out <- pub
	}
	return p.fail
}

func (p *plane) Run(ctx context.Context, deliver func(Publication)) error {
	for {
		select {
		case pub := <-p.in:
			deliver(pub)
		case <-ctx.Done():
			return nil
		}
	}
}

func TestBackplane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ab, ba := make(chan Publication, 10), make(chan Publication, 10)
		pa := &plane{out: ab, in: ba}
		a := startServer(t, Config{Backplane: pa})
		b := startServer(t, Config{Backplane: &plane{out: ba, in: ab}})
		ua, ub := newUser(t, a, ""), newUser(t, b, "")
		ua.subscribe("/x", "")
		ub.subscribe("/x", "")
		publishN(t, a, "/x", 2)
		synctest.Wait()
		for _, u := range []*user{ua, ub} {
			if events, _ := u.poll(time.Second, ""); len(events) != 2 {
				t.Error(events)
			}
		}
		pa.fail = errors.New("cut off")
		want(t, "publish", ua.publish("/x", ""), "500::Internal server error")
	})
}
