package bayeux

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const tooFast = "429:"

// What one source asks for is limited over all its sessions, and no session ends for it.
func TestRequestsPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := startServer(t, Config{RequestsPerSecondBySource: 2}) // ten at once
		first, _ := from(t, srv, 1)
		second, _ := from(t, srv, 1)
		other, _ := from(t, srv, 2)
		ask := func(u *user, source Source, message string) string {
			link := srv.Poll()
			link.From = source
			defer link.Close()
			return u.process(link, fmt.Sprintf(message, u.id))[0].Error
		}
		const publish = `{"channel":"/a","data":1,"clientId":"%s"}`
		if e := ask(first, 1, `{"channel":"/meta/subscribe","clientId":"%s","subscription":["/a","/b","/c","/d","/e"]}`); e != "" {
			t.Fatal(e)
		}
		for range 5 {
			if e := ask(second, 1, publish); e != "" {
				t.Fatal(e)
			}
		}
		if e := ask(first, 1, publish); e != "429:/a:Too many requests" {
			t.Error(e)
		}
		if e := ask(second, 1, `{"channel":"/meta/subscribe","clientId":"%s","subscription":"/a"}`); e != "429:/a:Too many requests" {
			t.Error(e)
		}
		if e := ask(first, 1, `{"channel":"/meta/unsubscribe","clientId":"%s","subscription":"/a"}`); e != "" {
			t.Error("who leaves is held back:", e)
		}
		if e := ask(other, 2, publish); e != "" {
			t.Error("another source:", e)
		}
		if n := srv.Stats().Hurried; n != 2 {
			t.Error(n, "were too fast")
		}
		time.Sleep(time.Second)
		for i, want := range []bool{true, true, false} {
			if e := ask(first, 1, publish); (e == "") != want {
				t.Error("after a second,", i, e)
			}
		}
	})
}

// pacing is a Policy that lets everybody do everything, so often.
type pacing struct {
	openPolicy
	left  map[string]int // by scope
	asked []string
}

func (p *pacing) Subscribe(ctx context.Context, who any, channel string) (string, bool, error) {
	return channel[:2], true, nil
}

func (p *pacing) Publish(ctx context.Context, who any, channel string) (string, bool, error) {
	return channel[:2], true, nil
}

func (p *pacing) Pace(_ context.Context, _ any, scope string, n int) time.Duration {
	p.asked = append(p.asked, fmt.Sprint(scope, n))
	if p.left[scope] < n {
		return 3 * time.Second
	}
	p.left[scope] -= n
	return 0
}

func TestPacer(t *testing.T) {
	p := &pacing{left: map[string]int{"": 1, "/a": 3, "/b": 1}}
	srv := New(Config{Policy: p})
	u := newUser(t, srv, "")
	if a := u.say(wave)[0]; !strings.HasPrefix(a.Error, tooFast) || a.ClientID != "" || a.Advice.Reconnect != "handshake" || a.Advice.Interval < 3000 {
		t.Errorf("%+v", a)
	}
	subscribe := func(list string) string {
		return u.say(fmt.Sprintf(`{"channel":"/meta/subscribe","clientId":"%s","subscription":%s}`, u.id, list))[0].Error
	}
	if e := subscribe(`["/a/1","/a/2","/b/1"]`); e != "" {
		t.Error(e)
	}
	if e := subscribe(`["/a/3","/b/2"]`); e != "429:/b/2:Too many requests" {
		t.Error(e)
	}
	if e := u.say(fmt.Sprintf(`{"channel":"/a/1","data":1,"clientId":"%s"}`, u.id))[0].Error; e != "429:/a/1:Too many requests" {
		t.Error(e)
	}
	if n := srv.Stats().Subscriptions; n != 3 {
		t.Error(n, "subscriptions: all or none")
	}
	before := len(p.asked)
	srv.ReviewOf(t.Context(), func(any) bool { return true })
	if len(p.asked) != before || srv.Stats().Subscriptions != 3 {
		t.Error("a review was counted")
	}
	if got, want := strings.Join(p.asked, " "), "1 1 /a2 /b1 /a1 /b1 /a1"; got != want {
		t.Errorf("asked about %s, want %s", got, want)
	}
}
