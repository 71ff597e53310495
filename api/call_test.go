package api_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
)

// TestCalls goes once through a call, from ringing to its end.
func TestCalls(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		if _, err := h.people.UpdateOrganization(ctx, h.Org.ID, chat.OrganizationChanges{Calls: chat.To(true)}); err != nil {
			t.Fatal(err)
		}
		h.onDuty(h.anna)
		bearer := []string{"Authorization", "Bearer " + h.token(h.anna)}
		begun := h.post("/chat/calls/v1", `{"operator_name":"Dr. Anna","operator_avatar":"https://example.com/a.png","kind":"audio+video"}`)
		call, _ := begun.body["call"].(map[string]any)
		if begun.StatusCode != 201 || call["state"] != "ringing" || call["kind"] != "audio+video" || begun.body["entity"] != "call" {
			t.Fatalf("%d %s", begun.StatusCode, begun.raw)
		}
		id, at := call["id"].(string), fmt.Sprintf("/chat/conversation/%.0f/call", call["conversation_id"])
		want := func(a answer, status int, parts ...string) {
			t.Helper()
			for _, part := range parts {
				if a.StatusCode != status || !strings.Contains(a.raw, part) {
					t.Errorf("%s is not in %d %s", part, a.StatusCode, a.raw)
				}
			}
		}
		signal := func(rest string) string { return `{"call_id":"` + id + `",` + rest + `}` }
		want(h.do("GET", "/chat/calls", nil, bearer...), 200, `{"calls":[{"id":"`+id)
		want(h.do("GET", at, nil), 200, `{"call":{"id":"`+id)
		want(h.do("GET", strings.Replace(at, "/call", "/messages", 1), nil), 200, `"content":"Video call"`)
		want(h.do("GET", "/chat/calls/ice", nil, bearer...), 200, `{"ice_servers":[]}`)
		h.do("GET", "/chat/calls/ice?conversation_id=x", nil).wantError(t, 400, "conversation_id_invalid")
		want(h.post(at, signal(`"type":"accept"`), bearer...), 200, `"state":"accepted"`, `"manager":{"id":`)
		for _, said := range []string{
			`"type":"ready"`, `"type":"offer","sdp":"v=0"`, `"type":"answer","sdp":"v=0"`, `"type":"mute","audio":false`, `"type":"alive"`,
			`"type":"candidate","candidate":{"candidate":"candidate:1 1 udp 1 192.0.2.1 1 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null}`,
		} {
			want(h.post(at, signal(said), bearer...), 200, `{}`)
		}
		h.post(at, signal(`"type":"offer"`)).wantError(t, 400, "call_signal_invalid")
		h.post(at, signal(`"type":7`)).wantError(t, 400, "call_signal_invalid")
		h.post(at, signal(`"type":"candidate","candidate":"host"`)).wantError(t, 400, "call_signal_invalid")
		h.post(at, `{"type":"hangup"}`).wantError(t, 404, "call_not_found")
		want(h.post(at, signal(`"type":"hangup"`)), 200, `"state":"ended"`)
		want(h.do("GET", "/chat/calls", nil, bearer...), 200, `{"calls":[]}`)
		conversation := h.post("/chat/service/v2", nil).conversation()
		want(h.do("GET", fmt.Sprint("/chat/conversation/", conversation, "/call"), nil), 200, `{"call":null}`)
		h.post("/chat/calls/v1", `{"operator_name":7}`).wantError(t, 400, "operator_name_invalid")
		h.post("/chat/calls/v1", `{"operator_name":"A","kind":"smoke"}`).wantError(t, 400, "call_kind_invalid")
	})
}
