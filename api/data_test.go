package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestAuditByHTTP(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		admin, manager := "Bearer "+h.token(h.anna), "Bearer "+h.token(h.boris)
		for range 3 {
			h.do("GET", "/chat/audit", nil, "Authorization", manager).wantError(t, 403, "forbidden")
		}
		h.do("GET", "/chat/audit", nil).wantError(t, 401, "token_missing")
		h.do("GET", "/chat/audit", nil, "Authorization", "Bearer pk_1_x").wantError(t, 401, "token_invalid")
		if a := h.do("POST", fmt.Sprintf("/chat/managers/%d/sign_out", h.boris.ID), nil, "Authorization", admin); a.StatusCode != http.StatusNoContent {
			t.Fatal(a.raw)
		}
		denied := h.do("GET", "/chat/audit?action=call_denied", nil, "Authorization", admin)
		if want := fmt.Sprintf(`"actor":{"type":"manager","id":"%d"},"action":"call_denied","target":{"type":"call","id":"GET /chat/audit"},"address":"127.0.0.1","count":3,"details":{"code":"forbidden"}`, h.boris.ID); denied.StatusCode != 200 || !strings.Contains(denied.raw, want) {
			t.Errorf("%d %s, want %s", denied.StatusCode, denied.raw, want)
		}
		// Two pages of one, which are all of Ann's.
		path := fmt.Sprintf("/chat/audit?actor=manager:%d&limit=1&from=2020-01-01T00:00:00Z", h.anna.ID)
		first := h.do("GET", path, nil, "Authorization", admin)
		if !strings.Contains(first.raw, "signed_out_everywhere") || first.body["next"] != nil {
			t.Errorf("%d %s", first.StatusCode, first.raw)
		}
		seen := 0
		for next := ""; ; seen++ {
			page := h.do("GET", "/chat/audit?limit=1&cursor="+next, nil, "Authorization", admin)
			if list, _ := page.body["audit"].([]any); len(list) != 1 {
				t.Fatal(page.raw)
			}
			if next, _ = page.body["next"].(string); next == "" {
				break
			}
		}
		if seen < 3 {
			t.Errorf("%d pages", seen+1)
		}
		for query, code := range map[string]string{"from=yesterday": "from_invalid", "limit=0": "limit_invalid", "cursor=x": "cursor_invalid", "action=%00": "filter_invalid"} {
			h.do("GET", "/chat/audit?"+query, nil, "Authorization", admin).wantError(t, 400, code)
		}
	})
}

func TestErasureByHTTP(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.onDuty(h.boris)
		h.post("/chat/service/v81f0", nil)
		admin := "Bearer " + h.token(h.anna)
		h.do("DELETE", "/chat/visitor/v81f0", nil, "Authorization", "Bearer "+h.token(h.boris)).wantError(t, 403, "forbidden")
		h.do("DELETE", "/chat/visitor/v9", nil, "Authorization", admin).wantError(t, 404, "visitor_not_found")
		a := h.do("DELETE", "/chat/visitor/v81f0", nil, "Authorization", admin)
		if erasure, _ := a.body["erasure"].(map[string]any); a.StatusCode != http.StatusAccepted || !strings.HasPrefix(fmt.Sprint(erasure["mark"]), "erased-") {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		h.post("/chat/service/v81f0", nil).wantError(t, 409, "visitor_erasing")
		if a := h.do("PATCH", "/chat/organization", `{"retain_days":90}`, "Authorization", admin); !strings.Contains(a.raw, `"retain_days":90`) {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		h.do("PATCH", "/chat/organization", `{"retain_days":0}`, "Authorization", admin).wantError(t, 400, "retain_days_invalid")
	})
}

func TestFilesOfAVisitor(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.onDuty(h.boris)
		id := h.post("/chat/service/v81f0", nil).conversation()
		h.post(fmt.Sprintf("/chat/conversation/%d", id), `{"content":"Hello"}`)
		path := fmt.Sprintf("/chat/conversation/%d/transcript", id)
		text := h.do("GET", path, nil)
		if text.StatusCode != 200 || !strings.Contains(text.raw, "Hello\n") || text.Header.Get("Content-Disposition") != fmt.Sprintf("attachment; filename=conversation-%d.txt", id) ||
			text.Header.Get("Content-Type") != "text/plain; charset=utf-8" || text.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %s %v", text.StatusCode, text.raw, text.Header)
		}
		told := h.do("GET", path+"?format=json", nil, "Authorization", "Bearer "+h.token(h.boris))
		if messages, _ := told.body["messages"].([]any); told.StatusCode != 200 || len(messages) != 1 || told.body["notes"] == nil {
			t.Errorf("%d %s", told.StatusCode, told.raw)
		}
		h.do("GET", path+"?format=pdf", nil).wantError(t, 400, "format_invalid")
		h.do("GET", "/chat/conversation/7/transcript", nil).wantError(t, 404, "conversation_not_found")

		admin := "Bearer " + h.token(h.anna)
		zip := h.do("GET", "/chat/visitor/v81f0/export", nil, "Authorization", admin)
		if zip.StatusCode != 200 || !strings.HasPrefix(zip.raw, "PK\x03\x04") || zip.Header.Get("Content-Type") != "application/zip" {
			t.Errorf("%d %q %v", zip.StatusCode, zip.raw, zip.Header)
		}
		h.do("GET", "/chat/visitor/v9/export", nil, "Authorization", admin).wantError(t, 404, "visitor_not_found")
		h.do("GET", "/chat/visitor/v81f0/export", nil, "Authorization", "Bearer "+h.token(h.boris)).wantError(t, 403, "forbidden")
	})
}
