package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestNotificationsByHTTP(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		_, key, err := h.people.CreateAPIKey(ctx, h.Org.ID, "shop")
		if err != nil {
			t.Fatal(err)
		}
		backend := []string{"Authorization", "Bearer " + key}
		const at = "/chat/notifications/v1"
		h.do("GET", at, nil).wantError(t, 404, "visitor_not_found")

		once := append([]string{"Idempotency-Key", "order-5"}, backend...)
		first := h.post("/chat/notification/v1", `{"text":"sent"}`, once...).want(t, 201, `"client_notification_id":"order-5","read":false,"read_at":null`)
		h.post("/chat/notification/v1", `{"text":"sent"}`, once...).want(t, 200, fmt.Sprint(`"id":`, id(first)))
		h.post("/chat/notification/v1", `{"text":"lost"}`, once...).wantError(t, 409, "client_notification_id_taken")
		h.post("/chat/notification/v1", `{"text":"lost"}`, append([]string{"Idempotency-Key", strings.Repeat("x", 300)}, backend...)...).
			wantError(t, 400, "client_notification_id_invalid")

		a := h.post("/chat/notifications", `{"notifications":[{"visitor_id":"v1","data":{"n":1}},{"visitor_id":"v 1","data":{}},{"visitor_id":"v2","data":[]}]}`, backend...).
			want(t, 200, `{"results":[{"visitor_id":"v1","status":"created","id":`, `{"visitor_id":"v 1","status":"refused","code":"visitor_id_invalid"`, `"code":"data_invalid"`)
		second := a.body["results"].([]any)[0].(map[string]any)["id"]
		all := `{"visitor_ids":["v1","v2","v3"],"data":{"text":"Sale"},"client_notification_id":"sale"}`
		a = h.post("/chat/notifications", all, backend...).want(t, 200, `"status":"created"`)
		if strings.Count(a.raw, "created") != 3 {
			t.Error(a.raw)
		}
		if a = h.post("/chat/notifications", all, backend...).want(t, 200, `"status":"repeated"`); strings.Count(a.raw, "repeated") != 3 {
			t.Error(a.raw)
		}
		h.post("/chat/notifications", `{}`, backend...).wantError(t, 400, "notifications_invalid")
		h.post("/chat/notifications", `{"visitor_ids":["v1"],"data":{},"notifications":[{"visitor_id":"v1","data":{}}]}`, backend...).wantError(t, 400, "notifications_invalid")
		h.post("/chat/notifications", `{"visitor_ids":"v1","data":{}}`, backend...).wantError(t, 400, "field_invalid")
		h.post("/chat/notifications", `{"notifications":[{"visitor_id":"v1","data":{},"to":5}]}`, backend...).wantError(t, 400, "field_invalid")
		h.post("/chat/notifications", `{"visitors":["v1"]}`, backend...).wantError(t, 400, "field_unknown")
		many := `{"visitor_ids":[` + strings.Repeat(`"v1",`, 1000) + `"v1"],"data":{}}`
		h.post("/chat/notifications", many, backend...).wantError(t, 413, "notifications_too_many")
		large := `{"visitor_ids":[` + strings.Repeat(`"v1",`, 99) + `"v1"],"data":{"text":"` + strings.Repeat("x", 50_000) + `"}}`
		h.post("/chat/notifications", large, backend...).wantError(t, 413, "notifications_too_many")
		h.post("/chat/notifications", `{"data":"`+strings.Repeat("x", 1<<20)+`"}`, backend...).wantError(t, 413, "body_too_large")
		h.post("/chat/notifications", `{}`).wantError(t, 401, "token_missing")

		h.do("GET", at+"?count=2", nil).want(t, 200, `"data":{"n":1}`, `"data":{"text":"Sale"}`, `"more":true,"unread_count":3`)
		h.do("GET", fmt.Sprint(at, "?direction=after&since_id=", second), nil, backend...).want(t, 200, `{"notifications":[{"id":`, `"text":"Sale"`, `"more":false`)
		h.do("GET", at+"?count=0", nil).wantError(t, 400, "count_invalid")
		h.do("GET", at+"/unread", nil).want(t, 200, `{"unread_count":3}`)
		h.post(at+"/read", fmt.Sprintf(`{"ids":[%v]}`, second)).want(t, 200, `{"entity":"seen","event":"updated","seen":{"visitor_id":"v1","up_to":null,"ids":[`, `"count":1,"unread_count":2`)
		h.post(at+"/read", url.Values{"up_to": {fmt.Sprint(id(first))}}).want(t, 200, `"count":1,"unread_count":1`)
		h.do("GET", at, nil).want(t, 200, `"read":true,"read_at":"20`, `"unread_count":1`)
		h.post(at+"/read", `{}`).wantError(t, 400, "read_invalid")
		h.post(at+"/read", `{"ids":5}`).wantError(t, 400, "ids_invalid")
		h.post(at+"/read", `{"ids":["x"]}`).wantError(t, 400, "ids_invalid")
		h.post(at+"/read", `{"up_to":"x"}`).wantError(t, 400, "up_to_invalid")
		h.do("GET", at, nil, "Authorization", "Bearer "+h.token(h.anna)).wantError(t, 403, "forbidden")
		h.do("GET", "/chat/notifications/v%201", nil).wantError(t, 400, "visitor_id_invalid")
	})
}

func id(a answer) any { return a.body["notification"].(map[string]any)["id"] }
