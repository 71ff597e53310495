package giosg_test

import (
	"net/http"
	"testing"

	"parley/chat"
)

// TestPresenceInChats: who comes into a chat's room or goes, and whose program begins or ends, shows in open chats.
func TestPresenceInChats(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.sue)
		h.enters("v1")
		c := h.begun("v1")
		bob := h.managersKey(h.bob)
		chats, members := h.org("/owned_chats"), h.org("/owned_chats/"+c.UUID+"/memberships")
		hers := "/api/v5/client/visitors/v1/chats/" + c.UUID + "/memberships"
		own := h.user(h.bob, "/chat_memberships")
		h.do(bob, "PUT", own+"/"+c.UUID, `{"is_participating":true}`).want(201)
		r := h.listen(chats, members, hers, own)

		h.do(h.visitor("v1"), "DELETE", h.ownIn("v1"), "").want(204)
		r.want("changed "+hers+" v1", "changed "+members+" v1", "changed "+chats+" "+c.UUID)
		if got := keysOf(r.body(0)); got != "id present_member_count present_participant_count present_visitor_member_count present_visitor_participant_count" ||
			r.body(0)["present_visitor_member_count"] != 0.0 {
			t.Errorf("%v", r.body(0))
		}
		if got := keysOf(r.body(1)); got != "chat_id is_present member_id" || r.body(1)["is_present"] != false {
			t.Errorf("%v", r.body(1))
		}
		h.do(h.visitor("v1"), "PUT", h.ownIn("v1"), `{}`)
		r.want("changed "+hers+" v1", "changed "+members+" v1", "changed "+chats+" "+c.UUID)
		if r.body(0)["present_visitor_member_count"] != 1.0 || r.body(1)["is_present"] != true {
			t.Errorf("%v, %v", r.body(0), r.body(1))
		}

		clients := h.user(h.bob, "/clients")
		client := h.do(bob, "POST", clients, `{}`).want(201)
		came := []string{"changed " + hers + " " + h.bob.UUID, "changed " + members + " " + h.bob.UUID, "changed " + own + " " + c.UUID, "changed " + chats + " " + c.UUID}
		r.want(came...)
		if r.body(0)["present_user_member_count"] != 1.0 || r.body(1)["is_present"] != true {
			t.Errorf("%v, %v", r.body(0), r.body(1))
		}
		h.do(bob, "DELETE", clients+"/"+client.body["id"].(string), "").want(204)
		r.want(came...)
		if r.body(0)["present_user_member_count"] != 0.0 || r.body(1)["is_present"] != false {
			t.Errorf("%v, %v", r.body(0), r.body(1))
		}

		if _, err := h.service.Close(ctx, h.visitorPrincipal("v1"), chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		r = h.listen(chats, members, hers, own)
		h.do(h.visitor("v1"), "DELETE", h.ownIn("v1"), "").want(204)
		h.do(bob, "POST", clients, `{}`).want(201)
		r.want() // what has ended stays as it was
	})
}

// TestPresenceInChatsByWebhook: what a webhook is told of a chat waits in the chat's lane, and is forgotten with it.
func TestPresenceInChatsByWebhook(t *testing.T) {
	h := newHouse(t, sqlite(t), options{})
	h.onDuty(h.sue)
	h.enters("v1")
	c := h.begun("v1")
	bob := h.managersKey(h.bob)
	h.do(bob, "PUT", h.user(h.bob, "/chat_memberships/"+c.UUID), `{"is_participating":true}`).want(201)
	k := h.hook("/api/v5/orgs/{organization_id}/owned_chats/*/memberships")
	h.do(bob, "POST", h.user(h.bob, "/clients"), `{}`).want(201)
	k.happened()
	got := k.next(http.StatusNoContent)
	if resource := got.body["resource"].(map[string]any); got.body["resource_id"] != h.bob.UUID || resource["is_present"] != true {
		t.Errorf("%s", got.text)
	}
	list := h.deliveries()
	if len(list) != 1 || list[0].ConversationID == nil || *list[0].ConversationID != c.ID || list[0].VisitorID != "v1" {
		t.Errorf("%+v", list)
	}
}
