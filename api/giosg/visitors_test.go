package giosg_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/api/giosg"
	"parley/chat"
	"parley/models"
)

// ownIn is a visitor's own path in the main room, rooms one of that room as users have it.
func (h *house) ownIn(id string) string {
	return "/api/v5/public/orgs/" + h.Org.UUID + "/rooms/" + h.main.UUID + "/visitors/" + id
}

func (h *house) rooms(path string) string { return h.org("/rooms/" + h.main.UUID + path) }

func (h *house) enters(id string) {
	h.t.Helper()
	h.do(h.visitor(id), "POST", strings.TrimSuffix(h.ownIn(""), "/"), `{"id":"`+id+`"}`).want(201)
}

func TestEnteringRooms(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		her := h.visitor("v1")
		for i, room := range []string{
			"/api/v5/public/orgs/" + h.Org.UUID + "/rooms/" + h.main.UUID, "/api/v5/public/rooms/" + h.main.UUID, "/api/v5/client/rooms/" + h.main.Token,
		} {
			status := 200
			if i == 0 {
				status = 201
			}
			h.do(her, "POST", room+"/visitors", `{"id":"v1","presence_expires_in":30}`).
				want(status, "id", `"v1"`, "room_id", quoted(h.main.UUID), "presence_expires_in", "30")
			h.do(her, "POST", room+"/visitors/", `{"id":"v1"}`).want(200, "presence_expires_in", "30")
			h.do(her, "PUT", room+"/visitors/v1", `{"presence_expires_in":60}`).want(200, "presence_expires_in", "60")
			h.do(her, "PATCH", room+"/visitors/v1/", `{"presence_expires_in":30}`).want(200, "presence_expires_in", "30")
			h.do(her, "PATCH", room+"/visitors/v1", ``).want(200, "presence_expires_in", "30")
			h.get(her, room+"/visitors/v1").want(200, "presence_expires_in", "30")
		}
		at, own := "/api/v5/public/orgs/"+h.Org.UUID+"/rooms/"+h.main.UUID+"/visitors", h.ownIn("v1")
		h.do(her, "POST", at, `{}`).want(400, "id", `["This field is required."]`)
		h.do(her, "POST", at, `{"id":7}`).want(400, "id", `["This is not a valid value."]`)
		h.do(her, "POST", at, `[]`).refused(400)
		h.do(her, "POST", at, `{`).refused(400)
		for _, seconds := range []string{"0", "-1", "3601", `"sixty"`, "1.5", "1e9"} {
			if a := h.do(her, "PUT", own, `{"presence_expires_in":`+seconds+`}`).refused(400); a.body["presence_expires_in"] == nil {
				t.Errorf("%s: %s", seconds, a.raw)
			}
		}
		h.do(her, "POST", at, `{"id":"v1","session_id":"`+strings.Repeat("s", 65)+`"}`).want(400)
		h.do("", "POST", at, `{"id":"v1"}`).refused(401)
		h.do("Bearer nonsense", "POST", at, `{"id":"v1"}`).refused(401)
		h.do(her, "POST", at, `{"id":"v2"}`).refused(403)
		h.do(h.of(h.ann), "POST", at, `{"id":"v1"}`).refused(403)
		h.do(h.key(), "PUT", own, `{}`).refused(403)
		h.do(her, "PUT", h.ownIn("v2"), `{}`).refused(403)
		h.do(her, "POST", strings.Replace(at, h.Org.UUID, h.foreign.UUID, 1), `{"id":"v1"}`).refused(403)
		h.do(her, "POST", strings.Replace(at, h.main.UUID, "nowhere", 1), `{"id":"v1"}`).refused(404)
		h.do(h.visitor("v3"), "PUT", h.ownIn("v3"), `{}`).refused(404)
		h.get(h.visitor("v3"), h.ownIn("v3")).refused(404)

		h.do(her, "DELETE", own, "").want(204)
		h.do(her, "DELETE", own, "").want(204)
		h.get(her, own).refused(404)
		h.get(h.of(h.bob), h.rooms("/visitors/v1")).want(200, "is_online", "false", "is_present", "false")
		h.get(h.of(h.bob), h.rooms("/online_visitors/v1")).refused(404)
	})
}

func TestWhatUsersSeeOfVisitors(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		at := "/api/v5/public/orgs/" + h.Org.UUID + "/rooms/" + h.main.UUID + "/visitors"
		h.do(h.visitor("v1"), "POST", at, `{"id":"v1","session_id":"s1","referrer_url":"https://elsewhere.example/x","latest_page_url":"https://shop.example/",
			"latest_page_title":"Shop","latest_page_canonical_url":null,"device_screen_width":800,"device_screen_height":600}`,
			"User-Agent", "Lynx/2.9", "Accept-Language", "fi-FI,fi;q=0.9", "X-Forwarded-For", "203.0.113.9").want(201)
		ann := h.of(h.ann)
		whole := h.get(ann, h.rooms("/visitors/v1")).want(200,
			"id", `"v1"`, "room_id", quoted(h.main.UUID), "is_online", "true", "is_present", "true", "session_id", `"s1"`, "visit_count", "1",
			"user_agent", `"Lynx/2.9"`, "browser_language", `"fi-FI,fi;q=0.9"`, "preferred_language_code", `"fi-FI"`,
			"ip_address", `"127.0.0.1"`, // nobody believes the header here
			"ip_organization", "null", "geo_city", "null", "geo_country", "null", "geo_country_code", "null",
			"referrer_url", `"https://elsewhere.example/x"`, "referrer_hostname", "null", "referrer_url_hostname", "null",
			"original_referrer_url", `"https://elsewhere.example/x"`, "latest_page_url", `"https://shop.example/"`,
			"latest_page_canonical_url", `"https://shop.example/"`, "latest_page_title", `"Shop"`,
			"device_screen_width", "800", "device_screen_height", "600", "shopping_cart_currency", "null", "explicit_priority", "null")
		if !regexp.MustCompile(`"become_online_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`).MatchString(whole.raw) {
			t.Errorf("%s", whole.raw)
		}
		for _, path := range []string{
			h.rooms("/online_visitors/v1"), h.rooms("/present_visitors/v1"), h.rooms("/priority_visitors/v1"), h.rooms("/visitors/v1/"),
			h.user(h.ann, "/rooms/"+h.main.UUID+"/visitors/v1"), h.user(h.ann, "/rooms/"+h.main.UUID+"/online_visitors/v1"), h.org("/rooms/" + h.main.Token + "/visitors/v1"),
		} {
			if a := h.get(ann, path).want(200); a.raw != whole.raw {
				t.Errorf("%s: %s", path, a.raw)
			}
		}
		for _, path := range []string{h.rooms("/visitors/v1"), h.rooms("/online_visitors"), h.rooms("/online_visitors/v1")} {
			h.get("", path).refused(401)
			h.get(h.visitor("v1"), path).refused(403)
			h.get(h.of(h.clara), path).refused(403)
			h.get(h.key(models.ScopeChat), path).refused(403)
			h.get(h.key(models.ScopeVisitors), path).want(200)
			h.get(h.of(h.bob), path).want(200)
		}
		h.get(ann, h.rooms("/visitors/nobody")).refused(404)
		h.get(ann, h.org("/rooms/nowhere/online_visitors")).refused(404)
		other := h.Room(h.Org, "other", 9, nil)
		h.get(ann, h.org("/rooms/"+other.UUID+"/visitors/v1")).refused(404) // she was never there
	})
}

func TestPagesOfOnlineVisitors(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		var want []string
		for i := range 5 {
			id := fmt.Sprint("v", i)
			h.enters(id)
			want = append(want, id)
		}
		ann := h.of(h.ann)
		for _, name := range []string{"online_visitors", "present_visitors", "priority_visitors"} {
			at, names, back := h.rooms("/"+name+"?page_size=2"), []string{}, ""
			for at != "" {
				a := h.get(ann, at).want(200)
				for _, v := range a.results() {
					names = append(names, v["id"].(string))
				}
				at, back = link(t, h, a, "next"), link(t, h, a, "previous")
			}
			slices.Sort(names) // several may have come within a millisecond
			if !slices.Equal(names, want) {
				t.Errorf("%s: %v", name, names)
			}
			if a := h.get(ann, back).want(200); len(a.results()) != 2 || link(t, h, a, "previous") == "" || link(t, h, a, "next") == "" {
				t.Errorf("back to %s", a.raw)
			}
		}
		for _, cursor := range []string{"x", "!!", "bjEuLi4", strings.Repeat("a", 400)} {
			h.get(ann, h.rooms("/online_visitors?cursor="+cursor)).refused(404)
		}
		h.get(ann, h.rooms("/online_visitors?page_size=0")).refused(400)
	})
}

func TestAdmission(t *testing.T) {
	for _, signed := range []bool{false, true} {
		eachDatabase(t, options{rules: chat.Rules{SignedVisitors: signed}}, func(t *testing.T, h *house) {
			at := "/api/v5/public/orgs/" + h.Org.UUID + "/auth"
			text := func(a answer, name string) string { s, _ := a.body[name].(string); return s }
			a := h.do("", "POST", at, `{"visitor_secret_id":null}`, "Origin", "https://shop.example").want(201,
				"organization_id", quoted(h.Org.UUID), "expires_in", "1800", "minimal_bar_version", "3",
				"socket_url", quoted("ws"+strings.TrimPrefix(h.url, "http")+"/api/v5/socket"))
			id, secret := text(a, "visitor_id"), text(a, "visitor_secret_id")
			if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) || !regexp.MustCompile(`^[0-9a-f]{50}$`).MatchString(secret) ||
				a.Header.Get("Access-Control-Allow-Origin") == "" || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %v", a.raw, a.Header)
			}
			h.do("", "POST", at, `{"visitor_secret_id":"`+secret+`"}`).want(200, "visitor_id", quoted(id), "visitor_secret_id", quoted(secret))
			her := "Bearer " + text(a, "access_token")
			h.do(her, "POST", "/api/v5/public/orgs/"+h.Org.UUID+"/rooms/"+h.main.UUID+"/visitors", `{"id":"`+id+`"}`).want(201)
			// Nothing is learned from a secret that is nobody's, or another organisation's.
			strange := h.do("", "POST", strings.Replace(at, h.Org.UUID, h.foreign.UUID, 1), `{"visitor_secret_id":"`+secret+`"}`).want(201)
			if text(strange, "visitor_id") == id || text(strange, "visitor_secret_id") == secret {
				t.Errorf("another organisation's: %s", strange.raw)
			}
			for _, body := range []string{``, `{}`, `{"visitor_secret_id":""}`, `{"visitor_secret_id":"nonsense"}`, `{"visitor_secret_id":"` + strings.Repeat("0", 50) + `"}`, `{"visitor_global_id":"x"}`} {
				if a := h.do("", "POST", at, body).want(201); text(a, "visitor_id") == id || len(text(a, "visitor_id")) != 32 {
					t.Errorf("%s: %s", body, a.raw)
				}
			}
			h.do("", "POST", at, `{"visitor_secret_id":7}`).refused(400)
			h.do("", "POST", at, `"x"`).refused(400)
			h.do("", "POST", "/api/v5/public/orgs/nobody/auth", ``).refused(404)
			h.do("", "GET", at, ``).refused(405)
			if strings.Contains(h.log.String(), secret) {
				t.Error("the log has a secret in it")
			}

			// Logging out ends the secret, too.
			if err := h.service.LogoutVisitor(ctx, chat.Principal{Party: chat.Visitor, VisitorID: id, OrganizationID: h.Org.ID}, strings.TrimPrefix(her, "Bearer "), chat.LogoutRequest{}); err != nil {
				t.Fatal(err)
			}
			if a := h.do("", "POST", at, `{"visitor_secret_id":"`+secret+`"}`).want(201); text(a, "visitor_id") == id {
				t.Error("who logged out is back")
			}
			h.get(her, h.ownIn(id)).refused(401)
		})
	}
}

func TestNewcomersAreCounted(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		at := "/api/v5/public/orgs/" + h.Org.UUID + "/auth"
		first := h.do("", "POST", at, ``).want(201)
		refused := 0
		for range 130 {
			if a := h.do("", "POST", at, ``); a.StatusCode == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused == 0 {
			t.Error("an address makes as many visitors as it likes")
		}
		secret, _ := json.Marshal(first.body["visitor_secret_id"])
		h.do("", "POST", at, `{"visitor_secret_id":`+string(secret)+`}`).want(200) // who is known comes in
	})
}

func TestPublicRooms(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		her := h.visitor("v1")
		spellings := []string{"/api/v5/public/orgs/" + h.Org.UUID + "/rooms/", "/api/v5/public/rooms/", "/api/v5/client/rooms/"}
		for _, at := range spellings {
			for _, who := range []string{her, h.of(h.bob)} {
				h.get(who, at+h.main.UUID).want(200, "id", quoted(h.main.UUID), "display_name", `"Teapots"`, "language_code", `"en"`, "is_online", "false", "brand", "null")
				h.get(who, at+h.main.UUID+"/brand").refused(404)
				if list := h.get(who, at+h.main.UUID+"/online_users").want(200).results(); len(list) != 0 {
					t.Errorf("%v", list)
				}
			}
			h.get("", at+h.main.UUID+"/online_users").refused(401)
		}
		h.onDuty(h.bob)
		for _, at := range spellings {
			h.get(her, at+h.main.UUID).want(200, "is_online", "true")
			list := h.get(her, at+h.main.UUID+"/online_users").want(200).results()
			if want := []map[string]any{{"id": h.bob.UUID, "public_name": "Bob", "avatar": nil}}; !reflect.DeepEqual(list, want) {
				t.Errorf("%v", list)
			}
		}
	})
}

func TestPageSettings(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		domain := "shop.example"
		shop := h.Room(h.Org, "shop", 9, func(r *models.Room) { r.Domain = &domain })
		gone := models.Time(10)
		h.Room(h.Org, "gone", 10, func(r *models.Room) { r.DeletedAt = &gone })
		const path = "/api/v2/visitor/settings/"
		domainRoom := func(a answer) string {
			room, _ := a.body["domain_room"].(map[string]any)
			return fmt.Sprint(room["id"])
		}
		for _, row := range []struct{ account, page, want string }{
			{h.Org.UUID, "https://shop.example/a?b=c", shop.UUID}, {h.Org.SiteKey, "http://SHOP.example.:8080/", shop.UUID},
			{h.Org.UUID, "https://www.shop.example/", h.main.UUID}, {h.Org.UUID, "", h.main.UUID}, {h.Org.UUID, "::", h.main.UUID},
		} {
			a := h.get("", path+row.account+"?url="+row.page).want(200, "organization_id", quoted(h.Org.UUID), "site_key", quoted(h.Org.SiteKey), "calls", "false")
			if domainRoom(a) != row.want {
				t.Errorf("%+v: %s", row, a.raw)
			}
			if rooms, _ := a.body["rooms"].([]any); len(rooms) != 2 || strings.Contains(a.raw, "ice_servers") || strings.Contains(a.raw, "gone") {
				t.Errorf("%s", a.raw)
			}
		}
		for _, account := range []string{"", "nobody", "%00", strings.Repeat("a", 300), h.Org.UUID + "/more"} {
			h.get("", path+account).refused(404)
		}
		h.do("", "POST", path+h.Org.UUID, "").refused(405)
		if _, err := h.people.UpdateOrganization(ctx, h.Org.ID, chat.OrganizationChanges{AllowedOrigins: chat.To([]string{"https://shop.example"}), Calls: chat.To(true)}); err != nil {
			t.Fatal(err)
		}
		h.do("", "GET", path+h.Org.UUID, "", "Origin", "https://shop.example").want(200, "calls", "true")
		h.do("", "GET", path+h.Org.UUID, "", "Origin", "https://other.example").refused(403)
		h.do("", "POST", "/api/v5/public/orgs/"+h.Org.UUID+"/auth", "", "Origin", "https://other.example").refused(403)
		if _, err := h.people.UpdateOrganization(ctx, h.Org.ID, chat.OrganizationChanges{Suspended: chat.To(true)}); err != nil {
			t.Fatal(err)
		}
		h.get("", path+h.Org.UUID).refused(403)
		h.do("", "POST", "/api/v5/public/orgs/"+h.Org.UUID+"/auth", "").refused(403)
		h.do(h.visitor("v1"), "POST", "/api/v5/public/orgs/"+h.Org.UUID+"/rooms/"+h.main.UUID+"/visitors", `{"id":"v1"}`).refused(403)
	})
}

// TestEveryAttributeCanChange: what an event names as changed is an attribute of the resource.
func TestEveryAttributeCanChange(t *testing.T) {
	text, err := json.Marshal(giosg.RoomVisitorJSON(chat.RoomVisitorFacts{}))
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	about := reflect.TypeFor[chat.About]()
	for i := range about.NumField() {
		name, _, _ := strings.Cut(about.Field(i).Tag.Get("json"), ",")
		if _, there := whole[name]; !there {
			t.Errorf("%s is no attribute", name)
		}
	}
	for _, name := range strings.Fields(`id room_id is_online become_online_at session_id visit_count is_present referrer_url_hostname preferred_language_code
		shopping_cart_currency shopping_cart_total_value shopping_cart_total_subscription_value shopping_cart_locked_at explicit_priority
		implicit_priority pipeline_step_index pipeline_step_title pipeline_step_count`) {
		if _, there := whole[name]; !there {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestFeedTellsOfVisitors(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		all, one, older, own := h.rooms("/online_visitors"), h.rooms("/online_visitors/v1"), h.user(h.bob, "/rooms/"+h.main.UUID+"/visitors/v1"), h.ownIn("v1")
		everybodys := strings.TrimSuffix(h.ownIn(""), "/")
		r := h.listen(all, one, older, own, h.rooms("/online_visitors/v2"), everybodys)
		p := chat.Principal{Party: chat.Visitor, VisitorID: "v1", OrganizationID: h.Org.ID}
		for _, channel := range []string{everybodys, all, one, h.ownIn("v2")} {
			if _, heard, err := h.gate.Subscribe(ctx, p, channel); heard || err != nil {
				t.Errorf("a visitor listens to %s: %v", channel, err)
			}
		}
		if _, heard, err := h.gate.Subscribe(ctx, p, own); !heard || err != nil {
			t.Errorf("a visitor does not hear of herself: %v", err)
		}
		h.enters("v1")
		r.want("added "+all+" v1", "added "+one+" v1", "added "+older+" v1", "added "+own+" v1")
		if b := r.body(1); b["id"] != "v1" || b["is_present"] != true || b["visit_count"] != 1.0 || len(b) < 40 {
			t.Errorf("%v", b)
		}
		if got := keysOf(r.body(0)); got != "id presence_expires_in room_id" {
			t.Errorf("she herself is told %s", got)
		}
		h.do(h.visitor("v1"), "PATCH", own, `{"latest_page_url":"https://shop.example/b","referrer_url":"https://a.example/"}`).want(200)
		r.want("changed "+all+" v1", "changed "+one+" v1", "changed "+older+" v1")
		if got := keysOf(r.body(0)); got != "id latest_page_canonical_url latest_page_url original_referrer_url referrer_url" {
			t.Errorf("changed: %s", got)
		}
		h.do(h.visitor("v1"), "PATCH", own, `{"latest_page_url":"https://shop.example/b","presence_expires_in":9}`).want(200)
		r.want()
		h.do(h.visitor("v1"), "DELETE", own, "").want(204)
		r.want("removed "+all+" v1", "removed "+one+" v1", "removed "+older+" v1", "removed "+own+" v1")
	})
}

// TestVisitorsAddresses: it is the visitor's own that is shown, past proxies that are trusted, and whole.
func TestVisitorsAddresses(t *testing.T) {
	trusting := options{client: func(r *http.Request) netip.Addr { return netip.MustParseAddr(r.Header.Get("X-Forwarded-For")) }}
	eachDatabase(t, trusting, func(t *testing.T, h *house) {
		for address, want := range map[string]string{"203.0.113.9": `"203.0.113.9"`, "2001:db8::17": `"2001:db8::17"`, "::ffff:10.1.2.3": `"10.1.2.3"`} {
			h.do(h.visitor("v1"), "POST", strings.TrimSuffix(h.ownIn(""), "/"), `{"id":"v1"}`, "X-Forwarded-For", address)
			h.do(h.of(h.bob), "GET", h.rooms("/visitors/v1"), "", "X-Forwarded-For", "192.0.2.1").want(200, "ip_address", want)
		}
	})
}
