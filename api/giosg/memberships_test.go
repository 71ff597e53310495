package giosg_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

// begun is a visitor's new conversation, with whoever is on duty.
func (h *house) begun(visitorID string) models.Conversation {
	h.t.Helper()
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

// TestMembershipPaths: the same members in every spelling, the visitor first.
func TestMembershipPaths(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		c := h.begun("v1")
		h.says(h.visitorPrincipal("v1"), c, "Hello")
		h.says(chat.ManagerPrincipal(h.bob), c, "Hello")
		h.says(chat.ManagerPrincipal(h.bob), c, "Hello")
		ann, bob, visitor := h.of(h.ann), h.of(h.bob), h.visitor("v1")
		room := "/rooms/" + h.main.UUID
		tail := "/" + c.UUID + "/memberships"
		for path, who := range map[string]string{
			h.org(room + "/chats" + tail):                                     ann,
			h.org(room + "/visitors/v1/chats" + tail):                         ann,
			h.org("/owned_chats" + tail):                                      h.key(models.ScopeChat),
			h.org("/users/" + h.bob.UUID + "/chats" + tail):                   bob,
			h.user(h.bob, "/chats"+tail+"/"):                                  bob,
			h.user(h.bob, "/routed_chats"+tail):                               h.managersKey(h.bob),
			h.user(h.bob, "/chats/"+c.UUID+"/members"):                        bob,
			"/api/v5/client/visitors/v1/chats/" + c.UUID + "/members":         visitor,
			"/api/v5/client/visitors/v1/chats" + tail:                         visitor,
			"/api/v5/public/visitors/v1/chats" + tail:                         visitor,
			"/api/v5/public/orgs/" + h.Org.UUID + "/visitors/v1/chats" + tail: visitor,
		} {
			all := h.get(who, path).want(200, "next", "null", "previous", "null").results()
			if len(all) != 2 || all[0]["member_type"] != "visitor" || all[0]["member_id"] != "v1" || all[1]["member_id"] != h.bob.UUID {
				t.Errorf("%s: %v", path, all)
				continue
			}
			if former := strings.HasSuffix(path, "/members"); former != (all[0]["id"] == "v1") || former != (all[1]["public_name"] == "Bob") {
				t.Errorf("%s: %v", path, all)
			}
		}
		h.get(bob, h.user(h.bob, "/chats"+tail+"/"+h.bob.UUID)).want(200,
			"member_id", quoted(h.bob.UUID), "member_type", `"user"`, "member_name", `"Bob"`, "member_public_name", `"Bob"`, "member_avatar", "null",
			"member_organization_id", quoted(h.Org.UUID), "legacy_member_id", quoted(fmt.Sprint(h.bob.ID)), "chat_id", quoted(c.UUID),
			"room_id", quoted(h.main.UUID), "room_organization_id", quoted(h.Org.UUID), "message_count", "2",
			"is_participating", "true", "is_present", "true", "composing_status", `"idle"`, "is_bot", "false")
		h.get(bob, h.user(h.bob, "/chats"+tail+"/v1")).want(200, "message_count", "1", "member_name", "null", "is_participating", "true", "is_present", "false")
		h.get(visitor, "/api/v5/public/visitors/v1/chats"+tail+"/"+h.bob.UUID).want(200, "member_name", "null", "member_public_name", `"Bob"`)
		h.get(bob, h.user(h.bob, "/chats"+tail+"/"+h.sue.UUID)).refused(404)
		h.get(bob, h.user(h.bob, "/chats"+tail+"/"+h.clara.UUID)).refused(404)
		for path, status := range map[string]int{
			h.user(h.sue, "/chats"+tail): 403, h.user(h.bob, "/chats/nothing/memberships"): 404,
			"/api/v5/public/visitors/v2/chats" + tail: 403, "/api/v5/orgs/" + h.foreign.UUID + "/owned_chats" + tail: 403,
		} {
			h.get(bob, path).refused(status)
		}
		h.get("", h.org("/owned_chats"+tail)).refused(401)
		h.get(h.visitor("v2"), "/api/v5/public/visitors/v2/chats"+tail).refused(404)
		h.get(h.key(models.ScopeNumbers), h.org("/owned_chats"+tail)).refused(403)
		h.get(h.of(h.clara), "/api/v5/orgs/"+h.foreign.UUID+"/owned_chats"+tail).refused(404)
	})
}

// TestJoiningChats goes the way of a bot: it joins, writes, and leaves.
func TestJoiningChats(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.sue)
		c := h.begun("v1")
		bob, ann, sue := h.managersKey(h.bob), h.of(h.ann), h.of(h.sue)
		routed := h.user(h.bob, "/routed_chats/"+c.UUID+"/memberships")
		own := h.user(h.bob, "/chat_memberships/"+c.UUID)
		h.do(bob, "PATCH", own, `{"composing_status":"typing"}`).refused(404)
		h.do(bob, "POST", routed, `{"is_participating":true,"composing_status":"idle"}`).want(201, "is_participating", "true", "composing_status", `"idle"`, "is_present", "false")
		h.do(bob, "POST", routed, `{"is_participating":true,"composing_status":"idle"}`).want(200)
		h.do(bob, "PATCH", own, `{"composing_status":"composing"}`).want(200, "composing_status", `"typing"`)
		h.do(bob, "PUT", own, `{"is_participating":true,"composing_status":"has_composed"}`).want(200, "composing_status", `"typed"`)
		h.do(bob, "PATCH", own+"/", `{"is_participating": false}`).want(200, "is_participating", "false", "is_present", "false")
		h.do(bob, "PUT", h.org("/users/"+h.bob.UUID+"/chat_memberships/"+c.UUID)+"?exclusive=true", `{"is_participating":true}`).want(200, "is_participating", "true")
		h.do(bob, "PATCH", own, `{"is_participating": false}`).want(200)
		h.do(sue, "PUT", h.user(h.sue, "/chat_memberships/"+c.UUID), `{}`).want(201, "is_participating", "true", "is_present", "true")
		a := h.do(bob, "PUT", own+"?exclusive=true", `{"is_participating":true}`).want(400)
		if a.body["non_field_errors"] == nil {
			t.Errorf("%s", a.raw)
		}
		h.do(bob, "PUT", own+"?exclusive=perhaps", `{"is_participating":true}`).want(400)

		// In a room's path the body says who joins: oneself, or as an admin or a backend somebody.
		room := h.org("/rooms/" + h.main.UUID + "/chats/" + c.UUID + "/memberships")
		h.do(ann, "POST", room, `{"is_participating":true}`).want(400, "member_id", `["This field is required."]`)
		h.do(ann, "POST", room, `{"member_id":"nobody"}`).want(400, "member_id", `["Object does not exist."]`)
		h.do(ann, "POST", room, fmt.Sprintf(`{"member_id":%q}`, h.clara.UUID)).want(400)
		h.do(ann, "POST", room, fmt.Sprintf(`{"member_id":%q,"is_participating":false}`, h.ann.UUID)).want(201, "is_participating", "false")
		h.do(h.key(), "POST", room, fmt.Sprintf(`{"member_id":%q}`, h.ann.UUID)).want(200, "is_participating", "false")
		h.do(sue, "POST", room, fmt.Sprintf(`{"member_id":%q}`, h.ann.UUID)).refused(403)
		h.do(ann, "PATCH", room+"/"+h.bob.UUID, `{"is_participating":true}`).want(200, "is_participating", "true")
		h.do(ann, "PATCH", room+"/v1", `{"is_participating":false}`).refused(403)
		h.do(bob, "POST", routed, fmt.Sprintf(`{"member_id":%q}`, h.sue.UUID)).want(400)
		for _, body := range []string{`{"is_participating":"x"}`, `{"composing_status":"sleeping"}`, `[]`, `{`} {
			h.do(bob, "PUT", own, body).want(400)
		}

		mine := h.get(bob, h.user(h.bob, "/chat_memberships")).want(200).results()
		if len(mine) != 1 || mine[0]["chat_id"] != c.UUID {
			t.Errorf("%v", mine)
		}
		if none := h.get(bob, h.user(h.bob, "/chat_memberships?is_participating=false")).want(200).results(); len(none) != 0 {
			t.Errorf("%v", none)
		}
		h.get(bob, own).want(200, "member_id", quoted(h.bob.UUID))

		if _, err := h.service.Close(ctx, chat.ManagerPrincipal(h.ann), chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		h.do(bob, "PATCH", own, `{"is_participating":false}`).want(400)
		h.do(bob, "POST", routed, `{"is_participating":true}`).want(400)
		h.get(bob, own).want(200, "is_participating", "true")
	})
}

// TestVisitorsChatWindow: the visitor opens and closes it, and types.
func TestVisitorsChatWindow(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		c := h.begun("v1")
		v1 := h.visitor("v1")
		for _, path := range []string{"/api/v5/client/visitors/v1", "/api/v5/public/visitors/v1", "/api/v5/public/orgs/" + h.Org.UUID + "/visitors/v1"} {
			for _, name := range []string{"/chat_memberships", "/chats_memberships"} {
				own := path + name + "/" + c.UUID
				h.do(v1, "PUT", own, `{"is_participating":false}`).want(200, "member_id", `"v1"`, "is_participating", "false")
				h.do(v1, "PUT", own, `{"is_participating":true,"composing_status":"typing"}`).want(200, "is_participating", "true")
				if mine := h.get(v1, path+name).want(200).results(); len(mine) != 1 || mine[0]["member_id"] != "v1" || mine[0]["chat_id"] != c.UUID {
					t.Errorf("%s: %v", path, mine)
				}
			}
		}
		own := "/api/v5/public/visitors/v1/chat_memberships/" + c.UUID
		h.get(v1, own).want(200, "composing_status", `"typing"`)
		h.do(h.of(h.bob), "PUT", own, `{}`).refused(403)
		h.do(h.visitor("v2"), "PUT", strings.Replace(own, "v1", "v2", 1), `{}`).refused(404)
		h.do(v1, "POST", "/api/v5/public/visitors/v1/chats/"+c.UUID+"/memberships", `{}`).refused(405)
	})
}

// TestUserClientPaths goes the way of a bot that keeps itself on duty.
func TestUserClientPaths(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		bob := h.managersKey(h.bob)
		clients := h.user(h.bob, "/clients")
		if none := h.get(bob, clients).want(200).results(); len(none) != 0 {
			t.Errorf("%v", none)
		}
		a := h.do(bob, "POST", clients, `{"presence_expires_in":7200}`).want(201, "presence_expires_in", "7200", "is_present", "true",
			"is_about_to_expire", "false", "properties", "{}", "gcm_token", "null", "subscribed_channels", "[]", "user_id", quoted(h.bob.UUID))
		h.get(bob, "/api/v5/users/me").want(200, "is_present", "true", "is_online", "true")
		one := clients + "/" + a.body["id"].(string)
		if all := h.get(bob, clients).want(200).results(); len(all) != 1 || all[0]["id"] != a.body["id"] {
			t.Errorf("%v", all)
		}
		h.do(bob, "PATCH", one, `{"expires_in":60,"properties":{"app":"bot"}}`).want(200, "presence_expires_in", "60", "properties", `{"app":"bot"}`)
		h.do(bob, "PUT", h.org("/users/"+h.bob.UUID+"/clients/"+a.body["id"].(string)), ``).want(200, "expires_in", "60")
		for _, body := range []string{`{"presence_expires_in":0}`, `{"presence_expires_in":86401}`, `{"presence_expires_in":-1}`, `{"presence_expires_in":"x"}`, `{"properties":[]}`} {
			h.do(bob, "PATCH", one, body).want(400)
		}
		h.get(h.of(h.sue), clients).refused(403)
		h.get("", clients).refused(401)
		h.get(h.of(h.ann), clients).want(200)
		h.get(bob, clients+"/nothing").refused(404)
		client, err := h.View(ctx).UserClient(a.body["id"].(string))
		if err != nil {
			t.Fatal(err)
		}
		client.Live, client.ExpiresAt = false, 1
		if err := h.Update(ctx, func(tx chat.Tx) error { return tx.SaveUserClient(client) }); err != nil {
			t.Fatal(err)
		}
		h.get(bob, one).want(200, "is_present", "false")
		h.do(bob, "PATCH", one, `{"presence_expires_in":7200}`).want(201, "is_present", "true")
		h.do(bob, "DELETE", one, "").want(204)
		h.do(bob, "DELETE", one, "").refused(404)
		h.get(bob, "/api/v5/users/me").want(200, "is_present", "false")
	})
}

// TestTeamPaths: admins make teams, everybody sees them, and a bot asks one to take a chat.
func TestTeamPaths(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		ann, bob, sue := h.of(h.ann), h.managersKey(h.bob), h.of(h.sue)
		teams := h.org("/teams")
		a := h.do(ann, "POST", teams, `{"name":" Kitchen "}`).want(201, "name", `"Kitchen"`, "display_name", `"Kitchen"`, "member_count", "0",
			"present_member_count", "0", "is_online", "false", "is_present", "false", "organization_id", quoted(h.Org.UUID))
		team := teams + "/" + a.body["id"].(string)
		h.do(h.key(models.ScopePeople), "POST", teams, `{"name":"Bath"}`).want(201)
		h.do(sue, "POST", teams, `{"name":"x"}`).refused(403)
		h.do(bob, "DELETE", team, "").refused(403)
		h.do(ann, "POST", teams, `{}`).want(400, "name", `["This field is required."]`)
		h.do(ann, "POST", teams, `{"name":""}`).want(400)
		h.do(ann, "PATCH", team, `{"name":"Cooks"}`).want(200, "name", `"Cooks"`)
		h.do(ann, "PATCH", team, `{}`).want(200, "name", `"Cooks"`)
		h.do(ann, "PUT", team, `{}`).want(400)
		h.get(h.of(h.clara), team).refused(403)
		h.get(ann, teams+"/nothing").refused(404)
		if all := h.get(bob, teams+"?page_size=1").want(200).results(); len(all) != 1 || all[0]["name"] != "Cooks" {
			t.Errorf("%v", all)
		}

		h.do(ann, "PUT", team+"/memberships/"+h.sue.UUID, "").want(201, "member_count", "1")
		h.do(ann, "PUT", team+"/members/"+h.sue.UUID, "").want(200)
		h.do(ann, "PUT", team+"/members/"+h.bob.UUID, "").want(201)
		h.do(ann, "PUT", team+"/members/"+h.clara.UUID, "").refused(404)
		h.do(bob, "PUT", team+"/members/"+h.bob.UUID, "").refused(403)
		if all := h.get(sue, team+"/members").want(200).results(); len(all) != 2 {
			t.Errorf("%v", all)
		}
		in := fmt.Sprintf(`[{"team":{"id":%q,"name":"Cooks"},"team_id":%q}]`, a.body["id"], a.body["id"])
		h.get(bob, "/api/v5/users/me").want(200, "team_memberships", in)
		h.get(ann, h.org("/users/"+h.ann.UUID)).want(200, "team_memberships", "[]")
		for _, u := range append(h.get(ann, h.org("/users")).want(200).results(), h.get(sue, team+"/members").results()...) {
			want := u["id"] == h.bob.UUID || u["id"] == h.sue.UUID
			if got := u["team_memberships"].([]any); (len(got) == 1) != want {
				t.Errorf("%v: %v", u["full_name"], got)
			}
		}

		h.onDuty(h.bob)
		c := h.begun("v1")
		outgoing := h.user(h.bob, "/chats/"+c.UUID+"/outgoing_chat_invitations")
		invite := fmt.Sprintf(`{"invited_team_id":%q}`, a.body["id"])
		h.do(bob, "POST", outgoing, invite).want(400) // none but the bot itself is there
		h.onDuty(h.sue)
		h.get(bob, team).want(200, "present_member_count", "2", "is_online", "true", "is_present", "true")
		sent := h.do(bob, "POST", outgoing, invite).want(201, "invited_team_id", quoted(a.body["id"].(string)), "invited_user_id", "null",
			"is_accepted", "false", "accepted_by_user_id", "null", "chat_id", quoted(c.UUID), "inviting_user_id", quoted(h.bob.UUID))
		if now, err := h.View(ctx).Conversation(c.ID); err != nil || *now.ManagerID != h.sue.ID {
			t.Errorf("%+v, %v", now, err)
		}
		steps, err := h.View(ctx).Transitions(c.ID, 10)
		if err != nil || len(steps) != 2 || steps[1].Action != models.ActionTransferred || steps[1].Decision == nil {
			t.Fatalf("%+v, %v", steps, err)
		}
		var decision chat.Decision
		if json.Unmarshal([]byte(*steps[1].Decision), &decision) != nil || decision.ManagerID != h.sue.ID || len(decision.Considered) != 1 {
			t.Errorf("%s", *steps[1].Decision)
		}
		incoming, id := h.user(h.sue, "/incoming_chat_invitations"), sent.body["id"].(string)
		if all := h.get(sue, incoming).want(200).results(); len(all) != 1 || all[0]["id"] != id || all[0]["is_accepted"] != false {
			t.Errorf("%v", all)
		}
		h.get(sue, incoming+"/"+id).want(200, "is_accepted", "false", "chat_id", quoted(c.UUID))
		h.get(bob, incoming).refused(403)
		h.get(h.of(h.clara), incoming).refused(404)
		h.get(ann, h.user(h.ann, "/incoming_chat_invitations/"+id)).refused(404)
		for _, other := range []models.Manager{h.ann, h.bob} { // one is not in the team, the other has asked
			if all := h.get(h.of(other), h.user(other, "/incoming_chat_invitations")).want(200).results(); len(all) != 0 {
				t.Errorf("%s: %v", other.Name, all)
			}
		}
		h.says(chat.ManagerPrincipal(h.sue), c, "Hello")
		if all := h.get(sue, incoming).want(200).results(); len(all) != 0 {
			t.Errorf("%v", all)
		}
		h.get(sue, incoming+"/"+id).want(200, "is_accepted", "true")
		h.get(sue, incoming+"/nothing").refused(404)
		if all := h.get(bob, outgoing).want(200).results(); len(all) != 1 || all[0]["id"] != sent.body["id"] || all[0]["accepted_by_user_id"] != h.sue.UUID {
			t.Errorf("%v", all)
		}
		h.get(bob, outgoing+"/"+sent.body["id"].(string)).want(200, "is_accepted", "true")
		h.get(bob, outgoing+"/nothing").refused(404)
		h.do(bob, "POST", outgoing, invite).refused(403) // it is Sue's now
		to := h.user(h.sue, "/chats/"+c.UUID+"/outgoing_chat_invitations")
		for _, body := range []string{`{}`, fmt.Sprintf(`{"invited_team_id":%q,"invited_user_id":%q}`, a.body["id"], h.bob.UUID),
			`{"invited_team_id":""}`, `{"invited_user_id":"nobody"}`, fmt.Sprintf(`{"invited_user_id":%q}`, h.clara.UUID), fmt.Sprintf(`{"invited_user_id":%q}`, h.ann.UUID)} {
			h.do(sue, "POST", to, body).want(400)
		}
		h.do(sue, "POST", to, fmt.Sprintf(`{"invited_user_id":%q}`, h.bob.UUID)).want(201, "invited_user_id", quoted(h.bob.UUID))

		h.do(ann, "DELETE", team+"/members/"+h.bob.UUID, "").want(204)
		h.do(ann, "DELETE", team+"/members/"+h.bob.UUID, "").refused(404)
		h.do(ann, "DELETE", team, "").want(204)
		h.do(ann, "DELETE", team, "").refused(404)
		h.get(bob, outgoing+"/"+sent.body["id"].(string)).want(200, "invited_team_id", "null")
	})
}

// TestMembershipChannels: who joins, leaves or types is told in a chat's list and in the member's own.
func TestMembershipChannels(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.sue)
		c := h.begun("v1")
		bob := h.managersKey(h.bob)
		all := h.org("/owned_chats/" + c.UUID + "/memberships")
		hers := "/api/v5/client/visitors/v1/chats/" + c.UUID + "/memberships"
		own := h.user(h.bob, "/chat_memberships")
		r := h.listen(all, hers, own)
		h.do(bob, "PUT", own+"/"+c.UUID, `{"is_participating":true}`).want(201)
		r.want("added "+hers+" "+h.bob.UUID, "added "+all+" "+h.bob.UUID, "added "+own+" "+c.UUID)
		if body := r.body(0); body["member_id"] != h.bob.UUID || body["is_participating"] != true || body["member_name"] != "Bob" {
			t.Errorf("%v", body)
		}
		if body := r.body(2); body["member_name"] != nil || body["member_public_name"] != "Bob" {
			t.Errorf("to the visitor: %v", body)
		}
		h.do(bob, "PATCH", own+"/"+c.UUID, `{"is_participating":false}`).want(200)
		r.want("changed "+hers+" "+h.bob.UUID, "changed "+all+" "+h.bob.UUID, "changed "+own+" "+c.UUID)
		if got := keysOf(r.body(0)); got != "chat_id is_participating is_present member_id updated_at" || r.body(0)["is_participating"] != false {
			t.Errorf("%v", r.body(0))
		}
	})
}
