package transport_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parley/bayeux"
	"parley/bayeux/transport"
)

func TestRequestBodies(t *testing.T) {
	s := newSite(t, bayeux.Config{MaxMessageBytes: 2000}, transport.Config{})
	const one = `{"channel":"/a","data":1}`
	const yes = `[{"channel":"/a","successful":true}]`
	const two = `[{"channel":"/a","successful":true},{"channel":"/a","successful":true}]`
	form := func(v string) string { return "message=" + url.QueryEscape(v) }
	const formType = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		name, kind, body string
		status           int
		want             string
	}{
		{"array", "application/json", `[` + one + `]`, 200, yes},
		{"object", "application/json", one, 200, yes},
		{"charset", "application/json; charset=UTF-8", one, 200, yes},
		{"capitals", "Application/JSON", one, 200, yes},
		{"form", formType, form(one), 200, yes},
		{"form with charset", formType + ";charset=utf-8", form(`[` + one + `]`), 200, yes},
		{"repeated", formType, form(one) + "&" + form(`[`+one+`]`), 200, two},
		{"form and more", formType, "x=1&" + form(one) + "&jsonp=cb", 200, yes},
		{"form as text", "text/plain", form(one), 200, yes},
		{"form as text, charset", "text/plain;charset=UTF-8", form(one), 200, yes},
		{"form as xml", "application/xml", form(one), 200, yes},
		{"form, no type", "", form(one), 200, yes},
		{"raw as form", formType, `[` + one + `]`, 200, yes},
		{"raw as text", "text/plain", " \n" + one, 200, yes},
		{"raw, no type", "", one, 200, yes},
		{"raw as nonsense", "not a type", one, 200, yes},
		{"empty array", "application/json", `[]`, 200, `[]`},
		{"primitive", "application/json", `5`, 400, "Bad request"},
		{"null", "application/json", `null`, 400, "Bad request"},
		{"broken", "application/json", `[{"channel"`, 400, "Bad request"},
		{"form as json", "application/json", form(one), 400, "Bad request"},
		{"no message", formType, "x=1", 400, "Bad request"},
		{"bad escape", formType, "message=%zz", 400, "Bad request"},
		{"message no JSON", formType, "message=hello", 400, "Bad request"},
		{"empty", "application/json", ``, 400, "Bad request"},
		{"not UTF-8", "application/json", "{\"channel\":\"/a\",\"data\":\"\xff\"}", 400, "Bad request"},
		{"too large", "application/json", `{"channel":"/a","data":"` + strings.Repeat("x", 2000) + `"}`, 413, "Request Entity Too Large"},
		{"as large as may be", "application/json", `{"channel":"/a","data":"` + strings.Repeat("x", 2000-len(one)-1) + `"}`, 200, yes},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{"", "/", "/handshake", "/connect", "/x/y"} {
				resp, text := s.do("POST", path, c.kind, c.body)
				if resp.StatusCode != c.status || text != c.want {
					t.Fatalf("%s: %d %s", path, resp.StatusCode, text)
				}
				kind := "application/json; charset=utf-8"
				if c.status != 200 {
					kind = "text/plain; charset=utf-8"
				}
				head(t, resp, "Content-Type", kind)
				head(t, resp, "Cache-Control", "no-cache, no-store")
				head(t, resp, "X-Content-Type-Options", "nosniff")
			}
		})
	}
	t.Run("too large, length unknown", func(t *testing.T) {
		body := `{"channel":"/a","data":"` + strings.Repeat("x", 2000) + `"}`
		resp, err := http.Post(s.URL, "application/json", struct{ *strings.Reader }{strings.NewReader(body)})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		defer http.DefaultClient.CloseIdleConnections()
		if resp.StatusCode != 413 {
			t.Error(resp.Status)
		}
	})
}

func head(t *testing.T, resp *http.Response, name, want string) {
	t.Helper()
	if got := resp.Header.Get(name); got != want {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

func TestMethodsAndPaths(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 400},
		{"PUT", "/", 405},
		{"DELETE", "/", 405},
		{"HEAD", "/", 405},
		{"GET", "/client.js", 404},
		{"GET", "/faye-browser-min.js.map", 404},
		{"OPTIONS", "/", 200},
	} {
		resp, _ := s.do(c.method, c.path, "", "")
		if resp.StatusCode != c.status {
			t.Errorf("%s %s: %d", c.method, c.path, resp.StatusCode)
		}
		if c.status == 405 {
			head(t, resp, "Allow", "GET, POST, OPTIONS")
		}
	}
}

func TestCallbackPolling(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	id := s.session()
	s.do("POST", "", "", `{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":"/a"}`)
	s.do("POST", "", "", `{"channel":"/a","data":"`+"\u2028\u2029<"+`"}`)
	connect := `{"channel":"/meta/connect","clientId":"` + id + `","connectionType":"callback-polling","advice":{"timeout":0}}`
	resp, text := s.do("GET", "/"+query("message", connect, "jsonp", "a.b$._c1"), "", "")
	if !strings.HasPrefix(text, `/**/a.b$._c1([{"channel":"/a","data":"\u2028\u2029<"},{"channel":"/meta/connect"`) || !strings.HasSuffix(text, `);`) {
		t.Error(text)
	}
	head(t, resp, "Content-Type", "text/javascript; charset=utf-8")
	head(t, resp, "Content-Disposition", "attachment; filename=f.txt")
	head(t, resp, "Cross-Origin-Resource-Policy", "cross-origin")
	head(t, resp, "X-Content-Type-Options", "nosniff")
	head(t, resp, "Cache-Control", "no-cache, no-store")
	const one = `{"channel":"/a","data":1}`
	for _, c := range []struct {
		query string
		want  string
	}{
		{query("message", one), `/**/jsonpcallback([{"channel":"/a","successful":true}]);`},
		{query("message", one, "message", one, "jsonp", "x"), `/**/x([{"channel":"/a","successful":true},{"channel":"/a","successful":true}]);`},
		{query("message", "[]", "jsonp", "__jsonp1__"), `/**/__jsonp1__([]);`},
		{query("jsonp", "x"), "Bad request"},
		{query("message", "{", "jsonp", "x"), "Bad request"},
		{query("message", one, "jsonp", ""), "Bad request"},
		{query("message", one, "jsonp", "alert(1)"), "Bad request"},
		{query("message", one, "jsonp", "a..b"), "Bad request"},
		{query("message", one, "jsonp", "a.1"), "Bad request"},
		{query("message", one, "jsonp", "1a"), "Bad request"},
		{query("message", one, "jsonp", "a.b."), "Bad request"},
		{query("message", one, "jsonp", "a\nb"), "Bad request"},
		{query("message", one, "jsonp", "ä"), "Bad request"},
		{query("message", one, "jsonp", strings.Repeat("x", 200)), "Bad request"},
		{"?message=%zz", "Bad request"},
	} {
		if _, text := s.do("GET", "/"+c.query, "", ""); text != c.want {
			t.Errorf("%s: %s", c.query, text)
		}
	}
}

func TestOrigins(t *testing.T) {
	const shop, other = "https://shop.example", "https://other.example"
	const body = `{"channel":"/a","data":1}`
	for _, c := range []struct {
		name    string
		allowed []string
		origin  string
		ok      bool
	}{
		{"any by default", nil, shop, true},
		{"any", []string{"*"}, other, true},
		{"sandboxed page", []string{"*"}, "null", true},
		{"listed", []string{shop + "/"}, shop, true},
		{"listed, capitals", []string{shop}, "HTTPS://Shop.example", true},
		{"not listed", []string{shop}, other, false},
		{"another scheme", []string{shop}, "http://shop.example", false},
		{"only looks alike", []string{shop}, "https://shop.example.evil.example", false},
		{"none", []string{}, shop, false},
		{"no origin", []string{shop}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, bayeux.Config{}, transport.Config{AllowedOrigins: c.allowed})
			var header []string
			if c.origin != "" {
				header = []string{"Origin", c.origin}
			}
			resp, _ := s.do("POST", "", "application/json", body, header...)
			if (resp.StatusCode == 200) != c.ok {
				t.Fatal(resp.Status)
			}
			wantOrigin, wantCredentials := "", ""
			if c.ok && c.origin != "" {
				wantOrigin, wantCredentials = c.origin, "true"
			}
			head(t, resp, "Access-Control-Allow-Origin", wantOrigin)
			head(t, resp, "Access-Control-Allow-Credentials", wantCredentials)
			if c.ok {
				head(t, resp, "Vary", "Origin")
			}
			resp, _ = s.do("OPTIONS", "/connect", "", "", append(header, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type, x-mine")...)
			if (resp.StatusCode == 200) != c.ok {
				t.Fatal(resp.Status)
			}
			if c.ok {
				head(t, resp, "Access-Control-Allow-Headers", "content-type, x-mine")
				head(t, resp, "Access-Control-Allow-Methods", "POST, GET")
				head(t, resp, "Access-Control-Max-Age", "86400")
			}
		})
	}
	t.Run("own", func(t *testing.T) {
		s := newSite(t, bayeux.Config{}, transport.Config{AllowedOrigins: []string{shop}})
		if resp, _ := s.do("POST", "", "", body, "Origin", s.URL); resp.StatusCode != 200 {
			t.Error(resp.Status)
		}
	})
}

func FuzzPost(f *testing.F) {
	f.Add("application/json", `[{"channel":"/meta/handshake","version":"1","supportedConnectionTypes":["a"]}]`)
	f.Add("text/plain", `message=%5B%5D&message={"channel":"/a","data":1}`)
	f.Add("", `{"channel":"/meta/subscribe","clientId":"x","subscription":["/a"]}`)
	_, h := start(f, bayeux.Config{MaxSessions: 100}, transport.Config{})
	f.Fuzz(func(t *testing.T, kind, body string) { exercise(t, h, "POST", "/", kind, body) })
}

func FuzzCallback(f *testing.F) {
	f.Add("message=%5B%5D&jsonp=a.b")
	f.Add(`message={"channel":"/a","data":1}`)
	_, h := start(f, bayeux.Config{MaxSessions: 100}, transport.Config{})
	f.Fuzz(func(t *testing.T, query string) { exercise(t, h, "GET", "/?"+query, "", "") })
}

// A response too large for the kernel's buffers arrives whole, and the
// connection serves the next request.
func TestLargeResponse(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	id := s.session()
	s.do("POST", "", "", `{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":"/a"}`)
	data := `"` + strings.Repeat("x", 600_000) + `"`
	for range 3 {
		s.do("POST", "", "", `{"channel":"/a","data":`+data+`}`)
	}
	_, text := s.do("POST", "", "", `{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling"}`)
	if n := strings.Count(text, data); n != 3 {
		t.Error(n, "events")
	}
	if _, text := s.do("POST", "", "", `[]`); text != "[]" {
		t.Error(text)
	}
}
