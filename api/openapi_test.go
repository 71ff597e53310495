package api_test

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"parley/api"
	"parley/api/openapi/openapitest"
	"parley/chat"
)

// checker holds every request of this package's tests against the document.
var checker = openapitest.Must()

// described runs the tests, and, when all of them ran, looks whether each operation was seen to work.
type described struct{ *testing.M }

func (d described) Run() int {
	code := d.M.Run()
	for _, part := range []string{"run", "skip", "list", "bench", "fuzz"} {
		if f := flag.Lookup("test." + part); f != nil && f.Value.String() != "" {
			return code
		}
	}
	for _, operation := range checker.Unanswered("/") {
		if !strings.Contains(operation, " /admin/bayeux/") && !strings.Contains(operation, " /channels/") { // bayeux/admin's
			fmt.Fprintln(os.Stderr, "no test has seen an answer of", operation)
			code = max(code, 1)
		}
	}
	return code
}

var parameter = regexp.MustCompile(`[:*]([a-z_]+)`)

// TestEveryRouteIsDescribed: a route without an entry in the document, and an entry without a route.
func TestEveryRouteIsDescribed(t *testing.T) {
	handler, err := api.New(api.Config{
		DemoSiteKey: "site", Metrics: http.NotFoundHandler(), Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, route := range handler.Routes() {
		if !strings.HasPrefix(route, http.MethodHead+" ") { // that goes without saying
			served[parameter.ReplaceAllString(route, "{$1}")] = true
		}
	}
	described := checker.Operations()
	for operation := range served {
		if !slices.Contains(described, operation) {
			t.Errorf("%s is not in the document", operation)
		}
	}
	for _, operation := range described {
		mount := strings.Contains(operation, " /admin/bayeux/") || strings.Contains(operation, " /channels/")
		if !served[operation] && !mount {
			t.Errorf("%s is in the document, but no route", operation)
		}
	}
}

func TestDocumentIsServed(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, nil)
	a := h.do("GET", "/openapi.yaml", nil)
	if a.StatusCode != 200 || !strings.HasPrefix(a.raw, "openapi: 3.1") || a.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("%d %v %.100s", a.StatusCode, a.Header, a.raw)
	}
	if a = h.do("GET", "/openapi.yaml", nil, "If-None-Match", a.Header.Get("ETag")); a.StatusCode != 304 {
		t.Errorf("known: %d", a.StatusCode)
	}
	a = h.do("GET", "/openapi/", nil)
	if a.StatusCode != 200 || !strings.HasPrefix(a.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") || !strings.Contains(a.raw, "postMessage") {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	h.do("GET", "/openapi", nil).want(t, 301)
}
