package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
	"parley/config"
)

// unlimited are calls that cost nothing, or, like signing in, have limits of their own.
func (r right) unlimited() bool {
	return strings.HasPrefix(r.path(), "/dashboard/api/log") || !r.bayeux() && !strings.HasPrefix(r.path(), "/chat/") && !strings.HasPrefix(r.path(), "/dashboard/api/") && !r.onMount() ||
		r.path() == "/chat/attachments"
}

// onMount: what lies beside the router is counted by address alone.
func (r right) onMount() bool {
	return strings.HasPrefix(r.path(), "/admin/") || strings.HasPrefix(r.path(), "/channels/")
}

// forDashboard: sign-ins and their cookies have limits of their own.
func (r right) forDashboard() bool { return strings.HasPrefix(r.path(), "/dashboard") }

// TestLimits: who has used up a share is refused every call of the table: 429 and when to come again, or the protocol's
// refusal. With the race detector it is a quarter of them, as in TestRights.
func TestLimits(t *testing.T) {
	chattest.Slow(t)
	for _, row := range []struct {
		name   string
		caller caller
		set    func(*config.Limits)
		exempt func(right) bool
	}{
		{"address", nobody, func(l *config.Limits) {
			l.ReadsPerIP, l.FilesPerIP, l.MissesPerIP, l.RequestsPerIP = 0.001, 0.001, 0.001, 0.001
		},
			func(r right) bool {
				return r.forDashboard() || r.bayeux() && r.method() != "SUBSCRIBE" && r.method() != "PUBLISH"
			}},
		{"poser", poser, func(l *config.Limits) { l.ReadsPerIP, l.FilesPerIP, l.MissesPerIP = 0.001, 0.001, 0.001 },
			func(r right) bool { return r.forDashboard() || r.bayeux() }},
		{"bad credentials", forgedAdmin, func(l *config.Limits) { l.MissesPerIP = 0.0001 },
			func(r right) bool { return r.forDashboard() || r.bayeux() }},
		{"visitor", visitor, func(l *config.Limits) { l.PerVisitor = 0.001 },
			right.forDashboard},
		{"key", key, func(l *config.Limits) { l.PerKey = 0.001 },
			right.forDashboard},
		{"organisation's managers", colleague, func(l *config.Limits) { l.PerOrganization = 0.001 },
			func(r right) bool { return r.forDashboard() && !r.cookie }},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability, func(cfg *config.Config) {
				row.set(&cfg.Limits)
				cfg.Chat.MessagesPerSecond, cfg.Chat.OpensPerMinute = 0.001, 1
			})
			w.address = "203.0.113.9"
			w.here.refresh(right{call: "POST /chat/conversation/:conversation_id/notes"})
			w.there.refresh(right{})
			seen := map[string]bool{}
			for i, r := range allRights {
				if len(buildFlags) > 0 && i%4 != 0 {
					continue
				}
				mode := r.mode == "" || r.mode == config.VisitorsCapability
				if seen[r.call] || r.unlimited() || r.onMount() && row.name != "address" || row.exempt(r) || !mode || r.only != nil && !slices.Contains(r.only, row.caller) {
					continue
				}
				seen[r.call] = true
				status, answer := 0, ""
				for range 3 { // the first may be let in
					if status, answer = w.make(r, row.caller); status == http.StatusTooManyRequests {
						break
					}
				}
				if bayeuxBefore := r.bayeux() && status == http.StatusForbidden || status == http.StatusMethodNotAllowed; bayeuxBefore {
					continue // refused for good before it is counted
				}
				if status != http.StatusTooManyRequests {
					t.Errorf("%s: %d %.200s", r.name(), status, answer)
				} else if seconds, err := strconv.Atoi(w.retryAfter); !r.bayeux() && (err != nil || seconds < 1) {
					t.Errorf("%s: Retry-After is %q", r.name(), w.retryAfter)
				}
			}
			if len(seen) < 10 {
				t.Errorf("%d calls were made", len(seen))
			}
		})
	}
}

// TestLimitedSessionsGoOn: a refusal for a limit ends nothing, and concerns nobody else: neither another organisation,
// nor those who answer the visitors that come too fast.
func TestLimitedSessionsGoOn(t *testing.T) {
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability, func(cfg *config.Config) { cfg.Limits.PerOrganization = 1 })
	w.here.refresh(right{})
	w.there.refresh(right{})
	dial := func(c caller) *bayeuxtest.Client {
		client, err := bayeuxtest.Dial(t.Context(), w.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: map[string]string{"token": w.token(right{}, c)}})
		w.must(err)
		t.Cleanup(client.Drop)
		return client
	}
	v, anna, clara := dial(visitor), dial(supervisor), dial(foreignSupervisor)
	channel := "/conversations/" + w.here.things["conversation_id"]
	w.must(v.Subscribe(t.Context(), channel))
	var refused error
	for i := range 20 {
		if refused = v.Subscribe(t.Context(), fmt.Sprint("/news/", i%2)); refused == nil {
			refused = v.Subscribe(t.Context(), "/service/"+w.here.things["visitor_id"])
		}
		if refused != nil {
			break
		}
	}
	if refused == nil || !strings.HasPrefix(refused.Error(), "429:") || !strings.HasSuffix(refused.Error(), ":Too many requests") {
		t.Fatalf("got %v", refused)
	}
	w.must(anna.Subscribe(t.Context(), "/service/*"))
	w.must(clara.Subscribe(t.Context(), "/service/*"))
	w.must(w.server.engine.Publish(t.Context(), channel, decimal(w.here.org.ID), []byte(`{"n":1}`)))
	if event, err := v.Next(t.Context()); err != nil || string(event.Data) != `{"n":1}` {
		t.Errorf("the session that came too fast hears %s, %v", event.Data, err)
	}
}
