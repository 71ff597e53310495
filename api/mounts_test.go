package api_test

import (
	"io"
	"net/http"
	"testing"

	"parley/api"
	"parley/chat"
)

// What lies at and under a mount is the mount's, and so is its script beside it.
func TestMounts(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) {
		c.Mounts = map[string]http.Handler{"/faye": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "mount "+r.URL.Path+" "+r.URL.RawQuery) //nolint:errcheck // the test would see
		})}
	})
	for path, want := range map[string]string{
		"/faye":           "mount /faye ",
		"/faye/":          "mount /faye/ ",
		"/faye/client.js": "mount /faye/client.js ",
		"/faye.js?v=1":    "mount /faye/client.js v=1",
		"/faye.js.map":    "mount /faye/client.js.map ",
		"/fayed":          "",
		"/faye.jsx":       "",
		"/faye.js/x":      "",
		"/bayeux.js":      "",
	} {
		resp, err := http.Get(h.url + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close() //nolint:errcheck // read
		if err != nil {
			t.Fatal(err)
		}
		if got := string(text); want != "" && got != want || want == "" && resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, resp.StatusCode, got)
		}
	}
}
