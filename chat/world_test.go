package chat_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/chat/token"
	"parley/models"
)

func TestMain(m *testing.M) { chattest.Main(m) }

// world is a service over a real database, with an organisation and managers in it.
type world struct {
	*chattest.Fixture
	t        *testing.T
	url      string
	service  *chat.Service
	gate     *chat.Gate
	keys     *token.Keyring
	presence *chat.Presence
	boris    models.Manager
	stop     func() // ends the care of a tended one
}

// eachDatabase runs a test on SQLite and on PostgreSQL.
func eachDatabase(t *testing.T, rules chat.Rules, test func(t *testing.T, w *world)) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t, url(t), rules)) })
	}
}

func newWorld(t *testing.T, url string, rules chat.Rules) *world {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	keys, err := token.NewKeyring(token.Key{ID: "k", Algorithm: token.HS256, Secret: []byte(strings.Repeat("s", 32))})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Fixture: chattest.NewFixture(t, s), t: t, url: url, keys: keys, gate: chat.NewGate(s, keys, rules)}
	w.service = chat.New(s, w.gate, chat.Config{HistoryCount: 3, HistoryCap: 5, ReassignAfter: time.Millisecond, DutyGrace: time.Hour, Tokens: keys})
	w.presence = chat.NewPresence(s, "node", slog.New(slog.DiscardHandler))
	w.boris = w.Manager(w.Org, "Boris")
	return w
}

func as(m models.Manager) chat.Principal {
	return chat.Principal{Party: chat.Manager, ManagerID: m.ID, OrganizationID: m.OrganizationID, Role: m.Role}
}

var (
	ctx      = context.Background()
	stranger = chat.Principal{}
)

func visitor(id string) chat.Principal { return chat.Principal{Party: chat.Visitor, VisitorID: id} }

// backend makes an API key and is whoever calls with it.
func (w *world) backend(o models.Organization, scopes ...models.Scopes) chat.Principal {
	w.t.Helper()
	key, _, err := chat.NewAdmin(w).CreateAPIKey(ctx, o.ID, "shop", scopes...)
	if err != nil {
		w.t.Fatal(err)
	}
	return chat.Principal{Party: chat.Backend, OrganizationID: o.ID, KeyID: key.ID, Scopes: key.Scopes}
}

// onDuty lets managers listen for new conversations.
func (w *world) onDuty(managers ...models.Manager) {
	for _, m := range managers {
		w.presence.Subscribed(ctx, "session-"+m.Name, as(m), "/service/*")
	}
}

func (w *world) open(p chat.Principal, visitorID string) *chat.ConversationView {
	w.t.Helper()
	ev, _, err := w.service.Open(ctx, p, chat.OpenRequest{VisitorID: visitorID, SiteKey: w.Org.SiteKey})
	if err != nil {
		w.t.Fatal(err)
	}
	return ev.Conversation
}

func (w *world) post(p chat.Principal, conversation int64, content string) *chat.MessageView {
	w.t.Helper()
	ev, _, err := w.service.Post(ctx, p, chat.PostRequest{ConversationID: conversation, Content: content})
	if err != nil {
		w.t.Fatal(err)
	}
	return ev.Message
}

func wantCode(t *testing.T, err error, code string) *chat.Error {
	t.Helper()
	var refusal *chat.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	return refusal
}

// besides are kinds of events that the original does not have and most tests do not ask about.
var besides = []models.EventKind{
	models.EventTransition, models.EventAvailability, models.EventMembership, models.EventAttendance, models.EventUser,
}

// events returns what waits in the outbox as "kind action".
func (w *world) events() (list []string) {
	w.t.Helper()
	pending, err := w.Pending(ctx, nil, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []int64
	for _, e := range pending {
		if !slices.Contains(besides, e.Kind) {
			list = append(list, string(e.Kind)+" "+e.Action)
		}
		ids = append(ids, e.ID)
	}
	if err := w.Relayed(ctx, ids, 1); err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) wantEvents(want ...string) {
	w.t.Helper()
	if got := w.events(); !slices.Equal(got, want) {
		w.t.Errorf("events %v, want %v", got, want)
	}
}
