package giosg_test

import (
	"slices"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

// visitorPrincipal is a visitor of the house's.
func (h *house) visitorPrincipal(id string) chat.Principal {
	return chat.Principal{Party: chat.Visitor, VisitorID: id, OrganizationID: h.Org.ID}
}

// opened is a conversation of a visitor's, which Bob has.
func (h *house) opened(visitorID string) models.Conversation {
	h.t.Helper()
	h.onDuty(h.bob)
	ev, _, err := h.service.Open(ctx, h.visitorPrincipal(visitorID), chat.OpenRequest{VisitorID: visitorID})
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := h.View(ctx).Conversation(ev.Conversation.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) says(p chat.Principal, c models.Conversation, text string) *chat.MessageView {
	h.t.Helper()
	ev, _, err := h.service.Post(ctx, p, chat.PostRequest{ConversationID: c.ID, Content: text})
	if err != nil {
		h.t.Fatal(err)
	}
	return ev.Message
}

const visitorID = "0123456789abcdef0123456789abcdef"

func TestFeedTellsOfMessagesEverywhere(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		c := h.opened(visitorID)
		places := []string{
			"/api/v5/client/visitors/" + visitorID + "/chats/" + c.UUID + "/messages",
			h.org("/owned_chats/" + c.UUID + "/messages"),
			h.org("/rooms/" + h.main.Token + "/chats/" + c.UUID + "/messages"),
			h.org("/users/" + h.bob.UUID + "/chats/" + c.UUID + "/messages"),
			h.user(h.bob, "/routed_chats/"+c.UUID+"/messages"),
			"/api/v5/public/orgs/" + h.Org.UUID + "/visitors/" + visitorID + "/chats/" + c.UUID + "/messages",
		}
		order := []int{0, 1, 2, 3, 5, 4} // that of the grammar's words
		r := h.listen(places...)
		in := func(action, id string) (list []string) {
			for _, i := range order {
				list = append(list, action+" "+places[i]+" "+id)
			}
			return list
		}
		m := h.says(h.visitorPrincipal(visitorID), c, "Hello")
		r.want(in("added", m.UUID)...)
		if got := r.body(0); got["message"] != "Hello" || got["sender_type"] != "visitor" || got["sender_id"] != visitorID || got["chat_id"] != c.UUID {
			t.Errorf("%v", got)
		}
		for i, want := range map[int]bool{5: false, 0: true} { // the first is the visitor's
			if _, there := r.body(i)["sender_name"]; there != want {
				t.Errorf("%d: %v", i, r.body(i))
			}
		}
		reply := h.says(chat.ManagerPrincipal(h.bob), c, "Hi")
		r.said = nil
		h.events(func(events []models.Event) error { return r.feed.Deliver(ctx, events) })
		if got := r.body(0); got["sender_id"] != h.bob.UUID || got["sender_type"] != "user" {
			t.Errorf("%v", got)
		}
		r.said = nil
		if _, err := h.service.Edit(ctx, chat.ManagerPrincipal(h.bob), chat.ChangeRequest{ConversationID: c.ID, MessageID: reply.ID, Content: "Hi!"}); err != nil {
			t.Fatal(err)
		}
		r.want(in("changed", reply.UUID)...)
		if got := r.body(0); got["message"] != "Hi!" || got["id"] != reply.UUID || got["created_at"] != nil {
			t.Errorf("%v", got)
		}
	})
}

func TestFeedTellsOfAChatsLife(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		his, owned, routed := "/api/v5/client/visitors/"+visitorID+"/chats", h.org("/owned_chats"), h.user(h.bob, "/routed_chats")
		bobs, anns := h.user(h.bob, "/chats"), h.user(h.ann, "/chats")
		r := h.listen(his, owned, routed, bobs, anns)
		c := h.opened(visitorID)
		r.want("added "+his+" "+c.UUID, "added "+owned+" "+c.UUID, "added "+routed+" "+c.UUID)
		for i, theirs := range []bool{true, true, false} {
			body := r.body(i)
			if _, there := body["is_private"]; there != theirs || body["room_organization_id"] != h.Org.UUID || body["chat_type"] != "visitor" {
				t.Errorf("%v", body)
			}
		}
		h.says(h.visitorPrincipal(visitorID), c, "Hello")
		r.want("changed "+his+" "+c.UUID, "changed "+owned+" "+c.UUID, "changed "+routed+" "+c.UUID)
		if got := keysOf(r.body(1)); got != "has_messages has_visitor_messages id is_real_conversation is_waiting message_count updated_at visitor_message_count waiting_started_at" {
			t.Errorf("%s", got)
		}
		if r.body(1)["is_waiting"] != true || r.body(1)["message_count"] != 1.0 {
			t.Errorf("%v", r.body(1))
		}
		h.says(chat.ManagerPrincipal(h.bob), c, "Hi") // he becomes a member
		r.house.events(func(events []models.Event) error { return r.feed.Deliver(ctx, events) })
		if !slices.Contains(r.said, "added "+bobs+" "+c.UUID) || slices.ContainsFunc(r.said, func(s string) bool { return strings.Contains(s, anns) }) {
			t.Errorf("%q", r.said)
		}
		r.said = nil
		if _, err := h.service.Close(ctx, chat.ManagerPrincipal(h.bob), chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		r.want("changed "+his+" "+c.UUID, "changed "+owned+" "+c.UUID, "changed "+bobs+" "+c.UUID, "changed "+routed+" "+c.UUID, "removed "+routed+" "+c.UUID)
		if got := r.body(2); got["is_ended"] != true || got["ended_at"] == nil {
			t.Errorf("%v", got)
		}
		if _, err := h.service.Reopen(ctx, h.visitorPrincipal(visitorID), chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		r.want("changed "+his+" "+c.UUID, "changed "+owned+" "+c.UUID, "changed "+bobs+" "+c.UUID, "changed "+routed+" "+c.UUID, "added "+routed+" "+c.UUID)
		if _, err := h.service.EraseVisitor(ctx, chat.ManagerPrincipal(h.ann), visitorID); err != nil {
			t.Fatal(err)
		}
		if err := h.service.Eraser().Erase(ctx); err != nil {
			t.Fatal(err)
		}
		r.house.events(func(events []models.Event) error { return r.feed.Deliver(ctx, events) })
		if !slices.Contains(r.said, "removed "+owned+" "+c.UUID) {
			t.Errorf("%q", r.said)
		}
	})
}

func TestFeedTellsOfInvitationsAndTyping(t *testing.T) {
	h := newHouse(t, sqlite(t), options{})
	c := h.opened(visitorID)
	h.onDuty(h.sue)
	sent := h.user(h.bob, "/chats/"+c.UUID+"/outgoing_chat_invitations")
	r := h.listen(sent, h.user(h.sue, "/incoming_chat_invitations"), h.user(h.ann, "/incoming_chat_invitations"))
	i, err := h.service.Invite(ctx, chat.ManagerPrincipal(h.bob), chat.InviteRequest{ConversationID: c.ID, InviterID: h.bob.ID, ManagerID: h.sue.ID})
	if err != nil {
		t.Fatal(err)
	}
	r.want("added "+sent+" "+i.UUID, "added "+h.user(h.sue, "/incoming_chat_invitations")+" "+i.UUID)
	members := h.org("/owned_chats/" + c.UUID + "/memberships")
	r = h.listen(members)
	r.feed.Fleeting(ctx, models.Event{
		OrganizationID: h.Org.ID, VisitorID: visitorID, ConversationID: &c.ID, Kind: models.EventMembership, Action: chat.ResourceChanged,
		Payload: `{"changed":["composing_status"]}`, CreatedAt: 1,
	})
	r.want("changed " + members + " " + visitorID)
	if got := keysOf(r.body(0)); got != "chat_id composing_status member_id" {
		t.Errorf("%s", got)
	}
}
