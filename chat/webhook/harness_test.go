package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/models"
)

func TestMain(m *testing.M) { chattest.Main(m) }

var (
	sqlite   = chattest.MigratedSQLite(migrate)
	postgres = chattest.MigratedPostgres(migrate)
)

func migrate(url string) error {
	s, err := store.Open(context.Background(), url, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(context.Background()), s.Close())
}

// world is a database with an organisation, and what sends its events.
type world struct {
	*chattest.Fixture
	t     *testing.T
	store *store.Store
	admin *chat.Admin
	cfg   Config
	feed  *Feed
	event int64
}

func newWorld(t *testing.T, url string, cfg Config) *world {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &world{
		Fixture: chattest.NewFixture(t, s), t: t, store: s, admin: chat.NewAdmin(s), cfg: cfg,
		feed: NewFeed(s, cfg, func() {}),
	}
}

// eachDatabase runs a test on SQLite and on PostgreSQL.
func eachDatabase(t *testing.T, cfg Config, test func(t *testing.T, w *world)) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t, url(t), cfg)) })
	}
}

// inTime runs a test on both databases, in a bubble of time.
func inTime(t *testing.T, cfg Config, test func(t *testing.T, w *world)) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			database := url(t)
			synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, database, cfg)) })
		})
	}
}

func (w *world) hooks() chat.Webhooks { return w.admin.Webhooks(w.Org.ID) }

func (w *world) hook(url string, events ...string) models.Webhook {
	w.t.Helper()
	c := chat.WebhookChanges{URL: chat.To(url)}
	if len(events) > 0 {
		c.Events = chat.To(events)
	}
	h, _, err := w.hooks().Create(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.feed.listed = time.Time{} // as the relay's event would have it
	return h
}

// happens hands events of messages in the conversation to the feed.
func (w *world) happens(conversation int64, n int) {
	w.t.Helper()
	var events []models.Event
	for range n {
		w.event++
		events = append(events, models.Event{
			ID: w.event, OrganizationID: w.Org.ID, VisitorID: fmt.Sprint("v", conversation), ConversationID: &conversation,
			Kind: models.EventMessage, Action: "created", CreatedAt: now(),
			Payload: fmt.Sprintf(`{"entity":"message","event":"created","message":{"id":%d,"content":"%d"}}`, w.event, w.event),
		})
	}
	if err := w.feed.Deliver(w.t.Context(), events); err != nil {
		w.t.Fatal(err)
	}
}

// runs runs a sender until the function that it returns is called.
func (w *world) runs(cfg Config) (s *Sender, stop func()) { return w.runsOn(w.store, cfg) }

func (w *world) runsOn(on chat.Store, cfg Config) (s *Sender, stop func()) {
	s = NewSender(on, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := s.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	return s, func() { cancel(); group.Wait() }
}

func (w *world) deliveries(h models.Webhook) []models.Delivery {
	w.t.Helper()
	list, _, err := w.hooks().Deliveries(w.t.Context(), h.ID, chat.DeliveriesRequest{Limit: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

func (w *world) states(h models.Webhook) string {
	w.t.Helper()
	var states []string
	for _, d := range w.deliveries(h) {
		states = append(states, string(d.State))
	}
	return strings.Join(states, " ")
}

func (w *world) show(h models.Webhook) models.Webhook {
	w.t.Helper()
	h, err := w.hooks().Show(w.t.Context(), h.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// request is one that an endpoint got.
type request struct {
	id, eventType string
	message       int64
	at            time.Time
	header        http.Header
	body          string
}

// endpoint is the network and what is at its other end: it answers as told.
type endpoint struct {
	mu     sync.Mutex
	got    []request
	answer func(r request) (*http.Response, error)
}

// says is an answer.
func says(status int, header ...string) (*http.Response, error) {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("said"))}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r, nil
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	got := read(r, raw)
	e.mu.Lock()
	e.got = append(e.got, got)
	e.mu.Unlock()
	if e.answer == nil {
		return says(200)
	}
	return e.answer(got)
}

func read(r *http.Request, raw []byte) request {
	var body struct {
		ID, Type string
		Data     struct {
			Message struct{ ID int64 }
		}
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&body); err != nil {
		panic(err)
	}
	return request{
		id: body.ID, eventType: body.Type, message: body.Data.Message.ID, at: time.Now(), header: r.Header, body: string(raw),
	}
}

// requests lists what came so far.
func (e *endpoint) requests() []request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.got)
}

// messages lists the messages that requests told of, in their order.
func (e *endpoint) messages() []int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []int64{}
	for _, r := range e.got {
		list = append(list, r.message)
	}
	return list
}

func (e *endpoint) want(t *testing.T, messages ...int64) {
	t.Helper()
	if got := e.messages(); !slices.Equal(got, append([]int64{}, messages...)) {
		t.Errorf("sent were %v, want %v", got, messages)
	}
}

func (e *endpoint) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got = nil
}

// dying is a store whose process can die: what it does then is not committed.
type dying struct {
	chat.Store
	dead atomic.Bool
}

var errDead = errors.New("dead")

func (d *dying) Update(ctx context.Context, fn func(chat.Tx) error) error {
	if d.dead.Load() {
		return errDead
	}
	return d.Store.Update(ctx, fn)
}

// slowly answers the messages after so long, unless the request ends before.
func slowly(net *endpoint, takes map[int64]time.Duration) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(takes[read(r, raw).message]):
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		return net.RoundTrip(r)
	})
}
