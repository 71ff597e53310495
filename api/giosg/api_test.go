package giosg_test

import (
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestWhoCalls(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		me := "/api/v5/users/me"
		key, bound := h.key(), h.managersKey(h.bob)
		h.get(h.of(h.ann), me).want(200, "id", quoted(h.ann.UUID), "email", `"ann.arbor@hired.example.com"`, "first_name", `"Ann"`, "last_name", `"Arbor"`, "is_manager", "true")
		h.get(bound, me).want(200, "id", quoted(h.bob.UUID), "is_manager", "false")
		h.get("Bearer "+strings.TrimPrefix(bound, "Token "), me).want(200)
		h.get("JWT "+strings.TrimPrefix(h.of(h.bob), "Bearer "), me).want(200)
		h.get("token "+strings.TrimPrefix(bound, "Token "), me).want(200)
		h.get("", me+"?token="+strings.TrimPrefix(bound, "Token ")).want(200)
		h.get("Basic eDp5", me+"?token="+strings.TrimPrefix(bound, "Token ")).want(200) // a proxy's
		h.get("", me).refused(401)
		h.get("Basic eDp5", me).refused(401)
		h.get("GIOSGAPP a b", me).refused(401)
		h.get("Token pk_1_x", me).refused(401)
		h.get(bound+"x", me).refused(401)
		h.get(key, me).refused(403)
		h.get(h.visitor("v1"), me).refused(403)
		h.get(h.visitor("v1"), h.org("")).refused(403)
		if text := h.log.String(); strings.Contains(text, strings.TrimPrefix(bound, "Token ")) {
			t.Error("the log has a key in it")
		}
		if err := h.people.DeleteManager(ctx, h.bob.ID); err != nil {
			t.Fatal(err)
		}
		h.get(bound, me).refused(401)
		if left, err := h.people.APIKeys(ctx, h.Org.ID); err != nil || len(left) != 1 {
			t.Errorf("%+v, %v: her key is kept", left, err)
		}
	})
}

func quoted(text string) string { return `"` + text + `"` }

func TestWhatPathsAre(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		ann := h.of(h.ann)
		for _, path := range []string{h.org(""), h.org("/"), h.org("?format=json"), h.org("/?format=json&x=1")} {
			h.get(ann, path).want(200, "id", quoted(h.Org.UUID), "is_active", "true", "is_online", "false")
		}
		h.do(ann, "HEAD", h.org(""), "").want(200)
		for _, path := range []string{"/api/v5", "/api/v5/", "/api/v5/nothing", h.org("//"), "/api/v5/orgs"} {
			h.get(ann, path).refused(404)
		}
		if a := h.do(ann, "DELETE", h.org(""), "").refused(405); !strings.Contains(a.Header.Get("Allow"), "GET") {
			t.Errorf("Allow: %q", a.Header.Get("Allow"))
		}
		h.do("", "DELETE", h.org(""), "").refused(401)
		h.get("", "/api/v5/orgs/"+h.foreign.UUID).refused(401)
		h.get(ann, "/api/v5/orgs/"+h.foreign.UUID).refused(403)
		h.get(ann, "/api/v5/orgs/nobody").refused(403)
		h.get(ann, h.org("/rooms/nothing")).refused(404)
	})
}

func TestPages(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		for _, name := range []string{"a", "b", "c", "d"} {
			if _, err := h.people.CreateRoom(ctx, h.Org.ID, chat.RoomChanges{Name: chat.To(name)}); err != nil {
				t.Fatal(err)
			}
		}
		key := h.managersKey(h.bob)
		for _, order := range []struct{ ordering, want string }{{"", "Teapots a b c d"}, {"&ordering=created_at", "Teapots a b c d"}, {"&ordering=-created_at", "d c b a Teapots"}} {
			at, names, pages, back := h.org("/rooms?page_size=2&token="+strings.TrimPrefix(key, "Token ")+order.ordering), []string{}, 0, ""
			for at != "" && pages < 9 {
				a := h.get("", at).want(200)
				for _, room := range a.results() {
					names = append(names, room["name"].(string))
				}
				at, back = link(t, h, a, "next"), link(t, h, a, "previous")
				pages++
			}
			if strings.Join(names, " ") != order.want || pages != 3 {
				t.Errorf("%q: %v in %d pages", order.ordering, names, pages)
			}
			a := h.get("", back).want(200)
			if first := a.results(); len(first) != 2 || first[0]["name"] != names[2] || link(t, h, a, "next") == "" || link(t, h, a, "previous") == "" {
				t.Errorf("%q: back to %s", order.ordering, a.raw)
			}
		}
		ann := h.of(h.ann)
		h.get(ann, h.org("/rooms?cursor=x")).refused(404)
		h.get(ann, h.org("/rooms?page_size=x")).want(400, "page_size", `["This is not a valid value."]`)
		h.get(ann, h.org("/rooms?ordering=name")).refused(400)
		if all := h.get(ann, h.org("/rooms?page_size=5000")).results(); len(all) != 5 {
			t.Errorf("%v", all)
		}
		if none := h.get(ann, h.org("/rooms?is_shared=true")).results(); len(none) != 0 {
			t.Errorf("%v", none)
		}
	})
}

// link is an answer's link without the host, which is checked.
func link(t *testing.T, h *house, a answer, name string) string {
	t.Helper()
	text, _ := a.body[name].(string)
	path, ok := strings.CutPrefix(text, h.url)
	if text != "" && !ok {
		t.Errorf("%s: %s", name, text)
	}
	return path
}

func TestSuspended(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		if _, err := h.people.UpdateOrganization(ctx, h.Org.ID, chat.OrganizationChanges{Suspended: chat.To(true)}); err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{h.of(h.ann), h.managersKey(h.bob), h.key(models.ScopeChat)} {
			h.get(who, h.org("/rooms")).refused(403)
		}
		h.get("", h.org("/rooms")).refused(401)
		h.get(h.of(h.clara), "/api/v5/orgs/"+h.foreign.UUID+"/rooms").want(200)
	})
}

func TestOrigins(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		const shop, other = "https://shop.example", "https://other.example"
		if _, err := h.people.UpdateOrganization(ctx, h.Org.ID, chat.OrganizationChanges{AllowedOrigins: chat.To([]string{shop})}); err != nil {
			t.Fatal(err)
		}
		ann := h.of(h.ann)
		a := h.do(ann, "GET", h.org(""), "", "Origin", shop).want(200)
		if a.Header.Get("Access-Control-Allow-Origin") != shop || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%v", a.Header)
		}
		h.do(ann, "GET", h.org(""), "", "Origin", other).refused(403)
		a = h.do("", "OPTIONS", h.org(""), "", "Origin", shop, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization").want(204)
		if a.Header.Get("Access-Control-Allow-Headers") != "authorization" || !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "PUT") {
			t.Errorf("%v", a.Header)
		}
	})
}
