package main

import (
	"strings"
	"testing"
)

// TestExternalChatConnector replays what the public external-chat connector does, request by request: its server
// brings visitors of another chat in, and hears of answers by webhooks. What its serializers refuse is checked, too.
func TestExternalChatConnector(t *testing.T) {
	onBridges(t, func(t *testing.T, b *bridge) {
		room := b.room("External chat")
		hooks := newMailbox(t)
		chats := "/api/v5/orgs/" + b.org + "/rooms/" + room + "/chats"
		b.hook(hooks, b.here.admin, "/api/v5/orgs/{organization_id}/rooms/"+room+"/chats", chats+"/*/messages")
		token := "Token " + b.userKey

		visitor := b.guest()
		if len(visitor.id) != 32 || len(visitor.secret) != 50 || strings.Trim(visitor.id+visitor.secret, "0123456789abcdef") != "" {
			t.Errorf("a visitor is %q with %q", visitor.id, visitor.secret)
		}
		b.enter(visitor, room)
		for range 2 { // it posts the name again with every chat
			b.call(201, "POST", "/api/v5/orgs/"+b.org+"/rooms/"+room+"/visitors/"+visitor.id+"/variables", token, object{"key": "username", "value": "Maija M."})
		}
		chat := b.start(visitor, room)
		id := chat.text("id")

		added := hooks.tells("added", chats)
		connectorChat(t, added)
		added.part("resource").want(t, "the chat that is told", object{"id": id, "room_id": room, "room_organization_id": b.org, "is_ended": false})
		members := b.call(200, "GET", "/api/v5/orgs/"+b.org+"/owned_chats/"+id+"/memberships", token, nil).list("results")
		if len(members) == 0 || members[0].text("member_type") != "visitor" || members[0].text("member_id") != visitor.id {
			t.Fatalf("the chat's members are %v", members)
		}
		if members[0].text("member_name") != "Maija M." {
			t.Errorf("the visitor is called %v", members[0]["member_name"])
		}

		said := b.say(visitor, id, "Hello from elsewhere")
		told := hooks.tells("added", chats+"/"+id+"/messages")
		connectorMessage(t, told)
		told.part("resource").want(t, "the visitor's message", object{"id": said.text("id"), "sender_type": "visitor", "sender_id": visitor.id, "sender_name": "Maija M.", "message": "Hello from elsewhere"})

		b.call(201, "PUT", "/api/v5/orgs/"+b.org+"/users/"+b.user+"/chat_memberships/"+id, token, object{"is_participating": true, "composing_status": "idle"})
		b.call(201, "POST", "/api/v5/orgs/"+b.org+"/users/"+b.user+"/chats/"+id+"/messages", token, object{"message": "Hello there"})
		answer := hooks.next(func(call object) bool {
			if call.text("action") == "added" && strings.HasSuffix(call.text("channel"), "/messages") {
				connectorMessage(t, call)
			}
			return call.part("resource").text("message") == "Hello there"
		}, "answer")
		answer.part("resource").want(t, "the answer", object{"type": "msg", "chat_id": id, "sender_type": "user", "sender_id": b.user})

		// Both sides are one conversation with what Faye's clients see.
		b.call(200, "PATCH", "/api/v5/orgs/"+b.org+"/owned_chats/"+id, token, object{"is_ended": true})
		ended := hooks.next(func(call object) bool {
			_, told := call.part("resource")["is_ended"]
			return call.text("action") == "changed" && call.text("resource_id") == id && told
		}, "end of the chat")
		ended.part("resource").want(t, "the end", object{"is_ended": true})
		if refused := b.call(400, "POST", "/api/v5/public/visitors/"+visitor.id+"/chats/"+id+"/messages", visitor.bearer, object{"message": "Too late"}); len(refused) == 0 {
			t.Error("the refusal says nothing")
		}

		// She comes back with her secret, as the same one.
		back := b.call(200, "POST", "/api/v5/public/orgs/"+b.org+"/auth", "", object{"visitor_secret_id": visitor.secret})
		back.want(t, "who came back", object{"visitor_id": visitor.id, "organization_id": b.org})
	})
}

// connectorChat is what the connector's serializer of chats asks for.
func connectorChat(t *testing.T, call object) {
	t.Helper()
	resource := call.part("resource")
	for _, name := range []string{"id", "chat_type", "room_id", "room_organization_id", "room_name"} {
		if resource.text(name) == "" {
			t.Errorf("a chat without %s: %v", name, resource)
		}
	}
	for _, name := range []string{"message_count", "user_message_count", "visitor_message_count", "member_count"} {
		if _, is := resource[name].(float64); !is {
			t.Errorf("a chat whose %s is %v", name, resource[name])
		}
	}
	for _, name := range []string{"is_ended", "is_waiting", "is_private", "is_real_conversation", "is_autosuggested"} {
		if _, is := resource[name].(bool); !is {
			t.Errorf("a chat whose %s is %v", name, resource[name])
		}
	}
}

// connectorMessage is what its serializer of messages asks for.
func connectorMessage(t *testing.T, call object) {
	t.Helper()
	resource := call.part("resource")
	for name, most := range map[string]int{"id": 50, "type": 20, "chat_id": 50, "sender_type": 20, "sender_id": 50} {
		if s := resource.text(name); s == "" || len(s) > most {
			t.Errorf("a message whose %s is %q", name, s)
		}
	}
	if text, there := resource["message"]; !there || text == "" {
		t.Errorf("a message that says %v", text)
	}
	for _, name := range []string{"sender_public_name", "sender_name", "sender_avatar"} {
		if _, there := resource[name]; !there {
			t.Errorf("a message without %s", name)
		}
	}
}
