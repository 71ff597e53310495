package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

func TestEvents(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		bearer := []string{"Authorization", "Bearer " + h.token(h.anna)}
		a := h.do("GET", "/chat/events", nil, bearer...)
		if a.StatusCode != 200 || a.raw != `{"events":[],"next":0,"more":false}` || a.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s", a.StatusCode, a.raw)
		}
		before, err := h.Pending(ctx, nil, 10) // of the people, which nobody sees here
		if err != nil {
			t.Fatal(err)
		}
		n := len(before)
		c := h.Conversation(1, "v1", h.anna, nil)
		for i := range 3 {
			if a := h.post(fmt.Sprint("/chat/conversation/", c.ID), fmt.Sprintf(`{"content":"%d"}`, i)); a.StatusCode != 201 {
				t.Fatal(a.raw)
			}
		}
		pending, err := h.Pending(ctx, nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range pending {
			if err := h.Relayed(ctx, []int64{e.ID}, 1); err != nil {
				t.Fatal(err)
			}
		}
		a = h.do("GET", "/chat/events?after=0&limit=2&wait=60&include=message,read", nil, bearer...)
		if !strings.HasPrefix(a.raw, fmt.Sprintf(`{"events":[{"position":%d,"id":%[1]d,"channel":"/conversations/1","event":{"entity":"message","event":"created",`, n+1)) ||
			!strings.Contains(a.raw, fmt.Sprintf(`,{"position":%d,"id":%[1]d,"channel":"/conversations/1",`, n+2)) ||
			!strings.HasSuffix(a.raw, fmt.Sprintf(`],"next":%d,"more":true}`, n+2)) {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		if a = h.do("GET", fmt.Sprintf("/chat/events?after=%d&visitor_id=v1", n+2), nil); a.StatusCode != 200 || a.body["next"] != float64(n+3) {
			t.Errorf("a visitor: %d %s", a.StatusCode, a.raw)
		}
		if a = h.do("GET", fmt.Sprintf("/chat/events?after=%d&include=note&wait=1", n+3), nil, bearer...); a.raw != fmt.Sprintf(`{"events":[],"next":%d,"more":false}`, n+3) {
			t.Errorf("nothing: %d %s", a.StatusCode, a.raw)
		}
		if err := h.Update(ctx, func(tx chat.Tx) error { return tx.DeleteEvents(models.At(time.Now().Add(time.Hour)), 1) }); err != nil {
			t.Fatal(err)
		}
		a = h.do("GET", "/chat/events?after=0", nil, bearer...)
		if a.wantError(t, 410, "cursor_too_old"); a.body["position"] != 1.0 {
			t.Errorf("%s", a.raw)
		}
		for query, code := range map[string]string{
			"after=x": "after_invalid", "after=-1": "after_invalid", "after=1.5": "after_invalid", "after=99999999999999999999": "after_invalid",
			fmt.Sprint("after=", n+4): "cursor_invalid", "limit=0": "limit_invalid", "wait=-1": "wait_invalid", "wait=x": "wait_invalid",
			"include=access": "include_invalid", "include=message,typing": "include_invalid",
		} {
			h.do("GET", "/chat/events?"+query, nil, bearer...).wantError(t, 400, code)
		}
		h.do("GET", "/chat/events", nil).wantError(t, 400, "visitor_id_invalid")
		h.do("GET", "/chat/events?visitor_id=v1", nil, bearer...).wantError(t, 403, "forbidden")
	})
}
