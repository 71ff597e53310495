package giosg_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/api"
	"parley/api/giosg"
	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/chat/token"
	"parley/models"
)

func TestMain(m *testing.M) {
	chattest.Secret(secret)
	chattest.Main(m)
}

const secret = "a secret of at least thirty-two bytes"

var ctx = context.Background()

// house is a running server with this API over a real database.
type house struct {
	*chattest.Fixture
	t        *testing.T
	url      string
	people   *chat.Admin
	service  *chat.Service
	gate     *chat.Gate
	keys     *token.Keyring
	presence *chat.Presence
	log      *chattest.LogBuffer
	door     *giosg.API
	// ann is an admin, sue supervises, bob is neither; clara is a foreign organisation's admin.
	ann, sue, bob, clara models.Manager
	foreign              models.Organization
	main                 models.Room
}

// options change what a house is built of.
type options struct {
	rules  chat.Rules
	limits chat.Limits
	door   func(*giosg.Config)
	// client tells where a request comes from; nil: its peer.
	client func(*http.Request) netip.Addr
}

func eachDatabase(t *testing.T, o options, test func(t *testing.T, h *house)) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) { test(t, newHouse(t, url(t), o)) })
	}
}

func newHouse(t *testing.T, databaseURL string, o options) *house {
	t.Helper()
	s, err := store.Open(ctx, databaseURL, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	keys, err := token.NewKeyring(token.Key{ID: "k", Algorithm: token.HS256, Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, keys: keys, people: chat.NewAdmin(s), log: chattest.Log(t)}
	h.Fixture = chattest.NewFixture(t, s)
	h.foreign = h.Organization("Kettles")
	h.ann, h.sue, h.bob = h.hire(h.Org, "Ann Arbor", models.RoleAdmin), h.hire(h.Org, "Sue", models.RoleSupervisor), h.hire(h.Org, "Bob", models.RoleManager)
	h.clara = h.hire(h.foreign, "Clara", models.RoleAdmin)
	if h.main, err = s.View(ctx).MainRoom(h.Org.ID); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.rules.Limits = o.limits
	h.gate = chat.NewGate(s, keys, o.rules)
	h.presence = chat.NewPresence(s, "node", logger)
	h.service = chat.New(s, h.gate, chat.Config{Logger: logger, Tokens: keys, Limits: o.limits})
	cfg := giosg.Config{
		Service: h.service, Gate: h.gate, Tokens: keys, SocketPath: "/api/v5/socket",
		AllowedOrigins: []string{"*"}, MaxBodyBytes: 1 << 16, Limits: o.limits,
	}
	if o.door != nil {
		o.door(&cfg)
	}
	h.door = giosg.New(cfg)
	handler, err := api.New(api.Config{
		Service: h.service, Gate: h.gate, Tokens: keys, AllowedOrigins: []string{"*"}, MaxBodyBytes: 1 << 16, Limits: o.limits,
		Doors:    map[string]api.Door{"/api/v5": h.door, "/api/v2/visitor/settings": h.door},
		Registry: prometheus.NewRegistry(), Logger: logger, Client: o.client,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *house) hire(o models.Organization, name string, role models.Role) models.Manager {
	h.t.Helper()
	address := strings.ReplaceAll(name, " ", ".") + "@hired.example.com"
	m, err := h.people.CreateManager(ctx, o.ID, name, address, "correct horse", string(role))
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// onDuty lets a manager listen for conversations.
func (h *house) onDuty(m models.Manager) {
	h.presence.Subscribed(ctx, "session-"+m.Name, chat.ManagerPrincipal(m), "/service/*")
}

// of is a manager's token, as the header's value; key and managersKey make keys, backends' and a manager's.
func (h *house) of(m models.Manager) string {
	h.t.Helper()
	signed, _, err := h.keys.Manager(m, time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	return "Bearer " + signed
}

func (h *house) key(scopes ...models.Scopes) string {
	h.t.Helper()
	_, key, err := h.people.CreateAPIKey(ctx, h.Org.ID, "backend", scopes...)
	if err != nil {
		h.t.Fatal(err)
	}
	chattest.Secret(key)
	return "Token " + key
}

func (h *house) managersKey(m models.Manager, scopes ...models.Scopes) string {
	h.t.Helper()
	_, key, err := h.people.CreateManagerKey(ctx, m.ID, "bot", scopes...)
	if err != nil {
		h.t.Fatal(err)
	}
	chattest.Secret(key)
	return "Token " + key
}

// visitor is a visitor's token.
func (h *house) visitor(id string) string {
	h.t.Helper()
	signed, _, err := h.keys.Visitor(id, h.Org.ID, time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	return "Bearer " + signed
}

// org is a path of the organisation's, user one of a user's.
func (h *house) org(path string) string { return "/api/v5/orgs/" + h.Org.UUID + path }

func (h *house) user(m models.Manager, path string) string { return "/api/v5/users/" + m.UUID + path }

// answer is a response, read.
type answer struct {
	*http.Response
	t    *testing.T
	raw  string
	body map[string]any
}

// do sends a request with the header's credentials, "" for none, and a JSON body, "" for none. More headers are pairs.
func (h *house) do(who, method, path, body string, header ...string) answer {
	h.t.Helper()
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if who != "" {
		r.Header.Set("Authorization", who)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	a := answer{Response: response, t: h.t, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body) // what is no object is looked at raw
	return a
}

func (h *house) get(who, path string) answer {
	h.t.Helper()
	return h.do(who, http.MethodGet, path, "")
}

// want checks the status and, of an answer's attributes, those that are given: pairs of names and values as JSON.
func (a answer) want(status int, attributes ...string) answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Errorf("%s %s: got %d %s, want %d", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.raw, status)
	}
	for i := 0; i < len(attributes); i += 2 {
		value, there := a.body[attributes[i]]
		got, _ := json.Marshal(value)
		if !there || string(got) != attributes[i+1] {
			a.t.Errorf("%s %s: %s is %s, want %s", a.Request.Method, a.Request.URL.Path, attributes[i], got, attributes[i+1])
		}
	}
	return a
}

// refused checks a refusal's status and shape, and that it tells nothing of our insides.
func (a answer) refused(status int) answer {
	a.t.Helper()
	a.want(status)
	if status >= 400 && status != http.StatusBadRequest {
		if text, _ := a.body["detail"].(string); text == "" {
			a.t.Errorf("%s %s: no detail: %s", a.Request.Method, a.Request.URL.Path, a.raw)
		}
	}
	if (status == http.StatusUnauthorized) != (a.Header.Get("WWW-Authenticate") != "") {
		a.t.Errorf("WWW-Authenticate: %q", a.Header.Get("WWW-Authenticate"))
	}
	if strings.Contains(a.raw, "goroutine") || strings.Contains(strings.ToLower(a.raw), "sql") {
		a.t.Errorf("insides: %s", a.raw)
	}
	return a
}

// results is a page's list.
func (a answer) results() []map[string]any {
	a.t.Helper()
	var page struct{ Results []map[string]any }
	if err := json.Unmarshal([]byte(a.raw), &page); err != nil || page.Results == nil {
		a.t.Fatalf("%d %s is no page", a.StatusCode, a.raw)
	}
	return page.Results
}
