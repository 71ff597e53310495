package bayeux

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestMostSpecificRuleHolds(t *testing.T) {
	var list []Rule
	for i, p := range []string{"/**", "/*", "/a/**", "/a/*", "/a/b", "/a/b/c/**", "/a/b/*"} {
		list = append(list, Rule{Pattern: p, MaxMessageBytes: i + 1})
	}
	r := newRules(list, nil)
	for channel, want := range map[string]string{
		"/x": "/*", "/a": "/*", "/x/y": "/**", "/a/x": "/a/*", "/a/b": "/a/b", "/a/x/y": "/a/**", "/a/b/x": "/a/b/*",
		"/a/b/c": "/a/b/*", "/a/b/c/d": "/a/b/c/**", "/a/b/c/d/e/f": "/a/b/c/**", "/a/b/x/y": "/a/**", "/ab/c": "/**",
		"/meta/connect": "", "/service/x": "", "/meta": "", "/metal": "/*",
	} {
		if got := r.of(channel).Pattern; got != want {
			t.Errorf("%s: %q, want %q", channel, got, want)
		}
	}
	if got := newRules(nil, nil).of("/a").Pattern; got != "" {
		t.Error(got)
	}
}

func TestBadRules(t *testing.T) {
	for _, c := range []struct {
		rules []Rule
		want  string
	}{
		{[]Rule{{Pattern: "/a/*/b"}}, "is no channel pattern"},
		{[]Rule{{Pattern: "/a/"}}, "is no channel pattern"},
		{[]Rule{{Pattern: "/meta/**"}}, "no rule can be about"},
		{[]Rule{{Pattern: "/service/x"}}, "no rule can be about"},
		{[]Rule{{Pattern: "/a"}, {Pattern: "/a"}}, "a second rule"},
		{[]Rule{{Pattern: "/a", History: Retention{Age: -time.Second}}}, "a negative limit"},
	} {
		if err := CheckRules(c.rules); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.rules, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("New took a bad rule")
		}
	}()
	New(Config{Rules: []Rule{{Pattern: "/meta/x"}}})
}

// Who may listen to a channel may ask who is there, and hear who comes; when
// the right goes, that goes too.
func TestPresenceNeedsTheChannelsRight(t *testing.T) {
	g := newGate()
	g.scopes["anna"], g.scopes["boris"] = "1", "2"
	srv := New(Config{Policy: g, Rules: []Rule{{Pattern: "/private/*", Presence: true, JoinLeave: true, History: Retention{Size: 5}}}})
	ctx := context.Background()
	stranger, a, b := newUser(t, srv, ""), newUser(t, srv, anna), newUser(t, srv, boris)
	const room = "/private/a"
	presence := PresenceChannel(room)
	escaped := strings.ReplaceAll(presence, "$", `\u0024`) // "$" is a user's id in what it says
	want(t, "stranger", stranger.subscribe(escaped, ""), "403:/private/a/$presence:Forbidden channel")
	want(t, "stranger asks", stranger.say(`{"channel":"/service/parley/presence","clientId":"$","data":{"channel":"/private/a"}}`)[0].Error, "403:/private/a:Forbidden channel")
	want(t, "stranger reads", stranger.say(`{"channel":"/service/parley/history","clientId":"$","data":{"channel":"/private/a"}}`)[0].Error, "403:/private/a:Forbidden channel")
	want(t, "publish", a.publish(escaped, ""), "403:/private/a/$presence:Forbidden channel")
	for _, u := range []*user{a, b} {
		want(t, "subscribe", u.subscribe(escaped, ""), "")
		want(t, "subscribe", u.subscribe(room, ""), "")
		want(t, "publish", u.publish(room, ""), "")
	}
	// each scope is a world of its own
	for _, u := range []*user{a, b} {
		events, _ := u.poll(0, "")
		want(t, "events", strings.Join(events, " "), presence+" "+room)
	}
	for _, who := range []string{"anna", "boris"} {
		page, err := srv.Presence(ctx, who, room)
		if err != nil || page.Sessions != 1 || len(page.Present) != 1 || page.Present[0].Who != who {
			t.Errorf("%+v, %v", page, err)
		}
		past, err := srv.History(ctx, who, HistoryQuery{Channel: room})
		if err != nil || len(past.Publications) != 1 {
			t.Errorf("%+v, %v", past, err)
		}
	}
	if _, n := srv.Present(room, ""); n != 2 {
		t.Errorf("%d in all scopes", n)
	}
	g.set(func() { g.banned["anna "+room] = true })
	srv.Review(ctx, room)
	if n := srv.Stats().Revoked; n != 2 {
		t.Errorf("%d subscriptions revoked", n)
	}
}

func BenchmarkRules(b *testing.B) {
	r := newRules([]Rule{{Pattern: "/news/**"}, {Pattern: "/room/*", JoinLeave: true}, {Pattern: "/x/y"}}, nil)
	for name, r := range map[string]*rules{"none": nil, "some": r} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.of("/conversations/1739")
			}
		})
	}
}
