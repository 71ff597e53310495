package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/models"
)

// as calls with a manager's token.
func (h *house) as(m models.Manager, method, path, body string, header ...string) answer {
	h.t.Helper()
	today, err := h.people.Manager(ctx, m.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	header = append(header, "Authorization", "Bearer "+h.token(today))
	if body == "" {
		return h.do(method, path, nil, header...)
	}
	return h.do(method, path, body, header...)
}

func (a answer) want(t *testing.T, status int, parts ...string) answer {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.raw, part) {
			t.Errorf("%q is missing in %s", part, a.raw)
		}
	}
	if a.StatusCode != status {
		t.Errorf("got %d %s, want %d", a.StatusCode, a.raw, status)
	}
	return a
}

func TestPeopleByHTTP(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		as := h.as
		as(h.anna, "PATCH", "/chat/organization", `{"greeting":"Hello","time_zone":"Europe/Berlin","strategy":"round_robin","max_conversations":3,"answer_within_ms":60000}`).
			want(t, 200, `"greeting":"Hello"`, `"strategy":"round_robin"`, `"allowed_origins":[]`, `"max_conversations":3`)
		as(h.anna, "PATCH", "/chat/organization", `{"max_conversations":null}`).want(t, 200, `"max_conversations":null`, `"greeting":"Hello"`)
		as(h.boris, "GET", "/chat/organization", "").want(t, 200, `"time_zone":"Europe/Berlin"`)
		as(h.boris, "PATCH", "/chat/organization", `{"greeting":"x"}`).wantError(t, 403, "forbidden")

		a := as(h.anna, "POST", "/chat/managers", `{"name":"Dora","email":"dora@example.com","password":"correct horse","role":"supervisor"}`).
			want(t, 201, `"role":"supervisor"`, `"email":"dora@example.com"`)
		var made struct{ Manager models.Manager }
		if err := json.Unmarshal([]byte(a.raw), &made); err != nil {
			t.Fatal(err)
		}
		dora := made.Manager
		at := fmt.Sprint("/chat/managers/", dora.ID)
		as(h.anna, "POST", "/chat/managers", `{"name":"D","email":"dora@example.com","password":"correct horse"}`).wantError(t, 409, "email_taken")
		as(h.anna, "PATCH", at, `{"max_conversations":7,"avatar_url":"https://example.com/d.png"}`).want(t, 200, `"limit":7`, `"avatar_url":"https://example.com/d.png"`)
		as(h.boris, "GET", at, "").want(t, 200, `"name":"Dora"`)
		if a = as(h.boris, "GET", "/chat/managers", "").want(t, 200, `"name":"Dora"`, `"verdict":"not_listening"`); strings.Contains(a.raw, "dora@") || strings.Contains(a.raw, "assword") {
			t.Errorf("a manager sees too much: %s", a.raw)
		}
		as(h.anna, "PUT", at+"/shifts", `{"time_zone":"Europe/Moscow","shifts":[{"weekday":1,"from":"09:00","to":"18:00"}]}`).
			want(t, 200, `{"week":{"manager_id":`, `"time_zone":"Europe/Moscow"`, `"shifts":[{"weekday":1,"from":"09:00","to":"18:00"}]`)
		as(h.boris, "GET", at+"/shifts", "").want(t, 200, `"from":"09:00"`)
		as(h.boris, "PUT", at+"/shifts", `{"shifts":[]}`).wantError(t, 403, "forbidden")
		a = as(h.anna, "POST", at+"/leaves", `{"from":"2026-12-24","to":"2026-12-24","reason":"sea"}`).
			want(t, 201, `"starts_at":"2026-12-23T21:00:00.000Z"`, `"ends_at":"2026-12-24T21:00:00.000Z"`)
		leave := a.body["leave"].(map[string]any)["id"]
		as(h.anna, "POST", at+"/leaves", `{"starts_at":"2026-12-24T08:00:00Z","ends_at":"2026-12-24T09:00:00+01:00"}`).wantError(t, 400, "leave_invalid")
		as(h.boris, "GET", at+"/leaves", "").want(t, 200, `"reason":""`)
		as(h.anna, "DELETE", fmt.Sprint(at, "/leaves/", leave), "").want(t, 204)
		as(h.anna, "DELETE", fmt.Sprint(at, "/leaves/", leave), "").wantError(t, 404, "leave_not_found")
		a = as(h.anna, "POST", "/chat/holidays", `{"day":"2026-12-25","name":"Christmas"}`).want(t, 201, `"name":"Christmas"`)
		holiday := a.body["holiday"].(map[string]any)["id"]
		as(h.anna, "POST", "/chat/holidays", `{"day":"2026-12-25"}`).wantError(t, 409, "holiday_exists")
		as(h.boris, "GET", "/chat/holidays", "").want(t, 200, `"day":"2026-12-25"`)
		as(h.anna, "DELETE", fmt.Sprint("/chat/holidays/", holiday), "").want(t, 204)

		as(dora, "POST", at+"/password", `{"old_password":"wrong horse","password":"battery staple"}`).wantError(t, 403, "password_wrong")
		old := "Bearer " + h.token(dora)
		as(dora, "POST", at+"/password", `{"old_password":"correct horse","password":"battery staple"}`).want(t, 204)
		h.do("GET", "/chat/managers", nil, "Authorization", old).wantError(t, 401, "token_invalid")
		as(h.anna, "POST", at+"/sign_out", "").want(t, 204)
		as(h.anna, "POST", at+"/unlock", "").want(t, 204)
		as(h.anna, "PATCH", fmt.Sprint("/chat/managers/", h.anna.ID), `{"role":"manager"}`).wantError(t, 409, "last_admin")
		as(h.anna, "DELETE", at, "").want(t, 204)
		as(h.anna, "GET", at, "").wantError(t, 404, "manager_not_found")

		_, key, err := h.people.CreateAPIKey(ctx, h.Org.ID, "crm")
		if err != nil {
			t.Fatal(err)
		}
		h.do("GET", "/chat/managers", nil, "Authorization", "Bearer "+key).want(t, 200, h.anna.Email)
		clara := h.Manager(h.Organization("Kettles"), "Clara")
		as(h.anna, "PATCH", fmt.Sprint("/chat/managers/", clara.ID), `{"name":"x"}`).wantError(t, 404, "manager_not_found")
		as(h.anna, "GET", "/chat/managers/0", "").wantError(t, 404, "manager_not_found")
		h.do("GET", "/chat/managers", nil).wantError(t, 401, "token_missing")
	})
}

func TestPeopleBodies(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		at := fmt.Sprint("/chat/managers/", h.boris.ID)
		for _, row := range []struct{ method, path, body, code string }{
			{"PATCH", "/chat/organization", `{"site_key":"x"}`, "field_unknown"},
			{"PATCH", "/chat/organization", `{"Greeting":"x"}`, "field_unknown"},
			{"PATCH", "/chat/organization", `{"greeting":5}`, "field_invalid"},
			{"PATCH", "/chat/organization", `{"allowed_origins":"https://a.example"}`, "field_invalid"},
			{"PATCH", "/chat/organization", `{"max_conversations":1.5}`, "field_invalid"},
			{"PATCH", "/chat/organization", `[]`, "body_invalid"},
			{"PATCH", "/chat/organization", `{} {}`, "body_invalid"},
			{"PATCH", at, `{"organization_id":2}`, "field_unknown"},
			{"PATCH", at, `{"password":"x"}`, "field_unknown"},
			{"PATCH", at, `{"name":null}`, "name_invalid"},
			{"POST", "/chat/managers", `{}`, "name_invalid"},
			{"POST", "/chat/managers", `{"name":"A","email":"a@example.com"}`, "password_invalid"},
			{"PUT", at + "/shifts", `{}`, "field_invalid"},
			{"PUT", at + "/shifts", `{"shifts":[{"day":1}]}`, "field_invalid"},
			{"PUT", at + "/shifts", `{"shifts":[{"weekday":1,"from":"25:00","to":"26:00"}]}`, "shift_invalid"},
			{"POST", at + "/leaves", `{"starts_at":"soon"}`, "field_invalid"},
			{"POST", "/chat/holidays", `{"day":"Christmas"}`, "day_invalid"},
		} {
			a := h.as(h.anna, row.method, row.path, row.body)
			a.wantError(t, 400, row.code)
			if row.code == "field_unknown" && !strings.Contains(a.raw, strings.Split(row.body, `"`)[1]) {
				t.Errorf("the field is not named: %s", a.raw)
			}
		}
	})
}

func TestOriginsByHTTP(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		h.as(h.anna, "PATCH", "/chat/organization", `{"allowed_origins":["https://shop.example"],"greeting":"Hi"}`).want(t, 200)
		site := "/chat/site?app_key=" + h.Org.SiteKey
		a := h.do("GET", site, nil, "Origin", "https://shop.example").want(t, 200, `"greeting":"Hi"`, `"online":false`)
		if a.Header.Get("Cache-Control") != "public, max-age=30" || !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Origin") {
			t.Errorf("%v", a.Header)
		}
		for _, path := range []string{"/chat/site?app_key=" + h.Org.SiteKey, "/chat/organization"} {
			a = h.as(h.anna, "GET", path, "", "Origin", "https://evil.example")
			a.wantError(t, 403, "origin_forbidden")
			if a.Header.Get("Access-Control-Allow-Origin") != "https://evil.example" {
				t.Errorf("the page cannot read the refusal: %v", a.Header)
			}
		}
		h.post("/chat/service/v1", nil, "Origin", "https://evil.example").wantError(t, 403, "origin_forbidden")
		h.post("/chat/service/v1", nil, "Origin", "https://shop.example").wantError(t, 422, "chat_offline_message")
		h.as(h.anna, "GET", "/chat/organization", "", "Origin", h.url).want(t, 200) // our own pages
		h.as(h.anna, "GET", "/chat/organization", "", "Origin", "https://chat.example", "Sec-Fetch-Site", "same-origin").want(t, 200)
		a = h.do("OPTIONS", "/chat/managers/5", nil, "Origin", "https://shop.example", "Access-Control-Request-Method", "PATCH")
		if a.StatusCode != 204 || !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("%d %v", a.StatusCode, a.Header)
		}
		h.do("GET", "/chat/site?app_key=nobody", nil).wantError(t, 404, "organization_not_found")
	})
}

func TestPasswordKeepsThisSignIn(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		signIn := func(password string) string {
			a := h.post("/dashboard/api/login", fmt.Sprintf(`{"email":%q,"password":%q}`, h.anna.Email, password)).want(t, 200)
			return strings.Split(a.Header.Get("Set-Cookie"), ";")[0]
		}
		here, elsewhere := signIn(password), signIn(password)
		h.post("/dashboard/api/password", `{"old_password":"wrong horse","password":"battery staple"}`, "Cookie", here).wantError(t, 403, "password_wrong")
		a := h.post("/dashboard/api/password", fmt.Sprintf(`{"old_password":%q,"password":"battery staple"}`, password), "Cookie", here).want(t, 200)
		h.do("GET", "/dashboard/api/me", nil, "Cookie", here).want(t, 200)
		h.do("GET", "/dashboard/api/me", nil, "Cookie", elsewhere).wantError(t, 401, "login_required")
		h.do("GET", "/chat/managers", nil, "Authorization", "Bearer "+a.body["token"].(string)).want(t, 200)
		signIn("battery staple")
	})
}
