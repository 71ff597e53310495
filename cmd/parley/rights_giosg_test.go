package main

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/chat/chattest"
	"parley/config"
	"parley/models"
)

// Who may do what over giosg's API: a row is a kind of resource, with "public" before it for visitors' paths and "via …"
// after it where the way matters, and says who reads and who writes. Everybody else is refused: strangers with 401, all
// others with 403, or with 404 where the path does not say whose it is. A route without a row fails; chat's
// TestResourceRights has the rules' own table.
type giosgRight struct {
	// path has {O}, {R}, {U}, {V}, {C} and {T} for the organisation, its main room, the counterpart, her visitor, their
	// chat and a team, and {K} for something that there is not.
	path        string
	read, write []caller
	// scope is what keys need, any of several.
	scope models.Scopes
}

var (
	giosgTeam     = and(managers, key)
	giosgSettling = []caller{supervisor, administrator, key}
	giosgAdmins   = []caller{administrator, key}
	giosgOwn      = []caller{counterpart, administrator, key}
	giosgVisitor  = []caller{visitor}
)

const (
	forRooms    = models.ScopeChat | models.ScopeVisitors | models.ScopePeople
	forPeople   = models.ScopeChat | models.ScopePeople
	forGoals    = models.ScopeVisitors | models.ScopeNumbers
	giosgRoom   = "orgs/{O}/rooms/{R}"
	giosgGuest  = giosgRoom + "/visitors/{V}"
	giosgPublic = "public/orgs/{O}/rooms/{R}"
)

var giosgRights = map[string]giosgRight{
	"me":            {"users/me", team, nil, 0},
	"messagerouter": {"messagerouter", team, nil, 0},
	"organization":  {"orgs/{O}", giosgTeam, giosgAdmins, forRooms},
	"users":         {"orgs/{O}/users", giosgTeam, giosgAdmins, forPeople},
	"user":          {"users/{U}", giosgTeam, giosgOwn, forPeople},
	"preferences":   {"users/{U}/preferences", giosgOwn, giosgOwn, models.ScopePeople},
	"clients":       {"users/{U}/clients", giosgOwn, giosgOwn, models.ScopeChat},
	"client":        {"users/{U}/clients/{K}", giosgOwn, giosgOwn, models.ScopeChat},
	"teams":         {"orgs/{O}/teams", giosgTeam, giosgAdmins, forPeople},
	"team":          {"orgs/{O}/teams/{K}", giosgTeam, giosgAdmins, forPeople},
	"team_members":  {"orgs/{O}/teams/{K}/memberships", giosgTeam, giosgAdmins, forPeople},
	"team_member":   {"orgs/{O}/teams/{K}/memberships/{K}", giosgTeam, giosgAdmins, forPeople},

	"rooms":     {"orgs/{O}/rooms", giosgTeam, giosgSettling, forRooms},
	"room":      {giosgRoom, giosgTeam, giosgSettling, forRooms},
	"room_keys": {giosgRoom + "/keys", giosgSettling, giosgSettling, models.ScopeVisitors},
	"room_key":  {giosgRoom + "/keys/{K}", giosgSettling, giosgSettling, models.ScopeVisitors},

	"online_visitors": {giosgRoom + "/online_visitors", giosgTeam, nil, models.ScopeVisitors},
	"online_visitor":  {giosgRoom + "/online_visitors/{V}", giosgTeam, nil, models.ScopeVisitors},
	"room_visitors":   {giosgRoom + "/visitors", giosgTeam, giosgSettling, models.ScopeVisitors},
	"room_visitor":    {giosgGuest, giosgTeam, giosgSettling, models.ScopeVisitors},
	"variables":       {giosgGuest + "/variables", giosgTeam, giosgSettling, models.ScopeVisitors},
	"variable":        {giosgGuest + "/variables/{K}", giosgTeam, giosgSettling, models.ScopeVisitors},
	"identifiers":     {"orgs/{O}/visitor_identifiers", giosgSettling, giosgSettling, models.ScopeVisitors},
	"identifier":      {"orgs/{O}/visitor_identifiers/{K}", giosgSettling, giosgSettling, models.ScopeVisitors},
	"goals":           {"orgs/{O}/goals", giosgTeam, giosgSettling, forGoals},
	"goal":            {"orgs/{O}/goals/{K}", giosgTeam, giosgSettling, forGoals},
	"goal_matches":    {"orgs/{O}/goals/{K}/matches", giosgSettling, giosgSettling, forGoals},
	"goal_totals":     {"orgs/{O}/goals/{K}/totals", giosgSettling, nil, models.ScopeNumbers},

	"own_memberships":      {"users/{U}/chat_memberships", giosgOwn, giosgOwn, models.ScopeChat},
	"own_membership":       {"users/{U}/chat_memberships/{C}", giosgOwn, giosgOwn, models.ScopeChat},
	"invitations":          {"users/{U}/chats/{C}/outgoing_chat_invitations", giosgOwn, giosgOwn, models.ScopeChat},
	"invitation":           {"users/{U}/chats/{C}/outgoing_chat_invitations/{K}", giosgOwn, giosgOwn, models.ScopeChat},
	"received_invitations": {"users/{U}/incoming_chat_invitations", giosgOwn, giosgOwn, models.ScopeChat},
	"received_invitation":  {"users/{U}/incoming_chat_invitations/{K}", giosgOwn, giosgOwn, models.ScopeChat},

	"public auth":            {"public/orgs/{O}/auth", nil, []caller{everyone}, 0},
	"public room":            {giosgPublic, and(giosgTeam, visitor, otherVisitor), giosgVisitor, models.AllScopes},
	"public room_brand":      {giosgPublic + "/brand", and(giosgTeam, visitor, otherVisitor), nil, models.AllScopes},
	"public online_users":    {giosgPublic + "/online_users", and(giosgTeam, visitor, otherVisitor), nil, models.AllScopes},
	"public room_visitors":   {giosgPublic + "/visitors", nil, []caller{visitor, otherVisitor}, 0},
	"public room_visitor":    {giosgPublic + "/visitors/{V}", giosgVisitor, giosgVisitor, 0},
	"public variables":       {giosgPublic + "/visitors/{V}/variables", giosgVisitor, giosgVisitor, 0},
	"public variable":        {giosgPublic + "/visitors/{V}/variables/{K}", giosgVisitor, giosgVisitor, 0},
	"public identifier":      {"public/visitors/{V}/identifiers/{K}", giosgVisitor, giosgVisitor, 0},
	"public goal_matches":    {"public/visitors/{V}/goal_matches", giosgVisitor, giosgVisitor, 0},
	"public own_memberships": {"client/visitors/{V}/chat_memberships", giosgVisitor, giosgVisitor, 0},
	"public own_membership":  {"public/visitors/{V}/chat_memberships/{C}", giosgVisitor, giosgVisitor, 0},
}

// The same hangs on chats on each way to them.
func init() {
	for way, r := range map[string]giosgRight{
		"via room":                {giosgRoom + "/chats", giosgTeam, giosgTeam, models.ScopeChat},
		"via room_visitor":        {giosgGuest + "/chats", giosgTeam, giosgTeam, models.ScopeChat},
		"via owned":               {"orgs/{O}/owned_chats", giosgTeam, giosgTeam, models.ScopeChat},
		"via user":                {"users/{U}/chats", giosgOwn, giosgOwn, models.ScopeChat},
		"via routed":              {"users/{U}/routed_chats", giosgOwn, giosgOwn, models.ScopeChat},
		"public via visitor":      {"client/visitors/{V}/chats", giosgVisitor, giosgVisitor, 0},
		"public via room_visitor": {giosgPublic + "/visitors/{V}/chats", giosgVisitor, giosgVisitor, 0},
	} {
		public := ""
		if rest, ok := strings.CutPrefix(way, "public "); ok {
			public, way = "public ", rest
		}
		at := r.path
		for kind, below := range map[string]string{
			"chats": "", "chat": "/{C}", "memberships": "/{C}/memberships", "membership": "/{C}/memberships/{K}", "messages": "/{C}/messages",
			"message": "/{C}/messages/{K}", "calls": "/{C}/calls", "call": "/{C}/calls/{K}",
		} {
			r.path = at + below
			giosgRights[public+kind+" "+way] = r
		}
	}
}

// giosgRow finds the row of a route, as in "GET public chats via visitor".
func giosgRow(route string) (r giosgRight, method string, ok bool) {
	method, name, _ := strings.Cut(route, " ")
	if r, ok = giosgRights[name]; !ok {
		name, _, _ = strings.Cut(name, " via ")
		r, ok = giosgRights[name]
	}
	return r, method, ok
}

func TestGiosgRightsAreComplete(t *testing.T) {
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability)
	for _, route := range w.server.door.Routes() {
		if _, _, ok := giosgRow(route); !ok && !strings.Contains(route, " /") {
			t.Errorf("%s has no row", route)
		}
	}
	if n := len(w.server.door.Routes()); n < 15 {
		t.Errorf("%d routes", n)
	}
}

// TestGiosgRights makes each call as each kind of caller. Those who are let in read, and write nothing: their bodies are
// no JSON.
func TestGiosgRights(t *testing.T) {
	chattest.Slow(t)
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := newRealm(t, database(t), config.VisitorsCapability)
			w.here.refresh(right{})
			w.there.refresh(right{})
			before := w.here.state()
			for _, route := range w.server.door.Routes() {
				r, method, ok := giosgRow(route)
				if !ok {
					continue // the other test tells
				}
				for _, c := range callers() {
					w.tryGiosg(route, method, w.giosgPath(r.path), r, c)
				}
			}
			if after := w.here.state(); !reflect.DeepEqual(before, after) {
				t.Errorf("something changed:\n%v\n%v", before, after)
			}
		})
	}
}

func (w *realm) giosgPath(path string) string {
	view := w.store.View(w.t.Context())
	room, err := view.MainRoom(w.here.org.ID)
	w.must(err)
	c, err := view.Conversation(w.here.conversation)
	w.must(err)
	return "/api/v5/" + strings.NewReplacer("{O}", w.here.org.UUID, "{R}", room.UUID, "{U}", w.here.counterpart.UUID,
		"{V}", w.here.things["visitor_id"], "{C}", c.UUID, "{K}", "nothing").Replace(path)
}

func (w *realm) tryGiosg(route, method, path string, r giosgRight, c caller) {
	may := r.write
	if method == http.MethodGet {
		may = r.read
	}
	as, in := right{scope: r.scope}, slices.Contains(may, c)
	if c == wrongKey && r.scope == models.AllScopes {
		return // no key has none of them
	}
	switch {
	case slices.Contains(may, everyone):
		in = !slices.Contains(badCallers, c)
	case c == narrowKey:
		in = slices.Contains(may, key)
	case c == wrongKey:
		in = false
	}
	if in && method == http.MethodDelete {
		return
	}
	status, answer := w.callGiosg(method, path, w.token(as, c))
	want := "200, or what the call says"
	switch {
	case in && status != 401 && status != 403 && status < 500 && (status != 404 || mayBeMissing(route, path)):
		return
	case in:
	case slices.Contains(badCallers, c) || strangers[c]:
		if want = "401"; status == 401 {
			return
		}
	default:
		if want = "403 or 404"; status == 403 || status == 404 && (foreign[c] != "" || c == key || c == administrator) {
			return
		}
	}
	w.t.Errorf("%s by %s: %d, want %s: %.300s", route, c, status, want, answer)
}

// mayBeMissing tells of what there need not be any, although the path is right: nobody has come to the room, nor joined.
func mayBeMissing(route, path string) bool {
	for _, kind := range []string{"room_visitor", "online_visitor", "brand", "own_membership"} {
		if strings.Contains(route, kind) {
			return true
		}
	}
	return strings.Contains(path, "nothing")
}

func (w *realm) callGiosg(method, path, credential string) (int, string) {
	body := ""
	if method != http.MethodGet {
		body = "{"
	}
	r, err := http.NewRequest(method, w.origin+path, strings.NewReader(body))
	w.must(err)
	w.calls++
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", w.calls>>16, w.calls>>8&255, w.calls&255))
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	response, err := w.client.Do(r)
	w.must(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	w.must(err)
	return response.StatusCode, string(answer)
}

// TestGiosgSpellings: whatever is read is read with a slash at the end, with ?format=json, and with the key in the address.
func TestGiosgSpellings(t *testing.T) {
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability)
	w.here.refresh(right{})
	for _, route := range w.server.door.Routes() {
		r, method, ok := giosgRow(route)
		if !ok || method != http.MethodGet {
			continue
		}
		credential := w.token(right{}, administrator)
		if strings.HasPrefix(route, "GET public ") {
			credential = w.token(right{}, visitor)
		}
		path := w.giosgPath(r.path)
		want, _ := w.callGiosg(method, path, credential)
		for _, spelling := range []string{path + "/", path + "?format=json", path + "/?format=json&token=nothing"} {
			if got, answer := w.callGiosg(method, spelling, credential); got != want {
				t.Errorf("%s: %d, want %d: %s", spelling, got, want, answer)
			}
		}
		if got, answer := w.callGiosg(method, path+"?token="+credential, ""); got != want {
			t.Errorf("%s with ?token=: %d, want %d: %s", path, got, want, answer)
		}
		if strings.Contains(path, w.here.org.UUID) && !strings.Contains(path, "/public/") {
			if got, answer := w.callGiosg(method, path+"?token="+w.here.key, ""); got != want {
				t.Errorf("%s with a key: %d, want %d: %s", path, got, want, answer)
			}
		}
	}
}
