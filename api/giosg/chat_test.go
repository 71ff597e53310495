package giosg_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

// post writes into a chat, as the visitor or as a manager.
func (h *house) post(p chat.Principal, uuid, text string) {
	h.t.Helper()
	c, err := h.View(ctx).ConversationByUUID(uuid)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, _, err := h.service.Post(ctx, p, chat.PostRequest{ConversationID: c.ID, Content: text}); err != nil {
		h.t.Fatal(err)
	}
}

// visitorNamed is a visitor who proved it.
func (h *house) visitorNamed(id string) chat.Principal {
	return chat.Principal{Party: chat.Visitor, VisitorID: id, OrganizationID: h.Org.ID}
}

// started opens a chat by a path of a visitor's and returns its id.
func (h *house) started(who, path, body string, status int) string {
	h.t.Helper()
	id, _ := h.do(who, http.MethodPost, path, body).want(status).body["id"].(string)
	return id
}

// chatIDs lists the ids of a page.
func (a answer) chatIDs() (ids []string) {
	for _, one := range a.results() {
		ids = append(ids, one["id"].(string))
	}
	return ids
}

func TestAVisitorsChats(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		vera := h.visitor("vera")
		room := h.Room(h.Org, "shop", 5, nil)
		spellings := []string{
			"/api/v5/client/visitors/vera/rooms/" + room.UUID, "/api/v5/public/visitors/vera/rooms/" + room.UUID,
			h.public("/rooms/" + room.UUID + "/visitors/vera"), h.public("/rooms/" + room.Token + "/visitors/vera"),
		}
		a := h.do(vera, http.MethodPost, spellings[0]+"/chats", "").want(201,
			"chat_type", `"visitor"`, "is_ended", "false", "ended_at", "null", "room_id", quote(room.UUID), "room_name", `"shop"`,
			"room_organization_id", quote(h.Org.UUID), "is_waiting", "false", "waiting_started_at", "null", "message_count", "0",
			"has_messages", "false", "member_count", "1", "visitor_member_count", "1", "user_member_count", "0",
			"present_user_participant_count", "0", "is_encrypted", "false", "encrypted_symmetric_key", "null")
		for _, hidden := range []string{"is_private", "is_real_conversation", "first_visitor_message_url", "autosuggest_url", "tag_count"} {
			if _, there := a.body[hidden]; there {
				t.Errorf("the visitor sees %s", hidden)
			}
		}
		first := a.body["id"].(string)
		if token, _ := a.body["token"].(string); !regexp.MustCompile(`^[a-z2-7]{48}$`).MatchString(token) {
			t.Errorf("token %q", token)
		}
		for i, path := range spellings { // all mean the open one
			body := []string{"", "{}", `{"chat_type":"visitor"}`, `{"anything":1}`}[i]
			if id := h.started(vera, path+"/chats/?auto_resume=true", body, 200); id != first {
				t.Errorf("%s: another chat, %s", path, id)
			}
		}
		time.Sleep(2 * time.Millisecond) // the clock has milliseconds
		task := h.started(vera, spellings[2]+"/chats", `{"chat_type":"task"}`, 201)
		time.Sleep(2 * time.Millisecond)
		other := h.started(vera, spellings[2]+"/chats", `{"chat_type":"task"}`, 201)
		if id := h.started(vera, spellings[2]+"/chats?auto_resume=true", `{"chat_type":"task"}`, 200); id != other {
			t.Errorf("resumed %s", id)
		}
		for _, kind := range []string{`"operator"`, `"group"`, `"x"`, "1", "[]"} {
			h.do(vera, http.MethodPost, spellings[2]+"/chats", `{"chat_type":`+kind+`}`).want(400)
		}
		h.do(vera, http.MethodPost, spellings[2]+"/chats?auto_resume=perhaps", "").want(400)
		h.do(vera, http.MethodPost, spellings[2]+"/chats", `[`).want(400)

		for _, prefix := range []string{"/api/v5/client", "/api/v5/public", h.public("")} {
			list := h.get(vera, prefix+"/visitors/vera/chats")
			if got := list.chatIDs(); !slices.Equal(got, []string{first, task, other}) { // oldest first
				t.Errorf("%s: %v", prefix, got)
			}
			h.get(vera, prefix+"/visitors/vera/chats/"+first+"/").want(200, "id", quote(first))
			h.get(vera, prefix+"/visitors/vera/chats/"+h.main.UUID).refused(404)
		}
		if got := h.get(vera, "/api/v5/public/visitors/vera/chats?ordering=-created_at&page_size=2").chatIDs(); !slices.Equal(got, []string{other, task}) {
			t.Errorf("%v", got)
		}

		h.post(h.visitorNamed("vera"), first, "Hello")
		end := "/api/v5/public/visitors/vera/chats/" + first
		h.get(vera, end).want(200, "is_waiting", "true", "visitor_message_count", "1", "has_visitor_messages", "true")
		h.do(vera, http.MethodPatch, end, `{}`).want(200, "is_ended", "false")
		h.do(vera, http.MethodPatch, end, `{"is_ended":"yes"}`).want(400)
		h.do(vera, http.MethodPatch, end, `{"is_ended":false}`).want(200, "is_ended", "false")
		a = h.do(vera, http.MethodPatch, end, `{"is_ended":true}`).want(200, "is_ended", "true", "is_waiting", "false")
		if a.body["ended_at"] == nil || a.body["waiting_started_at"] == nil {
			t.Errorf("%s", a.raw)
		}
		again := h.do(vera, http.MethodPatch, end, `{"is_ended":true}`).want(200, "ended_at", quote(a.body["ended_at"].(string)))
		if again.body["updated_at"] != a.body["updated_at"] {
			t.Error("ending it again changed something")
		}
		h.do(vera, http.MethodPatch, end, `{"is_ended":false}`).want(400, "is_ended", `["An ended chat cannot be opened again."]`)
		if got := h.get(vera, "/api/v5/client/visitors/vera/chats?is_ended=false").chatIDs(); !slices.Equal(got, []string{task, other}) {
			t.Errorf("%v", got)
		}
		if id := h.started(vera, spellings[1]+"/chats?auto_resume=true", "", 201); id == first {
			t.Error("what has ended goes on")
		}

		// It is hers alone.
		eve := h.visitor("eve")
		for _, path := range []string{end, "/api/v5/public/visitors/vera/chats"} {
			h.get(eve, path).refused(403)
			h.get("", path).refused(401)
			h.get(h.of(h.ann), path).refused(403)
		}
		h.get(eve, "/api/v5/public/visitors/eve/chats/"+first).refused(404)
		h.do(eve, http.MethodPatch, "/api/v5/public/visitors/eve/chats/"+first, `{"is_ended":true}`).refused(404)
		h.get(vera, h.org("/owned_chats/"+first)).refused(403)
		h.do(eve, http.MethodPost, spellings[0]+"/chats", "").refused(403)
	})
}

func quote(s string) string { return `"` + s + `"` }

func (h *house) public(path string) string { return "/api/v5/public/orgs/" + h.Org.UUID + path }

func TestUsersSeeChats(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		ann, bob := h.of(h.ann), h.of(h.bob)
		shop := h.Room(h.Org, "shop", 5, nil)
		start := func(visitor string, room models.Room) string {
			time.Sleep(2 * time.Millisecond) // the clock has milliseconds
			return h.started(h.visitor(visitor), h.public("/rooms/"+room.UUID+"/visitors/"+visitor+"/chats"), "", 201)
		}
		first, second, third := start("v1", shop), start("v2", shop), start("v1", h.main)
		h.post(h.visitorNamed("v1"), first, "Hello")
		h.post(h.visitorNamed("v1"), first, "Is anybody there?")
		for _, test := range []struct {
			path string
			want []string
		}{
			{h.org("/owned_chats"), []string{third, second, first}},
			{h.org("/owned_chats?ordering=created_at"), []string{first, second, third}},
			{h.org("/owned_chats/?is_waiting=true"), []string{first}},
			{h.org("/rooms/" + shop.UUID + "/chats"), []string{second, first}},
			{h.org("/rooms/" + shop.Token + "/chats?is_waiting=false"), []string{second}},
			{h.org("/rooms/" + shop.UUID + "/chats?is_ended=true"), nil},
			{h.org("/rooms/" + h.main.UUID + "/chats?is_ended=false"), []string{third}},
			{h.org("/rooms/" + shop.UUID + "/visitors/v1/chats?is_ended=false"), []string{first}},
			{h.org("/rooms/" + h.main.UUID + "/visitors/v2/chats"), nil},
			{h.user(h.bob, "/chats"), nil},
			{h.user(h.bob, "/routed_chats"), []string{third, second, first}},
			{h.org("/users/" + h.bob.UUID + "/routed_chats"), []string{third, second, first}},
		} {
			if got := h.get(bob, test.path).want(200).chatIDs(); !slices.Equal(got, test.want) {
				t.Errorf("%s: %v, want %v", test.path, got, test.want)
			}
		}
		c, err := h.View(ctx).ConversationByUUID(first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.service.Join(ctx, chat.ManagerPrincipal(h.bob), chat.JoinRequest{ConversationID: c.ID, ManagerID: h.bob.ID}); err != nil {
			t.Fatal(err)
		}
		h.onDuty(h.bob)
		h.post(chat.ManagerPrincipal(h.bob), first, "I am")
		for _, path := range []string{
			h.org("/owned_chats/" + first), h.org("/rooms/" + shop.UUID + "/chats/" + first), h.org("/rooms/" + shop.UUID + "/visitors/v1/chats/" + first + "/"),
			h.user(h.bob, "/chats/"+first), h.user(h.bob, "/routed_chats/"+first), h.org("/users/" + h.bob.UUID + "/chats/" + first),
		} {
			h.get(bob, path).want(200, "id", quote(first), "is_waiting", "false", "message_count", "3", "user_message_count", "1",
				"visitor_message_count", "2", "is_real_conversation", "true", "user_member_count", "1", "member_count", "2",
				"present_user_participant_count", "1", "present_user_member_count", "1", "is_private", "false", "tag_count", "0",
				"legacy_room_id", quote(shop.Token), "legacy_conversation_state", `"open"`, "first_visitor_message_url", "null")
		}
		for path, want := range map[string][]string{
			h.user(h.bob, "/chats"):                       {first},
			h.user(h.bob, "/chats?is_participating=true"): {first},
			h.user(h.bob, "/chats?is_ended=true"):         nil,
			h.user(h.sue, "/routed_chats"):                {third, second},
			h.org("/owned_chats?is_waiting=true"):         nil,
		} {
			if got := h.get(ann, path).want(200).chatIDs(); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", path, got, want)
			}
		}
		h.get(h.of(h.sue), h.user(h.bob, "/chats")).refused(403)
		h.get(bob, h.org("/rooms/"+h.main.UUID+"/chats/"+first)).refused(404)
		h.get(h.of(h.clara), h.org("/owned_chats/"+first)).refused(403)
		h.get(h.of(h.clara), h.user(h.clara, "/chats/"+first)).refused(404)
		h.get(bob, h.org("/rooms/"+shop.UUID+"/chats?is_ended=1")).want(400)
		h.get(h.key(models.ScopeNumbers), h.org("/owned_chats")).refused(403)

		// The logout workflow.
		key := h.managersKey(h.sue)
		end := h.org("/owned_chats/" + first)
		h.do(bob, http.MethodPatch, h.org("/owned_chats/"+second), `{"is_ended":true}`).want(200) // it waits: anybody's
		h.do(h.of(h.clara), http.MethodPatch, "/api/v5/orgs/"+h.foreign.UUID+"/owned_chats/"+first, `{"is_ended":true}`).refused(404)
		for range 2 {
			h.do(key, http.MethodPatch, end, `{"is_ended":true}`).want(200, "is_ended", "true", "legacy_conversation_state", `"closed"`)
		}
		h.do(key, http.MethodPatch, end, `{"is_ended":false}`).want(400)
		h.do(key, http.MethodPost, end, "").refused(405)
		h.do(h.visitor("v1"), http.MethodPost, h.public("/visitors/v1/chats/"+first+"/messages"), `{"message":"And then?"}`).want(400)
		h.do(bob, http.MethodPost, h.user(h.bob, "/chats/"+first+"/messages"), `{"message":"And then?"}`).want(400)
		if a := h.get(ann, end); a.body["duration"] == nil || a.body["visitor_wait_time"] == nil || a.body["active_duration"] == nil {
			t.Errorf("%s", a.raw)
		}
	})
}

func TestChatsComeInPages(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		ann, want := h.of(h.ann), []string{}
		for i := range 5 {
			id := fmt.Sprint("v", i)
			want = append(want, h.started(h.visitor(id), h.public("/rooms/"+h.main.UUID+"/visitors/"+id+"/chats"), "", 201))
		}
		for _, path := range []string{"/owned_chats?ordering=created_at", "/rooms/" + h.main.UUID + "/chats?ordering=created_at&is_ended=false"} {
			var got []string
			for next := any(h.url + h.org(path) + "&page_size=2"); next != nil; {
				a := h.get(ann, strings.TrimPrefix(next.(string), h.url)).want(200)
				got = append(got, a.chatIDs()...)
				next = a.body["next"]
			}
			slices.Sort(got)
			all := slices.Sorted(slices.Values(want))
			if !slices.Equal(got, all) {
				t.Errorf("%s: %v, want %v", path, got, all)
			}
		}
	})
}

func TestUsersStartChats(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		bob, sue := h.of(h.bob), h.of(h.sue)
		path := func(visitor string) string { return h.org("/rooms/" + h.main.UUID + "/visitors/" + visitor + "/chats") }
		h.do(bob, http.MethodPost, path("nobody"), "").refused(404)
		h.started(h.visitor("v1"), h.public("/rooms/"+h.main.UUID+"/visitors/v1/chats"), "", 201)
		h.started(h.visitor("v2"), h.public("/rooms/"+h.main.UUID+"/visitors/v2/chats"), "", 201)
		h.started(h.visitor("v3"), h.public("/rooms/"+h.main.UUID+"/visitors/v3/chats"), "", 201)

		h.do(bob, http.MethodPost, path("v1"), "").want(200, "user_member_count", "0") // found, not joined
		h.do(bob, http.MethodPost, path("v1")+"?auto_resume="+h.bob.UUID, "").want(200, "user_member_count", "1")
		h.do(sue, http.MethodPost, path("v1")+"?auto_resume="+h.sue.UUID, "").want(200, "user_member_count", "2")
		h.do(bob, http.MethodPost, path("v1")+"?auto_resume="+h.sue.UUID, "").refused(403)
		h.do(bob, http.MethodPost, path("v1")+"?auto_resume="+h.clara.UUID, "").want(400)
		h.do(bob, http.MethodPost, path("v1")+"?auto_resume=x", "").want(400)
		h.do(h.key(), http.MethodPost, path("v2")+"?auto_resume="+h.bob.UUID, "").want(200, "user_member_count", "1")

		three := h.get(bob, path("v3")).chatIDs()[0]
		h.do(h.key(), http.MethodPatch, h.org("/owned_chats/"+three), `{"is_ended":true}`).want(200, "is_ended", "true")
		h.do(bob, http.MethodPost, path("v3"), "{}").want(201, "user_member_count", "1") // what she opens is hers
		h.do(h.key(), http.MethodPost, path("v3"), `{"chat_type":"external"}`).want(201, "chat_type", `"external"`, "user_member_count", "0")
		h.do(h.of(h.clara), http.MethodPost, path("v1"), "").refused(403)
		h.do("", http.MethodPost, path("v1"), "").refused(401)
	})
}

// TestFiftyStartOverHTTP starts fifty at once, by all paths.
func TestFiftyStartOverHTTP(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		vera := h.visitor("vera")
		paths := []string{
			"/api/v5/client/visitors/vera/rooms/" + h.main.UUID, "/api/v5/public/visitors/vera/rooms/" + h.main.Token,
			h.public("/rooms/" + h.main.UUID + "/visitors/vera"),
		}
		var mu sync.Mutex
		answers := map[int]int{}
		ids := map[any]bool{}
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				a := h.do(vera, http.MethodPost, paths[i%len(paths)]+"/chats", "")
				mu.Lock()
				defer mu.Unlock()
				answers[a.StatusCode]++
				ids[a.body["id"]] = true
			})
		}
		group.Wait()
		if answers[201] != 1 || answers[200] != 49 || len(ids) != 1 {
			t.Errorf("%v, %d chats", answers, len(ids))
		}
	})
}

// TestAChatHasAllAttributes compares with what giosg's own chats have.
func TestAChatHasAllAttributes(t *testing.T) {
	h := newHouse(t, sqlite(t), options{})
	id := h.started(h.visitor("v1"), h.public("/rooms/"+h.main.UUID+"/visitors/v1/chats"), "", 201)
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(h.get(h.of(h.ann), h.org("/owned_chats/"+id)).raw), &got); err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(`id token chat_type created_at updated_at ended_at is_ended room_id room_organization_id room_name
		is_private is_real_conversation is_autosuggested is_waiting waiting_started_at is_pending message_count user_message_count
		visitor_message_count has_messages has_user_messages has_visitor_messages member_count user_member_count visitor_member_count
		present_member_count present_user_member_count present_visitor_member_count present_participant_count
		present_user_participant_count present_visitor_participant_count first_visitor_message_url first_visitor_message_url_title
		autosuggest_url autosuggest_url_title tag_count is_encrypted encrypted_symmetric_key visitor_wait_time duration
		active_duration legacy_id legacy_room_id legacy_conversation_state`) {
		if _, there := got[name]; !there {
			t.Errorf("no %s", name)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s is not giosg's", name)
	}
}
