package api_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"parley/api"
	"parley/chat"
	"parley/models"
)

// identity signs what a site's backend says.
func (h *house) identity(secret map[string]any, claims jwt.MapClaims) string {
	h.t.Helper()
	claims["iat"], claims["exp"] = time.Now().Unix(), time.Now().Add(time.Hour).Unix()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["kid"] = secret["kid"]
	signed, err := token.SignedString([]byte(secret["secret"].(string)))
	if err != nil {
		h.t.Fatal(err)
	}
	return signed
}

// siteSecret makes one as an admin does.
func (h *house) siteSecret() map[string]any {
	h.t.Helper()
	a := h.as(h.anna, "POST", "/chat/site_secrets", `{"name":"shop"}`).want(h.t, 201, `"kid":"site_`, `"secret":"`)
	return a.body["site_secret"].(map[string]any)
}

func TestVisitorsByHTTP(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, database(t), chat.Rules{SignedVisitors: true}, nil)
			h.onDuty(h.anna)
			secret := h.siteSecret()
			made := h.post("/chat/visitors", url.Values{"app_key": {h.Org.SiteKey}}).want(t, 201, `"visitor_id":"`, `"token":"`, `"expires_at":"`)
			if made.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("a token may be kept by caches: %v", made.Header)
			}
			anon, token := made.body["visitor_id"].(string), made.body["token"].(string)
			h.post("/chat/visitors", url.Values{"app_key": {"unknown"}}).wantError(t, 404, "organization_not_found")
			renewed := h.post("/chat/visitors/"+anon+"/token", url.Values{"token": {token}}).want(t, 200, `"token":"`)
			token = renewed.body["token"].(string)
			a := h.post("/chat/service/"+anon, url.Values{"token": {token}})
			if a.StatusCode != 201 {
				t.Fatalf("%d %s", a.StatusCode, a.raw)
			}
			at := fmt.Sprint("/chat/conversation/", a.conversation())
			h.post(at, url.Values{"token": {token}, "content": {"Hello"}}).want(t, 201)

			identity := h.identity(secret, jwt.MapClaims{"sub": "maya", "name": "Maya", "email": "maya@example.com", "attributes": map[string]any{"plan": "gold"}})
			h.post("/chat/identify", nil).wantError(t, 401, "token_missing")
			h.post("/chat/identify", url.Values{"token": {token}}).wantError(t, 403, "identity_unsigned")
			h.post("/chat/identify", `{"token":7}`).wantError(t, 400, "token_invalid")
			h.post("/chat/identify", url.Values{"token": {identity}, "previous_token": {token}}).
				want(t, 200, `"merged":true`, `"id":"maya"`, `"name":"Maya"`, `"attributes":{"plan":"gold"}`)
			h.post(at+"/messages", url.Values{"token": {identity}}).want(t, 200, "Hello")
			h.post(at+"/messages", url.Values{"token": {token}}).wantError(t, 401, "visitor_merged")
			h.as(h.boris, "GET", "/chat/visitors/"+anon, "").want(t, 200, `"id":"maya"`, `"email":"maya@example.com"`)
			h.as(h.boris, "GET", "/chat/visitors/nobody", "").wantError(t, 404, "visitor_not_found")

			key := h.as(h.anna, "POST", "/chat/keys", `{"name":"crm","scopes":["visitors"]}`).body["key"].(map[string]any)["key"].(string)
			backend := []string{"Authorization", "Bearer " + key}
			h.post("/chat/visitors/olga/token", `{"ttl":60,"name":"Olga","email":null,"attributes":{"a":1}}`, backend...).
				want(t, 200, `"visitor_id":"olga"`, `"name":"Olga"`, `"attributes":{"a":1}`)
			h.post("/chat/visitors/olga/token", `{"ttl":0}`, backend...).wantError(t, 400, "ttl_invalid")
			h.post("/chat/visitors/olga/token", `{"attributes":[1]}`, backend...).wantError(t, 400, "attributes_invalid")
			h.post("/chat/visitors/olga/token", url.Values{"token": {identity}}).wantError(t, 403, "forbidden")
			h.post("/chat/visitors/maya/token", url.Values{"token": {identity}}).wantError(t, 403, "token_not_renewable")

			h.post("/chat/logout", url.Values{"token": {identity}}).want(t, 204)
			h.post(at+"/messages", url.Values{"token": {identity}}).wantError(t, 401, "token_invalid")
			h.post("/chat/logout", `{"visitor_id":"olga"}`, backend...).want(t, 204)

			h.as(h.boris, "GET", "/chat/site_secrets", "").wantError(t, 403, "forbidden")
			if a := h.as(h.anna, "GET", "/chat/site_secrets", "").want(t, 200, `"name":"shop"`); strings.Contains(a.raw, secret["secret"].(string)) {
				t.Error("the list tells the secret")
			}
			h.as(h.anna, "DELETE", fmt.Sprint("/chat/site_secrets/", secret["id"]), "").want(t, 204)
			h.as(h.anna, "DELETE", fmt.Sprint("/chat/site_secrets/", secret["id"]), "").wantError(t, 404, "site_secret_not_found")
			h.post("/chat/identify", url.Values{"token": {h.identity(secret, jwt.MapClaims{"sub": "zoe"})}}).wantError(t, 401, "token_invalid")
			if log := h.log.String(); strings.Contains(log, token) || strings.Contains(log, identity) || strings.Contains(log, secret["secret"].(string)) {
				t.Error("a secret is in the log")
			}
		})
	}
}

// open are the calls that anybody may make, whoever visitors are: nothing of any visitor is in them.
var openCalls = []string{
	"POST /chat/visitors", "GET /chat/availability", "GET /chat/site", "GET /chat/attachments",
}

// TestNoCallOnBareIDs tries every call under /chat that there is with nothing but the ids of a visitor, where visitors
// are known by their tokens: by path, as the sender, and as parameters.
func TestNoCallOnBareIDs(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{SignedVisitors: true}, nil)
	handler, err := api.New(api.Config{Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h.onDuty(h.anna)
	token, _, err := h.keys.Visitor("v1", h.Org.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	conversation := h.post("/chat/service/v1", url.Values{"token": {token}}).conversation()
	posted := h.post(fmt.Sprint("/chat/conversation/", conversation), url.Values{"token": {token}, "content": {"a secret word"}})
	file := h.Attached(models.Conversation{ID: conversation, OrganizationID: h.Org.ID, VisitorID: "v1"}, "letter.txt").Attachments[0]
	fill := strings.NewReplacer(":visitor_id", "v1", ":conversation_id", fmt.Sprint(conversation),
		":message_id", fmt.Sprintf("%.0f", posted.message()["id"]), ":uuid", file.UUID, ":name", "letter.txt")
	claiming := url.Values{"sender[type]": {"visitor"}, "sender[id]": {"v1"}}
	silent := url.Values{
		"visitor_id": {"v1"}, "app_key": {h.Org.SiteKey}, "content": {"x"}, "email": {"v@example.com"},
		"previous_id": {"v1"}, "rating": {"5"}, "up_to": {"1"}, "typing": {"true"}, "count": {"5"}, "add": {"x"}, "q": {"secret"}, "queue": {"true"},
		"operator_name": {"Anna"}, "message_id": {"1"}, "action_id": {"x"}, "type": {"hangup"},
	}
	maps.Copy(claiming, silent)
	tried := 0
	for _, route := range handler.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if !strings.HasPrefix(path, "/chat/") || method == http.MethodOptions || slices.Contains(openCalls, route) {
			continue
		}
		tried++
		path = fill.Replace(path)
		for _, part := range []string{":id", ":shift_id", ":leave_id", ":holiday_id", ":canned_id", ":note_id", ":key_id", ":secret_id"} {
			path = strings.ReplaceAll(path, part, "1")
		}
		for _, with := range []url.Values{silent, claiming} {
			var body any
			address := path
			from := []string{"X-Forwarded-For", fmt.Sprintf("198.51.100.%d", tried)} // who guesses is slowed down
			if strings.HasSuffix(path, "/attachments") {
				var form bytes.Buffer
				parts := multipart.NewWriter(&form)
				for name := range with {
					parts.WriteField(name, with.Get(name)) //nolint:errcheck // into memory
				}
				part, _ := parts.CreateFormFile("file", "letter.txt")
				io.WriteString(part, "hello") //nolint:errcheck // into memory
				parts.Close()
				body, from = form.String(), append(from, "Content-Type", parts.FormDataContentType())
			} else if method == http.MethodGet || method == http.MethodHead || method == http.MethodDelete {
				address += "?" + with.Encode()
			} else {
				body = with
			}
			a := h.do(method, address, body, from...)
			if a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusForbidden || strings.Contains(a.raw, "secret word") {
				t.Errorf("%s %s: %d %s", method, address, a.StatusCode, a.raw)
			}
		}
	}
	if tried < 40 {
		t.Errorf("only %d calls were tried", tried)
	}
	if a := h.post(fmt.Sprint("/chat/conversation/", conversation, "/messages"), url.Values{"token": {token}}); !strings.Contains(a.raw, "secret word") {
		t.Errorf("with a token: %d %s", a.StatusCode, a.raw)
	}
}
