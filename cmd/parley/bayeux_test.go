package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/check"
	"parley/bayeux/load"
	"parley/bayeux/transport"
)

// openBayeux is a server that lets everybody do everything.
func openBayeux(t *testing.T) (*bayeux.Server, *httptest.Server) {
	t.Helper()
	srv := bayeux.New(bayeux.Config{})
	h := transport.New(srv, transport.Config{})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	site := httptest.NewServer(h)
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		site.Close()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return srv, site
}

// running is a command at work.
type running struct {
	out, log *bufio.Scanner
	stop     context.CancelFunc
	done     chan error
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	outRead, out := io.Pipe()
	logRead, log := io.Pipe()
	r := &running{out: bufio.NewScanner(outRead), log: bufio.NewScanner(logRead), stop: stop, done: make(chan error, 1)}
	go func() {
		r.done <- run(ctx, args, nil, strings.NewReader(""), out, log)
		out.Close()
		log.Close()
	}()
	return r
}

// line waits for a line with text in it.
func line(t *testing.T, in *bufio.Scanner, text string) string {
	t.Helper()
	for in.Scan() {
		if strings.Contains(in.Text(), text) {
			return in.Text()
		}
	}
	t.Fatalf("it ended without %q", text)
	return ""
}

func TestTap(t *testing.T) {
	for _, kind := range []string{"long-polling", "websocket"} {
		t.Run(kind, func(t *testing.T) {
			srv, site := openBayeux(t)
			tap := start(t, "bayeux", "tap", site.URL, "/a/*", "/b", "--transport", kind, "--token", "x")
			line(t, tap.log, "listening to /a/* /b")
			publish(t, srv, "/a/b", "{\"n\": 1,\n\"s\":\"\u009b\"}")
			if got := line(t, tap.out, "/a/b"); !strings.HasSuffix(got, `  /a/b  {"n":1,"s":"\u009b"}`) {
				t.Errorf("%q", got)
			}
			tap.stop()
			if err := <-tap.done; err != nil {
				t.Error(err)
			}
			if n := srv.Stats().Sessions; n != 0 {
				t.Errorf("%d sessions are left", n)
			}
		})
	}
}

func publish(t *testing.T, srv *bayeux.Server, channel, data string) {
	t.Helper()
	if err := srv.Publish(t.Context(), channel, "", []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func TestTapAsJSONComesBack(t *testing.T) {
	srv, site := openBayeux(t)
	tap := start(t, "bayeux", "tap", strings.Replace(site.URL, "http", "ws", 1), "/a", "--json")
	line(t, tap.log, "listening")
	// A request that is between connections goes on with a new one: one has to be hit.
	lost := make(chan struct{})
	go func() {
		for {
			select {
			case <-lost:
				return
			default:
				site.CloseClientConnections()
				time.Sleep(time.Millisecond)
			}
		}
	}()
	line(t, tap.log, "lost")
	close(lost)
	line(t, tap.log, "listening")
	publish(t, srv, "/a", `"again"`)
	var got struct {
		Time, Channel, Data string
	}
	if err := json.Unmarshal([]byte(line(t, tap.out, "/a")), &got); err != nil || got.Channel != "/a" || got.Data != "again" || got.Time == "" {
		t.Error(got, err)
	}
	tap.stop()
	if err := <-tap.done; err != nil {
		t.Error(err)
	}
}

func TestBayeuxToolsRefuse(t *testing.T) {
	_, site := openBayeux(t)
	url := site.URL
	for _, row := range []struct{ args, want string }{
		{"tap " + url + " /meta/x", "403:/meta/x:Forbidden channel"},
		{"tap " + url + " /a//b", "405:/a//b:Invalid channel"},
		{"tap http://127.0.0.1:1/ /a", "connection refused"},
		{"tap nowhere /a", "is not an address"},
		{"tap ftp://localhost/ /a", "neither http nor ws"},
		{"tap " + url + " /a --ext 5", "not a JSON object"},
		{"tap " + url + " /a --transport pigeon", "--transport is"},
		{"bench http://192.0.2.1/faye", "--yes-i-own-this-server"},
		{"bench http://192.0.2.1/faye --yes-i-own-this-server --pid 1", "--pid is of a process on this machine"},
		{"bench " + url + " --rate 1e9", "the rate must be between"},
		{"tap " + url + " /a --header Authorization", "has no colon"},
		{"check", "which server?"},
		{"check " + url + " --profile smoke", `no profile "smoke"`},
		{"check " + url + " --only smoke", `no rule "smoke"`},
		{"check " + url + " --channel smoke", "does not begin with /"},
	} {
		_, err := call(t, newFakeAdmin(), "", append([]string{"bayeux"}, strings.Fields(row.args)...)...)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.args, err)
		}
	}
}

func TestCheckTellsWhatIsBroken(t *testing.T) {
	_, site := openBayeux(t)
	out, err := call(t, newFakeAdmin(), "", "bayeux", "check", site.URL, "--profile", "parley", "--only", "handshake,body/form")
	if err != nil || !strings.Contains(out, "pass  handshake/reply") || !strings.Contains(out, "0 failed") {
		t.Error(out, err)
	}
	spoilt := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		site.Config.Handler.ServeHTTP(rec, r)
		_, _ = io.WriteString(w, strings.ReplaceAll(rec.Body.String(), `"retry"`, `"handshake"`))
	}))
	t.Cleanup(spoilt.Close)
	out, err = call(t, newFakeAdmin(), "", "bayeux", "check", spoilt.URL, "--only", "connect/no-handshake-advice")
	if err == nil || err.Error() != "1 of 1 rules are broken" || exitCode(err) != 1 {
		t.Error(err)
	}
	for _, part := range []string{"FAIL  connect/no-handshake-advice", "        > [{", "        < [{", "expected: another advice than handshake", "suffers:  cometd.js", "0 passed, 1 failed"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in %s", part, out)
		}
	}
	out, _ = call(t, newFakeAdmin(), "", "bayeux", "check", spoilt.URL, "--only", "connect/no-handshake-advice", "--json")
	var report check.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Failed != 1 || len(report.Results[0].Dialogue) == 0 {
		t.Error(err, out)
	}
}

func TestCheckLists(t *testing.T) {
	out, err := call(t, newFakeAdmin(), "", "bayeux", "check", "--list", "--profile", "faye", "--only", "websocket/empty-array")
	if err != nil || !strings.HasPrefix(out, "websocket/empty-array  faye,parley  ") || strings.Count(out, "\n") != 1 {
		t.Error(out, err)
	}
	out, err = call(t, newFakeAdmin(), "", "bayeux", "check", "--list", "--json")
	var rules []check.Rule
	if err != nil || json.Unmarshal([]byte(out), &rules) != nil || len(rules) < 30 || rules[0].Says == "" {
		t.Error(out, err)
	}
}

func TestBench(t *testing.T) {
	_, site := openBayeux(t)
	args := []string{"bayeux", "bench", site.URL, "--sessions", "5", "--rate", "50", "--duration", "200ms"}
	out, err := call(t, newFakeAdmin(), "", args...)
	if err != nil || !strings.Contains(out, "latency p50") {
		t.Error(out, err)
	}
	out, err = call(t, newFakeAdmin(), "", append(args, "--json", "--transport", "websocket", "--dialect", "cometd")...)
	var result load.Result
	if err != nil || json.Unmarshal([]byte(out), &result) != nil || result.Deliveries == 0 || result.Deliveries != 5*result.Messages {
		t.Error(out, err)
	}
}
