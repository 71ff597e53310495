package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

// TestResourceRights is the table of who may use what over giosg's API, and who may listen to its channels: each cell is
// for reading and for writing, 2 for yes, else the refusal's last digit (401, 403, 404). A channel is heard by whom
// reading is allowed, if they may listen at all.
func TestResourceRights(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		kettles := w.Organization("Kettles")
		clara := w.Manager(kettles, "Clara")
		c := w.open(as(w.Anna), "v1")
		w.open(as(w.Anna), "v2")
		admin := chat.NewAdmin(w)
		promote := func(name string, role models.Role) chat.Principal {
			m, err := admin.UpdateManager(ctx, w.Manager(w.Org, name).ID, chat.ManagerChanges{Role: chat.To(role)})
			if err != nil {
				t.Fatal(err)
			}
			return as(m)
		}
		bound := as(w.Anna)
		k, _, err := admin.CreateManagerKey(ctx, w.Anna.ID, "bot", models.ScopeChat, models.ScopeEvents)
		if err != nil {
			t.Fatal(err)
		}
		bound.KeyID, bound.Scopes = k.ID, k.Scopes
		callers := []struct {
			name string
			who  chat.Principal
		}{
			{"stranger", chat.Principal{}}, {"visitor", visitor("v1")}, {"other visitor", visitor("v2")}, {"her", as(w.Anna)},
			{"colleague", as(w.boris)}, {"supervisor", promote("Sam", models.RoleSupervisor)}, {"admin", promote("Ada", models.RoleAdmin)},
			{"foreign manager", as(clara)}, {"her key", bound}, {"backend", w.backend(w.Org)}, {"foreign backend", w.backend(kettles)},
			{"numbers key", w.backend(w.Org, models.ScopeNumbers, models.ScopeEvents)}, {"operator", chat.Principal{Party: chat.Operator}},
		}
		main, err := w.View(ctx).MainRoom(w.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		names := strings.NewReplacer("{O}", w.Org.UUID, "{R}", main.UUID, "{U}", w.Anna.UUID, "{C}", c.UUID)
		for path, cells := range map[string]string{
			// a digit for reading and one for writing:
			//                    stranger, visitor, other, her, colleague, supervisor, admin, foreign, key, backend, foreign, numbers, operator
			"orgs/{O}":                                   "11 33 33 23 23 23 22 33 23 22 33 33 33",
			"orgs/{O}/rooms":                             "11 33 33 23 23 22 22 33 23 22 33 33 33",
			"orgs/{O}/rooms/{R}":                         "11 33 33 23 23 22 22 33 23 22 33 33 33",
			"orgs/{O}/rooms/nothing":                     "11 33 33 43 43 44 44 33 43 44 33 33 33",
			"rooms/{R}":                                  "11 33 33 23 23 22 22 43 23 22 44 33 33",
			"orgs/{O}/rooms/{R}/keys":                    "11 33 33 33 33 22 22 33 33 22 33 33 33",
			"orgs/{O}/rooms/{R}/online_visitors":         "11 33 33 22 22 22 22 33 33 22 33 33 33",
			"orgs/{O}/rooms/{R}/visitors/v1":             "11 33 33 23 23 22 22 33 33 22 33 33 33",
			"orgs/{O}/rooms/{R}/visitors/v9":             "11 33 33 43 43 44 44 33 33 44 33 33 33",
			"orgs/{O}/rooms/{R}/visitors/v1/variables":   "11 33 33 23 23 22 22 33 33 22 33 33 33",
			"orgs/{O}/rooms/{R}/visitors/v1/chats":       "11 33 33 22 22 22 22 33 22 22 33 33 33",
			"orgs/{O}/rooms/{R}/chats/{C}/messages":      "11 33 33 22 22 22 22 33 22 22 33 33 33",
			"orgs/{O}/rooms/{R}/visitors/v2/chats/{C}":   "11 33 33 44 44 44 44 33 44 44 33 33 33",
			"orgs/{O}/owned_chats":                       "11 33 33 22 22 22 22 33 22 22 33 33 33",
			"orgs/{O}/owned_chats/{C}":                   "11 33 33 22 22 22 22 33 22 22 33 33 33",
			"orgs/{O}/owned_chats/nothing":               "11 33 33 44 44 44 44 33 44 44 33 33 33",
			"orgs/{O}/users":                             "11 33 33 23 23 23 22 33 23 22 33 33 33",
			"orgs/{O}/users/{U}":                         "11 33 33 22 23 23 22 33 22 22 33 33 33",
			"users/{U}":                                  "11 33 33 22 23 23 22 43 22 22 44 33 33",
			"users/nobody":                               "11 33 33 43 43 43 44 43 43 44 44 33 33",
			"users/{U}/chats":                            "11 33 33 22 33 33 22 33 22 22 44 33 33",
			"users/{U}/chats/{C}/messages":               "11 33 33 22 33 33 22 33 22 22 44 33 33",
			"users/{U}/routed_chats":                     "11 33 33 22 33 33 22 33 22 22 44 33 33",
			"users/{U}/chat_memberships":                 "11 33 33 22 33 33 22 33 22 22 44 33 33",
			"users/{U}/clients":                          "11 33 33 22 33 33 22 33 22 22 44 33 33",
			"users/{U}/rooms/{R}":                        "11 33 33 23 33 33 22 33 23 22 44 33 33",
			"orgs/{O}/teams":                             "11 33 33 23 23 23 22 33 23 22 33 33 33",
			"orgs/{O}/goals":                             "11 33 33 23 23 22 22 33 33 22 33 23 33",
			"public/visitors/v1/chats":                   "11 22 33 33 33 33 33 33 33 33 33 33 33",
			"client/visitors/v1/chats/{C}/messages":      "11 22 33 33 33 33 33 33 33 33 33 33 33",
			"public/visitors/v2/chats/{C}/messages":      "11 33 44 33 33 33 33 33 33 33 33 33 33",
			"public/orgs/{O}/rooms/{R}/visitors/v1":      "11 22 33 33 33 33 33 33 33 33 33 33 33",
			"public/rooms/{R}":                           "11 22 22 23 23 23 23 43 23 23 43 23 33",
			"public/orgs/{O}/rooms/{R}/online_users":     "11 22 22 23 23 23 23 33 23 23 33 23 33",
			"public/orgs/" + kettles.UUID + "/rooms/{R}": "11 33 33 33 33 33 33 43 33 33 43 33 33",
			"public/visitors/v1/chat_memberships/{C}":    "11 22 33 33 33 33 33 33 33 33 33 33 33",
			"orgs/" + kettles.UUID:                       "11 33 33 33 33 33 33 23 33 33 22 33 33",
		} {
			path = "/api/v5/" + names.Replace(path)
			r, ok := chat.ParseResource(path)
			if !ok {
				t.Fatalf("%s is no path", path)
			}
			for i, want := range strings.Fields(cells) {
				who := callers[i].who
				got := right(t, w, who, r, chat.ReadResource) + right(t, w, who, r, chat.WriteResource)
				if got != want {
					t.Errorf("%s, %s: %s, want %s", path, callers[i].name, got, want)
				}
				scope, heard, err := w.gate.Subscribe(ctx, who, path)
				if heard != (want[0] == '2') || err != nil || heard && scope != fmt.Sprint(w.Org.ID) && scope != fmt.Sprint(kettles.ID) {
					t.Errorf("%s, %s: heard in %q %v, %v", path, callers[i].name, scope, heard, err)
				}
				if _, may, _ := w.gate.Publish(ctx, who, path); may {
					t.Errorf("%s may publish on %s", callers[i].name, path)
				}
			}
		}
	})
}

func right(t *testing.T, w *world, who chat.Principal, r chat.Resource, use chat.Use) string {
	t.Helper()
	_, err := w.gate.MayResource(ctx, who, r, use)
	switch kind := chat.KindOf(err); {
	case err == nil:
		return "2"
	case kind == chat.Unauthenticated:
		return "1"
	case kind == chat.Forbidden:
		return "3"
	case kind == chat.NotFound:
		return "4"
	}
	t.Errorf("%s: %v", r.Path, err)
	return "?"
}

// TestResourcePatterns: who may listen to many paths at once.
func TestResourcePatterns(t *testing.T) {
	eachDatabase(t, chat.Rules{OpenChannels: []string{"/**"}, WithoutVisitorCollection: true}, func(t *testing.T, w *world) {
		ada, err := chat.NewAdmin(w).UpdateManager(ctx, w.Anna.ID, chat.ManagerChanges{Role: chat.To(models.RoleAdmin)})
		if err != nil {
			t.Fatal(err)
		}
		w.open(as(ada), "v1")
		own, foreign := "/api/v5/orgs/"+w.Org.UUID, "/api/v5/orgs/"+w.Organization("Kettles").UUID
		callers := []chat.Principal{{}, visitor("v1"), as(w.boris), as(ada), w.backend(w.Org), w.backend(w.Org, models.ScopeChat)}
		for pattern, want := range map[string]string{
			own + "/**": "---++-", own + "/*": "---++-", own + "/rooms/*": "---++-", own + "/rooms/x/**": "---++-",
			foreign + "/**": "------", foreign + "/rooms/*": "------", "/api/v5/orgs/*": "------", "/api/v5/orgs/**": "------", "/api/v5/*": "------",
			"/api/v5/**": "------", "/api/v5/public/**": "------", "/api/v5/public/visitors/v1/**": "------", "/api/v5/users/**": "------",
			"/api/v5/users/" + w.Anna.UUID + "/**": "------", "/api/v5/orgs/" + w.Org.UUID: "--+++-", own + "/nothing": "------",
			"/api/v5/users/me": "------", "/api/v5/messagerouter": "------", "/api/v5/public/orgs/" + w.Org.UUID + "/auth": "------",
		} {
			for i, who := range callers {
				_, heard, err := w.gate.Subscribe(ctx, who, pattern)
				if err != nil || heard != (want[i] == '+') {
					t.Errorf("%s by %s: %v, %v", pattern, who, heard, err)
				}
			}
		}
		room, err := w.View(ctx).MainRoom(w.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]bool{"": false, "/v1": true} {
			if _, heard, err := w.gate.Subscribe(ctx, as(ada), own+"/rooms/"+room.UUID+"/online_visitors"+path); heard != want || err != nil {
				t.Errorf("online_visitors%s: %v, %v", path, heard, err)
			}
		}
		for _, pattern := range []string{"/**", "/api/**"} { // open channels never cover the API's
			if scope, heard, _ := w.gate.Subscribe(ctx, chat.Principal{}, pattern); heard && scope != "public" {
				t.Errorf("%s: %q", pattern, scope)
			}
		}
	})
}

// TestResourcePatternScopes: a key that may listen hears by a pattern what it might hear path by path, and nothing more.
func TestResourcePatternScopes(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		ada, err := chat.NewAdmin(w).UpdateManager(ctx, w.Anna.ID, chat.ManagerChanges{Role: chat.To(models.RoleAdmin)})
		if err != nil {
			t.Fatal(err)
		}
		own := "/api/v5/orgs/" + w.Org.UUID
		room := own + "/rooms/r"
		for _, row := range []struct {
			pattern string
			scopes  models.Scopes
			heard   bool
		}{
			{own + "/**", models.AllScopes, true}, {own + "/**", 0, false}, {own + "/**", models.ScopeChat, false},
			{own + "/*", models.ScopeChat, false}, {own + "/rooms/*", 0, false}, {own + "/rooms/*", models.ScopeChat, true},
			{room + "/**", models.ScopeChat, false}, {room + "/**", models.ScopeChat | models.ScopeVisitors, true},
			{room + "/chats/**", 0, false}, {room + "/chats/**", models.ScopeChat, true}, {room + "/chats/c/messages/*", models.ScopeVisitors, false},
			{room + "/visitors/v1/variables/*", models.ScopeChat, false}, {room + "/visitors/v1/variables/*", models.ScopeVisitors, true},
			{room + "/keys/*", models.ScopeChat, false}, {own + "/visitor_identifiers/*", models.ScopeChat, false},
		} {
			bound := as(ada)
			k, _, err := chat.NewAdmin(w).CreateManagerKey(ctx, ada.ID, "bot", models.ScopeEvents|row.scopes)
			if err != nil {
				t.Fatal(err)
			}
			bound.KeyID, bound.Scopes = k.ID, k.Scopes
			for _, who := range []chat.Principal{w.backend(w.Org, models.ScopeEvents|row.scopes), bound} {
				if _, heard, err := w.gate.Subscribe(ctx, who, row.pattern); err != nil || heard != row.heard {
					t.Errorf("%s by %s with %s: %v, %v", row.pattern, who.Party, who.Scopes, heard, err)
				}
				if err := chat.NewAdmin(w).DeleteAPIKey(ctx, who.KeyID); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
