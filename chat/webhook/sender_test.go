package webhook

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

// longPoll makes hours short.
const longPoll = time.Minute

const address = "https://shop.example/hook"

func TestDelivered(t *testing.T) {
	net := &endpoint{}
	inTime(t, Config{transport: net}, func(t *testing.T, w *world) {
		net.forget()
		h := w.hook(address)
		w.hook("https://other.example/hook", "note")
		s, stop := w.runs(w.cfg)
		defer stop()
		w.happens(7, 3)
		s.Wake()
		synctest.Wait()
		net.want(t, 1, 2, 3)
		if got := w.states(h); got != "delivered pending delivered pending delivered pending" { // the others wait for OfflineAfter
			t.Errorf("%s", got)
		}
		r := net.requests()[0]
		if r.header.Get("Webhook-Id") != r.id || len(r.id) != 36 || r.eventType != "message.created" || r.header.Get("User-Agent") != userAgent {
			t.Errorf("%+v", r)
		}
		if want := sign(h.Secret, r.id, time.Now().Unix(), []byte(r.body)); r.header.Get("Webhook-Signature") != want {
			t.Errorf("signature %s, want %s", r.header.Get("Webhook-Signature"), want)
		}
		view, err := w.hooks().Delivery(t.Context(), h.ID, w.deliveries(h)[0].ID)
		if err != nil || len(view.Log) != 1 || view.Log[0].Status != 200 || view.Log[0].Response != "said" || view.Attempts != 1 {
			t.Errorf("%+v, %v", view, err)
		}
		if h = w.show(h); h.SucceededAt == nil || h.FailingSince != nil {
			t.Errorf("%+v", h)
		}
		// The relay hands it on once more.
		w.event -= 3
		w.happens(7, 3)
		s.Wake()
		time.Sleep(time.Second)
		net.want(t, 1, 2, 3)
	})
}

// TestOrder: what fails holds up its conversation and nothing else.
func TestOrder(t *testing.T) {
	net := &endpoint{}
	inTime(t, Config{transport: net}, func(t *testing.T, w *world) {
		net.forget()
		h := w.hook(address, "message.created")
		broken := true
		net.answer = func(r request) (*http.Response, error) {
			if r.message == 1 && broken {
				return says(500)
			}
			return says(204)
		}
		_, stop := w.runs(w.cfg)
		defer stop()
		w.happens(1, 2)
		w.happens(2, 2)
		time.Sleep(2 * time.Second)
		if got := net.messages(); len(got) != 3 || slices.Contains(got, 2) || slices.Index(got, 3) > slices.Index(got, 4) {
			t.Errorf("sent were %v", got)
		}
		if got := w.states(h); got != "pending pending delivered delivered" {
			t.Errorf("%s", got)
		}
		broken = false
		net.forget()
		time.Sleep(8 * time.Second)
		net.want(t, 1, 2)
		if net.requests()[0].id == net.requests()[1].id {
			t.Error("two deliveries have one id")
		}
	})
}

func TestBackOff(t *testing.T) {
	chattest.Slow(t)
	net := &endpoint{}
	inTime(t, Config{transport: net, MaxAttempts: 9, DisableAfter: 1000 * time.Hour, poll: longPoll}, func(t *testing.T, w *world) {
		net.forget()
		h := w.hook(address, "message.created")
		net.answer = func(request) (*http.Response, error) { return nil, errors.New("no route\x00 to \xff host") }
		_, stop := w.runs(w.cfg)
		defer stop()
		w.happens(1, 2)
		time.Sleep(14 * time.Hour)
		got := w.deliveries(h)
		if got[0].State != models.DeliveryFailed || got[0].Attempts != 9 || got[0].Error != "no route? to ? host" {
			t.Errorf("%+v", got[0])
		}
		if got[1].Attempts == 0 {
			t.Error("the next of the conversation had no turn")
		}
		first := []request{}
		for _, r := range net.requests() {
			if r.message == 1 {
				first = append(first, r)
			}
		}
		want := firstDelay
		for i := 1; i < len(first); i++ {
			gap := first[i].at.Sub(first[i-1].at)
			if gap < want*8/10 || gap > want*12/10+2*longPoll {
				t.Errorf("gap %d is %v, want about %v", i, gap, want)
			}
			if first[i].id != first[0].id {
				t.Error("another id")
			}
			want = min(3*want, maxDelay)
		}
		view, err := w.hooks().Delivery(t.Context(), h.ID, got[0].ID)
		if err != nil || len(view.Log) != 9 || view.Log[8].Number != 9 || view.Log[8].Status != 0 {
			t.Errorf("%+v, %v", view.Log, err)
		}
		net.answer, net.got = nil, nil
		n, err := w.hooks().ReplayFailed(t.Context(), h.ID, time.Now().Add(-100*time.Hour))
		if err != nil || n != 2 {
			t.Errorf("replayed %d, %v", n, err)
		}
		time.Sleep(4 * time.Hour)
		if got := w.states(h); got != "delivered delivered" {
			t.Errorf("%s", got)
		}
		if !slices.ContainsFunc(net.requests(), func(r request) bool { return r.id == first[0].id }) {
			t.Error("it was replayed with another id")
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for asked, want := range map[string]time.Duration{"120": 2 * time.Minute, "1": 5 * time.Second, "99999999": maxDelay, "nonsense": 5 * time.Second} {
		t.Run(asked, func(t *testing.T) {
			net := &endpoint{}
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sqlite(t), Config{transport: net})
				w.hook(address, "message.created")
				net.answer = func(request) (*http.Response, error) { return says(503, "Retry-After", asked) }
				_, stop := w.runs(w.cfg)
				defer stop()
				w.happens(1, 1)
				time.Sleep(want + want/4 + 3*time.Second)
				if len(net.requests()) < 2 {
					t.Fatal("no second attempt")
				}
				if gap := net.requests()[1].at.Sub(net.requests()[0].at); gap < want*8/10 || gap > want*12/10+2*pollInterval {
					t.Errorf("it was tried again after %v, want %v", gap, want)
				}
			})
		})
	}
	date := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if got := retryAfter(date.Format(http.TimeFormat), date.Add(-time.Minute)); got != time.Minute {
		t.Errorf("a date: %v", got)
	}
}

// notices lists the notes about webhooks in the outbox.
func (w *world) notices() (list []string) {
	w.t.Helper()
	events, err := w.store.Pending(w.t.Context(), nil, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == models.EventWebhook {
			list = append(list, e.Action+" "+e.Payload)
		}
	}
	return list
}

func TestSwitchedOff(t *testing.T) {
	chattest.Slow(t)
	for _, row := range []struct {
		reason  models.DisabledReason
		answers int
		after   time.Duration
	}{
		{models.WebhookGone, 410, 2 * longPoll},
		{models.WebhookFailing, 404, 20 * time.Hour},
	} {
		t.Run(string(row.reason), func(t *testing.T) {
			net := &endpoint{}
			inTime(t, Config{transport: net, DisableAfter: 10 * time.Hour, poll: longPoll}, func(t *testing.T, w *world) {
				net.forget()
				h := w.hook(address, "message.created")
				net.answer = func(request) (*http.Response, error) { return says(row.answers) }
				s, stop := w.runs(w.cfg)
				defer stop()
				w.happens(1, 2)
				time.Sleep(row.after)
				h = w.show(h)
				if h.Enabled || h.DisabledReason != row.reason || h.DisabledAt == nil {
					t.Fatalf("%+v", h)
				}
				notices := w.notices()
				last := notices[len(notices)-1]
				if !strings.HasPrefix(last, "disabled ") || !strings.Contains(last, `"disabled_reason":"`+string(row.reason)) ||
					!strings.Contains(last, `"host":"shop.example"`) || strings.Contains(last, "/hook") {
					t.Errorf("%s", last)
				}
				if s.Stats().Disabled != 1 {
					t.Errorf("%+v", s.Stats())
				}
				net.forget()
				time.Sleep(6 * time.Hour)
				net.want(t)
				net.answer = nil
				if _, err := w.hooks().Change(t.Context(), h.ID, chat.WebhookChanges{Enabled: chat.To(true)}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * longPoll)
				net.want(t, 1, 2)
				if h = w.show(h); !h.Enabled || h.DisabledReason != "" || h.DisabledAt != nil || h.FailingSince != nil {
					t.Errorf("%+v", h)
				}
			})
		})
	}
}

// TestQueueFull: more than may wait switches the webhook off, and nothing is left out in silence.
func TestQueueFull(t *testing.T) {
	eachDatabase(t, Config{MaxQueue: 5}, func(t *testing.T, w *world) {
		h := w.hook(address, "message.created")
		w.happens(1, 3)
		if h = w.show(h); !h.Enabled {
			t.Fatal("switched off too early")
		}
		w.happens(1, 3)
		if h = w.show(h); h.Enabled || h.DisabledReason != models.WebhookQueueFull || len(w.deliveries(h)) != 5 {
			t.Errorf("%+v, %d deliveries", h, len(w.deliveries(h)))
		}
		w.happens(1, 3)
		if n := len(w.deliveries(h)); n != 5 {
			t.Errorf("%d deliveries to a webhook that is off", n)
		}
		if _, err := w.hooks().Ping(t.Context(), h.ID); chat.KindOf(err) != chat.Conflict {
			t.Errorf("ping: %v", err)
		}
	})
}

// TestQueueDrains: what was sent does not count any more.
func TestQueueDrains(t *testing.T) {
	net := &endpoint{}
	inTime(t, Config{transport: net, MaxQueue: 5}, func(t *testing.T, w *world) {
		net.forget()
		h := w.hook(address, "message.created")
		s, stop := w.runs(w.cfg)
		defer stop()
		for range 4 {
			w.happens(1, 4)
			s.Wake()
			synctest.Wait()
		}
		if got := w.states(h); !w.show(h).Enabled || strings.Count(got, "delivered") != 16 {
			t.Errorf("%s", got)
		}
	})
}

// TestCrash lets senders die at every point, two of them running side by side: what is queued arrives at least once,
// with one id, and each conversation in its order.
func TestCrash(t *testing.T) {
	net := &endpoint{}
	inTime(t, Config{transport: net, Drain: time.Millisecond, Timeout: 10 * time.Second}, func(t *testing.T, w *world) {
		net.forget()
		h := w.hook(address, "message.created")
		count := 0
		net.answer = func(r request) (*http.Response, error) {
			time.Sleep(700 * time.Millisecond)
			net.mu.Lock()
			defer net.mu.Unlock()
			if count++; count%7 == 3 {
				return says(500)
			}
			return says(200)
		}
		const conversations, rounds = 5, 8
		for round := range rounds {
			for c := range conversations {
				w.happens(int64(c+1), 2)
			}
			flaky := &dying{Store: w.store}
			_, stopA := w.runsOn(flaky, w.cfg)
			_, stopB := w.runs(w.cfg)
			time.Sleep(time.Duration(300+200*round) * time.Millisecond)
			flaky.dead.Store(true) // nothing that it does from now on is noted
			stopA()
			stopB()
		}
		_, stop := w.runs(w.cfg)
		time.Sleep(time.Hour)
		stop()
		if got := w.states(h); strings.Count(got, "delivered") != conversations*rounds*2 {
			t.Fatalf("%s", got)
		}
		ids := map[int64]string{}
		done := map[int64]bool{}
		byID := map[int64]int64{} // conversation of a message
		for _, d := range w.deliveries(h) {
			byID[*d.EventID] = *d.ConversationID
		}
		last := map[int64]int64{} // by conversation
		for _, r := range net.requests() {
			if id, known := ids[r.message]; known && id != r.id {
				t.Errorf("message %d went with two ids", r.message)
			}
			ids[r.message] = r.id
			c := byID[r.message]
			if !done[r.message] && r.message < last[c] {
				t.Errorf("conversation %d: %d came first after %d", c, r.message, last[c])
			}
			done[r.message] = true
			last[c] = max(last[c], r.message)
		}
		if len(done) != conversations*rounds*2 {
			t.Errorf("%d messages arrived", len(done))
		}
	})
}

// TestFair: one slow endpoint does not keep the others waiting.
func TestFair(t *testing.T) {
	net := &endpoint{}
	inTime(t, Config{transport: net, Workers: 6, WorkersEach: 2}, func(t *testing.T, w *world) {
		net.forget()
		slow := w.hook("https://slow.example/", "message.created")
		other := w.hook("https://quick.example/", "message.created")
		under, most := 0, 0
		net.answer = func(r request) (*http.Response, error) { return says(200) }
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "slow.example" {
				net.mu.Lock()
				under++
				most = max(most, under)
				net.mu.Unlock()
				time.Sleep(9 * time.Second)
				net.mu.Lock()
				under--
				net.mu.Unlock()
			}
			return net.RoundTrip(r)
		})
		cfg := w.cfg
		cfg.transport = transport
		_, stop := w.runs(cfg)
		defer stop()
		for c := range int64(20) {
			w.happens(c+1, 1)
		}
		time.Sleep(2 * time.Second)
		if got := w.states(other); strings.Contains(got, "pending") {
			t.Errorf("quick: %s", got)
		}
		net.mu.Lock()
		if most != 2 {
			t.Errorf("the slow one had %d workers", most)
		}
		net.mu.Unlock()
		time.Sleep(2 * time.Minute)
		if got := w.states(slow); strings.Contains(got, "pending") {
			t.Errorf("slow: %s", got)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
