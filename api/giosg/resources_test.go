package giosg_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/models"
)

func TestRooms(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		ann, bob := h.of(h.ann), h.of(h.bob)
		rooms := h.org("/rooms")
		a := h.do(ann, "POST", rooms+"/", `{"name":"Shop","domain":"Shop.Example.com","language_code":"fi","unknown":1}`).want(201,
			"name", `"Shop"`, "display_name", `"Shop"`, "domain", `"shop.example.com"`, "language_code", `"fi"`, "is_shared", "false", "is_deleted", "false",
			"is_online", "false", "organization_id", quoted(h.Org.UUID), "is_visitor_data_signature_required", "false", "updated_by_user_id", quoted(h.ann.UUID))
		id, token := a.body["id"].(string), a.body["token"].(string)
		if len(token) != 48 {
			t.Errorf("token %q", token)
		}
		room := rooms + "/" + id
		for _, path := range []string{room, room + "/", rooms + "/" + token, h.user(h.bob, "/rooms/"+id), "/api/v5/rooms/" + id, h.org("/users/" + h.bob.UUID + "/rooms/" + token)} {
			h.get(bob, path).want(200, "id", quoted(id))
		}
		h.do(ann, "POST", rooms, `{"name":"Twin","domain":"shop.example.com"}`).want(400, "domain", `["There is a room for shop.example.com already"]`)
		h.do(ann, "POST", rooms, `{"name":" "}`).want(400, "name", `["A name has 1 to 200 characters"]`)
		h.do(ann, "POST", rooms, `{}`).want(400, "name", `["This field is required."]`)
		h.do(ann, "POST", rooms, ``).want(400, "name", `["This field is required."]`)
		h.do(ann, "POST", rooms, `{"name":1}`).want(400, "name", `["This is not a valid value."]`)
		h.do(ann, "POST", rooms, `{"name":`).want(400, "detail", `"JSON parse error"`)
		h.do(ann, "POST", rooms, strings.Repeat("[", 30)).want(400)
		h.do(ann, "POST", rooms, `[]`).want(400, "non_field_errors", `["Invalid data. Expected an object."]`)
		h.do(ann, "POST", rooms, `name=x`, "Content-Type", "application/x-www-form-urlencoded").refused(415)
		h.do(ann, "POST", rooms, `{"name":"`+strings.Repeat("x", 1<<16)+`"}`).refused(413)
		h.do(bob, "POST", rooms, `{"name":1}`).refused(403)
		h.do(ann, "PATCH", room, `{"is_visitor_data_signature_required":true,"is_checksum_accepted":true}`).want(200,
			"is_visitor_data_signature_required", "true", "is_checksum_accepted", "true", "name", `"Shop"`)
		h.do(ann, "PUT", room, `{"language_code":"sv"}`).want(400)
		h.do(ann, "PUT", room, `{"name":"Store","language_code":"sv","domain":"shop.example.com"}`).want(200, "name", `"Store"`, "language_code", `"sv"`)
		h.do(ann, "PATCH", room, `{"domain":"else.example.com"}`).want(400)
		h.do(bob, "PATCH", room, `{"name":"x"}`).refused(403)
		h.do(h.of(h.clara), "PATCH", "/api/v5/rooms/"+id, `{"name":"x"}`).refused(404)
		h.do(h.of(h.sue), "PATCH", room, `{"name":"Sue's"}`).want(200, "updated_by_user_id", quoted(h.sue.UUID))
		h.onDuty(h.bob)
		h.get(bob, room).want(200, "is_online", "true", "is_humans_online", "true")
		h.do(ann, "DELETE", room, "").want(204)
		h.do(ann, "DELETE", room, "").refused(404)
		h.get(ann, room).refused(404)
		h.get(ann, room+"?include_deleted=true").want(200, "is_deleted", "true", "is_online", "false")
		if n := len(h.get(ann, rooms).results()); n != 1 {
			t.Errorf("%d rooms", n)
		}
		if n := len(h.get(ann, rooms+"?include_deleted=true").results()); n != 2 {
			t.Errorf("%d rooms", n)
		}
		h.do(ann, "DELETE", rooms+"/"+h.main.UUID, "").want(400)
	})
}

func TestUsers(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		ann, bob, users := h.of(h.ann), h.of(h.bob), h.org("/users")
		all := h.get(bob, users+"?ordering=-email").results()
		if len(all) != 4 || all[0]["full_name"] != "Sue" || all[0]["email"] != nil || all[1]["email"] != "bob@hired.example.com" || all[3]["full_name"] != "Anna" {
			t.Errorf("%v", all)
		}
		if all = h.get(ann, users+"?is_manager=true").results(); len(all) != 2 || all[0]["email"] == nil {
			t.Errorf("%v", all)
		}
		a := h.get(ann, users+"?page_size=3").want(200)
		if rest := h.get(ann, link(t, h, a, "next")).results(); len(a.results()) != 3 || len(rest) != 1 {
			t.Errorf("%s, %v", a.raw, rest)
		}
		for _, path := range []string{users + "/" + h.bob.UUID, h.user(h.bob, ""), h.user(h.bob, "/")} {
			h.get(bob, path).want(200, "email", `"bob@hired.example.com"`, "is_bot", "false", "is_online_enabled", "true", "is_online", "false", "current_chat_count", "0")
			h.get(h.of(h.sue), path).want(200, "email", "null")
		}
		h.get(bob, h.user(h.clara, "")).refused(404)
		h.get(ann, h.user(h.clara, "")).refused(404)

		h.do(bob, "PATCH", h.user(h.bob, ""), `{"is_online_enabled":false}`).want(200, "is_online_enabled", "false")
		h.do(ann, "PUT", users+"/"+h.bob.UUID, `{"first_name":"Bob","last_name":"Dee","email":"bob@hired.example.com","is_online_enabled":true}`).want(200,
			"full_name", `"Bob Dee"`, "first_name", `"Bob"`, "last_name", `"Dee"`, "is_online_enabled", "true")
		h.do(bob, "PATCH", h.user(h.bob, ""), `{"email":"b@hired.example.com"}`).refused(403)
		h.do(ann, "PATCH", h.user(h.bob, ""), `{"email":"sue@hired.example.com"}`).want(400)
		h.do(bob, "PATCH", h.user(h.ann, ""), `{"first_name":"x"}`).refused(403)
		h.do(h.of(h.sue), "PATCH", h.user(h.bob, ""), `{"is_online_enabled":false}`).refused(403)
		h.do(h.key(models.ScopeChat), "PATCH", h.user(h.bob, ""), `{"first_name":"x"}`).refused(403)
		h.do(h.key(models.ScopePeople), "PATCH", h.user(h.bob, ""), `{"first_name":"Rob"}`).want(200, "full_name", `"Rob Dee"`)
		h.do(bob, "PATCH", h.user(h.bob, "/preferences/"), `{"ui_language_code":"fi"}`).want(200, "ui_language_code", `"fi"`)
		h.do(bob, "PATCH", h.user(h.ann, "/preferences"), `{}`).refused(403)

		if err := h.people.DeleteManager(ctx, h.bob.ID); err != nil {
			t.Fatal(err)
		}
		h.get(ann, h.user(h.bob, "")).refused(404)
		h.get(ann, h.user(h.bob, "?include_deleted=true")).want(200, "is_deleted", "true", "email", "null")
		if n := len(h.get(ann, users+"?include_deleted=true").results()); n != 4 {
			t.Errorf("%d users", n)
		}
	})
}

func TestOrganization(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		h.do(h.of(h.ann), "PATCH", h.org(""), `{"name":"Pots"}`).want(200, "name", `"Pots"`, "is_present", "false")
		h.do(h.of(h.ann), "PUT", h.org(""), `{}`).want(400, "name", `["This field is required."]`)
		h.do(h.of(h.sue), "PATCH", h.org(""), `{"name":"x"}`).refused(403)
		h.do(h.key(models.ScopeChat), "PATCH", h.org(""), `{"name":"x"}`).refused(403)
		h.do(h.key(models.ScopePeople), "PATCH", h.org(""), `{"name":"Teas"}`).want(200, "name", `"Teas"`)
		h.onDuty(h.bob)
		h.get(h.of(h.bob), h.org("")).want(200, "is_present", "true", "is_online", "true")
	})
}

// TestMessagerouter: the token opens what its bearer may see, over this API and on channels, and nothing else; it ends
// with what it was given for.
func TestMessagerouter(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		router := "/api/v5/messagerouter"
		key := h.managersKey(h.bob, models.ScopeEvents, models.ScopeChat)
		tokenFor := func(who string) string {
			a := h.get(who, router).want(200, "url", quoted("ws"+strings.TrimPrefix(h.url, "http")+"/api/v5/socket"))
			if left, _ := a.body["expires_in"].(float64); left < 1700 || left > 1800 {
				t.Errorf("%s", a.raw)
			}
			return "Bearer " + a.body["permission_token"].(string)
		}
		h.get(h.key(), router).refused(403)
		h.get(h.managersKey(h.bob, models.ScopeChat), router).refused(403)
		hers, keyed := tokenFor(h.of(h.ann)), tokenFor(key)
		h.get(hers, "/api/v5/users/me").want(200, "id", quoted(h.ann.UUID))
		h.get(keyed, "/api/v5/users/me").want(200, "id", quoted(h.bob.UUID))
		h.get(keyed, h.org("/rooms/"+h.main.UUID+"/online_visitors")).refused(403) // the key is not for visitors
		h.get(hers, "/chat/managers").want(401)
		h.get(hers, "/chat/duty").want(401)
		h.get(tokenFor(keyed), "/api/v5/users/me").want(200)

		may := func(token, channel string, want bool) {
			t.Helper()
			p, _, ok, err := h.gate.Identify(ctx, []byte(`{"token":"`+strings.TrimPrefix(token, "Bearer ")+`"}`))
			if ok && err == nil {
				_, ok, err = h.gate.Subscribe(ctx, p, channel)
			}
			if ok != want || err != nil {
				t.Errorf("%s: %v, %v", channel, ok, err)
			}
		}
		may(hers, h.org("/rooms"), true)
		may(hers, "/service/*", false)
		may(keyed, h.user(h.bob, "/chats"), true)
		may(keyed, h.org("/rooms/"+h.main.UUID+"/online_visitors"), false) // the key has not the scope
		may(keyed, h.org("/**"), false)
		may(hers, h.org("/**"), true)
		few, _, err := h.keys.Bounded(h.ann, 0, []string{h.org("/rooms/*")}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		may(few, h.org("/rooms/"+h.main.UUID), true)
		may(few, h.org("/rooms"), false)
		may(few, h.org("/rooms/"+h.main.UUID+"/chats"), false)
		h.get("Bearer "+few, h.org("/rooms/"+h.main.UUID)).want(200)
		h.get("Bearer "+few, h.org("/rooms")).refused(403)
		h.get("Bearer "+few, router).refused(403)
		none, _, _ := h.keys.Bounded(h.ann, 0, nil, time.Hour)
		h.get("Bearer "+none, "/api/v5/users/me").refused(403)

		keys, err := h.people.APIKeys(ctx, h.Org.ID)
		for _, k := range keys {
			if k.ManagerID != nil && k.Scopes.Has(models.ScopeEvents) {
				err = h.people.DeleteAPIKey(ctx, k.ID)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		h.get(keyed, "/api/v5/users/me").refused(401)
		may(keyed, h.user(h.bob, "/chats"), false)
	})
}

// TestManagersKeys: what a manager's key lacks neither she nor the key may do, over /chat as here.
func TestManagersKeys(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		a := h.do(h.of(h.ann), "POST", "/chat/keys", fmt.Sprintf(`{"name":"bot","scopes":["chat"],"manager_id":%d}`, h.ann.ID)).want(201)
		made := a.body["key"].(map[string]any)
		key := "Bearer " + made["key"].(string)
		if made["manager_id"] != float64(h.ann.ID) {
			t.Errorf("%v", made)
		}
		h.do(h.of(h.ann), "POST", "/chat/keys", fmt.Sprintf(`{"name":"bot","manager_id":%d}`, h.clara.ID)).want(404)
		h.do(h.of(h.ann), "PATCH", fmt.Sprintf("/chat/keys/%v", made["id"]), fmt.Sprintf(`{"manager_id":%d}`, h.bob.ID)).want(400)
		h.do(h.of(h.bob), "POST", "/chat/keys", `{"name":"bot"}`).want(403)
		for path, want := range map[string]int{
			"/chat/duty": 200, "/chat/queue": 200, "/chat/keys": 403, "/chat/managers": 403, "/chat/numbers": 403, "/chat/search?q=x": 403,
			"/chat/events": 403, "/chat/webhooks": 403, "/chat/audit": 403, "/chat/organization": 403,
		} {
			if a := h.get(key, path); a.StatusCode != want {
				t.Errorf("%s: %d %s", path, a.StatusCode, a.raw)
			}
		}
		h.get("Bearer "+strings.TrimPrefix(h.managersKey(h.ann, models.ScopePeople), "Token "), "/chat/duty").want(403)
		h.get("Bearer "+strings.TrimPrefix(h.managersKey(h.bob), "Token "), "/chat/managers").want(200)
		h.get("", "/chat/duty?token="+made["key"].(string)).want(401)
		all := h.managersKey(h.ann)
		h.get("Bearer "+strings.TrimPrefix(all, "Token "), "/chat/keys").want(403) // a key never makes keys
		if err := h.people.DeleteManager(ctx, h.ann.ID); err != nil {
			t.Fatal(err)
		}
		h.get(key, "/chat/duty").want(401)
	})
}
