package giosg_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

// chatOf opens a conversation of a visitor's, which goes to whoever is on duty.
func (h *house) chatOf(visitorID string) models.Conversation {
	h.t.Helper()
	ev, _, err := h.service.Open(ctx, chat.Principal{}, chat.OpenRequest{VisitorID: visitorID, SiteKey: h.Org.SiteKey})
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := h.View(ctx).Conversation(ev.Conversation.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func messagesOf(a answer) (list []string) {
	for _, m := range a.results() {
		list = append(list, fmt.Sprintf("%s:%v", m["type"], m["message"]))
	}
	return list
}

func TestMessages(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		c := h.chatOf("v1")
		bob, ann, key := h.of(h.bob), h.of(h.ann), h.key(models.ScopeChat)
		v1 := h.visitor("v1")
		own := "/api/v5/public/visitors/v1/chats/" + c.UUID + "/messages"
		his := h.user(h.bob, "/chats/"+c.UUID+"/messages")

		first := h.do(v1, "POST", own, `{"message":" Hello ","type":"msg"}`).want(201,
			"type", `"msg"`, "message", `"Hello"`, "sender_type", `"visitor"`, "sender_id", `"v1"`, "sender_public_name", "null", "sender_avatar", "null",
			"chat_id", quoted(c.UUID), "room_id", quoted(h.main.UUID), "room_organization_id", quoted(h.Org.UUID),
			"attachments", "[]", "attachment_template", "null", "response_value", "null", "response_text", "null", "is_encrypted", "false", "encrypted_message", "null")
		if _, there := first.body["sender_name"]; there {
			t.Error("a visitor is told the name for users")
		}
		h.do(bob, "POST", his, `{"message":"Good day","attachments":null}`).want(201, "sender_type", `"user"`, "sender_id", quoted(h.bob.UUID),
			"sender_name", `"Bob"`, "sender_public_name", `"Bob"`, "message", `"Good day"`)

		for _, path := range []string{
			own, strings.Replace(own, "public", "client", 1), strings.Replace(own, "public", "public/orgs/"+h.Org.UUID, 1),
			own + "/?format=json", "/api/v5/client/visitors/v1/rooms/" + h.main.UUID + "/chats/" + c.UUID + "/messages",
			"/api/v5/public/orgs/" + h.Org.UUID + "/rooms/" + h.main.UUID + "/visitors/v1/chats/" + c.UUID + "/messages/",
		} {
			h.do(v1, "POST", path, `{"message":"I am here"}`).want(201)
			if got := messagesOf(h.get(v1, path)); len(got) < 4 || got[0] != "msg:Hello" || got[1] != "join:<nil>" || got[2] != "msg:Good day" {
				t.Errorf("%s: %v", path, got)
			}
			h.do(h.visitor("v2"), "POST", path, `{"message":"x"}`).refused(403)
			h.get("", path).refused(401)
		}
		for _, path := range []string{
			his, h.org("/users/" + h.bob.UUID + "/chats/" + c.UUID + "/messages"), h.user(h.bob, "/routed_chats/"+c.UUID+"/messages/"),
			h.org("/rooms/" + h.main.UUID + "/chats/" + c.UUID + "/messages"), h.org("/owned_chats/" + c.UUID + "/messages"),
			h.org("/rooms/" + h.main.Token + "/visitors/v1/chats/" + c.UUID + "/messages"),
		} {
			for who, credential := range map[string]string{"bob": bob, "ann": ann, "a key": key} {
				if got := messagesOf(h.get(credential, path)); len(got) != 9 || got[0] != "msg:Hello" {
					t.Errorf("%s of %s: %v", path, who, got)
				}
			}
			h.get(h.of(h.clara), path).refused(refusalAbroad(path))
			h.get(v1, path).refused(403)
		}
		for _, via := range []string{"/rooms/" + h.main.UUID + "/chats/", "/owned_chats/"} {
			h.do(bob, "POST", h.org(via+c.UUID+"/messages"), `{"message":"x"}`).refused(405)
		}
		joined := h.get(bob, his).results()[1]
		if joined["sender_id"] != h.bob.UUID || joined["sender_type"] != "user" || joined["type"] != "join" || joined["message"] != nil || joined["response_value"] != nil {
			t.Errorf("%v", joined)
		}
		h.get(bob, his+"/"+joined["id"].(string)).want(200, "type", `"join"`)
		h.get(v1, own+"/"+strings.ToUpper(first.body["id"].(string))).want(200, "message", `"Hello"`)
		h.get(v1, own+"/"+h.bob.UUID).refused(404)
		h.get(v1, own+"/1").refused(404)

		// Who is no member finds no chat; who was one comes back by writing.
		sue := h.user(h.sue, "/chats/"+c.UUID+"/messages")
		h.do(h.of(h.sue), "POST", sue, `{"message":"May I?"}`).refused(404)
		h.do(ann, "POST", sue, `{"message":"May I?"}`).refused(404)
		h.do(h.of(h.sue), "POST", his, `{"message":"x"}`).refused(403)
		if _, err := h.service.Join(ctx, chat.ManagerPrincipal(h.sue), chat.JoinRequest{ConversationID: c.ID, ManagerID: h.sue.ID, Aside: true}); err != nil {
			t.Fatal(err)
		}
		h.do(ann, "POST", sue, `{"message":""}`).refused(400)
		h.do(ann, "POST", sue, `{"message":"I listen"}`).want(201, "sender_id", quoted(h.sue.UUID), "sender_name", `"Sue"`)
		h.do(key, "POST", his, `{"message":"From a bot","client_message_id":"7"}`).want(201, "sender_id", quoted(h.bob.UUID))
		h.do(key, "POST", his, `{"message":"From a bot","client_message_id":"7"}`).want(200, "sender_id", quoted(h.bob.UUID))
		list := messagesOf(h.get(bob, his+"?ordering=-created_at&page_size=3"))
		if !slices.Equal(list, []string{"msg:From a bot", "msg:I listen", "join:<nil>"}) {
			t.Errorf("the newest: %v", list)
		}

		long := `{"message":"` + strings.Repeat("ä", 2000) + `"}`
		h.do(v1, "POST", own, long).want(201)
		for _, body := range []string{"", "{}", `{"message":null}`, `{"message":7}`, `{"message":" "}`, "[]", "{", strings.Replace(long, "ä", "ää", 1),
			`{"message":"x","type":"join"}`, `{"type":"action"}`, `{"message":"x","attachments":[{}]}`, `{"message":"x","attachments":7}`} {
			h.do(v1, "POST", own, body).refused(400)
			h.do(bob, "POST", his, body).refused(400)
		}
		if _, err := h.service.Close(ctx, chat.ManagerPrincipal(h.bob), chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		h.do(v1, "POST", own, `{"message":"x"}`).refused(400)
		h.do(bob, "POST", his, `{"message":"x"}`).refused(400)
		h.do(ann, "POST", sue, `{"message":"x"}`).refused(400)
		h.get(v1, own).want(200)
	})
}

// refusalAbroad is what another organisation's admin hears: that the organisation is not hers, or that she has no such
// user.
func refusalAbroad(path string) int {
	if strings.Contains(path, "/orgs/") {
		return 403
	}
	return 404
}

func TestMessagePages(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		c := h.chatOf("v1")
		own := "/api/v5/public/visitors/v1/chats/" + c.UUID + "/messages"
		v1 := h.visitor("v1")
		for i := range 5 {
			h.do(v1, "POST", own, fmt.Sprintf(`{"message":"%d"}`, i)).want(201)
		}
		var got []string
		for next := h.url + own + "?page_size=2&x=1"; next != ""; {
			if !strings.Contains(next, "x=1") {
				t.Errorf("%s lost a parameter", next)
			}
			a := h.get(v1, strings.TrimPrefix(next, h.url)).want(200)
			got = append(got, messagesOf(a)...)
			next, _ = a.body["next"].(string)
			if next == "" {
				before := h.get(v1, strings.TrimPrefix(a.body["previous"].(string), h.url))
				if list := messagesOf(before); !slices.Equal(list, []string{"msg:2", "msg:3"}) {
					t.Errorf("the page before: %v", list)
				}
			}
		}
		if !slices.Equal(got, []string{"msg:0", "msg:1", "msg:2", "msg:3", "msg:4"}) {
			t.Errorf("%v", got)
		}
		h.get(v1, own+"?cursor=x").refused(404)
		h.get(v1, own+"?ordering=message").refused(400)
	})
}

func TestCardsAndActions(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		c := h.chatOf("v1")
		own, his := "/api/v5/public/visitors/v1/chats/"+c.UUID+"/messages", h.user(h.bob, "/chats/"+c.UUID+"/messages")
		v1, bob := h.visitor("v1"), h.managersKey(h.bob)
		sent := h.do(bob, "POST", his, `{"message":null,"attachments":[{"text":"are you:","actions":[
			{"text":"Customer","type":"link_button","link_target":"_parent","value":"https://example.com/","style":"brand_primary","is_disabled_on_selection":true,"is_disabled_on_visitor_message":false},
			{"text":"Other","type":"button","value":"other","is_disabled_on_selection":true}]}]}`).want(201, "message", "null", "response_value", "null")
		var shape struct {
			ID          string
			Attachments []struct {
				ID, Text                          string
				Title, ImageURL, TitleLinkURL, No *string
				Actions                           []struct {
					ID, Type, Value, Text, LinkTarget string
					Disabled                          bool `json:"is_disabled_on_selection"`
				}
			}
		}
		if err := json.Unmarshal([]byte(sent.raw), &shape); err != nil || len(shape.Attachments) != 1 || len(shape.Attachments[0].Actions) != 2 {
			t.Fatalf("%s, %v", sent.raw, err)
		}
		card := shape.Attachments[0]
		if card.ID == "" || card.Text != "are you:" || card.Title != nil || card.Actions[0].Type != "link_button" || !card.Actions[1].Disabled {
			t.Errorf("%s", sent.raw)
		}
		press := fmt.Sprintf(`{"type":"action","response_to_message_id":%q,"response_to_attachment_id":%q,"response_to_action_id":%q,"response_value":"mine","message":"mine"}`,
			shape.ID, card.ID, card.Actions[1].ID)
		pressed := h.do(v1, "POST", own, press).want(201, "type", `"action"`, "message", `"Other"`, "response_text", `"Other"`, "response_value", `"other"`,
			"response_to_message_id", quoted(shape.ID), "response_to_attachment_id", quoted(card.ID), "response_to_action_id", quoted(card.Actions[1].ID))
		if to, _ := pressed.body["response_to_action"].(map[string]any); to["text"] != "Other" {
			t.Errorf("%s", pressed.raw)
		}
		if to, _ := pressed.body["response_to_attachment"].(map[string]any); to["text"] != "are you:" || to["actions"] != nil {
			t.Errorf("%s", pressed.raw)
		}
		h.do(v1, "POST", own, press).refused(400) // disabled by now
		h.do(v1, "POST", own, strings.Replace(press, shape.ID, h.bob.UUID, 1)).want(400)
		h.do(bob, "POST", his, press).want(400)
		h.do(v1, "POST", own, `{"message":"x","attachments":[{"text":"mine"}]}`).refused(403)
		h.do(bob, "POST", his, `{"message":"x","attachments":[{"image_url":"javascript:1"}]}`).want(400)
		// An old client reads the text.
		page, err := h.View(ctx).History(chat.HistoryQuery{OrganizationID: h.Org.ID, VisitorID: "v1", Count: 10})
		if err != nil || len(page.Messages) != 2 || page.Messages[0].Content != "are you:\n- Customer: https://example.com/\n- Other" || page.Messages[1].Content != "Other" {
			t.Errorf("%+v, %v", page.Messages, err)
		}
	})
}

// TestWritingEndsWaiting: who gave a chat back has it again by writing.
func TestWritingEndsWaiting(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		c := h.chatOf("v1")
		his := h.user(h.bob, "/chats/"+c.UUID+"/messages")
		h.do(h.of(h.bob), "POST", his, `{"message":"Hello"}`).want(201)
		if err := h.service.LeaveChat(ctx, chat.ManagerPrincipal(h.bob), c.ID, h.bob.ID); err != nil {
			t.Fatal(err)
		}
		if c, _ := h.View(ctx).Conversation(c.ID); c.State() != models.StateWaiting {
			t.Fatalf("%+v", c)
		}
		h.do(h.of(h.bob), "POST", his, `{"message":"Here I am again"}`).want(201)
		if c, _ := h.View(ctx).Conversation(c.ID); c.State() != models.StateAssigned || *c.ManagerID != h.bob.ID {
			t.Errorf("%+v", c)
		}
	})
}

func TestFeedTellsOfMessages(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.onDuty(h.bob)
		c := h.chatOf("v1")
		own, his := "/api/v5/client/visitors/v1/chats/"+c.UUID+"/messages", h.org("/users/"+h.bob.UUID+"/chats/"+c.UUID+"/messages")
		r := h.listen(own, his)
		id := h.do(h.of(h.bob), "POST", his, `{"message":"Hello","attachments":[{"text":"Tea?","actions":[{"text":"Yes"}]}]}`).want(201).body["id"].(string)
		join := h.get(h.of(h.bob), his).results()[0]
		if join["type"] != "join" {
			t.Fatalf("%v", join)
		}
		r.want(
			"added "+own+" "+join["id"].(string), "added "+his+" "+join["id"].(string),
			"added "+own+" "+id, "added "+his+" "+id,
		)
		shown, heard := h.get(h.of(h.bob), his+"/"+id).body, r.body(0)
		if fmt.Sprint(shown) != fmt.Sprint(heard) {
			t.Errorf("heard\n%v\nshown\n%v", heard, shown)
		}
		if _, there := r.body(1)["sender_name"]; there || r.body(1)["message"] != "Hello" {
			t.Errorf("the visitor hears %v", r.body(1))
		}
		m, err := h.View(ctx).MessageByUUID(c.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.service.Delete(ctx, chat.ManagerPrincipal(h.bob), chat.ChangeRequest{ConversationID: c.ID, MessageID: m.ID}); err != nil {
			t.Fatal(err)
		}
		r.want("changed "+own+" "+id, "changed "+his+" "+id)
		if b := r.body(0); b["is_deleted"] != true || b["message"] != nil || fmt.Sprint(b["attachments"]) != "[]" || b["chat_id"] != nil {
			t.Errorf("%v", b)
		}
	})
}
