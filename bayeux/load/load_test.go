package load_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/load"
	"parley/bayeux/transport"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, cfg bayeux.Config, wrap func(http.Handler) http.Handler) (*bayeux.Server, string) {
	t.Helper()
	srv := bayeux.New(cfg)
	h := transport.New(srv, transport.Config{})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	site := httptest.NewServer(wrap(h))
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		site.Close()
		stop()
		<-done
	})
	return srv, site.URL + "/bayeux"
}

func plain(h http.Handler) http.Handler { return h }

func TestRun(t *testing.T) {
	for _, kind := range []string{load.LongPolling, load.WebSocket} {
		for _, dialect := range []string{load.Faye, load.CometD} {
			t.Run(kind+" "+dialect, func(t *testing.T) {
				srv, address := serve(t, bayeux.Config{}, plain)
				r, err := load.Run(t.Context(), address, load.Options{Transport: kind, Dialect: dialect,
					Sessions: 20, Channels: 3, Publishers: 2, Rate: 200, Duration: 500 * time.Millisecond, Settle: 20 * time.Second, Local: true})
				if err != nil {
					t.Fatal(err)
				}
				if !r.OK() || r.Messages == 0 || r.Deliveries < 6*r.Messages || r.Latency.P50 <= 0 || r.Latency.P50 > r.Latency.Max {
					t.Errorf("%+v", r)
				}
				if runtime.GOOS == "linux" && (r.Server == nil || r.Server.PID != os.Getpid() || r.Server.RSS == 0 || r.Server.CPU <= 0) {
					t.Errorf("%+v", r.Server)
				}
				for end := time.Now().Add(20 * time.Second); srv.Stats().Sessions > 0; time.Sleep(time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("%d sessions are left", srv.Stats().Sessions)
					}
				}
			})
		}
	}
}

// A client that does not acknowledge is thrown out when its queue is full.
func TestRunAcknowledges(t *testing.T) {
	for _, kind := range []string{load.LongPolling, load.WebSocket} {
		t.Run(kind, func(t *testing.T) {
			_, address := serve(t, bayeux.Config{MaxQueueMessages: 60}, plain)
			r, err := load.Run(t.Context(), address, load.Options{Transport: kind, Dialect: load.CometD, Ack: true, Ext: []byte(`{"a":1}`),
				Sessions: 3, Channels: 1, Publishers: 1, Rate: 200, Duration: time.Second, Settle: 20 * time.Second, Local: true})
			if err != nil || !r.OK() || r.Messages < 100 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// What a server does wrong is counted.
func TestRunCounts(t *testing.T) {
	spoil := func(old, new string) func(http.Handler) http.Handler {
		return func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				w.WriteHeader(rec.Code)
				_, _ = w.Write([]byte(strings.ReplaceAll(rec.Body.String(), old, new)))
			})
		}
	}
	o := load.Options{Sessions: 1, Rate: 20, Duration: 300 * time.Millisecond, Settle: 300 * time.Millisecond}
	for name, row := range map[string]struct {
		cfg   bayeux.Config
		wrap  func(http.Handler) http.Handler
		wrong func(load.Result) bool
	}{
		"lost":    {bayeux.Config{}, spoil(`"data":`, `"gone":`), func(r load.Result) bool { return r.Lost == r.Messages && r.Deliveries == 0 }},
		"refused": {bayeux.Config{Policy: readOnly{}}, plain, func(r load.Result) bool { return r.Refused == r.Messages && r.Messages > 0 && r.Lost == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			_, address := serve(t, row.cfg, row.wrap)
			if r, err := load.Run(t.Context(), address, o); err != nil || !row.wrong(r) {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
}

type readOnly struct{}

func (readOnly) Identify(context.Context, []byte) (any, time.Time, bool, error) {
	return nil, time.Time{}, true, nil
}
func (readOnly) Subscribe(context.Context, any, string) (string, bool, error) { return "", true, nil }
func (readOnly) Publish(context.Context, any, string) (string, bool, error)   { return "", false, nil }

func TestRunRefuses(t *testing.T) {
	_, address := serve(t, bayeux.Config{}, plain)
	for want, o := range map[string]load.Options{
		"no transport":      {Transport: "pigeon"},
		"no dialect":        {Dialect: "latin"},
		"sessions":          {Sessions: load.MaxSessions + 1},
		"channels must":     {Channels: 101},
		"rate":              {Rate: 1e9},
		"longer":            {Duration: 2 * time.Hour},
		"size":              {Size: 3},
		"Forbidden channel": {Channel: "/meta/x"},
	} {
		if _, err := load.Run(t.Context(), address, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := load.Run(t.Context(), "http://127.0.0.1:1/", load.Options{}); err == nil {
		t.Error("no error without a server")
	}
}

func TestIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"http://127.0.0.1:8000/faye": true, "ws://[::1]/": true, "http://localhost/": true, "http://127.9.9.9/": true,
		"http://192.0.2.1/": false, "http://0.0.0.0:80/": false, "http://[2001:db8::1]/": false, "nowhere": false, "http://127.0.0.1.nowhere.invalid/": false,
	} {
		if got := load.IsLoopback(t.Context(), address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func TestListener(t *testing.T) {
	site := httptest.NewServer(http.NotFoundHandler())
	defer site.Close()
	port, err := strconv.Atoi(site.URL[strings.LastIndex(site.URL, ":")+1:])
	if err != nil {
		t.Fatal(err)
	}
	if pid := load.Listener(port); runtime.GOOS == "linux" && pid != os.Getpid() {
		t.Errorf("pid %d, want %d", pid, os.Getpid())
	}
	if pid := load.Listener(1); pid != 0 {
		t.Errorf("pid %d listens on port 1", pid)
	}
}
