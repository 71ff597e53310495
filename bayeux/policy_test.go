package bayeux

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	anna  = `{"token":"anna"}`
	boris = `{"token":"boris"}`
	bad   = `{"token":"bad"}`
)

func bubble(t *testing.T, f func(t *testing.T, g *gate, d *diary, srv *Server)) {
	synctest.Test(t, func(t *testing.T) {
		g, d := newGate(), &diary{}
		f(t, g, d, startServer(t, Config{Policy: g, Monitor: d}))
	})
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestHandshakeCredentials(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, _ *diary, srv *Server) {
		u := &user{t: t, srv: srv}
		shake := func(ext string) answer {
			return u.say(`{"channel":"/meta/handshake","version":"1","supportedConnectionTypes":["websocket"]` + extField(ext) + `}`)[0]
		}
		if a := shake(bad); a.Error != "403::Handshake denied" || a.Advice.Reconnect != "none" || a.ClientID != "" {
			t.Errorf("%+v", a)
		}
		g.broken = true
		if a := shake(anna); a.Error != "500::Internal server error" || a.Advice.Reconnect != "handshake" || a.Advice.Interval < 1000 {
			t.Errorf("%+v", a)
		}
		g.broken = false
		want(t, "no credentials", shake("").Error, "")
		want(t, "good ones", shake(anna).Error, "")
	})
}

func TestCredentialsOfAnOperation(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, d *diary, srv *Server) {
		u := newUser(t, srv, "")
		want(t, "stranger", u.subscribe("/private/a", ""), "403:/private/a:Forbidden channel")
		want(t, "bad token", u.subscribe("/a", bad), "403:/a:Forbidden channel")
		want(t, "own token", u.subscribe("/private/a", anna), "")
		want(t, "diary", d.take(), "+/private/a anna")
		want(t, "next without", u.subscribe("/private/b", ""), "403:/private/b:Forbidden channel")
		want(t, "publish without", u.publish("/private/a", ""), "403:/private/a:Forbidden channel")
		want(t, "publish with bad", u.publish("/a", bad), "403:/a:Forbidden channel")
		want(t, "publish with", u.publish("/private/a", anna), "")
		g.set(func() { g.broken = true })
		want(t, "undecided", u.subscribe("/c", ""), "500::Internal server error")
		want(t, "undecided", u.publish("/c", ""), "500::Internal server error")
		g.set(func() { g.broken = false })
		anon := &user{t: t, srv: srv}
		want(t, "no session, no token", anon.say(`{"channel":"/private/a","data":1}`)[0].Error, "403:/private/a:Forbidden channel")
		want(t, "no session, token", anon.say(`{"channel":"/private/a","data":1,"ext":{"token":"key"}}`)[0].Error, "")
	})
}

func TestArrayIsAllOrNothing(t *testing.T) {
	bubble(t, func(t *testing.T, _ *gate, d *diary, srv *Server) {
		u := newUser(t, srv, "")
		a := u.say(`{"channel":"/meta/subscribe","clientId":"$","subscription":["/a","/private/x","/b"]}`)[0]
		want(t, "one forbidden", a.Error, "403:/private/x:Forbidden channel")
		want(t, "diary", d.take(), "")
		if n := srv.Stats().Subscriptions; n != 0 {
			t.Errorf("%d subscriptions", n)
		}
	})
}

func TestSameExtIsIdentifiedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, _ *diary, srv *Server) {
		u := newUser(t, srv, anna)
		before := g.asked
		u.poll(0, anna)
		u.subscribe("/private/a", anna)
		u.publish("/private/a", anna)
		if g.asked != before {
			t.Errorf("asked %d times more", g.asked-before)
		}
	})
}

func TestConnectRefreshesCredentials(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, d *diary, srv *Server) {
		g.until["anna"] = time.Now().Add(time.Minute)
		g.until["anna:2"] = time.Now().Add(time.Hour)
		u := newUser(t, srv, anna)
		u.subscribe("/private/a", "")
		want(t, "subscribed", d.take(), "+/private/a anna")
		u.poll(20*time.Second, anna)
		u.poll(20*time.Second, `{"token":"anna:2"}`)
		for range 6 {
			u.poll(20*time.Second, "")
		}
		want(t, "same who, later end", d.take(), "")
		// another who: the subscription is reviewed with it
		g.set(func() { g.banned["boris /private/a"] = true })
		u.subscribe("/private/b", "")
		d.take()
		u.poll(time.Second, boris)
		want(t, "another who", d.take(), "-/private/a anna, -/private/b anna, +/private/b boris")
		// bad credentials on a connect change nothing
		u.poll(time.Second, bad)
		want(t, "bad", d.take(), "")
		want(t, "still boris", u.publish("/private/b", ""), "")
	})
}

func TestCredentialsEnd(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, d *diary, srv *Server) {
		g.until["anna"] = time.Now().Add(time.Minute)
		g.until["boris"] = time.Now().Add(2 * time.Minute)
		u := newUser(t, srv, anna)
		u.subscribe("/private/a", "")
		u.subscribe("/open", "")
		u.subscribe("/private/b", boris)
		d.take()
		u.poll(25*time.Second, "")
		u.poll(25*time.Second, "")
		want(t, "before", d.take(), "")
		u.poll(12*time.Second, "")
		want(t, "session's", d.take(), "-/private/a anna, -/open anna, +/open <nil>")
		want(t, "nobody now", u.publish("/private/a", ""), "403:/private/a:Forbidden channel")
		for range 3 {
			u.poll(25*time.Second, "")
		}
		want(t, "the subscription's", d.take(), "-/private/b boris")
		if n := srv.Stats().Revoked; n != 2 {
			t.Errorf("%d revoked", n)
		}
	})
}

func TestReview(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, d *diary, srv *Server) {
		g.scopes["anna"], g.scopes["boris"] = "1", "2"
		a, b := newUser(t, srv, anna), newUser(t, srv, boris)
		for _, u := range []*user{a, b} {
			u.subscribe("/room", "")
			u.subscribe("/room/*", "")
		}
		d.take()
		g.set(func() { g.banned["anna /room"], g.banned["anna /room/*"] = true, true })
		srv.Review(context.Background(), "/room")
		want(t, "review", d.take(), "-/room anna")
		g.set(func() { g.broken = true })
		srv.Review(context.Background(), "/room")
		want(t, "undecided", d.take(), "")
		g.set(func() { g.banned["boris /room/*"] = true })
		srv.Review(context.Background(), "/room/*")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		want(t, "still undecided", d.take(), "")
		g.set(func() { g.broken = false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		decided := strings.Split(d.take(), ", ")
		slices.Sort(decided)
		want(t, "decided at last", strings.Join(decided, ", "), "-/room/* anna, -/room/* boris")
		g.set(func() { g.banned["boris /room/*"] = false })
		b.subscribe("/room/*", "")
		d.take()
		g.set(func() { g.scopes["boris"] = "3" })
		srv.Review(context.Background(), "/room")
		want(t, "moved", d.take(), "")
		if err := srv.Publish(context.Background(), "/room", "2", []byte(`1`)); err != nil {
			t.Fatal(err)
		}
		if err := srv.Publish(context.Background(), "/room/x", "2", []byte(`1`)); err != nil {
			t.Fatal(err)
		}
		events, _ := b.poll(0, "")
		want(t, "by the new scope", strings.Join(events, " "), "/room/x")
	})
}

// A review that comes between the Policy's answer and the subscription counts.
func TestReviewDuringSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		slow := &slowGate{gate: g, answered: make(chan struct{}), resume: make(chan struct{})}
		srv := startServer(t, Config{Policy: slow})
		u := newUser(t, srv, anna)
		done := make(chan string)
		go func() { done <- u.subscribe("/room", "") }()
		<-slow.answered
		g.set(func() { g.banned["anna /room"] = true })
		srv.Review(context.Background(), "/room")
		close(slow.resume)
		want(t, "granted before", <-done, "")
		if n := srv.Stats().Subscriptions; n != 0 {
			t.Error("the revoked right holds")
		}
	})
}

// slowGate has an answer and keeps it for a while, the first time.
type slowGate struct {
	*gate
	answered, resume chan struct{}
	once             bool
}

func (s *slowGate) Subscribe(ctx context.Context, who any, channel string) (string, bool, error) {
	scope, ok, err := s.gate.Subscribe(ctx, who, channel)
	if !s.once {
		s.once = true
		s.answered <- struct{}{}
		<-s.resume
	}
	return scope, ok, err
}

func TestScopes(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, _ *diary, srv *Server) {
		g.scopes["anna"], g.scopes["boris"] = "1", "2"
		a, b, all := newUser(t, srv, anna), newUser(t, srv, boris), newUser(t, srv, `{"token":"root"}`)
		for _, u := range []*user{a, b, all} {
			want(t, "subscribe", u.subscribe("/service/*", ""), "")
		}
		for _, scope := range []string{"1", "2", ""} {
			if err := srv.Publish(context.Background(), "/service/v"+scope, scope, []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
		}
		for u, list := range map[*user]string{a: "/service/v1", b: "/service/v2", all: "/service/v1 /service/v2 /service/v"} {
			events, _ := u.poll(0, "")
			want(t, "seen", strings.Join(events, " "), list)
		}
	})
}

func TestMonitorMayCallTheServer(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, d *diary, srv *Server) {
		u := newUser(t, srv, anna)
		d.on = func(string) {
			g.set(func() { g.banned["anna /room"] = true })
			srv.Review(context.Background(), "/room")
			if err := srv.Publish(context.Background(), "/room", "", []byte(`1`)); err != nil {
				t.Error(err)
			}
		}
		want(t, "subscribe", u.subscribe("/room", ""), "")
		want(t, "diary", d.take(), "+/room anna, -/room anna")
	})
}

func TestMonitorHearsTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T, _ *gate, d *diary, srv *Server) {
		u := newUser(t, srv, anna)
		u.subscribe("/a", "")
		u.subscribe("/a", "")
		u.subscribe("/b", "")
		u.say(`{"channel":"/meta/unsubscribe","clientId":"$","subscription":["/b","/never"]}`)
		want(t, "changes only", d.take(), "+/a anna, +/b anna, -/b anna")
		u.say(`{"channel":"/meta/disconnect","clientId":"$"}`)
		want(t, "disconnect", d.take(), "-/a anna")
		v := newUser(t, srv, boris)
		v.subscribe("/a", "")
		d.take()
		time.Sleep(17 * time.Second)
		want(t, "expiry", d.take(), "-/a boris")
		w := newUser(t, srv, boris)
		w.subscribe("/a", "")
		srv.Kick(context.Background(), w.id)
		want(t, "kick", d.take(), "+/a boris, -/a boris")
	})
}

// A publish that was refused is no duplicate when it is tried again.
func TestRefusedPublishMayBeTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, _ *diary, srv *Server) {
		u := newUser(t, srv, "")
		const msg = `{"channel":"/private/a","clientId":"$","data":1,"id":"7"`
		want(t, "stranger", u.say(msg + `}`)[0].Error, "403:/private/a:Forbidden channel")
		want(t, "with a token", u.say(msg + `,"ext":` + anna + `}`)[0].Error, "")
		want(t, "once more", u.say(msg + `}`)[0].Error, "")
		if s := srv.Stats(); s.Publications != 1 || s.Duplicates != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// An ext that holds other things than credentials leaves the session's alone.
func TestExtWithoutCredentials(t *testing.T) {
	bubble(t, func(t *testing.T, g *gate, _ *diary, srv *Server) {
		u := newUser(t, srv, anna)
		u.poll(0, `{"ack":1}`)
		want(t, "connect", u.publish("/private/a", ""), "")
		want(t, "publish", u.publish("/private/a", `{"more":1}`), "")
		want(t, "subscribe", u.subscribe("/private/a", `{"more":1}`), "")
		before := g.asked
		want(t, "again", u.publish("/private/a", `{"more":1}`), "")
		if g.asked != before {
			t.Error("the same ext was identified again")
		}
		// the same who, for longer
		g.set(func() { g.until["anna:3"] = time.Now().Add(time.Minute) })
		want(t, "another token", u.publish("/private/a", `{"token":"anna:3"}`), "")
		for range 4 { // the first brings mail
			u.poll(25*time.Second, "")
		}
		want(t, "its end", u.publish("/private/a", ""), "403:/private/a:Forbidden channel")
	})
}

func TestServicePatterns(t *testing.T) {
	tell := func(name string) Handler {
		return func(context.Context, Request) ([]byte, error) { return nil, ErrForbidden.With(name) }
	}
	srv := New(Config{Services: map[string]Handler{
		"/service/a/b": tell("exact"), "/service/a/*": tell("single"), "/service/a/**": tell("deep"), "/service/**": tell("deepest"),
	}})
	u := newUser(t, srv, "")
	for channel, name := range map[string]string{
		"/service/a/b": "exact", "/service/a/c": "single", "/service/a/c/d": "deep", "/service/x": "deepest", "/service/a": "deepest",
	} {
		want(t, channel, u.publish(channel, ""), "403:"+name+":Forbidden channel")
	}
	want(t, "/service", u.publish("/service", ""), "403:/service:Forbidden channel")
}

// TestServicePublish: where the Policy is asked, it decides, handlers come first, and wildcards at the root hear
// nothing of it.
func TestServicePublish(t *testing.T) {
	g := newGate()
	srv := New(Config{Policy: g, ServicePublish: true, Services: map[string]Handler{
		"/service/own": func(context.Context, Request) ([]byte, error) { return nil, nil },
	}})
	listener, backend := newUser(t, srv, anna), newUser(t, srv, "")
	for _, channel := range []string{"/service/*", "/service/v1", "/*", "/**"} {
		want(t, "subscribe to "+channel, listener.subscribe(channel, ""), "")
	}
	want(t, "allowed", backend.publish("/service/v1", anna), "")
	want(t, "deeper", backend.publish("/service/v1/x", anna), "")
	want(t, "with a handler", backend.publish("/service/own", anna), "")
	want(t, "bad credentials", backend.publish("/service/v1", bad), "403:/service/v1:Forbidden channel")
	want(t, "a pattern", backend.publish("/service/*", anna), "405:/service/*:Invalid channel")
	events, _ := listener.poll(0, "")
	want(t, "heard", strings.Join(events, " "), "/service/v1")
	want(t, "unasked", newUser(t, New(Config{Policy: g}), anna).publish("/service/v1", ""), "403:/service/v1:Forbidden channel")
}

// pathGate knows by which way it is asked.
type pathGate struct {
	*gate
	paths []string
}

func (p *pathGate) Identify(ctx context.Context, ext []byte) (any, time.Time, bool, error) {
	way := "elsewhere"
	if InAddress(ctx) {
		way = "in the address"
	}
	p.paths = append(p.paths, way)
	return p.gate.Identify(ctx, ext)
}

func TestInAddress(t *testing.T) {
	p := &pathGate{gate: newGate()}
	srv := New(Config{Policy: p})
	u := &user{t: t, srv: srv, link: srv.Poll()}
	defer u.link.Close()
	for _, in := range []bool{false, true} {
		u.link.InAddress = in
		u.say(`{"channel":"/a","data":1,"ext":` + anna + `}`)
	}
	want(t, "ways", strings.Join(p.paths, ", "), "elsewhere, in the address")
}

func TestRevoke(t *testing.T) {
	bubble(t, func(t *testing.T, _ *gate, d *diary, srv *Server) {
		a, b := newUser(t, srv, anna), newUser(t, srv, boris)
		for _, u := range []*user{a, b} {
			u.subscribe("/room", "")
			u.subscribe("/hall", "")
		}
		d.take()
		srv.Revoke(context.Background(), func(_ any, channel string) bool { return channel == "/hall" })
		if got := d.take(); !strings.Contains(got, "-/hall anna") || !strings.Contains(got, "-/hall boris") || strings.Contains(got, "room") {
			t.Errorf("by channel: %s", got)
		}
		srv.Revoke(context.Background(), func(who any, _ string) bool { return fmt.Sprint(who) == "anna" })
		want(t, "by who", d.take(), "-/room anna")
		if n := srv.Stats().Subscriptions; n != 1 {
			t.Errorf("%d are left", n)
		}
	})
}
