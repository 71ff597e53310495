package transport_test

import (
	"crypto/sha1"
	"fmt"
	"io/fs"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"parley/bayeux"
	"parley/bayeux/transport"
)

func TestStaticClient(t *testing.T) {
	made := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	dated := fstest.MapFS{
		"faye-browser.js":         {Data: []byte("Faye={}//browser"), ModTime: made},
		"faye-browser.js.map":     {Data: []byte(`{"a":1}`), ModTime: made},
		"faye-browser-min.js":     {Data: []byte("Faye={}"), ModTime: made},
		"faye-browser-min.js.map": {Data: []byte(`{"b":1}`), ModTime: made},
		"other.js":                {Data: []byte("not to be had")},
	}
	s := newSite(t, bayeux.Config{}, transport.Config{Client: dated, AllowedOrigins: []string{}})
	const js, json = "text/javascript; charset=utf-8", "application/json"
	for path, want := range map[string][2]string{
		"/faye/client.js":               {"Faye={}", js},
		"/faye/client.js.map":           {`{"b":1}`, json},
		"/faye/faye-browser.js":         {"Faye={}//browser", js},
		"/faye/faye-browser.js.map":     {`{"a":1}`, json},
		"/faye/faye-browser-min.js":     {"Faye={}", js},
		"/faye/faye-browser-min.js.map": {`{"b":1}`, json},
	} {
		resp, text := s.do("GET", path, "", "", "Origin", "https://anywhere.example")
		if resp.StatusCode != 200 || text != want[0] {
			t.Errorf("%s: %d %q", path, resp.StatusCode, text)
		}
		etag := fmt.Sprintf(`"%x"`, sha1.Sum([]byte(want[0])))
		head(t, resp, "Content-Type", want[1])
		head(t, resp, "ETag", etag)
		head(t, resp, "Last-Modified", "Sat, 03 Feb 2024 04:05:06 GMT")
		head(t, resp, "Access-Control-Allow-Origin", "*")
		head(t, resp, "Vary", "")
		for _, c := range []struct {
			name, value string
			status      int
		}{
			{"If-None-Match", etag, 304},
			{"If-None-Match", `"other", W/` + etag, 304},
			{"If-None-Match", `"other"`, 200},
			{"If-Modified-Since", "Sat, 03 Feb 2024 04:05:06 GMT", 304},
			{"If-Modified-Since", "Sat, 03 Feb 2024 04:05:05 GMT", 200},
		} {
			resp, text := s.do("GET", path, "", "", c.name, c.value)
			if resp.StatusCode != c.status || (c.status == 304) != (text == "") {
				t.Errorf("%s, %s %s: %d %q", path, c.name, c.value, resp.StatusCode, text)
			}
		}
		if resp, text := s.do("HEAD", path, "", ""); resp.StatusCode != 200 || text != "" || resp.ContentLength != int64(len(want[0])) {
			t.Errorf("HEAD %s: %v", path, resp)
		}
	}
	for _, path := range []string{"/faye/other.js", "/faye/x.map", "/faye/faye-browser.js/x.js", "/faye/CLIENT.js"} {
		if resp, text := s.do("GET", path, "", ""); resp.StatusCode != 404 || text != "Not Found" {
			t.Errorf("%s: %d %q", path, resp.StatusCode, text)
		}
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if resp, _ := s.do(method, "/faye/client.js", "", "", "Origin", s.URL); resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, resp.StatusCode)
		}
	}
}

// A server that was built without the client says so.
func TestStaticClientAbsent(t *testing.T) {
	for name, files := range map[string]fs.FS{"none": nil, "empty": fstest.MapFS{}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, bayeux.Config{}, transport.Config{Client: files})
			resp, text := s.do("GET", "/client.js", "", "")
			if resp.StatusCode != 404 || text != "The Faye browser client is not part of this server" {
				t.Errorf("%d %q", resp.StatusCode, text)
			}
			head(t, resp, "Content-Type", "text/plain; charset=utf-8")
		})
	}
}

// Embedded files have no date: the process's does.
func TestStaticClientWithoutDate(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{Client: fstest.MapFS{"faye-browser-min.js": {Data: []byte("x")}}})
	resp, _ := s.do("GET", "/client.js", "", "")
	changed := resp.Header.Get("Last-Modified")
	if resp, _ := s.do("GET", "/client.js", "", "", "If-Modified-Since", changed); changed == "" || resp.StatusCode != 304 {
		t.Errorf("%q: %d", changed, resp.StatusCode)
	}
}
