package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"parley/api"
	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/chat/token"
	"parley/models"
)

func TestMain(m *testing.M) {
	chattest.Secret(secret, password)
	chattest.Main(described{m})
}

// house is a running server over a real database.
type house struct {
	*chattest.Fixture
	t        *testing.T
	url      string
	people   *chat.Admin
	keys     *token.Keyring
	presence *chat.Presence
	log      *chattest.LogBuffer
	handler  *api.Handler
	folder   string         // where files are kept
	anna     models.Manager // an admin
	boris    models.Manager
}

const (
	secret   = "a secret of at least thirty-two bytes"
	password = "correct horse"
)

func eachDatabase(t *testing.T, change func(*api.Config), test func(t *testing.T, h *house)) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) { test(t, newHouse(t, url(t), chat.Rules{}, change)) })
	}
}

var ctx = context.Background()

func newHouse(t *testing.T, databaseURL string, rules chat.Rules, change func(*api.Config)) *house {
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
	h.anna = h.hire("Ann", models.RoleAdmin)
	h.boris = h.hire("Boris", models.RoleManager)
	logger := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	gate := chat.NewGate(s, keys, rules)
	h.presence = chat.NewPresence(s, "node", logger)
	cfg := api.Config{
		Gate: gate, Tokens: keys,
		AllowedOrigins: []string{"*"}, MaxBodyBytes: 1 << 16, Ready: s.Ping,
		Pages: fstest.MapFS{
			"widget.js":                {Data: []byte("widget()")},
			"giosg.js":                 {Data: []byte("_giosg()")},
			"widget-more.js":           {Data: []byte("export {}")},
			"dashboard/index.html":     {Data: []byte("<html>dashboard</html>")},
			"dashboard/assets/a-1.css": {Data: []byte("a{}")},
			"demo/index.html":          {Data: []byte("<html>demo</html>")},
			"demo/assets/b-1.js":       {Data: []byte("b()")},
		},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, "figures")
		}),
		Registry: prometheus.NewRegistry(), Logger: logger,
	}
	if change != nil {
		change(&cfg)
	}
	cfg.Service = chat.New(s, gate, chat.Config{Logger: logger, Tokens: keys, Limits: cfg.Limits, Attachments: h.keepFiles()})
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.handler = handler
	server := httptest.NewServer(checker.Handler(t, handler, slices.Collect(maps.Keys(cfg.Mounts))...))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *house) hire(name string, role models.Role) models.Manager {
	h.t.Helper()
	m, err := h.people.CreateManager(ctx, h.Org.ID, name, name+"@hired.example.com", password, string(role))
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func (h *house) onDuty(m models.Manager) {
	h.presence.Subscribed(ctx, "session-"+m.Name, chat.Principal{Party: chat.Manager, ManagerID: m.ID, OrganizationID: m.OrganizationID}, "/service/*")
}

func (h *house) token(m models.Manager) string {
	h.t.Helper()
	signed, _, err := h.keys.Manager(m, time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	return signed
}

// answer is a response, read.
type answer struct {
	*http.Response
	raw  string
	body map[string]any
}

// do sends a request; body is a form when it is url.Values and JSON text otherwise.
func (h *house) do(method, path string, body any, header ...string) answer {
	h.t.Helper()
	var reader io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case url.Values:
		reader, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	case string:
		reader, kind = strings.NewReader(b), "application/json"
	}
	r, err := http.NewRequest(method, h.url+path, reader)
	if err != nil {
		h.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
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
	chattest.SecretsIn(raw)
	for _, cookie := range response.Cookies() {
		chattest.Secret(cookie.Value)
	}
	if text, is := body.(string); is {
		chattest.SecretsIn([]byte(text))
	}
	a := answer{Response: response, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body) // arrays and pages are looked at raw
	return a
}

func (h *house) post(path string, body any, header ...string) answer {
	h.t.Helper()
	return h.do(http.MethodPost, path, body, header...)
}

// wantError checks the documented shape: a text, a code, and nothing of our insides.
func (a answer) wantError(t *testing.T, status int, code string) {
	t.Helper()
	text, _ := a.body["error"].(string)
	if a.StatusCode != status || a.body["code"] != code || text == "" {
		t.Errorf("got %d %s, want %d %s", a.StatusCode, a.raw, status, code)
	}
	if strings.Contains(a.raw, "goroutine") || strings.Contains(strings.ToLower(a.raw), "sql") || a.StatusCode >= 500 {
		t.Errorf("insides: %s", a.raw)
	}
}

func (a answer) conversation() (id int64) {
	c, _ := a.body["conversation"].(map[string]any)
	n, _ := c["id"].(float64)
	return int64(n)
}

func (a answer) message() map[string]any {
	m, _ := a.body["message"].(map[string]any)
	return m
}

// TestJourney is the worked exchange of the original, in the body forms that its clients use.
func TestJourney(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.post("/chat/service/v81f0", nil).wantError(t, 422, "chat_offline_message")
		h.onDuty(h.anna)
		a := h.post("/chat/service/v81f0", url.Values{"sender[type]": {"visitor"}, "sender[id]": {"v81f0"}})
		if a.StatusCode != 201 || a.body["entity"] != "conversation" || a.body["event"] != "created" || a.Header.Get("X-Request-ID") == "" {
			t.Fatalf("%d %s", a.StatusCode, a.raw)
		}
		id := a.conversation()
		if a = h.post("/chat/service/v81f0.json", `{"sender":{"type":"user","id":"v81f0"}}`); a.StatusCode != 200 || a.conversation() != id || a.body["event"] != "updated" {
			t.Errorf("again: %d %s", a.StatusCode, a.raw)
		}
		at := fmt.Sprint("/chat/conversation/", id)
		var form bytes.Buffer
		parts := multipart.NewWriter(&form)
		parts.WriteField("content", "Hello")
		parts.WriteField("client_message_id", "c-1")
		parts.Close()
		if a = h.post(at, form.String(), "Content-Type", parts.FormDataContentType()); a.StatusCode != 201 || a.message()["content"] != "Hello" || a.message()["read"] != false {
			t.Fatalf("multipart: %d %s", a.StatusCode, a.raw)
		}
		messageID := fmt.Sprintf("%.0f", a.message()["id"])
		if a = h.post(at+"/", `{"content":"Hello","client_message_id":"c-1"}`, "Content-Type", "text/plain"); a.StatusCode != 200 || fmt.Sprintf("%.0f", a.message()["id"]) != messageID {
			t.Errorf("again: %d %s", a.StatusCode, a.raw)
		}
		bearer := "Bearer " + h.token(h.anna)
		if a = h.post(at, url.Values{"content": {"Good day"}, "token": {h.token(h.anna)}}); a.StatusCode != 201 || a.message()["sender_id"] != float64(h.anna.ID) {
			t.Errorf("token as a parameter: %d %s", a.StatusCode, a.raw)
		}
		if a = h.post(at+"/message/"+messageID+"/mark_read", nil, "Authorization", bearer); a.StatusCode != 200 || a.message()["read"] != true || a.body["event"] != "updated" {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		for _, method := range []string{"GET", "POST"} {
			a = h.do(method, at+"/messages?count=1", nil)
			var list []map[string]any
			if err := json.Unmarshal([]byte(a.raw), &list); err != nil || a.StatusCode != 200 || len(list) != 1 || list[0]["content"] != "Good day" ||
				a.Header.Get("X-Total-Count") != "2" || a.Header.Get("X-Has-More") != "true" {
				t.Errorf("%s: %d %s %v", method, a.StatusCode, a.raw, a.Header)
			}
		}
		if a = h.do("GET", at+"/messages?direction=after&since_id="+messageID, nil); !strings.Contains(a.raw, "Good day") || strings.Contains(a.raw, "Hello") {
			t.Errorf("after: %s", a.raw)
		}
		if a = h.post("/chat/service/v81f0", nil, "Authorization", "Bearer "+h.token(h.boris)); a.StatusCode != 409 || a.body["manager_id"] != float64(h.anna.ID) {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		if a = h.post(at+"/close", nil); a.StatusCode != 200 || !strings.Contains(a.raw, `"status":"closed"`) {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		h.post(at, `{"content":"late"}`).wantError(t, 409, "conversation_closed")
		if strings.Contains(h.log.String(), fmt.Sprint(id)) || strings.Contains(h.log.String(), h.token(h.anna)) {
			t.Error("the log tells a conversation's id or a token")
		}
	})
}

func TestBadInput(t *testing.T) {
	eachDatabase(t, func(c *api.Config) { c.MaxBodyBytes = 2000 }, func(t *testing.T, h *house) {
		h.onDuty(h.anna)
		id := h.post("/chat/service/v1", nil).conversation()
		at := fmt.Sprint("/chat/conversation/", id)
		clara := h.Manager(h.Organization("Kettles"), "Clara")
		foreign := h.Conversation(4711, "v-foreign", clara, nil)
		foreignMessage := h.Message(foreign, nil)
		annas := []string{"Authorization", "Bearer " + h.token(h.anna)}
		for _, c := range []struct {
			name   string
			a      answer
			status int
			code   string
		}{
			{"no JSON", h.post(at, `{"content":`), 400, "body_invalid"},
			{"two documents", h.post(at, `{"content":"x"}{}`), 400, "body_invalid"},
			{"an array", h.post(at, `[1,2]`), 400, "body_invalid"},
			{"null", h.post(at, `null`), 400, "body_invalid"},
			{"nested too deeply", h.post(at, strings.Repeat(`{"a":`, 30)+"1"+strings.Repeat("}", 30)), 400, "body_invalid"},
			{"a broken form", h.post(at, "%zz", "Content-Type", "application/x-www-form-urlencoded"), 400, "body_invalid"},
			{"a broken multipart", h.post(at, "nothing", "Content-Type", "multipart/form-data; boundary=x"), 400, "body_invalid"},
			{"branch and leaf", h.post(at, url.Values{"sender": {"visitor:v1"}, "sender[type]": {"visitor"}}), 400, "body_invalid"},
			{"content is a number", h.post(at, `{"content":5}`), 400, "content_invalid"},
			{"content is missing", h.post(at, `{}`), 400, "content_invalid"},
			{"content is blank", h.post(at, `{"content":" \u0000 "}`), 400, "content_invalid"},
			{"client id is a list", h.post(at, `{"content":"x","client_message_id":[]}`), 400, "client_message_id_invalid"},
			{"client id is long", h.post(at, url.Values{"content": {"x"}, "client_message_id": {strings.Repeat("x", 200)}}), 400, "client_message_id_invalid"},
			{"sender is a number", h.post(at, `{"content":"x","sender":5}`), 400, "sender_invalid"},
			{"sender is a robot", h.post(at, `{"content":"x","sender":{"type":"robot","id":1}}`), 400, "sender_invalid"},
			{"sender without type", h.post(at, `{"content":"x","sender":{"id":1}}`), 400, "sender_invalid"},
			{"somebody else", h.post(at, `{"content":"x","sender":"visitor:v2"}`), 403, "sender_mismatch"},
			{"a manager, without token", h.post(at, `{"content":"x","sender":"manager:1"}`), 401, "token_missing"},
			{"token is an object", h.post(at, `{"content":"x","token":{}}`), 400, "token_invalid"},
			{"token is garbage", h.post(at, `{"content":"x","token":"garbage"}`), 401, "token_invalid"},
			{"a short token", h.post(at, `{"content":"x"}`, "Authorization", "Bearer x"), 401, "token_invalid"},
			{"site key with NUL", h.post("/chat/service/v9", `{"app_key":"\u0000"}`), 400, "app_key_invalid"},
			{"site key in no UTF-8", h.post("/chat/service/v9", url.Values{"app_key": {"\xff"}}), 400, "app_key_invalid"},
			{"site key header in no UTF-8", h.post("/chat/service/v9", nil, "X-App-Key", "\xff"), 400, "app_key_invalid"},
			{"another spelling of an id", h.post(strings.Replace(at, "conversation/", "conversation/0", 1), `{"content":"x"}`), 404, "conversation_not_found"},
			{"sign-in with NUL", h.post("/dashboard/api/login", `{"email":"a\u0000b","password":"x"}`), 401, "login_failed"},
			{"too large", h.post(at, `{"content":"`+strings.Repeat("x", 3000)+`"}`), 413, "body_too_large"},
			{"bad visitor id", h.post("/chat/service/"+strings.Repeat("x", 65), nil), 400, "visitor_id_invalid"},
			{"a pattern for a visitor id", h.post("/chat/service/*", nil), 400, "visitor_id_invalid"},
			{"count 0", h.post(at+"/messages", url.Values{"count": {"0"}}), 400, "count_invalid"},
			{"count -1", h.do("GET", at+"/messages?count=-1", nil), 400, "count_invalid"},
			{"count x", h.post(at+"/messages", `{"count":"x"}`), 400, "count_invalid"},
			{"count 1.5", h.post(at+"/messages", `{"count":1.5}`), 400, "count_invalid"},
			{"count true", h.post(at+"/messages", `{"count":true}`), 400, "count_invalid"},
			{"since x", h.post(at+"/messages", `{"since_id":"x"}`), 400, "since_id_invalid"},
			{"direction", h.post(at+"/messages", `{"direction":"up"}`), 400, "direction_invalid"},
			{"unknown conversation", h.post("/chat/conversation/99", `{"content":"x"}`), 404, "conversation_not_found"},
			{"no id at all", h.post("/chat/conversation/abc", `{"content":"x"}`), 404, "conversation_not_found"},
			{"an enormous id", h.post("/chat/conversation/99999999999999999999", `{"content":"x"}`), 404, "conversation_not_found"},
			{"unknown message", h.post(at+"/message/99999/mark_read", nil), 404, "message_not_found"},
			{"another visitor's message", h.post(fmt.Sprint(at, "/message/", foreignMessage.ID, "/mark_read"), nil), 404, "message_not_found"},
			{"foreign: post", h.post(fmt.Sprint("/chat/conversation/", foreign.ID), `{"content":"x"}`, annas...), 404, "conversation_not_found"},
			{"foreign: history", h.do("GET", fmt.Sprint("/chat/conversation/", foreign.ID, "/messages"), nil, annas...), 404, "conversation_not_found"},
			{"foreign: mark", h.post(fmt.Sprint("/chat/conversation/", foreign.ID, "/message/", foreignMessage.ID, "/mark_read"), nil, annas...), 404, "conversation_not_found"},
			{"foreign: close", h.post(fmt.Sprint("/chat/conversation/", foreign.ID, "/close"), nil, annas...), 404, "conversation_not_found"},
			{"foreign: open", h.post("/chat/service/v-foreign", nil, annas...), 404, "visitor_not_found"},
			{"foreign: unknown site key", h.post("/chat/service/v9", `{"app_key":"x"}`), 404, "organization_not_found"},
			{"notification without key", h.post("/chat/notification/v1", `{"a":1}`), 401, "token_missing"},
			{"notification by a manager", h.post("/chat/notification/v1", `{"a":1}`, annas...), 403, "forbidden"},
			{"duty without token", h.do("GET", "/chat/duty", nil), 401, "token_missing"},
			{"duty state", h.post("/chat/duty", `{"state":"asleep"}`, annas...), 400, "state_invalid"},
			{"PUT", h.do("PUT", at, `{}`), 405, "method_not_allowed"},
			{"PATCH", h.do("PATCH", "/chat/service/v1", `{}`), 405, "method_not_allowed"},
			{"nowhere", h.do("GET", "/nowhere", nil), 404, "not_found"},
			{"nowhere in chat", h.post("/chat/nowhere/x", `{}`), 404, "not_found"},
		} {
			t.Run(c.name, func(t *testing.T) { c.a.wantError(t, c.status, c.code) })
		}
	})
}

func TestBadTokens(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.onDuty(h.anna)
		id := h.post("/chat/service/v1", nil).conversation()
		sign := func(method jwt.SigningMethod, key any, expires time.Duration, org int64) string {
			signed, err := jwt.NewWithClaims(method, jwt.MapClaims{
				"sub": fmt.Sprint(h.anna.ID), "role": "admin", "org": org, "exp": time.Now().Add(expires).Unix(),
			}).SignedString(key)
			if err != nil {
				t.Fatal(err)
			}
			return signed
		}
		if a := h.post(fmt.Sprint("/chat/conversation/", id), `{"content":"x"}`, "Authorization",
			"Bearer "+sign(jwt.SigningMethodHS256, []byte(secret), time.Hour, h.Org.ID)); a.StatusCode != 201 {
			t.Fatalf("the good one: %d %s", a.StatusCode, a.raw)
		}
		for name, bad := range map[string]string{
			"expired":              sign(jwt.SigningMethodHS256, []byte(secret), -time.Hour, h.Org.ID),
			"forged":               sign(jwt.SigningMethodHS256, []byte(strings.ToUpper(secret)), time.Hour, h.Org.ID),
			"alg none":             sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, time.Hour, h.Org.ID),
			"another algorithm":    sign(jwt.SigningMethodHS384, []byte(secret), time.Hour, h.Org.ID),
			"another organisation": sign(jwt.SigningMethodHS256, []byte(secret), time.Hour, 999),
		} {
			for _, path := range []string{"/chat/service/v1", fmt.Sprint("/chat/conversation/", id), fmt.Sprint("/chat/conversation/", id, "/messages"), "/chat/duty", "/chat/notification/v1"} {
				t.Run(name+path, func(t *testing.T) {
					h.post(path, `{"content":"x","state":"on"}`, "Authorization", "Bearer "+bad).wantError(t, 401, "token_invalid")
				})
			}
		}
	})
}

func TestOpenAtOnce(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.onDuty(h.anna)
		answers := make(chan answer, 50)
		var group sync.WaitGroup
		for range cap(answers) {
			group.Go(func() { answers <- h.post("/chat/service/v1", nil) })
		}
		group.Wait()
		close(answers)
		ids, created := map[int64]bool{}, 0
		for a := range answers {
			ids[a.conversation()] = true
			if a.StatusCode == 201 {
				created++
			}
		}
		if len(ids) != 1 || created != 1 {
			t.Errorf("%d conversations, %d times new", len(ids), created)
		}
	})
}

func TestNotification(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		_, key, err := h.people.CreateAPIKey(ctx, h.Org.ID, "shop")
		if err != nil {
			t.Fatal(err)
		}
		a := h.post("/chat/notification/v1", `{"title":"Sale","n":[1,{"a":null}]}`, "Authorization", "Bearer "+key)
		if a.StatusCode != 201 || !strings.Contains(a.raw, `"data":{"n":[1,{"a":null}],"title":"Sale"}`) {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		a = h.post("/chat/notification/v1", url.Values{"title": {"Sale"}, "token": {key}})
		if a.StatusCode != 201 || !strings.Contains(a.raw, `"data":{"title":"Sale"}`) || strings.Contains(a.raw, key) {
			t.Errorf("as a form: %d %s", a.StatusCode, a.raw)
		}
		a = h.post("/chat/notification/v1?count=3", `{"sender":"Shop","token":{"a":1}}`, "Authorization", "Bearer "+key)
		if a.StatusCode != 201 || !strings.Contains(a.raw, `"data":{"sender":"Shop","token":{"a":1}}`) {
			t.Errorf("any object is one: %d %s", a.StatusCode, a.raw)
		}
		for _, address := range []string{"/chat/conversation/1?token=", "/chat/notification/v1?token=", "/chat/service/v1?token="} {
			if a := h.post(address+key, `{"content":"x"}`); a.StatusCode != 401 {
				t.Errorf("a key in an address: %d %s", a.StatusCode, a.raw)
			}
		}
	})
}

func TestLimits(t *testing.T) {
	limited := func(c *api.Config) {
		c.Limits = chat.Limits{MessagesPerSecond: 0.001, MessagesBurst: 3, OpensPerMinute: 2}
	}
	eachDatabase(t, limited, func(t *testing.T, h *house) {
		h.onDuty(h.anna)
		id := h.post("/chat/service/v1", nil).conversation()
		h.post("/chat/service/v1", nil)
		a := h.post("/chat/service/v1", nil)
		a.wantError(t, 429, "too_many_requests")
		if a.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		h.post("/chat/service/v2", nil).wantError(t, 429, "too_many_requests") // the same address
		at := fmt.Sprint("/chat/conversation/", id)
		for range 3 {
			if a := h.post(at, `{"content":"x"}`); a.StatusCode != 201 {
				t.Errorf("%d %s", a.StatusCode, a.raw)
			}
		}
		h.post(at, `{"content":"x"}`).wantError(t, 429, "too_many_requests")
		for range 5 { // managers are not counted
			if a := h.post(at, `{"content":"x"}`, "Authorization", "Bearer "+h.token(h.anna)); a.StatusCode != 201 {
				t.Errorf("%d %s", a.StatusCode, a.raw)
			}
		}
	})
}

func TestCORS(t *testing.T) {
	only := func(c *api.Config) { c.AllowedOrigins = []string{"https://shop.example"} }
	h := newHouse(t, sqlite(t), chat.Rules{}, only)
	a := h.do("OPTIONS", "/chat/service/v1", nil, "Origin", "https://shop.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,x-app-key")
	if a.StatusCode != 204 || a.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" ||
		a.Header.Get("Access-Control-Allow-Headers") != "authorization,x-app-key" || a.Header.Get("Access-Control-Max-Age") != "86400" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	a = h.post("/chat/service/v1", nil, "Origin", "https://shop.example")
	if a.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" || !strings.Contains(fmt.Sprint(a.Header["Vary"]), "Origin") {
		t.Errorf("%v", a.Header)
	}
	for _, method := range []string{"OPTIONS", "POST"} {
		if a = h.do(method, "/chat/service/v1", nil, "Origin", "https://evil.example"); a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", method, a.Header)
		}
	}
}

func TestDashboard(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.do("GET", "/dashboard/api/me", nil).wantError(t, 401, "login_required")
		login := fmt.Sprintf(`{"email":%q,"password":%q}`, h.anna.Email, password)
		h.post("/dashboard/api/login", strings.Replace(login, password, "wrong horse", 1)).wantError(t, 401, "login_failed")
		h.post("/dashboard/api/login", `{"email":5}`).wantError(t, 400, "body_invalid")
		h.post("/dashboard/api/login", url.Values{"email": {h.anna.Email}, "password": {password}}).wantError(t, 400, "body_invalid")
		h.post("/dashboard/api/login", login, "Sec-Fetch-Site", "cross-site").wantError(t, 403, "cross_origin")
		h.post("/dashboard/api/login", login, "Origin", "https://evil.example").wantError(t, 403, "cross_origin")

		a := h.post("/dashboard/api/login", login)
		cookies := a.Cookies()
		if a.StatusCode != 200 || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || cookies[0].Path != "/dashboard/api" {
			t.Fatalf("%d %s %v", a.StatusCode, a.raw, cookies)
		}
		cookie := cookies[0].Name + "=" + cookies[0].Value
		a = h.do("GET", "/dashboard/api/me", nil, "Cookie", cookie)
		token, _ := a.body["token"].(string)
		if a.StatusCode != 200 || token == "" || a.Header.Get("Cache-Control") != "no-store" || strings.Contains(a.raw, "argon") {
			t.Fatalf("%d %s", a.StatusCode, a.raw)
		}
		if a = h.do("GET", "/chat/duty", nil, "Authorization", "Bearer "+token); a.StatusCode != 200 || !strings.Contains(a.raw, `"state":"auto"`) {
			t.Errorf("with the dashboard's token: %d %s", a.StatusCode, a.raw)
		}
		h.do("GET", "/chat/duty", nil, "Cookie", cookie).wantError(t, 401, "token_missing") // cookies mean nothing elsewhere

		for i := range 5 {
			h.post(fmt.Sprint("/chat/service/v", i), nil, "Authorization", "Bearer "+token)
		}
		seen, before := map[any]bool{}, ""
		for range 3 {
			a = h.do("GET", "/dashboard/api/conversations?limit=2&before="+before, nil, "Cookie", cookie)
			list, _ := a.body["conversations"].([]any)
			for _, c := range list {
				seen[c.(map[string]any)["id"]] = true
			}
			before, _ = a.body["next"].(string)
		}
		if len(seen) != 5 || before != "" {
			t.Errorf("%d seen, next %q", len(seen), before)
		}
		for query, code := range map[string]string{"status=x": "status_invalid", "scope=x": "scope_invalid", "limit=0": "limit_invalid", "before=%21": "before_invalid"} {
			h.do("GET", "/dashboard/api/conversations?"+query, nil, "Cookie", cookie).wantError(t, 400, code)
		}
		if a = h.do("GET", "/dashboard/api/conversations?scope=all&status=closed", nil, "Cookie", cookie); a.StatusCode != 200 || !strings.Contains(a.raw, `"conversations":[]`) {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		if a = h.post("/dashboard/api/logout", nil, "Cookie", cookie); a.StatusCode != 204 {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		h.do("GET", "/dashboard/api/me", nil, "Cookie", cookie).wantError(t, 401, "login_required")
	})
}

func TestLoginIsSlowedDown(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, nil)
	for i := range 8 {
		email := strings.ToUpper(h.anna.Email) + strings.Repeat(" ", i) // another spelling is no other manager
		a := h.post("/dashboard/api/login", fmt.Sprintf(`{"email":%q,"password":"guess-%d"}`, email, i))
		if want := map[bool]int{true: 401, false: 429}[i < 6]; a.StatusCode != want {
			t.Errorf("guess %d: %d, want %d", i, a.StatusCode, want)
		}
	}
}

func TestPagesAndHealth(t *testing.T) {
	ready := error(nil)
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) {
		c.Ready = func(context.Context) error { return ready }
		c.DemoSiteKey = "site"
	})
	a := h.do("GET", "/widget.js", nil)
	tag := a.Header.Get("ETag")
	if a.StatusCode != 200 || a.raw != "widget()" || tag == "" || a.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.Header.Get("Content-Type"), "javascript") {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if a = h.do("GET", "/widget.js", nil, "If-None-Match", tag); a.StatusCode != 304 {
		t.Errorf("%d", a.StatusCode)
	}
	if a = h.do("HEAD", "/widget.js", nil); a.StatusCode != 200 {
		t.Errorf("%d", a.StatusCode)
	}
	for _, path := range []string{"/live", "/live/", "/live2/5a3", "/live2/5a3/"} {
		h.do("GET", path, nil).want(t, 200, "giosg()")
	}
	a = h.do("GET", "/dashboard/", nil)
	if a.StatusCode != 200 || !strings.Contains(a.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if a = h.do("GET", "/dashboard/assets/a-1.css", nil); a.StatusCode != 200 || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	h.do("GET", "/demo/", nil).want(t, 200, "demo")
	h.do("GET", "/demo/assets/b-1.js", nil).want(t, 200, "b()")
	h.do("GET", "/demo", nil).want(t, 301)
	for _, path := range []string{"/dashboard/assets/none.js", "/dashboard/assets/../../widget.js", "/dashboard/assets/..%2f..%2fwidget.js", "/demo/assets/x"} {
		if a = h.do("GET", path, nil); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	if a = h.do("GET", "/demo/site.json", nil); a.body["site_key"] != "site" {
		t.Errorf("%s", a.raw)
	}
	if a = h.do("GET", "/dashboard", nil); a.StatusCode != 301 || a.Header.Get("Location") != "/dashboard/" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if a = h.do("GET", "/", nil); a.StatusCode != 302 || a.Header.Get("Location") != "/demo/" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if a = h.do("GET", "/healthz", nil); a.StatusCode != 200 {
		t.Errorf("%d", a.StatusCode)
	}
	if a = h.do("GET", "/readyz", nil); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, a.raw)
	}
	ready = fmt.Errorf("the database does not answer")
	if a = h.do("GET", "/readyz", nil); a.StatusCode != 503 || strings.Contains(a.raw, "database") {
		t.Errorf("%d %s", a.StatusCode, a.raw)
	}
	if a = h.do("GET", "/metrics", nil); a.raw != "figures" {
		t.Errorf("%s", a.raw)
	}
	h.do("GET", "/metrics", nil, "X-Forwarded-For", "203.0.113.9").wantError(t, 404, "not_found")
}

func TestChatPrefix(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) { c.ChatPrefix = "/api/v1" })
	h.onDuty(h.anna)
	if a := h.post("/api/v1/chat/service/v1.json", nil); a.StatusCode != 201 {
		t.Errorf("%d %s", a.StatusCode, a.raw)
	}
}
