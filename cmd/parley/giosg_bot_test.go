package main

import (
	"strings"
	"testing"
)

// TestDemoBot replays what the public demo bot does: it hears of a routed chat, joins it, offers a button, and hands the
// visitor over to a team.
func TestDemoBot(t *testing.T) {
	onBridges(t, func(t *testing.T, b *bridge) {
		room := b.room("Shop")
		bot, colleague := b.here.colleague, b.here.counterpart
		hooks := newMailbox(t)
		b.hook(hooks, bot, "/api/v5/users/{user_id}/routed_chats", "/api/v5/users/{user_id}/chats/*/messages")
		team := b.call(201, "POST", "/api/v5/orgs/"+b.org+"/teams", "Token "+b.userKey, object{"name": "Customer service"}).text("id")
		b.call(201, "PUT", "/api/v5/orgs/"+b.org+"/teams/"+team+"/members/"+colleague.UUID, "Token "+b.userKey, object{})

		// What wakes it before the first chat is its own presence.
		user, key := "/api/v5/users/"+bot.UUID, "Token "+b.keyOf(bot)
		b.call(200, "GET", "/api/v5/users/me", key, nil).want(t, "the bot", object{"id": bot.UUID, "organization_id": b.org})
		if clients := b.call(200, "GET", user+"/clients", key, nil).list("results"); len(clients) != 0 {
			t.Errorf("it has clients already: %v", clients)
		}
		client := b.call(201, "POST", user+"/clients", key, object{"presence_expires_in": 7200})
		b.call(200, "PATCH", user+"/clients/"+client.text("id"), key, object{"presence_expires_in": 7200})

		visitor := b.guest()
		b.enter(visitor, room)
		id := b.start(visitor, room).text("id")
		b.say(visitor, id, "Anybody there?")

		call := hooks.tells("added", user+"/routed_chats")
		auth := call.part("app_user_auth")
		auth.want(t, "whom it calls back as", object{"token_type": "Bearer", "user_id": bot.UUID, "organization_id": b.org})
		token := auth.text("token_type") + " " + auth.text("access_token")
		if call.text("resource_id") != id {
			t.Fatalf("the chat that was routed is %v", call)
		}

		if language := b.call(200, "GET", user+"/rooms/"+call.part("resource").text("room_id"), token, nil)["language_code"]; language == nil || language == "" {
			t.Errorf("the room's language is %v", language)
		}
		clients := b.call(200, "GET", user+"/clients", token, nil).list("results")
		if len(clients) != 1 {
			t.Fatalf("its clients are %v", clients)
		}
		b.call(200, "PATCH", user+"/clients/"+clients[0].text("id"), token, object{"presence_expires_in": 7200})
		chat := b.call(200, "GET", user+"/routed_chats/"+id, token, nil)
		chat.want(t, "the chat", object{"id": id, "is_ended": false, "is_waiting": true, "present_user_participant_count": 0, "visitor_message_count": 1})
		member := b.call(201, "POST", user+"/routed_chats/"+id+"/memberships", token, object{"is_participating": true, "composing_status": "idle"})
		member.want(t, "its membership", object{"member_id": bot.UUID, "is_participating": true, "composing_status": "idle", "is_present": true})
		b.call(200, "GET", user+"/routed_chats/"+id, token, nil).want(t, "the chat it has joined", object{"present_user_participant_count": 1, "is_waiting": false})

		sent := b.call(201, "POST", user+"/chats/"+id+"/messages", token, object{"message": "What is it about?", "attachments": []object{{
			"text": "Choose", "actions": []object{
				{"text": "Tea", "type": "button", "value": "tea", "is_disabled_on_selection": true},
				{"text": "Our site", "type": "link_button", "value": "https://shop.example/", "link_target": "_blank"},
			},
		}}})
		cards := sent.list("attachments")
		if len(cards) != 1 || len(cards[0].list("actions")) != 2 {
			t.Fatalf("what it sent is %v", sent)
		}
		for _, message := range b.call(200, "GET", user+"/chats/"+id+"/messages", token, nil).list("results") {
			if _, there := message["response_value"]; !there {
				t.Errorf("a message without response_value: %v", message)
			}
		}

		// The visitor presses the button; the bot looks at response_value.
		tea := cards[0].list("actions")[0]
		b.call(201, "POST", "/api/v5/public/visitors/"+visitor.id+"/chats/"+id+"/messages", visitor.bearer, object{
			"type": "action", "response_to_message_id": sent.text("id"), "response_to_attachment_id": cards[0].text("id"), "response_to_action_id": tea.text("id"),
		})
		pressed := hooks.next(func(call object) bool {
			return strings.HasSuffix(call.text("channel"), "/messages") && call.part("resource")["response_value"] != nil
		}, "answer by a button")
		pressed.part("resource").want(t, "the answer", object{"type": "action", "chat_id": id, "room_id": room, "response_value": "tea", "sender_type": "visitor"})

		// It hands over to the team that is there, and leaves.
		var there object
		for _, one := range b.call(200, "GET", "/api/v5/orgs/"+b.org+"/teams", token, nil).list("results") {
			if one["is_online"] == true && strings.EqualFold(one.text("name"), "customer service") {
				there = one
			}
		}
		if there == nil {
			t.Fatal("no team is online")
		}
		b.call(201, "POST", user+"/chats/"+id+"/outgoing_chat_invitations", token, object{"invited_team_id": there.text("id")})
		b.call(200, "PATCH", user+"/chat_memberships/"+id, token, object{"is_participating": false})
		b.call(200, "GET", "/api/v5/users/"+colleague.UUID+"/routed_chats/"+id, "Token "+b.keyOf(colleague), nil).want(t, "the chat", object{"id": id, "is_ended": false})
		types := map[string]int{}
		for _, message := range b.call(200, "GET", "/api/v5/orgs/"+b.org+"/rooms/"+room+"/chats/"+id+"/messages", "Token "+b.userKey, nil).list("results") {
			types[message.text("type")]++
		}
		if types["join"] == 0 || types["leave"] == 0 || types["action"] != 1 {
			t.Errorf("what happened in the chat: %v", types)
		}
	})
}
