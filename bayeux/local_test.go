package bayeux

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func channelsOf(events []*Event) string {
	var names []string
	for _, ev := range events {
		names = append(names, ev.Channel)
	}
	return strings.Join(names, " ")
}

func TestLocalSession(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, d *diary, srv *Server) {
		ctx := t.Context()
		c := srv.Local("robot")
		g.scopes["anna"] = "1"
		if err := c.Subscribe(ctx, "", "/private/**", "/service/desk"); err != nil {
			t.Fatal(err)
		}
		if err := c.Subscribe(ctx, "", "/meta/**"); err != nil { // nothing is published there
			t.Fatal(err)
		}
		want(t, "diary", d.take(), "+/private/** robot, +/service/desk robot, +/meta/** robot")
		if err := c.Subscribe(ctx, "", "/a/*/b"); !errors.Is(err, ErrInvalidChannel) {
			t.Error(err)
		}
		u := newUser(t, srv, anna)
		want(t, "publish", u.publish("/private/a", ""), "")
		if err := c.Publish(ctx, "/service/desk", "2", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		events, err := c.Next(ctx)
		if got := channelsOf(events); err != nil || got != "/private/a /service/desk" {
			t.Error(got, err)
		}
		g.set(func() { g.banned["robot /private/**"] = true })
		srv.Review(ctx, "/private/**") // the Policy is not about it
		time.Sleep(time.Hour)          // nor does it expire
		c.Unsubscribe(ctx, "/service/desk", "/meta/**")
		want(t, "diary", d.take(), "-/service/desk robot, -/meta/** robot")
		if err := srv.Publish(ctx, "/private/b", "", []byte(`1`)); err != nil {
			t.Fatal(err)
		}
		if events, err = c.Next(ctx); err != nil || channelsOf(events) != "/private/b" {
			t.Error(events, err)
		}

		// its id opens nothing to a client
		stranger := &user{t: t, srv: srv, id: c.ID()}
		want(t, "with its id", stranger.subscribe("/a", ""), "401:"+c.ID()+":Unknown client")

		waiting, stop := context.WithCancel(ctx)
		stop()
		if _, err := c.Next(waiting); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		heard := make(chan error)
		var got []string
		go func() { heard <- c.Each(ctx, func(ev *Event) { got = append(got, string(ev.Data)) }) }()
		for i := range 3 {
			if err := srv.Publish(ctx, "/private/c", "", fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		srv.Kick(ctx, c.ID())
		if err := <-heard; !errors.Is(err, ErrKicked) || strings.Join(got, " ") != "0 1 2" {
			t.Error(err, got)
		}
		want(t, "diary", d.take(), "-/private/** robot")
		c.Close()
		if _, err := c.Next(ctx); err == nil {
			t.Error("a session that is over has mail")
		}
	})
}

func TestLocalSessionThatDoesNotRead(t *testing.T) {
	srv := New(Config{MaxQueueMessages: 4})
	c := srv.Local(nil)
	defer c.Close()
	if err := c.Subscribe(context.Background(), "", "/**"); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := srv.Publish(context.Background(), "/a", "", []byte(`1`)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Next(context.Background()); !errors.Is(err, ErrOverflow) {
		t.Error(err)
	}
}

func TestSessionsInPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := startServer(t, Config{Policy: newGate()})
		byID := map[string]string{}
		for i := range 25 {
			u := newUser(t, srv, fmt.Sprintf(`{"token":"user%d"}`, i))
			byID[u.id] = fmt.Sprintf("user%d", i)
		}
		c := srv.Local("robot")
		defer c.Close()
		byID[c.ID()] = "robot"
		after := ""
		for pages := 1; ; pages++ {
			list, more := srv.Sessions(after, 10)
			for _, info := range list {
				if info.ID <= after || byID[info.ID] != info.Who {
					t.Errorf("%+v after %s", info, after)
				}
				delete(byID, info.ID)
				after = info.ID
			}
			if !more {
				if pages != 3 {
					t.Errorf("%d pages", pages)
				}
				break
			}
		}
		if len(byID) != 0 {
			t.Errorf("not listed: %v", byID)
		}
	})
}

func TestSessionState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := startServer(t, Config{Policy: newGate()})
		u := newUser(t, srv, anna)
		state, ok := srv.Session(u.id)
		if !ok || state.Transport != "" || state.Attached || state.Expires == nil || state.Who != "anna" || !state.Since.Equal(time.Now()) {
			t.Errorf("%+v", state)
		}
		want(t, "subscribe", u.subscribe("/a", ""), "")
		want(t, "subscribe", u.subscribe("/private/b", boris), "")
		u.publish("/a", "")
		state, _ = srv.Session(u.id)
		if state.QueueMessages != 1 || state.QueueBytes == 0 || state.Subscriptions != 2 || state.List[0] != (SubscriptionInfo{"/a", "", "anna"}) ||
			state.List[1] != (SubscriptionInfo{"/private/b", "", "boris"}) {
			t.Errorf("%+v", state)
		}
		u.poll(0, "")
		var wait sync.WaitGroup
		wait.Go(func() { u.poll(10*time.Second, "") })
		synctest.Wait()
		state, _ = srv.Session(u.id)
		if state.QueueMessages != 0 || !state.Held || !state.Attached || state.Expires != nil || state.Transport != "long-polling" || state.Answered == nil {
			t.Errorf("%+v", state)
		}
		wait.Wait()
		if _, ok := srv.Session("gone"); ok {
			t.Error("there is no such session")
		}
	})
}

func TestChannelsInPages(t *testing.T) {
	srv := New(Config{})
	for range 3 {
		u := newUser(t, srv, "")
		for _, c := range []string{"/b/1", "/b/2", "/b/**", "/a"} {
			u.subscribe(c, "")
		}
	}
	newUser(t, srv, "").subscribe("/b/2", "")
	list, more := srv.Channels("/b", "", 2)
	if !more || len(list) != 2 || list[0] != (ChannelInfo{"/b/**", 3}) || list[1] != (ChannelInfo{"/b/1", 3}) {
		t.Errorf("%+v, %v", list, more)
	}
	if list, more = srv.Channels("/b", "/b/1", 2); more || len(list) != 1 || list[0] != (ChannelInfo{"/b/2", 4}) {
		t.Errorf("%+v, %v", list, more)
	}
}

func TestPublishAs(t *testing.T) {
	g := newGate()
	srv := New(Config{Policy: g, Rules: []Rule{{Pattern: "/private/*", MaxMessageBytes: 10, JoinLeave: true}}})
	ctx := context.Background()
	for _, c := range []struct {
		who           any
		channel, data string
		want          error
	}{
		{"anna", "/private/a", `1`, nil},
		{nil, "/private/a", `1`, ErrForbidden},
		{"anna", "/private/a", `"0123456789"`, ErrTooLarge},
		{"anna", "/private/*", `1`, ErrInvalidChannel},
		{"anna", "/meta/x", `1`, ErrForbidden},
		{"anna", "/private/a/$presence", `1`, ErrForbidden},
		{"anna", "/private/a", `{`, ErrBadRequest},
	} {
		if err := srv.PublishAs(ctx, c.who, c.channel, []byte(c.data)); !errors.Is(err, c.want) {
			t.Errorf("%v on %s: %v, want %v", c.who, c.channel, err, c.want)
		}
	}
	g.broken = true
	if err := srv.PublishAs(ctx, "anna", "/a", []byte(`1`)); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

// A page of sessions must not cost more than a look at each.
func BenchmarkSessions(b *testing.B) {
	srv := New(Config{})
	for range 20_000 {
		newUser(b, srv, "")
	}
	b.ReportAllocs()
	for b.Loop() {
		srv.Sessions("", 100)
	}
}
