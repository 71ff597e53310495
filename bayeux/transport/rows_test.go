package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
)

// grants lets whoever names himself with a token listen to the channels below his name, until he is out.
type grants struct {
	mu   sync.Mutex
	out  map[string]bool
	ends time.Time
}

func (g *grants) Identify(_ context.Context, ext []byte) (any, time.Time, bool, error) {
	var c struct{ Token string }
	if ext == nil {
		return nil, time.Time{}, true, nil
	}
	if json.Unmarshal(ext, &c) != nil || c.Token == "bad" {
		return nil, time.Time{}, false, nil
	}
	return c.Token, g.ends, true, nil
}

func (g *grants) Subscribe(_ context.Context, who any, channel string) (string, bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	name, _ := who.(string)
	return "", name != "" && !g.out[name] && (name == "all" || strings.HasPrefix(channel, "/"+name+"/")), nil
}

func (g *grants) Publish(context.Context, any, string) (string, bool, error) { return "", false, nil }

func (g *grants) expel(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out[name] = true
}

// rowSite serves rows under /rows and Bayeux elsewhere.
func rowSite(t testing.TB, cfg bayeux.Config, tc transport.Config) (*grants, *bayeux.Server, *transport.Handler, *httptest.Server) {
	g := &grants{out: map[string]bool{}}
	if cfg.Policy == nil {
		cfg.Policy = g
	}
	srv, h := start(t, cfg, tc)
	mux := http.NewServeMux()
	mux.Handle("/rows", h.Rows())
	mux.Handle("/", h)
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	return g, srv, h, web
}

// rower is a client that speaks in rows.
type rower struct {
	t testing.TB
	*websocket.Conn
}

func row(t testing.TB, web *httptest.Server) rower {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(web.URL, "http")+"/rows", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	return rower{t, ws}
}

func (r rower) say(text string) {
	r.t.Helper()
	if err := r.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		r.t.Fatal(err)
	}
}

func (r rower) hear() string {
	r.t.Helper()
	kind, text, err := r.ReadMessage()
	if err != nil || kind != websocket.TextMessage {
		r.t.Fatal(kind, err)
	}
	return string(text)
}

func (r rower) want(frames ...string) {
	r.t.Helper()
	for _, want := range frames {
		if got := r.hear(); got != want {
			r.t.Errorf("heard %s, want %s", got, want)
		}
	}
}

func publish(t testing.TB, srv *bayeux.Server, channel string, data any) {
	t.Helper()
	b, err := json.Marshal(data)
	if err == nil {
		err = srv.Publish(context.Background(), channel, "", b)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRowsDialogue(t *testing.T) {
	_, srv, _, web := rowSite(t, bayeux.Config{}, transport.Config{})
	ws := row(t, web)
	for _, step := range []struct{ say, hear string }{
		{`["sub",["/ann/a","ann"],{"query":41}]`, `["__qr__",[[]],{"query":41}]`},
		{`["sub",["/ann/a","bob"],{"query":42}]`, `["__qr__",[[]],{"query":42,"fail":true}]`},
		{`["sub",["/ann/a","bad"],{"query":-1.50}]`, `["__qr__",[[]],{"query":-1.50,"fail":true}]`},
		{`["sub",["/ann/a"],{"query":"x\u0041"}]`, `["__qr__",[[]],{"query":"x\u0041","fail":true}]`},
		{`["sub",["/ann/a",null],{"query":1}]`, `["__qr__",[[]],{"query":1,"fail":true}]`},
		{`["sub",["/ann/*","ann"],{"query":1}]`, `["__qr__",[[]],{"query":1,"fail":true}]`},
		{`["sub",["/ann/a/","ann"],{"query":1}]`, `["__qr__",[[]],{"query":1,"fail":true}]`},
		{`["sub",["/meta/connect","all"],{"query":1}]`, `["__qr__",[[]],{"query":1,"fail":true}]`},
		{`["sub",["/bob/a","bob"],{"query":43}]`, `["__qr__",[[]],{"query":43}]`},
		{`["sub",["/ann/a","ann"],{"query":44}]`, `["__qr__",[[]],{"query":44}]`}, // again: confirmed again, delivered once
		{`["publish",["/ann/a","ann"],{"query":45}]`, `["__qr__",[[]],{"query":45,"fail":true}]`},
	} {
		ws.say(step.say)
		ws.want(step.hear)
	}
	publish(t, srv, "/ann/a", map[string]int{"n": 1})
	publish(t, srv, "/ann/b", 2)
	publish(t, srv, "/bob/a", "three")
	ws.want(`["changed",["/ann/a",{"n":1}]]`, `["changed",["/bob/a","three"]]`)
	ws.say(`["unsub",["/ann/a"],{"query":50}]`)
	ws.want(`["__qr__",[[]],{"query":50}]`)
	ws.say(`["unsub",["/never"],{"query":51}]`)
	ws.want(`["__qr__",[[]],{"query":51}]`)
	publish(t, srv, "/ann/a", 4)
	publish(t, srv, "/bob/a", 5)
	ws.want(`["changed",["/bob/a",5]]`)
}

func TestRowsOutliveTheirTokensAndNotTheirRights(t *testing.T) {
	g, srv, _, web := rowSite(t, bayeux.Config{Sweep: 10 * time.Millisecond}, transport.Config{})
	g.ends = time.Now().Add(50 * time.Millisecond)
	ws := row(t, web)
	ws.say(`["sub",["/ann/a","ann"],{"query":1}]`)
	ws.say(`["sub",["/bob/a","bob"],{"query":2}]`)
	ws.want(`["__qr__",[[]],{"query":1}]`, `["__qr__",[[]],{"query":2}]`)
	time.Sleep(200 * time.Millisecond) // the tokens' time is over, and the clock has been round
	srv.Review(t.Context(), "/ann/a")
	publish(t, srv, "/ann/a", 1)
	ws.want(`["changed",["/ann/a",1]]`)
	g.expel("ann")
	srv.ReviewOf(t.Context(), func(who any) bool { return who == "ann" })
	publish(t, srv, "/ann/a", 2)
	publish(t, srv, "/bob/a", 3)
	ws.want(`["changed",["/bob/a",3]]`)
}

// Nothing is kept for who comes back.
func TestRowsEndWithTheirSocket(t *testing.T) {
	_, srv, h, web := rowSite(t, bayeux.Config{}, transport.Config{})
	ws := row(t, web)
	ws.say(`["sub",["/ann/a","ann"],{"query":1}]`)
	ws.want(`["__qr__",[[]],{"query":1}]`)
	if state := srv.Stats(); state.Sessions != 1 || state.Subscriptions != 1 {
		t.Errorf("%+v", state)
	}
	list, _ := srv.Sessions("", 10)
	if len(list) != 1 || list[0].Transport != "rows" || !list[0].Attached {
		t.Errorf("%+v", list)
	}
	_ = ws.Close()
	until(t, "gone", func() bool { s := srv.Stats(); return s.Sessions+s.Subscriptions+h.Stats().Sockets == 0 })
	again := row(t, web)
	again.say(`["sub",["/ann/b","ann"],{"query":1}]`)
	again.want(`["__qr__",[[]],{"query":1}]`)
	publish(t, srv, "/ann/a", 1)
	publish(t, srv, "/ann/b", 2)
	again.want(`["changed",["/ann/b",2]]`)
}

// The answer comes before what it lets through, whoever publishes meanwhile.
func TestRowsAnswerComesFirst(t *testing.T) {
	_, srv, _, web := rowSite(t, bayeux.Config{}, transport.Config{})
	var stop atomic.Bool
	var publishers sync.WaitGroup
	publishers.Go(func() {
		for i := 0; !stop.Load(); i++ {
			_ = srv.Publish(context.Background(), "/ann/a", "", fmt.Append(nil, i))
		}
	})
	defer publishers.Wait()
	defer stop.Store(true)
	for range 30 {
		ws := row(t, web)
		ws.say(`["sub",["/ann/a","ann"],{"query":1}]`)
		ws.want(`["__qr__",[[]],{"query":1}]`)
		last := -1
		for range 3 {
			var frame []json.RawMessage
			var args []json.RawMessage
			n := -1
			if err := json.Unmarshal([]byte(ws.hear()), &frame); err != nil || json.Unmarshal(frame[1], &args) != nil || json.Unmarshal(args[1], &n) != nil {
				t.Fatal(frame, err)
			}
			if last >= 0 && n != last+1 {
				t.Errorf("%d after %d", n, last)
			}
			last = n
		}
		_ = ws.Close()
	}
}

func TestRowsMalformed(t *testing.T) {
	_, _, h, web := rowSite(t, bayeux.Config{}, transport.Config{})
	ws := row(t, web)
	for _, frame := range []string{
		`x`, ``, `{}`, `[]`, `["sub"]`, `["sub",["/ann/a","ann"]]`, `["sub",["/ann/a","ann"],{"query":{"a":1}}]`, "[\"sub\",[\"\xff\"],{\"query\":1}]",
		`["sub",["/ann/a","ann"],{"query":1}] x`,
	} {
		ws.say(frame) // one less than too many, and unanswered
	}
	for i := range 9 { // each makes up for one
		ws.say(fmt.Sprintf(`["sub",["/ann/a","ann"],{"query":%d}]`, i))
		ws.want(fmt.Sprintf(`["__qr__",[[]],{"query":%d}]`, i))
	}
	for i, frame := range []string{
		`["sub",[],{"query":0}]`, `["sub",[7],{"query":1}]`, `["",["/ann/a"],{"query":2}]`, `["sub","/ann/a",{"query":3}]`,
		`["sub",["/ann/a","ann"],{"query":4},1]`,
	} {
		ws.say(frame)
		want := fmt.Sprintf(`["__qr__",[[]],{"query":%d,"fail":true}]`, i)
		if i == 4 { // what follows is left alone
			want = `["__qr__",[[]],{"query":4}]`
		}
		ws.want(want)
	}
	for range 20 {
		_ = ws.WriteMessage(websocket.TextMessage, []byte(`nonsense`))
	}
	if code := closeCode(t, ws.Conn); code != websocket.ClosePolicyViolation {
		t.Error(code)
	}
	until(t, "closed", func() bool { return h.Stats().Sockets == 0 })

	large := row(t, web)
	large.say(`["sub",["/ann/a","` + strings.Repeat("x", 20_000) + `"],{"query":1}]`)
	if code := closeCode(t, large.Conn); code != websocket.CloseMessageTooBig {
		t.Error(code)
	}
}

func TestRowsLimits(t *testing.T) {
	_, srv, h, web := rowSite(t, bayeux.Config{MaxSubscriptions: 2, MaxSessionsPerSource: 2}, transport.Config{AllowedOrigins: []string{"https://shop.example"}})
	ws := row(t, web)
	for i, fail := range []string{"", "", `,"fail":true`} {
		ws.say(fmt.Sprintf(`["sub",["/ann/%d","ann"],{"query":1}]`, i))
		ws.want(`["__qr__",[[]],{"query":1` + fail + `}]`)
	}
	ws.say(`["sub",["/ann/0","ann"],{"query":1}]`) // no new one
	ws.want(`["__qr__",[[]],{"query":1}]`)
	row(t, web)
	address := "ws" + strings.TrimPrefix(web.URL, "http") + "/rows"
	for status, origin := range map[int]string{http.StatusTooManyRequests: "https://shop.example", http.StatusForbidden: "https://evil.example"} {
		_, resp, err := websocket.DefaultDialer.Dial(address, http.Header{"Origin": {origin}})
		if err == nil || resp.StatusCode != status {
			t.Error(status, resp, err)
		}
	}
	resp, err := http.Get(web.URL + "/rows")
	if err != nil || resp.StatusCode != http.StatusUpgradeRequired {
		t.Error(resp, err)
	}
	_ = resp.Body.Close()
	if h.Stats().Refused != 1 || srv.Stats().Sessions != 1 {
		t.Errorf("%+v %+v", h.Stats(), srv.Stats())
	}
}

func TestRowsSlowReader(t *testing.T) {
	_, srv, h, web := rowSite(t, bayeux.Config{MaxQueueMessages: 50}, transport.Config{WriteTimeout: 300 * time.Millisecond})
	ws := row(t, web)
	if err := ws.NetConn().(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	ws.say(`["sub",["/ann/a","ann"],{"query":1}]`)
	ws.want(`["__qr__",[[]],{"query":1}]`)
	for range 40 {
		publish(t, srv, "/ann/a", strings.Repeat("x", 200_000))
	}
	until(t, "closed", func() bool { st := h.Stats(); return st.Slow+srv.Stats().Overflows > 0 && st.Sockets == 0 })
	until(t, "ended", func() bool { return srv.Stats().Sessions == 0 })
}

func TestRowsShutdown(t *testing.T) {
	_, _, h, web := rowSite(t, bayeux.Config{}, transport.Config{})
	ws, lonely := row(t, web), row(t, web)
	ws.say(`["sub",["/ann/a","ann"],{"query":1}]`)
	ws.want(`["__qr__",[[]],{"query":1}]`)
	done := make(chan error)
	go func() { done <- h.Shutdown(context.Background()) }()
	for _, c := range []rower{ws, lonely} {
		if code := closeCode(t, c.Conn); code != websocket.CloseGoingAway {
			t.Error(code)
		}
		_ = c.Close()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A socket that answers pings stays however long it is silent; one on which nobody listens does not.
func TestRowsLiveness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &grants{out: map[string]bool{}}
		srv, h := start(t, bayeux.Config{Policy: g}, transport.Config{})
		n := bayeuxtest.Serve(h.Rows())
		t.Cleanup(func() { _ = n.Close() })
		dialer := websocket.Dialer{NetDialContext: n.DialContext}
		dial := func(pongs bool) rower {
			ws, _, err := dialer.Dial("ws://x/", nil)
			if err != nil {
				t.Fatal(err)
			}
			if !pongs {
				ws.SetPingHandler(func(string) error { return nil })
			}
			r := rower{t, ws}
			r.say(`["sub",["/ann/a","ann"],{"query":1}]`)
			r.want(`["__qr__",[[]],{"query":1}]`)
			return r
		}
		alive, dead := dial(true), dial(false)
		heard := make(chan string, 1)
		go func() { heard <- alive.hear() }()
		ended := make(chan error, 1)
		go func() { _, _, err := dead.ReadMessage(); ended <- err; _ = dead.Close() }()
		time.Sleep(40 * time.Second)
		if err := <-ended; err == nil {
			t.Error("a silent one is heard")
		}
		time.Sleep(10 * time.Minute)
		publish(t, srv, "/ann/a", 1)
		if got := <-heard; got != `["changed",["/ann/a",1]]` {
			t.Error(got)
		}
		lonely, _, err := dialer.Dial("ws://x/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if code := closeCode(t, lonely); code != websocket.CloseNormalClosure {
			t.Error(code)
		}
		_, _ = lonely.Close(), alive.Close()
		synctest.Wait()
		if s := srv.Stats(); s.Sessions != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Both tongues hear the same publication, and a client of Bayeux that has a token of its own for a channel does, too.
func TestRowsBesideBayeux(t *testing.T) {
	_, srv, _, web := rowSite(t, bayeux.Config{}, transport.Config{})
	c, err := bayeuxtest.Dial(t.Context(), web.URL, bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: map[string]string{"token": "ann"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Drop)
	if err := c.Subscribe(t.Context(), "/ann/a"); err != nil {
		t.Fatal(err)
	}
	ws := row(t, web)
	ws.say(`["sub",["/ann/a","all"],{"query":1}]`)
	ws.want(`["__qr__",[[]],{"query":1}]`)
	publish(t, srv, "/ann/a", 7)
	ws.want(`["changed",["/ann/a",7]]`)
	if ev, err := c.Next(t.Context()); err != nil || string(ev.Data) != "7" {
		t.Error(ev, err)
	}
}

func FuzzRows(f *testing.F) {
	for _, seed := range []string{
		`["sub",["/ann/a","ann"],{"query":41}]`, `["unsub",["/ann/a"],{"query":"x"}]`, `["sub",[{"a":[1]}],{"query":1}]`, `[[[[[[[[`, `["__qr__",[[]],{}]`, `x`,
	} {
		f.Add([]byte(seed))
	}
	g := &grants{out: map[string]bool{}}
	_, h := start(f, bayeux.Config{Policy: g}, transport.Config{})
	n := bayeuxtest.Serve(h.Rows())
	f.Cleanup(func() { _ = n.Close() })
	dialer := websocket.Dialer{NetDialContext: n.DialContext}
	f.Fuzz(func(t *testing.T, frame []byte) {
		ws, _, err := dialer.Dial("ws://x/", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		_ = ws.SetReadDeadline(time.Now().Add(5 * time.Second))
		for _, p := range [][]byte{frame, []byte(`["sub",["/ann/done","ann"],{"query":"done"}]`)} {
			if len(p) > 10_000 {
				return
			}
			if err := ws.WriteMessage(websocket.TextMessage, p); err != nil {
				t.Fatal(err)
			}
		}
		for {
			_, text, err := ws.ReadMessage()
			var answer []json.RawMessage
			if err != nil || json.Unmarshal(text, &answer) != nil || len(answer) != 3 || string(answer[0]) != `"__qr__"` {
				t.Fatalf("%q %v", text, err)
			}
			if strings.Contains(string(text), `"done"`) {
				return
			}
		}
	})
}
