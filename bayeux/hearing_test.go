package bayeux

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// journal is a Monitor that hears everything.
type journal struct{ diary }

func (j *journal) Handshaken(_ context.Context, session string, who any) {
	j.hear("handshake ", session, who, "")
}

func (j *journal) Disconnected(_ context.Context, session string, who any, reason error) {
	j.hear("end ", session, who, reason.Error()[len("bayeux: "):])
}

func (j *journal) Published(_ context.Context, session string, who any, channel string, data []byte) {
	if session == "" {
		session = "server"
		who = "server"
	}
	j.hear("publish ", session, who, channel+" "+string(data))
}

func (j *journal) ConnectionOpened(_ context.Context, session string) {
	j.hear("open", session, "", "")
}

func (j *journal) ConnectionClosed(_ context.Context, session string) {
	j.hear("close", session, "", "")
}

func TestMonitorHearsEverythingInOrder(t *testing.T) {
	j := &journal{}
	g := newGate()
	quiet(t, Config{Monitor: j, Policy: g, Services: map[string]Handler{
		"/service/echo": func(_ context.Context, r Request) ([]byte, error) { return nil, nil },
	}}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, `{"token":"anna"}`)
		want(t, "handshake", j.take(), "handshake  anna")
		u.subscribe("/a", "")
		u.subscribe("/a", "")
		want(t, "first time only", j.take(), "+/a anna")
		u.publish("/a", "")
		u.publish("/service/echo", "")
		g.set(func() { g.banned["anna /z"] = true })
		u.publish("/z", "")
		u.say(`[{"channel":"/a","clientId":"$","data":2,"id":"x"},{"channel":"/a","clientId":"$","data":2,"id":"x"}]`)
		publishN(t, srv, "/a", 1)
		want(t, "publishes", j.take(), "publish /a 1 anna, publish /service/echo 1 anna, publish /a 2 anna, publish /a 0 server")
		u.poll(time.Second, "")
		u.poll(time.Second, "")
		want(t, "polls", j.take(), "open , close , open , close ")
		u.link = srv.Socket(func() {})
		u.say(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}`)
		u.link.Release()
		time.Sleep(25 * time.Second)
		u.link.Take(nil)
		u.say(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}`)
		u.link.Release()
		u.say(`{"channel":"/meta/unsubscribe","clientId":"$","subscription":"/a"}`)
		u.subscribe("/b", "")
		want(t, "socket", j.take(), "open , -/a anna, +/b anna")
		second := srv.Stream(u.id, func() {})
		want(t, "change of transport", j.take(), "")
		second.Close()
		want(t, "stream closed", j.take(), "close ")
		u.link = nil
		time.Sleep(20 * time.Second)
		synctest.Wait()
		want(t, "expiry", j.take(), "-/b anna, end session expired anna")

		u = newUser(t, srv, "")
		u.link = srv.Socket(func() {})
		u.say(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}`)
		u.link.Release()
		u.subscribe("/c", "")
		j.take()
		u.say(`{"channel":"/meta/disconnect","clientId":"$"}`)
		u.link.Close()
		want(t, "disconnect", j.take(), "-/c <nil>, close , end client disconnected <nil>")
		want(t, "nobody", fmt.Sprint(srv.Stats().Sessions), "0")
	})
}

// order checks, for each session, that its story begins and ends as it must.
type order struct {
	mu    sync.Mutex
	state map[string]string // "", live, open, over
	bad   []string
}

func (o *order) step(session, what string, from map[string]string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if next, ok := from[o.state[session]]; ok {
		o.state[session] = next
	} else {
		o.bad = append(o.bad, what+" while "+o.state[session])
	}
}

func (o *order) Subscribed(_ context.Context, s string, _ any, _ string) {
	o.step(s, "subscribed", map[string]string{"live": "live", "open": "open"})
}

func (o *order) Unsubscribed(_ context.Context, s string, _ any, _ string) {
	o.step(s, "unsubscribed", map[string]string{"live": "live", "open": "open"})
}
func (o *order) Handshaken(_ context.Context, s string, _ any) {
	o.step(s, "handshake", map[string]string{"": "live"})
}
func (o *order) Disconnected(_ context.Context, s string, _ any, _ error) {
	o.step(s, "disconnected", map[string]string{"live": "over"})
}
func (o *order) ConnectionOpened(_ context.Context, s string) {
	o.step(s, "opened", map[string]string{"live": "open"})
}
func (o *order) ConnectionClosed(_ context.Context, s string) {
	o.step(s, "closed", map[string]string{"open": "live"})
}
func (o *order) Published(_ context.Context, s string, _ any, _ string, _ []byte) {
	if s == "" {
		return
	}
	o.step(s, "published", map[string]string{"live": "live", "open": "open"})
}

func TestMonitorOrderUnderLoad(t *testing.T) {
	o := &order{state: map[string]string{}}
	srv := startServer(t, Config{Monitor: o})
	var users sync.WaitGroup
	for i := range 30 {
		users.Go(func() {
			for range 10 {
				u := newUser(t, srv, "")
				var both sync.WaitGroup
				both.Go(func() {
					for range 5 {
						u.poll(time.Millisecond, "")
					}
				})
				for range 5 {
					u.subscribe("/a", "")
					u.publish(fmt.Sprintf("/b/%d", i), "")
					u.say(`{"channel":"/meta/unsubscribe","clientId":"$","subscription":"/a"}`)
				}
				if i%2 == 0 {
					srv.Kick(context.Background(), u.id)
				}
				both.Wait()
				u.say(`{"channel":"/meta/disconnect","clientId":"$"}`)
			}
		})
	}
	users.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.bad) > 0 {
		t.Error(o.bad[:min(5, len(o.bad))])
	}
	for s, state := range o.state {
		if state != "over" {
			t.Fatal(s, state)
		}
	}
}
