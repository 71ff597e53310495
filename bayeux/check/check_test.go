package check_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/check"
	"parley/bayeux/transport"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve is our own engine on a port.
func serve(t *testing.T, cfg bayeux.Config) string {
	t.Helper()
	srv := bayeux.New(cfg)
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
	return site.URL + "/bayeux"
}

func explain(t *testing.T, r check.Report) {
	t.Helper()
	for _, result := range r.Results {
		switch result.Status {
		case check.Fail:
			t.Errorf("%s: %s\nexpected: %s\ngot: %s\n%s", result.Name, result.Says, result.Expected, result.Got, strings.Join(result.Dialogue, "\n"))
		case check.Skip:
			t.Logf("%s is skipped: %s", result.Name, result.Reason)
		}
	}
}

// This project's own server breaks no rule, and promises what all others do.
func TestOurEngine(t *testing.T) {
	report, err := check.Run(t.Context(), serve(t, bayeux.Config{}), check.Options{Profile: check.Parley, Parallel: 16, Patience: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	explain(t, report)
	if report.Skipped > 0 {
		t.Error("skipped:", report.Skipped)
	}
	if len(report.Results) != len(check.Rules()) {
		t.Errorf("%d of %d rules are our own", len(report.Results), len(check.Rules()))
	}
}

// A server with rights is judged by what may be done there with credentials.
func TestCredentials(t *testing.T) {
	address := serve(t, bayeux.Config{Policy: guarded{}})
	o := check.Options{Profile: check.Parley, Only: []string{"publish", "event", "callback-polling", "body/form", "websocket/move"}, Parallel: 16, Patience: 20 * time.Second}
	if _, err := check.Run(t.Context(), address, o); err == nil || !strings.Contains(err.Error(), "403::Handshake denied") {
		t.Error(err)
	}
	o.Ext = []byte(`{"token":"let me in"}`)
	report, err := check.Run(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	explain(t, report)
	for _, r := range report.Results {
		if r.Status != check.Pass {
			t.Error(r.Name, r.Status)
		}
	}
	o.Channel = "/other"
	o.Only = []string{"event/once", "disconnect"}
	if report, err = check.Run(t.Context(), address, o); err != nil || report.Failed != 0 || report.Skipped != 1 {
		t.Error(report, err)
	}
	if r := report.Results[0]; r.Status != check.Skip || !strings.Contains(r.Reason, "below /other: 403:") {
		t.Error(r)
	}
	o.Ext = []byte(`[]`)
	if _, err := check.Run(t.Context(), address, o); err == nil {
		t.Error("no error for a strange ext")
	}
}

// guarded lets in who has the token, to /check.
type guarded struct{}

func (guarded) Identify(_ context.Context, ext []byte) (any, time.Time, bool, error) {
	in := strings.Contains(string(ext), "let me in")
	return "somebody", time.Time{}, in, nil
}

func (guarded) Subscribe(_ context.Context, who any, channel string) (string, bool, error) {
	return "", who != nil && strings.HasPrefix(channel, "/check/"), nil
}

func (g guarded) Publish(ctx context.Context, who any, channel string) (string, bool, error) {
	return g.Subscribe(ctx, who, channel)
}

func TestNoServer(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	t.Cleanup(page.Close)
	for _, row := range []struct {
		address string
		o       check.Options
		want    string
	}{
		{"http://127.0.0.1:1/", check.Options{}, "connection refused"},
		{"ftp://127.0.0.1/", check.Options{}, "not an http address"},
		{page.URL, check.Options{}, "expected: a JSON array of messages; got: <html>"},
		{page.URL, check.Options{Profile: "smoke"}, `no profile "smoke"`},
		{page.URL, check.Options{Only: []string{"handshake", "smoke"}}, `no rule "smoke"`},
	} {
		if _, err := check.Run(t.Context(), row.address, row.o); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.address, err)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	held := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // with a body unread, the server does not see the client go
		stop()
		<-r.Context().Done()
	}))
	t.Cleanup(held.Close)
	if _, err := check.Run(ctx, held.URL, check.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRulesAreExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range check.Rules() {
		if seen[r.Name] || !strings.Contains(r.Name, "/") || r.Says == "" || r.Source == "" || r.Suffers == "" || !slices.Contains(r.Profiles, check.Parley) {
			t.Errorf("%+v", r)
		}
		seen[r.Name] = true
	}
}
