package giosg_test

import (
	"fmt"
	"testing"
	"time"

	"parley/models"
)

func TestFeedTellsOfChats(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		shop := h.Room(h.Org, "shop", 5, nil)
		own, owned, room := "/api/v5/client/visitors/v1/chats", h.org("/owned_chats"), h.org("/rooms/"+shop.UUID+"/chats")
		guest, elsewhere := h.org("/rooms/"+shop.UUID+"/visitors/v1/chats"), h.org("/rooms/"+h.main.UUID+"/chats")
		r := h.listen(own, owned, room, guest, elsewhere)
		id := h.started(h.visitor("v1"), h.public("/rooms/"+shop.UUID+"/visitors/v1/chats"), "", 201)
		h.hear(r)
		if len(r.said) != 4 {
			t.Fatalf("%q", r.said)
		}
		shown := map[bool]string{true: fmt.Sprint(h.get(h.visitor("v1"), own+"/"+id).body), false: fmt.Sprint(h.get(h.of(h.bob), owned+"/"+id).body)}
		public := 0
		for i, said := range r.said {
			if said == "added "+own+" "+id {
				public++
				if got := fmt.Sprint(r.bodies[i]); got != shown[true] {
					t.Errorf("the visitor hears\n%s\nand is shown\n%s", got, shown[true])
				}
			} else if got := fmt.Sprint(r.bodies[i]); got != shown[false] {
				t.Errorf("%s: heard\n%s\nshown\n%s", said, got, shown[false])
			}
		}
		if public != 1 {
			t.Errorf("%q", r.said)
		}

		r = h.listen(owned, own)
		time.Sleep(2 * time.Millisecond) // the clock has milliseconds
		h.post(h.visitorNamed("v1"), id, "Hello")
		h.hear(r)
		if got := r.body(0); len(r.said) != 2 || fmt.Sprintf("%v %v %v %v", got["message_count"], got["visitor_message_count"], got["is_waiting"], got["id"]) != "1 1 true "+id ||
			got["room_name"] != nil {
			t.Errorf("%q %v", r.said, got)
		}
		h.do(h.visitor("v1"), "PATCH", own+"/"+id, `{"is_ended":true}`).want(200)
		h.hear(r)
		if got := r.body(0); got["is_ended"] != true || got["ended_at"] == nil || got["is_waiting"] != false {
			t.Errorf("%q %v", r.said, got)
		}
		c, err := h.View(ctx).ConversationByUUID(id)
		if err != nil || c.Status != models.StatusClosed {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// hear relays what happened.
func (h *house) hear(r *radio) {
	h.t.Helper()
	h.events(func(events []models.Event) error { return r.feed.Deliver(ctx, events) })
}
