package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/config"
	"parley/models"
)

// bridge is a server as giosg's integrations see it.
type bridge struct {
	*realm
	org, user string // ids
	// userKey is the user's own; adminToken the dashboard's of an admin.
	userKey, adminToken string
}

// object is what an answer holds.
type object map[string]any

func (o object) text(name string) string { s, _ := o[name].(string); return s }

func (o object) list(name string) []object {
	var list []object
	all, _ := o[name].([]any)
	for _, one := range all {
		if is, ok := one.(map[string]any); ok {
			list = append(list, is)
		}
	}
	return list
}

// onBridges runs a test on both databases.
func onBridges(t *testing.T, test func(t *testing.T, b *bridge)) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			test(t, newBridge(t, database(t)))
		})
	}
}

func newBridge(t *testing.T, database string) *bridge {
	t.Helper()
	w := newRealm(t, database, config.VisitorsCapability, func(c *config.Config) { c.Webhooks.AllowPrivate = true })
	b := &bridge{realm: w, org: w.here.org.UUID, user: w.here.admin.UUID}
	b.adminToken = w.minted(w.keys.Manager(w.here.admin, time.Hour))
	b.userKey = b.keyOf(w.here.admin)
	return b
}

// keyOf makes a key that is a manager's own.
func (b *bridge) keyOf(m models.Manager) string {
	b.t.Helper()
	return b.call(201, "POST", "/chat/keys", "Bearer "+b.adminToken, object{"name": "giosg", "manager_id": m.ID}).part("key").text("key")
}

// call wants a status, and returns the answer's object; nil when it has none. A body that is a text is sent as it is,
// nil sends nothing but the type.
func (b *bridge) call(want int, method, path, authorization string, body any) object {
	b.t.Helper()
	status, answer := b.try(method, path, authorization, body)
	if status != want {
		b.t.Fatalf("%s %s: %d %s, want %d", method, path, status, answer, want)
	}
	if len(answer) == 0 {
		return nil
	}
	var read object
	if err := json.Unmarshal(answer, &read); err != nil {
		b.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
	}
	return read
}

func (b *bridge) try(method, path, authorization string, body any) (int, []byte) {
	b.t.Helper()
	var content io.Reader
	switch given := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(given)
	default:
		text, err := json.Marshal(given)
		b.must(err)
		content = bytes.NewReader(text)
	}
	if !strings.HasPrefix(path, "http") {
		path = b.origin + path
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, path, content)
	b.must(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer, err := b.client.Do(request)
	b.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	b.must(err)
	return answer.StatusCode, text
}

// room makes a room that is no site's.
func (b *bridge) room(name string) string {
	b.t.Helper()
	return b.call(201, "POST", "/api/v5/orgs/"+b.org+"/rooms", "Token "+b.userKey, object{"name": name}).text("id")
}

// guest is a visitor with her secret and token.
type guest struct{ id, secret, bearer string }

func (b *bridge) guest() guest {
	b.t.Helper()
	answer := b.call(201, "POST", "/api/v5/public/orgs/"+b.org+"/auth", "", object{})
	return guest{id: answer.text("visitor_id"), secret: answer.text("visitor_secret_id"), bearer: "Bearer " + answer.text("access_token")}
}

// enter brings her into a room.
func (b *bridge) enter(v guest, room string) {
	b.t.Helper()
	b.call(201, "POST", "/api/v5/public/orgs/"+b.org+"/rooms/"+room+"/visitors", v.bearer, object{"id": v.id, "presence_expires_in": 60})
}

// start begins a chat, without a body as integrations do.
func (b *bridge) start(v guest, room string) object {
	b.t.Helper()
	return b.call(201, "POST", "/api/v5/public/orgs/"+b.org+"/rooms/"+room+"/visitors/"+v.id+"/chats", v.bearer, nil)
}

func (b *bridge) say(v guest, chat, text string) object {
	b.t.Helper()
	return b.call(201, "POST", "/api/v5/public/visitors/"+v.id+"/chats/"+chat+"/messages", v.bearer, object{"message": text, "type": "msg"})
}

// mailbox is an integration's own server.
type mailbox struct {
	t   *testing.T
	url string

	mu    sync.Mutex
	calls []object
	fresh chan struct{}
	read  int
}

func newMailbox(t *testing.T) *mailbox {
	m := &mailbox{t: t, fresh: make(chan struct{}, 1)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body object
		if r.URL.Query().Get("secret") != "s3cret" || r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&body) != nil {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		m.mu.Lock()
		m.calls = append(m.calls, body)
		m.mu.Unlock()
		select {
		case m.fresh <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(server.Close)
	m.url = server.URL + "/hook?secret=s3cret"
	return m
}

// next is the first call after the last that was returned which is what is asked for. What lies between is skipped.
func (m *mailbox) next(is func(object) bool, what string) object {
	m.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		m.mu.Lock()
		for ; m.read < len(m.calls); m.read++ {
			if call := m.calls[m.read]; is(call) {
				m.read++
				m.mu.Unlock()
				return call
			}
		}
		m.mu.Unlock()
		select {
		case <-m.fresh:
		case <-limit.C:
			m.mu.Lock()
			defer m.mu.Unlock()
			m.t.Fatalf("no %s came; %d calls: %v", what, len(m.calls), m.calls)
		}
	}
}

// tells asks for an action on a channel.
func (m *mailbox) tells(action, channel string) object {
	m.t.Helper()
	return m.next(func(call object) bool {
		return call.text("action") == action && call.text("channel") == channel
	}, action+" on "+channel)
}

func (o object) part(name string) object { is, _ := o[name].(map[string]any); return is }

// hook has what happens on channels sent to the mailbox.
func (b *bridge) hook(to *mailbox, m models.Manager, channels ...string) {
	b.t.Helper()
	b.call(201, "POST", "/chat/webhooks", "Bearer "+b.adminToken, object{
		"url": to.url, "format": "giosg", "channels": channels, "actions": []string{"added", "changed", "removed"}, "manager_id": m.ID,
	})
}

// want compares some attributes.
func (o object) want(t *testing.T, what string, attributes object) {
	t.Helper()
	for name, value := range attributes {
		got, there := o[name]
		if !there || fmt.Sprint(got) != fmt.Sprint(value) {
			t.Errorf("%s: %s is %v, want %v", what, name, got, value)
		}
	}
}

// suspend ends the organisation's subscription, or lets it run again.
func (b *bridge) suspend(now bool) {
	b.t.Helper()
	_, err := chat.NewAdmin(b.store).UpdateOrganization(b.t.Context(), b.here.org.ID, chat.OrganizationChanges{Suspended: chat.To(now)})
	b.must(err)
}
