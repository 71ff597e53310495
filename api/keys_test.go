package api_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestKeysByHTTP(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		a := h.as(h.anna, "POST", "/chat/keys", `{"name":"shop","scopes":["push","people"]}`).want(t, 201, `"scopes":["push","people"]`, `"last_used_at":null`)
		made := a.body["key"].(map[string]any)
		key := fmt.Sprint("Bearer ", made["key"])
		at := fmt.Sprint("/chat/keys/", made["id"])
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("a key may be kept by caches: %v", a.Header)
		}

		h.do("GET", "/chat/managers", nil, "Authorization", key).want(t, 200)
		h.do("POST", "/chat/notification/v1", map[string]any{"n": 1}, "Authorization", key).want(t, 201)
		h.do("GET", "/chat/numbers/now", nil, "Authorization", key).wantError(t, 403, "scope_missing")
		h.do("POST", "/chat/service/v1", nil, "Authorization", key).wantError(t, 403, "scope_missing")
		h.do("GET", "/chat/keys", nil, "Authorization", key).wantError(t, 403, "forbidden")
		h.do("POST", "/chat/keys", map[string]any{"name": "x"}, "Authorization", key).wantError(t, 403, "forbidden")

		a = h.as(h.anna, "GET", "/chat/keys", "").want(t, 200, `"name":"shop"`, `"last_used_at":"20`)
		if secret := fmt.Sprint(made["key"]); strings.Contains(a.raw, secret) || strings.Contains(a.raw, "hash") {
			t.Errorf("the list tells the key: %s", a.raw)
		}
		h.as(h.anna, "PATCH", at, `{"name":"push","scopes":["push"]}`).want(t, 200, `"name":"push"`, `"scopes":["push"]`)
		h.do("GET", "/chat/managers", nil, "Authorization", key).wantError(t, 403, "scope_missing")
		h.as(h.anna, "PATCH", at, `{"scopes":["everything"]}`).wantError(t, 400, "field_invalid")
		h.as(h.anna, "PATCH", at, `{"scopes":[]}`).wantError(t, 400, "scopes_invalid")
		h.as(h.anna, "PATCH", at, `{"key_hash":"x"}`).wantError(t, 400, "field_unknown")
		h.as(h.boris, "PATCH", at, `{"name":"x"}`).wantError(t, 403, "forbidden")
		h.as(h.anna, "DELETE", "/chat/keys/999", "").wantError(t, 404, "apikey_not_found")
		h.as(h.anna, "DELETE", at, "").want(t, 204)
		h.do("POST", "/chat/notification/v1", map[string]any{"n": 1}, "Authorization", key).wantError(t, 401, "token_invalid")

		h.as(h.anna, "POST", "/chat/keys", `{"name":"all"}`).want(t, 201, `"scopes":["chat","push","visitors","events","webhooks","people","numbers","data"]`)
		h.as(h.anna, "POST", "/chat/keys", `{}`).wantError(t, 400, "name_invalid")
		h.do("GET", "/chat/keys", nil).wantError(t, 401, "token_missing")
	})
}

func TestPrivatePubByHTTP(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		const at, own = "/chat/private_pub", "0123456789abcdef0123"
		h.as(h.anna, "GET", at, "").want(t, 200, `{"private_pub":{"organization_id":`, `"enabled":false,"expires_after_ms":3600000,"created_at":null}`)
		if a := h.as(h.anna, "PUT", at, `{"secret":"`+own+`"}`).want(t, 200, `"enabled":true`); strings.Contains(a.raw, own) {
			t.Errorf("the secret is told: %s", a.raw)
		}
		a := h.as(h.anna, "PUT", at, "").want(t, 200, `"secret":"`)
		if now := h.as(h.anna, "GET", at, "").want(t, 200, `"enabled":true`); strings.Contains(now.raw, "secret") || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, %v", now.raw, a.Header)
		}
		h.as(h.anna, "PUT", at, `{"secret":"short"}`).wantError(t, 400, "secret_invalid")
		h.as(h.anna, "PUT", at, `{"token":"x"}`).wantError(t, 400, "field_unknown")
		h.as(h.boris, "PUT", at, "").wantError(t, 403, "forbidden")
		h.do("PUT", at, nil).wantError(t, 401, "token_missing")
		h.as(h.anna, "DELETE", at, "").want(t, 204)
		h.as(h.anna, "DELETE", at, "").wantError(t, 404, "private_pub_off")
	})
}
