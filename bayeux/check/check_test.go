package check_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

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

// This project's own server breaks no rule of any profile that it can keep.
func TestOurEngine(t *testing.T) {
	for _, profile := range []check.Profile{check.Spec, check.Faye, check.CometD, check.Parley} {
		t.Run(string(profile), func(t *testing.T) {
			report, err := check.Run(t.Context(), serve(t, bayeux.Config{}), check.Options{Profile: profile, Parallel: 16})
			if err != nil {
				t.Fatal(err)
			}
			explain(t, report)
			t.Log(report.Passed, report.Failed, report.Skipped)
		})
	}
}
