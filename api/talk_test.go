package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"parley/models"
)

// TestTalk goes once through what is said beside messages, in the forms that clients send.
func TestTalk(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.onDuty(h.anna)
		at := fmt.Sprint("/chat/conversation/", h.post("/chat/service/v1", nil).conversation())
		bearer := []string{"Authorization", "Bearer " + h.token(h.anna)}
		boris := []string{"Authorization", "Bearer " + h.token(h.boris)}
		want := func(a answer, status int, parts ...string) answer {
			t.Helper()
			for _, part := range parts {
				if !strings.Contains(a.raw, part) {
					t.Errorf("%s is not in %s", part, a.raw)
				}
			}
			if a.StatusCode != status {
				t.Errorf("%d %s", a.StatusCode, a.raw)
			}
			return a
		}
		mine := fmt.Sprintf("%.0f", h.post(at, url.Values{"content": {"Helo"}}).message()["id"])
		message := at + "/message/" + mine
		want(h.post(message+"/edit", url.Values{"content": {"Hello"}}), 200, `"entity":"message","event":"updated"`, `"edited_at":"2`, `"deleted":false`)
		want(h.do("GET", message+"/versions", nil, boris...), 200, `{"versions":[{"id":`, `"content":"Helo"`, `"actor_type":"visitor"`)
		h.do("GET", message+"/versions", nil).wantError(t, 401, "token_missing")
		h.post(message+"/edit", `{"content":"x"}`, bearer...).wantError(t, 403, "forbidden")
		h.post(message+"/edit", `{"content":7}`).wantError(t, 400, "content_invalid")
		h.post(at+"/message/0/edit", `{"content":"x"}`).wantError(t, 404, "message_not_found")

		want(h.do("GET", "/chat/unread", nil, bearer...), 200, `"total":1`, `"unread":1`)
		want(h.post(at+"/read", url.Values{"up_to": {mine}}, bearer...), 200, `"entity":"read","event":"updated"`, `"reader":"manager"`, `"count":1`, `"unread_manager_count":0`)
		want(h.do("GET", "/chat/unread", nil, bearer...), 200, `"total":0`, `"conversations":[]`)
		h.do("GET", "/chat/unread", nil).wantError(t, 401, "token_missing")
		h.post(at+"/read", `{"up_to":"all"}`).wantError(t, 400, "up_to_invalid")
		h.post(at+"/read", nil).wantError(t, 400, "up_to_invalid")
		h.post(at+"/read", `{"up_to":999999}`).wantError(t, 404, "message_not_found")

		want(h.post(message+"/delete", nil), 200, `"content":""`, `"deleted":true`)
		want(h.post(message+"/delete", nil), 200, `"deleted":true`)
		h.post(message+"/edit", `{"content":"x"}`).wantError(t, 409, "message_deleted")
		want(h.do("GET", at+"/messages", nil), 200, `"content":""`, `"deleted":true`)

		note := want(h.post(at+"/notes", `{"content":"internal"}`, boris...), 201, `"entity":"note","event":"created"`, `"manager_name":"Boris"`)
		id := fmt.Sprintf("%.0f", note.body["note"].(map[string]any)["id"])
		want(h.do("GET", at+"/notes", nil, bearer...), 200, `{"more":false,"notes":[{`, `"content":"internal"`)
		h.do("GET", at+"/notes", nil).wantError(t, 401, "token_missing")
		h.post(at+"/notes", `{"content":"x"}`).wantError(t, 401, "token_missing")
		h.do("GET", at+"/notes?before=x", nil, bearer...).wantError(t, 400, "before_invalid")
		h.do("DELETE", at+"/notes/0", nil, boris...).wantError(t, 404, "note_not_found")
		want(h.do("DELETE", at+"/notes/"+id, nil, boris...), 200, `"event":"deleted"`)

		want(h.post(at+"/tags", `{"add":["VIP","b2b"],"remove":[]}`, bearer...), 200, `"entity":"tags","event":"updated"`, `"tags":["b2b","vip"]`)
		want(h.post(at+"/tags", url.Values{"remove": {"b2b"}}, bearer...), 200, `"tags":["vip"]`)
		want(h.do("GET", at+"/tags", nil, bearer...), 200, `"tags":["vip"]`)
		want(h.do("GET", "/chat/tags?prefix=v", nil, bearer...), 200, `{"more":false,"tags":[{"tag":"vip","count":1}]}`)
		h.do("GET", "/chat/tags", nil).wantError(t, 401, "token_missing")
		h.post(at+"/tags", `{"add":[7]}`, bearer...).wantError(t, 400, "tag_invalid")
		h.post(at+"/tags", `{"add":["`+strings.Repeat(`a","`, models.MaxTags)+`b"]}`, bearer...).wantError(t, 400, "tag_invalid")

		reply := want(h.post("/chat/canned", `{"shortcut":"hi","content":"Hello {visitor_name}"}`, boris...), 201, `"shortcut":"hi"`, fmt.Sprintf(`"manager_id":%d`, h.boris.ID))
		canned := fmt.Sprintf("/chat/canned/%.0f", reply.body["canned"].(map[string]any)["id"])
		h.post("/chat/canned", `{"shortcut":"hi","content":"x","shared":true}`, boris...).wantError(t, 403, "forbidden")
		want(h.post("/chat/canned", url.Values{"shortcut": {"hi"}, "content": {"x"}, "shared": {"true"}}, bearer...), 201, `"manager_id":null`)
		want(h.do("GET", "/chat/canned", nil, boris...), 200, `{"canned":[{`)
		want(h.do("PATCH", canned, `{"content":"Hey"}`, boris...), 200, `"content":"Hey"`, `"shortcut":"hi"`)
		h.do("PATCH", canned, `{"content":"x"}`, bearer...).wantError(t, 404, "canned_reply_not_found")
		want(h.do("DELETE", canned, nil, boris...), 204)
		h.do("DELETE", canned, nil, boris...).wantError(t, 404, "canned_reply_not_found")
		h.do("GET", "/chat/canned", nil).wantError(t, 401, "token_missing")

		want(h.post(at+"/typing", `{"typing":true,"preview":"psst"}`), 200, `{}`)
		want(h.post(at+"/typing", url.Values{"typing": {"false"}}, bearer...), 200, `{}`)
		h.post(at+"/typing", `{"typing":"perhaps"}`).wantError(t, 400, "typing_invalid")
		h.post(at+"/typing", `{"preview":"`+strings.Repeat("x", 4001)+`"}`).wantError(t, 400, "preview_invalid")
		if strings.Contains(h.log.String(), "psst") {
			t.Error("the log tells what a visitor types")
		}
		for _, path := range []string{canned, "/chat/canned", at + "/notes/1", "/chat/unread"} {
			a := h.do("OPTIONS", path, nil, "Origin", "https://shop.example", "Access-Control-Request-Method", "DELETE")
			if a.StatusCode != 204 || !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "DELETE") {
				t.Errorf("preflight of %s: %d %v", path, a.StatusCode, a.Header)
			}
		}
	})
}
