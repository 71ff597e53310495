package bayeux

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// firstGate takes its time over the first publish, and then decides.
type firstGate struct {
	openPolicy
	verdict chan error
	asked   int
}

func (g *firstGate) Publish(ctx context.Context, _ any, _ string) (string, bool, error) {
	if g.asked++; g.asked > 1 {
		return "", true, nil
	}
	select {
	case err := <-g.verdict:
		return "", true, err
	case <-ctx.Done():
		return "", false, ctx.Err()
	}
}

// A publish that is sent again while the first try is under way is answered
// when that is through, and made if that failed: nothing that its client
// sends after the answer overtakes it.
func TestRetryWaitsForTheFirstTry(t *testing.T) {
	for name, verdict := range map[string]error{"made": nil, "failed": errors.New("no database")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := &firstGate{verdict: make(chan error)}
				srv := startServer(t, Config{Policy: gate, Logger: slog.New(slog.DiscardHandler)})
				reader, writer := newUser(t, srv, ""), newUser(t, srv, "")
				if got := reader.subscribe("/a", ""); got != "" {
					t.Fatal(got)
				}
				answers := make(chan string, 2)
				for range 2 {
					go func() {
						answers <- writer.say(`{"channel":"/a","clientId":"$","data":1,"id":"x"}`)[0].Error
					}()
					synctest.Wait()
				}
				if n := srv.Stats().Publications; n != 0 || len(answers) != 0 {
					t.Error(n, "publications before the verdict", len(answers), "answers")
				}
				gate.verdict <- verdict
				synctest.Wait()
				refused := 0
				for range 2 {
					if <-answers != "" {
						refused++
					}
				}
				if s := srv.Stats(); s.Publications != 1 || (refused == 1) != (verdict != nil) {
					t.Errorf("%d refused; %+v", refused, s)
				}
				if events, fault := reader.poll(time.Second, ""); len(events) != 1 || fault != "" {
					t.Error(events, fault)
				}
			})
		})
	}
}

// Whoever waits for the first try does so no longer than its request lives,
// and after its session has ended.
func TestRetryIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &firstGate{verdict: make(chan error)}
		srv := startServer(t, Config{Policy: gate, Logger: slog.New(slog.DiscardHandler)})
		u := newUser(t, srv, "")
		s := srv.session(u.id)
		msgs, err := srv.Decode(nil, []byte(`{"channel":"/a","clientId":"`+u.id+`","data":1,"id":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan string, 2)
		try := func(ctx context.Context) {
			link := srv.Poll()
			defer link.Close()
			ended <- u.read(srv.Process(ctx, link, msgs)[0]).Error
		}
		go try(t.Context())
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		go try(ctx)
		synctest.Wait()
		cancel()
		if got := <-ended; got != ErrInternal.Error() {
			t.Error(got)
		}
		srv.Kick(t.Context(), u.id)
		gate.verdict <- nil
		if got := <-ended; got != "" {
			t.Error(got)
		}
		if n := srv.Stats().Publications; n != 1 {
			t.Error(n, "publications")
		}
		// one that had found the session before its end
		if _, _, err := s.claim(t.Context(), 1); !errors.Is(err, ErrUnknownClient) {
			t.Error(err)
		}
	})
}
