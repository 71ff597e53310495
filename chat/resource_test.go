package chat_test

import (
	"strings"
	"testing"

	"parley/chat"
)

// TestResourcePaths has a row for each kind of path, in each of its spellings. Names in braces are what the path names.
func TestResourcePaths(t *testing.T) {
	users := []string{"users/{U}", "orgs/{O}/users/{U}"}
	rooms := []string{"orgs/{O}/rooms/{R}", "users/{U}/rooms/{R}", "orgs/{O}/users/{U}/rooms/{R}", "rooms/{R}"}
	public := []string{"client", "public", "public/orgs/{O}"}
	for _, row := range []struct {
		prefixes []string
		path     string
		kind     chat.ResourceKind
		via      chat.Via
	}{
		{nil, "messagerouter", chat.ResourceRouter, ""},
		{nil, "users/me", chat.ResourceMe, ""},
		{nil, "orgs/{O}", chat.ResourceOrganization, ""},
		{nil, "orgs/{O}/users", chat.ResourceUsers, ""},
		{nil, "orgs/{O}/teams", chat.ResourceTeams, ""},
		{nil, "orgs/{O}/teams/{T}", chat.ResourceTeam, ""},
		{nil, "orgs/{O}/teams/{T}/memberships", chat.ResourceTeamMembers, ""},
		{nil, "orgs/{O}/teams/{T}/memberships/{K}", chat.ResourceTeamMember, ""},
		{nil, "orgs/{O}/goals", chat.ResourceGoals, ""},
		{nil, "orgs/{O}/goals/{K}", chat.ResourceGoal, ""},
		{nil, "orgs/{O}/goals/{K}/matches", chat.ResourceGoalMatches, ""},
		{nil, "orgs/{O}/visitor_identifiers", chat.ResourceIdentifiers, ""},
		{nil, "orgs/{O}/visitor_identifiers/{K}", chat.ResourceIdentifier, ""},
		{[]string{"orgs/{O}", "users/{U}", "orgs/{O}/users/{U}"}, "rooms", chat.ResourceRooms, ""},
		{[]string{"orgs/{O}"}, "owned_chats", chat.ResourceChats, chat.ViaOwned},
		{[]string{"orgs/{O}"}, "owned_chats/{C}", chat.ResourceChat, chat.ViaOwned},
		{[]string{"orgs/{O}"}, "owned_chats/{C}/memberships", chat.ResourceMemberships, chat.ViaOwned},
		{[]string{"orgs/{O}"}, "owned_chats/{C}/messages", chat.ResourceMessages, chat.ViaOwned},

		{users, "", chat.ResourceUser, ""},
		{users, "preferences", chat.ResourcePreferences, ""},
		{users, "clients", chat.ResourceClients, ""},
		{users, "clients/{K}", chat.ResourceClient, ""},
		{users, "chats", chat.ResourceChats, chat.ViaUser},
		{users, "chats/{C}", chat.ResourceChat, chat.ViaUser},
		{users, "chats/{C}/memberships", chat.ResourceMemberships, chat.ViaUser},
		{users, "chats/{C}/messages", chat.ResourceMessages, chat.ViaUser},
		{users, "chats/{C}/messages/{K}", chat.ResourceMessage, chat.ViaUser},
		{users, "chats/{C}/outgoing_chat_invitations", chat.ResourceInvitations, ""},
		{users, "routed_chats", chat.ResourceChats, chat.ViaRouted},
		{users, "routed_chats/{C}", chat.ResourceChat, chat.ViaRouted},
		{users, "routed_chats/{C}/memberships", chat.ResourceMemberships, chat.ViaRouted},
		{users, "chat_memberships", chat.ResourceOwnMemberships, ""},
		{users, "chats_memberships", chat.ResourceOwnMemberships, ""},
		{users, "chat_memberships/{C}", chat.ResourceOwnMembership, ""},
		{users, "incoming_chat_invitations", chat.ResourceReceived, ""},
		{users, "incoming_chat_invitations/{K}", chat.ResourceReceivedOne, ""},

		{rooms, "", chat.ResourceRoom, ""},
		{rooms, "keys", chat.ResourceRoomKeys, ""},
		{rooms, "keys/{K}", chat.ResourceRoomKey, ""},
		{rooms, "online_visitors", chat.ResourceOnlineVisitors, ""},
		{rooms, "priority_visitors", chat.ResourceOnlineVisitors, ""},
		{rooms, "online_visitors/{V}", chat.ResourceOnlineVisitor, ""},
		{rooms, "present_visitors/{V}", chat.ResourceOnlineVisitor, ""},
		{rooms, "visitors/{V}", chat.ResourceRoomVisitor, ""},
		{rooms, "visitors/{V}/variables", chat.ResourceVariables, ""},
		{rooms, "visitors/{V}/variables/{K}", chat.ResourceVariable, ""},
		{rooms, "visitors/{V}/chats", chat.ResourceChats, chat.ViaRoomVisitor},
		{rooms, "chats", chat.ResourceChats, chat.ViaRoom},
		{rooms, "chats/{C}", chat.ResourceChat, chat.ViaRoom},
		{rooms, "chats/{C}/memberships", chat.ResourceMemberships, chat.ViaRoom},
		{rooms, "chats/{C}/memberships/{K}", chat.ResourceMembership, chat.ViaRoom},
		{rooms, "chats/{C}/members", chat.ResourceMemberships, chat.ViaRoom},
		{rooms, "chats/{C}/messages", chat.ResourceMessages, chat.ViaRoom},

		{[]string{"public/orgs/{O}"}, "auth", chat.ResourceAuth, ""},
		{public, "rooms/{R}", chat.ResourceRoom, ""},
		{public, "rooms/{R}/brand", chat.ResourceRoomBrand, ""},
		{public, "rooms/{R}/online_users", chat.ResourceOnlineUsers, ""},
		{public, "rooms/{R}/visitors", chat.ResourceRoomVisitors, ""},
		{public, "rooms/{R}/visitors/{V}", chat.ResourceRoomVisitor, ""},
		{public, "rooms/{R}/visitors/{V}/variables", chat.ResourceVariables, ""},
		{public, "rooms/{R}/visitors/{V}/variables/{K}", chat.ResourceVariable, ""},
		{public, "rooms/{R}/visitors/{V}/chats", chat.ResourceChats, chat.ViaRoomVisitor},
		{public, "visitors/{V}/rooms/{R}/chats", chat.ResourceChats, chat.ViaRoomVisitor},
		{public, "visitors/{V}/chats", chat.ResourceChats, chat.ViaVisitor},
		{public, "visitors/{V}/chats/{C}", chat.ResourceChat, chat.ViaVisitor},
		{public, "visitors/{V}/chats/{C}/memberships", chat.ResourceMemberships, chat.ViaVisitor},
		{public, "visitors/{V}/chats/{C}/members", chat.ResourceMemberships, chat.ViaVisitor},
		{public, "visitors/{V}/chats/{C}/messages", chat.ResourceMessages, chat.ViaVisitor},
		{public, "visitors/{V}/chats/{C}/calls/{K}", chat.ResourceCall, chat.ViaVisitor},
		{public, "visitors/{V}/chat_memberships", chat.ResourceOwnMemberships, ""},
		{public, "visitors/{V}/chats_memberships", chat.ResourceOwnMemberships, ""},
		{public, "visitors/{V}/chat_memberships/{C}", chat.ResourceOwnMembership, ""},
		{public, "visitors/{V}/identifiers/{K}", chat.ResourceIdentifier, ""},
		{public, "visitors/{V}/goal_matches", chat.ResourceGoalMatches, ""},
	} {
		if row.prefixes == nil {
			row.prefixes = []string{""}
		}
		for _, prefix := range row.prefixes {
			wantResource(t, "/api/v5/"+strings.Trim(prefix+"/"+row.path, "/"), chat.Resource{Kind: row.kind, Via: row.via})
		}
	}
}

func wantResource(t *testing.T, pattern string, want chat.Resource) {
	t.Helper()
	const id = "11d8bd3f-3b2f-4b3c-9d1c-0d2f5e7c9a10"
	for name, field := range map[string]*string{
		"{O}": &want.Organization, "{R}": &want.Room, "{U}": &want.User, "{T}": &want.Team, "{V}": &want.Visitor, "{C}": &want.Chat, "{K}": &want.Key,
	} {
		if strings.Contains(pattern, name) {
			*field = strings.Trim(name, "{}") + "-" + id
			pattern = strings.ReplaceAll(pattern, name, *field)
		}
	}
	want.Path, want.Public = pattern, strings.HasPrefix(pattern, "/api/v5/public/") || strings.HasPrefix(pattern, "/api/v5/client/")
	if got, ok := chat.ParseResource(pattern); !ok || got != want {
		t.Errorf("%s: %+v, %v", pattern, got, ok)
	}
}

func TestWhatIsNoResource(t *testing.T) {
	for _, path := range []string{
		"", "/", "/api/v5", "/api/v5/", "/api/v4/users/me", "/003/2/router", "/api/v5/socket", "/api/v5/orgs", "/api/v5/orgs/",
		"/api/v5/orgs/o/", "/api/v5/orgs//rooms", "/api/v5/orgs/o/rooms/r/chats/", "/api/v5/orgs/o/rooms/*", "/api/v5/orgs/o/**",
		"/api/v5/orgs/o/Rooms", "/api/v5/orgs/ö/rooms", "/api/v5/orgs/a%20b/rooms", "/api/v5/orgs/%2e%2e/rooms", "/api/v5/orgs/o%2Frooms",
		"/api/v5/orgs/%zz", "/api/v5/rooms", "/api/v5/users", "/api/v5/public/visitors/v", "/api/v5/public/auth", "/api/v5/client/orgs/o/auth",
		"/api/v5/public/orgs/o/users", "/api/v5/public/orgs/o/owned_chats", "/api/v5/orgs/o/rooms/r/visitors/v/variables/%ff",
		"/api/v5/orgs/" + strings.Repeat("o", 65), "/api/v5/orgs/o/rooms/r/visitors/v/variables/" + strings.Repeat("k", 1025),
		"/api/v5/orgs/o?x=1",
	} {
		if r, ok := chat.ParseResource(path); ok {
			t.Errorf("%s: %+v", path, r)
		}
	}
}

func TestVariablesMayBeNamedAnything(t *testing.T) {
	for escaped, want := range map[string]string{"S%C3%A4%C3%A4": "Sää", "Sää": "Sää", "a%2Fb": "a/b", "..": "..", "a%20b": "a b", "chats": "chats"} {
		r, ok := chat.ParseResource("/api/v5/orgs/o/rooms/r/visitors/v/variables/" + escaped)
		if !ok || r.Kind != chat.ResourceVariable || r.Key != want {
			t.Errorf("%s: %+v, %v", escaped, r, ok)
		}
	}
}

func FuzzParseResource(f *testing.F) {
	for _, path := range []string{"/api/v5/users/me", "/api/v5/public/orgs/o/rooms/r/visitors/v/variables/k%2F", "/api/v5/orgs/o/users/u/rooms/r/chats/c/messages"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, ok := chat.ParseResource(path)
		if ok != (r.Kind != "") || ok && r.Path != path {
			t.Fatalf("%q: %+v, %v", path, r, ok)
		}
		for _, name := range []string{r.Organization, r.Room, r.User, r.Team, r.Visitor, r.Chat} {
			if strings.ContainsAny(name, "/.%* ") || len(name) > 64 {
				t.Fatalf("%q: %+v", path, r)
			}
		}
	})
}
