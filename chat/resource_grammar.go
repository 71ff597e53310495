package chat

import (
	"slices"
	"strings"
)

// resources is the grammar of all paths. Users' paths were given without their organisation later on, and visitors'
// with one: "client" became "public", which became "public/orgs/{org}".
var resources = newResources()

const (
	userPrefixes    = "users/{user} orgs/{org}/users/{user}"
	visitorPrefixes = "client public public/orgs/{org}"
)

func newResources() *resourceNode {
	root := &resourceNode{}
	root.add("messagerouter", ResourceRouter)
	root.add("users/me", ResourceMe)
	root.add("orgs/{org}", ResourceOrganization)
	root.add("orgs/{org}/users", ResourceUsers)
	root.add("orgs/{org}/teams", ResourceTeams)
	root.add("orgs/{org}/teams/{team}", ResourceTeam)
	root.pair("orgs/{org}/teams/{team}/memberships", ResourceTeamMembers, ResourceTeamMember)
	root.pair("orgs/{org}/teams/{team}/members", ResourceTeamMembers, ResourceTeamMember)
	root.pair("orgs/{org}/goals", ResourceGoals, ResourceGoal)
	root.add("orgs/{org}/goals/{key}/matches", ResourceGoalMatches)
	root.add("orgs/{org}/goals/totals", ResourceGoalTotals) // of all of them
	root.add("orgs/{org}/goals/{key}/totals", ResourceGoalTotals)
	root.pair("orgs/{org}/visitor_identifiers", ResourceIdentifiers, ResourceIdentifier)
	root.chats("orgs/{org}/owned_chats", ViaOwned)
	for user := range strings.FieldsSeq(userPrefixes) {
		root.user(user)
	}
	for _, above := range []string{"", "orgs/{org}/", "users/{user}/", "orgs/{org}/users/{user}/"} {
		root.room(above + "rooms/{room}")
		if above != "" {
			root.add(above+"rooms", ResourceRooms)
		}
	}
	public := &resourceNode{public: true}
	for prefix := range strings.FieldsSeq(visitorPrefixes) {
		public.visitor(prefix)
	}
	root.words["client"], root.words["public"] = public.words["client"], public.words["public"]
	return root
}

func (n *resourceNode) user(prefix string) {
	n.add(prefix, ResourceUser)
	n.add(prefix+"/preferences", ResourcePreferences)
	n.pair(prefix+"/clients", ResourceClients, ResourceClient)
	n.chats(prefix+"/chats", ViaUser)
	n.chats(prefix+"/routed_chats", ViaRouted)
	n.ownMemberships(prefix)
	for _, chats := range []string{"/chats", "/routed_chats"} {
		n.pair(prefix+chats+"/{chat}/outgoing_chat_invitations", ResourceInvitations, ResourceInvitation)
	}
	n.pair(prefix+"/incoming_chat_invitations", ResourceReceived, ResourceReceivedOne)
}

func (n *resourceNode) room(prefix string) {
	n.add(prefix, ResourceRoom)
	n.pair(prefix+"/keys", ResourceRoomKeys, ResourceRoomKey)
	n.pair(prefix+"/signing_keys", ResourceRoomKeys, ResourceRoomKey)
	for _, name := range []string{"online_visitors", "present_visitors", "priority_visitors"} {
		n.add(prefix+"/"+name, ResourceOnlineVisitors)
		n.add(prefix+"/"+name+"/{visitor}", ResourceOnlineVisitor)
	}
	n.chats(prefix+"/chats", ViaRoom)
	n.roomVisitors(prefix)
}

func (n *resourceNode) roomVisitors(room string) {
	one := room + "/visitors/{visitor}"
	n.add(room+"/visitors", ResourceRoomVisitors)
	n.add(one, ResourceRoomVisitor)
	n.pair(one+"/variables", ResourceVariables, ResourceVariable)
	n.chats(one+"/chats", ViaRoomVisitor)
}

func (n *resourceNode) visitor(prefix string) {
	if strings.Contains(prefix, "{org}") {
		n.add(prefix+"/auth", ResourceAuth)
	}
	room, one := prefix+"/rooms/{room}", prefix+"/visitors/{visitor}"
	n.add(room, ResourceRoom)
	n.add(room+"/brand", ResourceRoomBrand)
	n.add(room+"/online_users", ResourceOnlineUsers)
	n.roomVisitors(room)
	n.chats(one+"/chats", ViaVisitor)
	n.chats(one+"/rooms/{room}/chats", ViaRoomVisitor)
	n.ownMemberships(one)
	n.pair(one+"/identifiers", ResourceIdentifiers, ResourceIdentifier)
	n.add(one+"/goal_matches", ResourceGoalMatches)
}

func (n *resourceNode) ownMemberships(prefix string) {
	for _, name := range []string{"chat_memberships", "chats_memberships"} { // the second is a slip that clients know
		n.add(prefix+"/"+name, ResourceOwnMemberships)
		n.add(prefix+"/"+name+"/{chat}", ResourceOwnMembership)
	}
}

func (n *resourceNode) chats(prefix string, via Via) {
	chat := prefix + "/{chat}"
	for pattern, kind := range map[string]ResourceKind{
		prefix: ResourceChats, chat: ResourceChat,
		chat + "/memberships": ResourceMemberships, chat + "/memberships/{key}": ResourceMembership,
		chat + "/members": ResourceMemberships, chat + "/members/{key}": ResourceMembership,
		chat + "/messages": ResourceMessages, chat + "/messages/{key}": ResourceMessage,
		chat + "/calls": ResourceCalls, chat + "/calls/{key}": ResourceCall,
	} {
		n.add(pattern, kind).via = via
	}
}

// pair adds a collection and its members, which have a name of their own.
func (n *resourceNode) pair(pattern string, many, one ResourceKind) {
	n.add(pattern, many)
	n.add(pattern+"/{key}", one)
}

// add puts a pattern into the grammar; {name} stands for any name.
func (n *resourceNode) add(pattern string, kind ResourceKind) *resourceNode {
	at := n
	for segment := range strings.SplitSeq(pattern, "/") {
		at = at.grow(segment)
	}
	at.kind = kind
	return at
}

func (n *resourceNode) grow(segment string) *resourceNode {
	if name, ok := strings.CutPrefix(segment, "{"); ok {
		if n.named == nil {
			n.name, n.named = strings.TrimSuffix(name, "}"), &resourceNode{public: n.public}
		}
		return n.named
	}
	if n.words == nil {
		n.words = map[string]*resourceNode{}
	}
	if n.words[segment] == nil {
		n.words[segment] = &resourceNode{public: n.public}
	}
	return n.words[segment]
}

// WaysTo lists the ways by which a path leads to a kind; "" where there are none to tell apart.
func WaysTo(kind ResourceKind, public bool) []Via {
	var ways []Via
	resources.visit(func(n *resourceNode) {
		if n.kind == kind && n.public == public && !slices.Contains(ways, n.via) {
			ways = append(ways, n.via)
		}
	})
	slices.Sort(ways)
	return ways
}

func (n *resourceNode) visit(fn func(*resourceNode)) {
	fn(n)
	for _, next := range n.words {
		next.visit(fn)
	}
	if n.named != nil {
		n.named.visit(fn)
	}
}

// kindsOf lists the kinds of what a pattern that ends in * or ** stands for.
func kindsOf(pattern string) (kinds []ResourceKind) {
	rest := strings.TrimPrefix(pattern, ResourcePrefix)
	last := rest[strings.LastIndexByte(rest, '/')+1:]
	at := resources
	for segment := range strings.SplitSeq(strings.TrimSuffix(rest, "/"+last), "/") {
		if at = at.step(segment, &Resource{}); at == nil {
			return nil
		}
	}
	if last == "**" {
		at.visit(func(n *resourceNode) { kinds = append(kinds, n.kind) })
		kinds = kinds[1:] // what the pattern hangs on is none of it
	} else {
		for _, n := range at.words {
			kinds = append(kinds, n.kind)
		}
		if at.named != nil {
			kinds = append(kinds, at.named.kind)
		}
	}
	return slices.DeleteFunc(kinds, func(kind ResourceKind) bool { return kind == "" })
}
