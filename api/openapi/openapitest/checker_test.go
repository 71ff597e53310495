package openapitest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/api/openapi/openapitest"
)

// complaints keeps what a checker reports.
type complaints []string

func (c *complaints) Errorf(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}

// TestCheckerSees: what is not as described is reported, and nothing else.
func TestCheckerSees(t *testing.T) {
	const site = `{"organization_id":1,"name":"Tea","greeting":"","offline_message":"","online":true}`
	const refusal = `{"error":"No","code":"app_key_invalid"}`
	checker := openapitest.Must()
	for _, row := range []struct {
		name, method, path, sent string
		status                   int
		kind, answer             string
		want                     string // part of the complaint; "" for none
	}{
		{"as described", "GET", "/chat/site?app_key=x", "", 200, "application/json", site, ""},
		{"a HEAD", "HEAD", "/healthz", "", 200, "text/plain", "", ""},
		{"as old clients spell it", "GET", "/api/v1/chat/site.json", "", 200, "application/json", site, ""},
		{"another route", "GET", "/chat/sites", "", 200, "application/json", site, "does not have it"},
		{"another method", "PUT", "/chat/site", "", 200, "application/json", site, "does not have it"},
		{"another status", "GET", "/chat/site", "", 202, "application/json", site, "does not have this status"},
		{"another type", "GET", "/chat/site", "", 200, "text/plain", site, "content type text/plain"},
		{"one field more", "GET", "/chat/site", "", 200, "application/json", strings.Replace(site, "{", `{"secret":1,`, 1), "secret"},
		{"one field less", "GET", "/chat/site", "", 200, "application/json", strings.Replace(site, `"name":"Tea",`, "", 1), "name"},
		{"another kind of field", "GET", "/chat/site", "", 200, "application/json", strings.Replace(site, "true", `"yes"`, 1), "online"},
		{"two documents", "GET", "/chat/site", "", 200, "application/json", site + site, "more than a JSON document"},
		{"a body where none is", "DELETE", "/chat/canned/1", "", 204, "", "x", "has no body"},
		{"a parameter more", "GET", "/chat/site?key=x", "", 200, "application/json", site, "key is not described"},
		{"a parameter less", "GET", "/chat/search", "", 200, "application/json", `{"results":[],"next":null}`, "q is not there"},
		{"a parameter of another kind", "GET", "/chat/search?q=x&limit=all", "", 200, "application/json", `{"results":[],"next":null}`, "limit"},
		{"a field of the body more", "POST", "/chat/duty", `{"state":"on","mood":1}`, 400, "application/json", `{"error":"No","code":"state_invalid"}`, ""},
		{"the same, accepted", "POST", "/chat/conversation/1/typing", `{"mood":1}`, 200, "application/json", `{}`, "mood"},
		{"in a form", "POST", "/chat/conversation/1/typing", `mood=1`, 200, "application/json", `{}`, "mood"},
		{"no body", "PUT", "/chat/managers/1/shifts", "", 200, "application/json", `{"week":{"manager_id":1,"time_zone":"UTC","shifts":[]}}`, "no body"},
		{"a refusal", "GET", "/chat/site", "", 400, "application/json", refusal, ""},
		{"a refusal that says more", "GET", "/chat/site", "", 400, "application/json", strings.Replace(refusal, "{", `{"stack":1,`, 1), "stack"},
		{"with another status", "GET", "/chat/site", "", 403, "application/json", refusal, "codes.yaml has the code app_key_invalid with 400"},
		{"with a code of others", "GET", "/chat/duty", "", 400, "application/json", refusal, "none of its codes"},
		{"with a code that nobody knows", "GET", "/chat/site", "", 400, "application/json", strings.Replace(refusal, "app", "ape", 1), "does not have the code"},
		{"nothing there", "GET", "/nowhere", "", 404, "application/json", `{"error":"No","code":"not_found"}`, ""},
		{"nothing there, in other words", "GET", "/nowhere", "", 404, "text/plain", `404 page not found`, "content type"},
		{"under a mount", "GET", "/faye/x", "", 200, "text/plain", "x", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var heard complaints
			handler := checker.Handler(&heard, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				r.URL.Path = "/changed"
				w.Header().Set("Content-Type", row.kind)
				w.WriteHeader(row.status)
				io.WriteString(w, row.answer)
			}), "/faye")
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(row.method, row.path, strings.NewReader(row.sent)))
			if all := strings.Join(heard, "; "); row.want == "" && all != "" || !strings.Contains(all, row.want) {
				t.Errorf("heard %q, want %q", all, row.want)
			}
		})
	}
}
