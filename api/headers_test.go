package api_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"parley/api"
	"parley/chat"
)

const nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// TestHeaders: what browsers are told with every kind of answer.
func TestHeaders(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) { c.DemoSiteKey = "site" })
	host := strings.TrimPrefix(h.url, "http://")
	page := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data: blob:; connect-src 'self' ws://" + host + " wss://" + host +
		"; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	for _, row := range []struct{ method, path, policy, resource, cache, opener string }{
		{"GET", "/dashboard/", page, "same-origin", "no-cache", "same-origin"},
		{"GET", "/demo/", page, "same-origin", "no-cache", "same-origin"},
		{"GET", "/dashboard/assets/a-1.css", nothing, "same-origin", "public, max-age=31536000, immutable", ""},
		{"GET", "/dashboard/assets/none", nothing, "same-origin", "no-store", ""},
		{"GET", "/widget-more.js", nothing, "cross-origin", "public, max-age=300", ""},
		{"GET", "/live/", nothing, "cross-origin", "public, max-age=300", ""},
		{"GET", "/live2/5a3", nothing, "cross-origin", "public, max-age=300", ""},
		{"GET", "/widget.js", nothing, "cross-origin", "public, max-age=300", ""},
		{"GET", "/openapi.yaml", nothing, "cross-origin", "no-cache", ""},
		{"GET", "/dashboard/api/me", nothing, "same-origin", "no-store", ""},
		{"POST", "/dashboard/api/login", nothing, "same-origin", "no-store", ""},
		{"GET", "/chat/duty", nothing, "same-origin", "no-store", ""},
		{"POST", "/chat/service/v1", nothing, "same-origin", "no-store", ""},
		{"GET", "/chat/attachment/x/y", nothing, "same-origin", "no-store", ""},
		{"GET", "/chat/site?app_key=" + h.Org.SiteKey, nothing, "same-origin", "public, max-age=30", ""},
		{"GET", "/healthz", nothing, "same-origin", "no-store", ""},
		{"GET", "/nowhere", nothing, "same-origin", "no-store", ""},
		{"PUT", "/dashboard/", nothing, "same-origin", "no-store", ""},
	} {
		a := h.do(row.method, row.path, nil)
		for name, want := range map[string]string{
			"Content-Security-Policy": row.policy, "Cross-Origin-Resource-Policy": row.resource, "Cache-Control": row.cache,
			"Cross-Origin-Opener-Policy": row.opener, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "same-origin", "Strict-Transport-Security": "",
		} {
			if got := strings.Join(a.Header.Values(name), " | "); got != want {
				t.Errorf("%s %s (%d): %s is %q, want %q", row.method, row.path, a.StatusCode, name, got, want)
			}
		}
		if got := a.Header.Get("Permissions-Policy"); (got != "") != (row.opener != "") || got != "" && !strings.Contains(got, "camera=(self), display-capture=(),") {
			t.Errorf("%s: Permissions-Policy is %q", row.path, got)
		}
	}
}

// TestPolicyNamesPlainHostsOnly: a Host header cannot write into the policy.
func TestPolicyNamesPlainHostsOnly(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, nil)
	for host, named := range map[string]bool{
		"chat.example.com": true, "chat.example.com:8443": true, "[::1]:8080": true,
		"x;script-src*": false, "x,y": false, "x'y": false, "*": false, "": false,
	} {
		r, err := http.NewRequest("GET", h.url+"/dashboard/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		policy := w.Header().Get("Content-Security-Policy")
		if host == "" {
			continue // nothing to name; it is looked at above
		}
		if strings.Contains(policy, "ws://"+host+" wss://"+host+";") != named || !named && strings.Contains(policy, host) && host != "*" {
			t.Errorf("%q: %s", host, policy)
		}
		if strings.Contains(policy, "*") {
			t.Errorf("%q: %s", host, policy)
		}
	}
}

// TestStrictTransport: who came by TLS is told to stay with it, on every path.
func TestStrictTransport(t *testing.T) {
	handler, err := api.New(api.Config{
		Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
		Mounts: map[string]http.Handler{"/faye": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/healthz", "/faye", "/nowhere"} {
		for scheme, state := range map[string]*tls.ConnectionState{"https": {}, "http": nil} {
			r := httptest.NewRequest("GET", "http://x"+path, nil)
			r.TLS = state
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if told := w.Header().Get("Strict-Transport-Security") != ""; told != (scheme == "https") {
				t.Errorf("%s by %s: told is %v", path, scheme, told)
			}
		}
	}
}

// TestOtherPagesAndTheDashboard: what a page of another site, or of a neighbour, makes a browser send to the
// dashboard's API is refused, with the right cookie and a safe method, too.
func TestOtherPagesAndTheDashboard(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, nil)
	cookie := h.signIn()
	for _, row := range []struct {
		name   string
		header []string
		ok     bool
	}{
		{"a program", nil, true},
		{"the dashboard", []string{"Sec-Fetch-Site", "same-origin", "Origin", h.url}, true},
		{"an address typed in", []string{"Sec-Fetch-Site", "none"}, true},
		{"another site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		{"another site's script tag", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"a neighbour's script tag", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"a neighbour", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"}, false},
	} {
		a := h.do("GET", "/dashboard/api/me", nil, append(row.header, "Cookie", cookie)...)
		if row.ok {
			a.want(t, 200, `"token":`)
		} else {
			a.wantError(t, 403, "cross_origin")
		}
		if row.ok && len(row.header) == 0 {
			continue
		}
		if a = h.post("/dashboard/api/logout", nil, append(row.header, "Cookie", "parley_session=x")...); (a.StatusCode == 204) != row.ok {
			t.Errorf("%s, signing out: %d %s", row.name, a.StatusCode, a.raw)
		}
		if got := a.Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s: its answers are shared with %s", row.name, got)
		}
	}
	// An old browser tells the origin alone.
	h.post("/dashboard/api/logout", nil, "Origin", "https://evil.example", "Cookie", cookie).wantError(t, 403, "cross_origin")
	h.do("GET", "/dashboard/api/me", nil, "Cookie", cookie).want(t, 200)
}

// TestCookiesMeanNothingElsewhere: with the dashboard's cookie every call outside its API is a stranger's, and no
// answer there sets one.
func TestCookiesMeanNothingElsewhere(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{SignedVisitors: true}, nil)
	cookie := h.signIn()
	for _, route := range h.handler.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if !strings.HasPrefix(path, "/chat/") && !strings.HasPrefix(path, "/admin/") {
			continue
		}
		for from, to := range map[string]string{":visitor_id": "v1", ":uuid": "x", ":name": "y"} {
			path = strings.ReplaceAll(path, from, to)
		}
		path = parameter.ReplaceAllString(path, "1")
		with, without := h.do(method, path, nil, "Cookie", cookie), h.do(method, path, nil)
		if with.StatusCode != without.StatusCode || with.body["code"] != without.body["code"] {
			t.Errorf("%s: %d %s with the cookie, %d %s without", route, with.StatusCode, with.raw, without.StatusCode, without.raw)
		}
		if len(with.Cookies()) > 0 {
			t.Errorf("%s sets a cookie", route)
		}
	}
}

func (h *house) signIn() (cookie string) {
	h.t.Helper()
	a := h.post("/dashboard/api/login", fmt.Sprintf(`{"email":%q,"password":%q}`, h.anna.Email, password)).want(h.t, 200)
	return strings.Split(a.Header.Get("Set-Cookie"), ";")[0]
}
