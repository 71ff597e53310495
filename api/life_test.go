package api_test

import (
	"fmt"
	"net/url"
	"testing"
)

// TestLife leads a conversation through its life by HTTP.
func TestLife(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.do("GET", "/chat/availability", nil).want(t, 200, `"online":false`, `"channel":"/availability/`)
		h.post("/chat/offline/v1", url.Values{"content": {"Hello?"}}).wantError(t, 400, "contact_missing")
		left := h.post("/chat/offline/v1", url.Values{"content": {"Hello?"}, "visitor[email]": {"v@example.com"}, "visitor[name]": {"Vera"}, "client_message_id": {"c-1"}})
		left.want(t, 201, `"state":"waiting"`, `"unattended":true`)
		h.post("/chat/offline/v1", `{"content":"Hello?","email":"v@example.com","client_message_id":"c-1"}`).want(t, 200)
		at := fmt.Sprint("/chat/conversation/", left.conversation())
		h.as(h.anna, "GET", "/chat/queue", "").want(t, 200, `"contact_email":"v@example.com"`, `"position":1`)
		h.do("GET", "/chat/queue", nil).wantError(t, 401, "token_missing")

		h.as(h.anna, "POST", "/chat/duty", `{"state":"on"}`).want(t, 200, `"state":"on"`)
		h.as(h.anna, "POST", at+"/claim", "").want(t, 200, `"state":"assigned"`)
		h.as(h.boris, "POST", at+"/claim", "").wantError(t, 409, "chat_already_open")
		h.as(h.anna, "POST", at+"/transfer", fmt.Sprintf(`{"manager_id":%d,"note":"yours"}`, h.boris.ID)).wantError(t, 409, "manager_unavailable")
		h.as(h.anna, "POST", at+"/transfer", fmt.Sprintf(`{"manager_id":%d,"force":true,"note":"yours"}`, h.boris.ID)).want(t, 200, `"name":"Boris"`)
		h.as(h.anna, "POST", at+"/transfer", `{"queue":true,"manager_id":1}`).wantError(t, 400, "manager_id_invalid")
		h.as(h.anna, "POST", at+"/takeover", "").want(t, 200, `"name":"Ann"`)
		h.as(h.anna, "POST", at+"/transfer", `{"queue":true}`).want(t, 200, `"state":"waiting"`)

		h.post(at+"/rate", `{"rating":5}`).wantError(t, 409, "conversation_open")
		h.post(at+"/close", nil).want(t, 200, `"state":"closed"`)
		h.post(at+"/rate", `{"rating":6}`).wantError(t, 400, "rating_invalid")
		h.post(at+"/rate", url.Values{"rating": {"5"}, "text": {"Fine"}}).want(t, 200, `"rating":5`)
		h.as(h.anna, "POST", at+"/claim", "").wantError(t, 409, "conversation_closed")
		h.as(h.anna, "POST", at+"/reopen", "").want(t, 200, `"status":"open"`)
		h.as(h.boris, "GET", at+"/transitions", "").want(t, 200, `"action":"left"`, `"action":"rated"`, `"note":"yours"`)
	})
}
