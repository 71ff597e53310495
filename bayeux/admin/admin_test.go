package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/api/openapi/openapitest"
	"parley/bayeux"
	"parley/bayeux/admin"
)

// policy lets staff do everything and others what is public.
type policy struct{}

func (policy) Identify(_ context.Context, ext []byte) (any, time.Time, bool, error) {
	var e struct{ Token string }
	if json.Unmarshal(ext, &e) != nil || e.Token == "" {
		return nil, time.Time{}, true, nil
	}
	return e.Token, time.Time{}, true, nil
}

func (policy) Subscribe(_ context.Context, who any, channel string) (string, bool, error) {
	return "", who == "staff" || strings.HasPrefix(channel, "/public/"), nil
}

func (policy) Publish(_ context.Context, who any, channel string) (string, bool, error) {
	if channel == "/public/broken" {
		return "", false, errors.New("the database is away")
	}
	return "", who == "staff" && !strings.HasPrefix(channel, "/chat/"), nil
}

func operators(_ context.Context, token string) (any, error) {
	switch token {
	case "":
		return nil, admin.ErrToken
	case "staff":
		return token, nil
	}
	return nil, admin.ErrForbidden
}

func anybody(_ context.Context, token string) (any, error) {
	if token == "" {
		return nil, nil
	}
	return token, nil
}

func newServer() *bayeux.Server {
	return bayeux.New(bayeux.Config{
		Policy: policy{}, MaxMessageBytes: 1000,
		Rules: []bayeux.Rule{{Pattern: "/public/*", History: bayeux.Retention{Size: 5}, Presence: true, MaxMessageBytes: 50}},
	})
}

// process speaks as a client and returns the replies.
func process(t *testing.T, srv *bayeux.Server, text string) string {
	t.Helper()
	msgs, err := srv.Decode(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	link := srv.Poll()
	defer link.Close()
	var out []string
	for _, f := range srv.Process(context.Background(), link, msgs) {
		out = append(out, string(f))
	}
	return strings.Join(out, "")
}

func open(t *testing.T, srv *bayeux.Server, ext string) (id string) {
	t.Helper()
	reply := process(t, srv, `{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["websocket"],"ext":`+ext+`}`)
	_, rest, _ := strings.Cut(reply, `"clientId":"`)
	id, _, _ = strings.Cut(rest, `"`)
	return id
}

func call(h http.Handler, method, path, token, body string) (status int, answer string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestCalls(t *testing.T) {
	srv := newServer()
	checker := openapitest.Must()
	under := func(mount string, handler http.Handler) http.Handler {
		for _, route := range handler.(interface{ Routes() []string }).Routes() {
			if operation := strings.Replace(route, " ", " "+mount, 1); !slices.Contains(checker.Operations(), operation) {
				t.Errorf("%s is not described", operation)
			}
		}
		checked := checker.Handler(t, http.StripPrefix(mount, handler))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = mount + r.URL.Path
			checked.ServeHTTP(w, r)
		})
	}
	h, public := under("/admin/bayeux", admin.New(srv, operators)), under("/channels", admin.Public(srv, anybody))
	id := open(t, srv, `{"token":"secret-token"}`)
	if reply := process(t, srv, `{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":["/public/a","/public/b"]}`); !strings.Contains(reply, `"successful":true`) {
		t.Fatal(reply)
	}
	for _, c := range []struct {
		name          string
		handler       http.Handler
		method, path  string
		token, body   string
		status        int
		want, wantNot string
	}{
		{"no token", h, "GET", "/sessions", "", "", 401, `"code":"token_invalid"`, ""},
		{"another token", h, "GET", "/sessions", "visitor", "", 403, `"code":"forbidden"`, ""},
		{"publishing without", h, "POST", "/publish", "", `{"channel":"/public/a","data":1}`, 401, "", ""},
		{"kicking without", h, "DELETE", "/sessions/" + id, "visitor", "", 403, "", ""},
		{"publish", h, "POST", "/publish", "staff", `{"channel":"/public/a","data":{"n":1}}`, 204, "", ""},
		{"publish where the policy says no", h, "POST", "/publish", "staff", `{"channel":"/chat/a","data":1}`, 403, "", ""},
		{"publish too much", h, "POST", "/publish", "staff", `{"channel":"/public/a","data":"` + strings.Repeat("x", 60) + `"}`, 413, "body_too_large", ""},
		{"publish far too much", h, "POST", "/publish", "staff", `{"channel":"/public/a","data":"` + strings.Repeat("x", 2000) + `"}`, 413, "body_too_large", ""},
		{"publish on a pattern", h, "POST", "/publish", "staff", `{"channel":"/public/*","data":1}`, 400, "channel_invalid", ""},
		{"publish nothing", h, "POST", "/publish", "staff", `{"channel":"/public/a"}`, 400, "body_invalid", ""},
		{"publish no JSON", h, "POST", "/publish", "staff", `channel`, 400, "body_invalid", ""},
		{"a failure is not told", h, "POST", "/publish", "staff", `{"channel":"/public/broken","data":1}`, 500, "internal_error", "database"},
		{"sessions", h, "GET", "/sessions?limit=5", "staff", "", 200, `"who":"secret-token"`, `"ext"`},
		{"sessions after", h, "GET", "/sessions?after=~", "staff", "", 200, `{"sessions":[],"more":false}`, ""},
		{"limit", h, "GET", "/sessions?limit=x", "staff", "", 400, "number_invalid", ""},
		{"a session", h, "GET", "/sessions/" + id, "staff", "", 200, `{"channel":"/public/b","scope":"","who":"secret-token"}`, ""},
		{"its queue", h, "GET", "/sessions/" + id, "staff", "", 200, `"queue_messages":1`, ""},
		{"no session", h, "GET", "/sessions/gone", "staff", "", 404, "session_not_found", ""},
		{"channels", h, "GET", "/channels?prefix=/pub&limit=1", "staff", "", 200, `{"channels":[{"channel":"/public/a","subscriptions":1}],"more":true}`, ""},
		{"history", h, "GET", "/history?channel=/public/a", "staff", "", 200, `"data":{"n":1,`, ""},
		{"history for everybody", public, "GET", "/history?channel=/public/a&count=1", "", "", 200, `"data":{"n":1,`, ""},
		{"history of something secret", public, "GET", "/history?channel=/secret", "", "", 403, "forbidden", ""},
		{"history of nothing", public, "GET", "/history?channel=/secret", "staff", "", 404, "channel_unknown", ""},
		{"history from", public, "GET", "/history?channel=/public/a&after=-1", "", "", 400, "number_invalid", ""},
		{"presence", public, "GET", "/presence?channel=/public/a", "", "", 200, `{"channel":"/public/a","sessions":1,"present":[{"who":"secret-token","sessions":1}]}`, ""},
		{"presence for operators", h, "GET", "/presence?channel=/public/a", "staff", "", 200, `"sessions":1`, ""},
		{"no channel", public, "GET", "/presence", "", "", 400, "channel_invalid", ""},
		{"sessions are not public", public, "GET", "/sessions", "staff", "", 404, "not_found", ""},
		{"publishing is not public", public, "POST", "/publish", "staff", `{}`, 404, "not_found", ""},
		{"another method", h, "PUT", "/sessions", "staff", "", 405, "method_not_allowed", ""},
		{"nothing", h, "GET", "/", "staff", "", 404, "not_found", ""},
		{"kick", h, "DELETE", "/sessions/" + id, "staff", "", 204, "", ""},
		{"kick again", h, "DELETE", "/sessions/" + id, "staff", "", 404, "session_not_found", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, answer := call(c.handler, c.method, c.path, c.token, c.body)
			if status != c.status || !strings.Contains(answer, c.want) || c.wantNot != "" && strings.Contains(answer, c.wantNot) {
				t.Errorf("%d %s", status, answer)
			}
		})
	}
	for _, mount := range []string{"/admin/bayeux/", "/channels/"} {
		if operations := checker.Unanswered(mount); len(operations) > 0 {
			t.Errorf("nobody has seen an answer of %v", operations)
		}
	}
	if reply := process(t, srv, `{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling"}`); !strings.Contains(reply, "401:") {
		t.Errorf("kicked, and heard %s", reply)
	}
}
