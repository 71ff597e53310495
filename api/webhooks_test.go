package api_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestWebhooksByHTTP(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		a := h.as(h.anna, "POST", "/chat/webhooks", `{"url":"https://shop.example/hook?key=1","events":["message","note.created"],"description":"shop"}`).
			want(t, 201, `"events":["message","note.created"]`, `"enabled":true`, `"secret":"whsec_`)
		made := a.body["webhook"].(map[string]any)
		at := fmt.Sprint("/chat/webhooks/", made["id"])
		secret := fmt.Sprint(made["secret"])
		for _, path := range []string{"/chat/webhooks", at} {
			if a := h.as(h.anna, "GET", path, "").want(t, 200, `"url":"https://shop.example/hook?key=1"`); strings.Contains(a.raw, secret) || strings.Contains(a.raw, "whsec") {
				t.Errorf("%s tells the secret: %s", path, a.raw)
			}
		}
		h.as(h.anna, "POST", "/chat/webhooks", `{"url":"https://b.example"}`).want(t, 201, `"events":["all"]`)
		h.as(h.anna, "PATCH", at, `{"events":["all"],"description":""}`).want(t, 200, `"events":["all"]`, `"description":""`)

		for body, code := range map[string]string{
			`{}`: "url_invalid", `{"url":5}`: "field_invalid", `{"url":"https://a.example","secret":"x"}`: "field_unknown",
			`{"url":"https://a.example","events":["nonsense"]}`: "events_invalid", `{"url":"https://a.example","events":[]}`: "events_invalid",
			`{"url":"https://a.example","events":["access"]}`: "events_invalid", `{"url":"https://a.example","description":"a\nb"}`: "description_invalid",
		} {
			h.as(h.anna, "POST", "/chat/webhooks", body).wantError(t, 400, code)
		}
		h.as(h.boris, "GET", "/chat/webhooks", "").wantError(t, 403, "forbidden")
		h.do("GET", "/chat/webhooks", nil).wantError(t, 401, "token_missing")
		h.as(h.anna, "GET", "/chat/webhooks/999", "").wantError(t, 404, "webhook_not_found")
		h.as(h.anna, "DELETE", "/chat/webhooks/x", "").wantError(t, 404, "webhook_not_found")

		foreign := h.Webhook(h.Organization("Kettles"), nil)
		for _, row := range [][2]string{{"GET", ""}, {"PATCH", ""}, {"DELETE", ""}, {"POST", "/ping"}, {"POST", "/secret"}, {"GET", "/deliveries"}, {"GET", "/deliveries/1"}, {"POST", "/deliveries/1/replay"}} {
			h.as(h.anna, row[0], fmt.Sprint("/chat/webhooks/", foreign.ID, row[1]), "").wantError(t, 404, "webhook_not_found")
		}
		h.as(h.anna, "POST", fmt.Sprint("/chat/webhooks/", foreign.ID, "/replay"), `{"since":"2020-01-01T00:00:00Z"}`).wantError(t, 404, "webhook_not_found")

		a = h.as(h.anna, "POST", at+"/ping", "").want(t, 202, `"type":"webhook.ping"`, `"state":"pending"`)
		delivery := fmt.Sprint(at, "/deliveries/", a.body["delivery"].(map[string]any)["id"])
		h.as(h.anna, "GET", delivery, "").want(t, 200, `"event":"ping"`, `"log":[]`, `"attempts":0`)
		h.as(h.anna, "GET", at+"/deliveries", "").want(t, 200, `"type":"webhook.ping"`, `"next":null`)
		h.as(h.anna, "POST", at+"/ping", "").want(t, 202)
		a = h.as(h.anna, "GET", at+"/deliveries?limit=1&state=pending&type=webhook.ping", "").want(t, 200, `"next":`)
		h.as(h.anna, "GET", fmt.Sprint(at, "/deliveries?before=", a.body["next"]), "").want(t, 200, `"next":null`, `"webhook.ping"`)
		for query, code := range map[string]string{"state=lost": "state_invalid", "limit=0": "limit_invalid", "before=-1": "before_invalid", "type=%00": "type_invalid"} {
			h.as(h.anna, "GET", at+"/deliveries?"+query, "").wantError(t, 400, code)
		}
		h.as(h.anna, "POST", delivery+"/replay", "").want(t, 202, `"state":"pending"`)
		h.as(h.anna, "GET", at+"/deliveries/999", "").wantError(t, 404, "delivery_not_found")
		h.as(h.anna, "POST", at+"/replay", `{"since":"2020-01-01T00:00:00Z"}`).want(t, 202, `"replayed":0`)
		h.as(h.anna, "POST", at+"/replay", `{}`).wantError(t, 400, "since_invalid")
		h.as(h.anna, "POST", at+"/replay", `{"since":"yesterday"}`).wantError(t, 400, "field_invalid")

		if a = h.as(h.anna, "POST", at+"/secret", `{"overlap_ms":60000}`).want(t, 200, `"secret":"whsec_`); strings.Contains(a.raw, secret) {
			t.Errorf("the secret is the old one: %s", a.raw)
		}
		h.as(h.anna, "POST", at+"/secret", "").want(t, 200, `"previous_secret_until":"20`)
		for _, wrong := range []string{"-1", "604800001", "9223372036854775807"} {
			h.as(h.anna, "POST", at+"/secret", `{"overlap_ms":`+wrong+`}`).wantError(t, 400, "overlap_invalid")
		}

		h.as(h.anna, "PATCH", at, `{"enabled":false}`).want(t, 200, `"enabled":false`, `"disabled_reason":""`)
		h.as(h.anna, "POST", at+"/ping", "").wantError(t, 409, "webhook_disabled")
		h.as(h.anna, "DELETE", at, "").want(t, 204)
		h.as(h.anna, "GET", at, "").wantError(t, 404, "webhook_not_found")
		for range models.MaxWebhooks - 1 {
			h.as(h.anna, "POST", "/chat/webhooks", `{"url":"https://b.example"}`).want(t, 201)
		}
		h.as(h.anna, "POST", "/chat/webhooks", `{"url":"https://b.example"}`).wantError(t, 409, "too_many_webhooks")
	})
}

// TestWebhookKeys: keys need the scope.
func TestWebhookKeys(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, nil)
	for scope, status := range map[string]int{"webhooks": 200, "people": 403} {
		a := h.as(h.anna, "POST", "/chat/keys", fmt.Sprintf(`{"name":"k","scopes":[%q]}`, scope)).want(t, 201)
		key := fmt.Sprint("Bearer ", a.body["key"].(map[string]any)["key"])
		h.do("GET", "/chat/webhooks", nil, "Authorization", key).want(t, status)
	}
}
