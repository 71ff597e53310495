package api_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestCards(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.onDuty(h.anna)
		at := fmt.Sprint("/chat/conversation/", h.post("/chat/service/v1", nil).conversation())
		bearer := []string{"Authorization", "Bearer " + h.token(h.anna)}
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
		cards := `{"cards":[{"id":"c","title":"Tea?","image_url":"https://example.com/tea.png","actions":[
			{"id":"yes","text":"Yes","value":"y","style":"success","is_disabled_on_selection":true},
			{"text":"More","type":"link_button","value":"https://example.com/","link_target":"_blank"}]}]}`
		m := want(h.post(at, cards, bearer...), 201, `"content":"Tea?\n- Yes\n- More: https://example.com/"`, `"fallback":true`,
			`"cards":[{"id":"c","title":"Tea?"`, `"type":"button"`).message()
		message := fmt.Sprintf("%.0f", m["id"])
		h.post(at, cards).wantError(t, 403, "cards_forbidden")
		for _, bad := range []string{`{"cards":"x"}`, `{"cards":[7]}`, `{"cards":[{"title":7}]}`, `{"cards":[{}]}`, `{"cards":[{"image_url":"javascript:1"}]}`} {
			h.post(at, bad, bearer...).wantError(t, 400, "cards_invalid")
		}
		press := `{"message_id":` + message + `,"card_id":"c","action_id":"yes"}`
		want(h.post(at+"/action", press), 201, `"type":"action"`, `"content":"Yes"`, `"response":{"message_id":`+message, `"text":"Yes","value":"y"}`)
		h.post(at+"/action", press).wantError(t, 409, "action_disabled")
		h.post(at+"/action", press, bearer...).wantError(t, 403, "forbidden")
		h.post(at+"/action", `{"action_id":"yes"}`).wantError(t, 400, "message_id_invalid")
		h.post(at+"/action", `{"message_id":`+message+`,"action_id":[]}`).wantError(t, 400, "action_id_invalid")
		h.post(at+"/action", `{"message_id":`+message+`,"card_id":[]}`).wantError(t, 400, "card_id_invalid")
		h.post(at+"/action", `{"message_id":`+message+`,"action_id":"no"}`).wantError(t, 404, "action_not_found")
		want(h.do("GET", at+"/messages", nil), 200, `"pressed":true`, `"type":"action"`)
	})
}
