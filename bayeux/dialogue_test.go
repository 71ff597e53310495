package bayeux_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server on an in-memory network for the length of a bubble.
func serve(t *testing.T, cfg bayeux.Config) (*bayeux.Server, *bayeuxtest.Network) {
	srv := bayeux.New(cfg)
	h := transport.New(srv, transport.Config{})
	net := bayeuxtest.Serve(h)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		stop()
		<-done
		if err := net.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv, net
}

var services = map[string]bayeux.Handler{
	"/service/echo": func(_ context.Context, r bayeux.Request) ([]byte, error) { return r.Data, nil },
	"/service/refuse": func(context.Context, bayeux.Request) ([]byte, error) {
		return nil, bayeux.ErrForbidden.With("no")
	},
	"/service/fail": func(context.Context, bayeux.Request) ([]byte, error) { return nil, errors.New("it broke") },
}

func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, net := serve(t, bayeux.Config{Services: services})
				bayeuxtest.Play(t, net, file)
			})
		})
	}
}

var dialogueRules = []bayeux.Rule{
	{Pattern: "/news/**", History: bayeux.Retention{Size: 3, Age: time.Minute}, MaxMessageBytes: 40},
	{Pattern: "/room/*", Presence: true, JoinLeave: true},
}

func TestRuleDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rules := slices.Clone(dialogueRules)
				if filepath.Base(file) == "replay.txt" {
					rules[0].History.Size = 10
				}
				_, net := serve(t, bayeux.Config{Rules: rules})
				bayeuxtest.Play(t, net, file)
			})
		})
	}
}
