package transport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/transport"
)

// What a stranger may put into the request line and the headers: the id of an
// event stream, origins, what a proxy is said to have seen, upgrades that are
// none. The answer repeats none of it in a header but the origin.
func FuzzHeaders(f *testing.F) {
	f.Add("GET", "/faye/abc", "text/event-stream", "https://shop.example", "192.0.2.1, 10.0.0.1", "")
	f.Add("OPTIONS", "/", "", "null", "::1", "POST")
	f.Add("GET", "/client.js", "*/*", "", "", "websocket")
	f.Add("HEAD", "/faye/../x.map", "", "http://x", ",,", "websocket")
	_, h := start(f, bayeux.Config{MaxSessionsPerSource: 10, HandshakesPerSecondBySource: 5},
		transport.Config{AllowedOrigins: []string{"https://shop.example"}, TrustedProxies: prefixes("192.0.2.0/24", "::/0")})
	f.Fuzz(func(t *testing.T, method, target, accept, origin, forwarded, upgrade string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || strings.ContainsAny(method+accept+origin+forwarded+upgrade, "\r\n\x00") {
			return // net/http does not let it in
		}
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		r := (&http.Request{Method: method, URL: u, Header: http.Header{}, Host: "x", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			RemoteAddr: "192.0.2.9:1", Body: http.NoBody}).WithContext(ctx)
		for name, value := range map[string]string{
			"Accept": accept, "Origin": origin, "X-Forwarded-For": forwarded, "X-Real-Ip": forwarded,
			"Access-Control-Request-Method": upgrade, "Access-Control-Request-Headers": accept,
			"Upgrade": upgrade, "Connection": "Upgrade", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": accept,
			"If-None-Match": accept, "Range": accept,
		} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != "" && got != "*" && (got != origin || origin == "") {
			t.Fatalf("origin %q is told %q", origin, got)
		}
		switch w.Code {
		case 200, 400, 403, 404, 405, 500:
			if w.Code == 500 && upgrade == "" {
				t.Fatal(w.Code, w.Body)
			}
		default:
			t.Fatal(w.Code, w.Body)
		}
		if st := h.Stats(); st.Sockets != 0 || st.Streams != 0 {
			t.Fatalf("%+v", st)
		}
	})
}
