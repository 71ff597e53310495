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
		if !strings.HasPrefix(a.raw, `{"events":[{"position":1,"id":1,"channel":"/conversations/1","event":{"entity":"message","event":"created",`) ||
			!strings.Contains(a.raw, `,{"position":2,"id":2,"channel":"/conversations/1",`) || !strings.HasSuffix(a.raw, `],"next":2,"more":true}`) {
			t.Errorf("%d %s", a.StatusCode, a.raw)
		}
		if a = h.do("GET", "/chat/events?after=2&visitor_id=v1", nil); a.StatusCode != 200 || a.body["next"] != 3.0 {
			t.Errorf("a visitor: %d %s", a.StatusCode, a.raw)
		}
		if a = h.do("GET", "/chat/events?after=3&include=note&wait=1", nil, bearer...); a.raw != `{"events":[],"next":3,"more":false}` {
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
			"after=4": "cursor_invalid", "limit=0": "limit_invalid", "wait=-1": "wait_invalid", "wait=x": "wait_invalid",
			"include=access": "include_invalid", "include=message,typing": "include_invalid",
		} {
			h.do("GET", "/chat/events?"+query, nil, bearer...).wantError(t, 400, code)
		}
		h.do("GET", "/chat/events", nil).wantError(t, 400, "visitor_id_invalid")
		h.do("GET", "/chat/events?visitor_id=v1", nil, bearer...).wantError(t, 403, "forbidden")
	})
}
