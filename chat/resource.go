package chat

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// ResourceKind is what a path of giosg's API is about, whichever way it was spelled.
type ResourceKind string

// Kinds. What a collection's name says in the plural is one of its members in the singular.
const (
	ResourceRouter       ResourceKind = "messagerouter"
	ResourceMe           ResourceKind = "me"
	ResourceOrganization ResourceKind = "organization"

	ResourceUsers       ResourceKind = "users"
	ResourceUser        ResourceKind = "user"
	ResourcePreferences ResourceKind = "preferences"
	ResourceClients     ResourceKind = "clients"
	ResourceClient      ResourceKind = "client"
	ResourceTeams       ResourceKind = "teams"
	ResourceTeam        ResourceKind = "team"
	ResourceTeamMembers ResourceKind = "team_members"
	ResourceTeamMember  ResourceKind = "team_member"

	ResourceRooms     ResourceKind = "rooms"
	ResourceRoom      ResourceKind = "room"
	ResourceRoomBrand ResourceKind = "room_brand"
	ResourceRoomKeys  ResourceKind = "room_keys"
	ResourceRoomKey   ResourceKind = "room_key"
	// ResourceOnlineUsers are the managers whom visitors of a room may meet.
	ResourceOnlineUsers ResourceKind = "online_users"

	// ResourceOnlineVisitors and ResourceOnlineVisitor are visitors as long as they are there, ResourceRoomVisitor
	// is one whether she is there or not.
	ResourceOnlineVisitors ResourceKind = "online_visitors"
	ResourceOnlineVisitor  ResourceKind = "online_visitor"
	ResourceRoomVisitors   ResourceKind = "room_visitors"
	ResourceRoomVisitor    ResourceKind = "room_visitor"
	ResourceVariables      ResourceKind = "variables"
	ResourceVariable       ResourceKind = "variable"
	ResourceIdentifiers    ResourceKind = "identifiers"
	ResourceIdentifier     ResourceKind = "identifier"

	// Via tells which chats these are of.
	ResourceChats       ResourceKind = "chats"
	ResourceChat        ResourceKind = "chat"
	ResourceMemberships ResourceKind = "memberships"
	ResourceMembership  ResourceKind = "membership"
	ResourceMessages    ResourceKind = "messages"
	ResourceMessage     ResourceKind = "message"
	ResourceCalls       ResourceKind = "calls"
	ResourceCall        ResourceKind = "call"
	// ResourceOwnMemberships are a user's, or a visitor's, one for each chat; ResourceOwnMembership is named by its chat.
	ResourceOwnMemberships ResourceKind = "own_memberships"
	ResourceOwnMembership  ResourceKind = "own_membership"
	// ResourceInvitations are those that a user sent for a chat, ResourceReceived those that she got.
	ResourceInvitations ResourceKind = "invitations"
	ResourceInvitation  ResourceKind = "invitation"
	ResourceReceived    ResourceKind = "received_invitations"
	ResourceReceivedOne ResourceKind = "received_invitation"

	ResourceGoals       ResourceKind = "goals"
	ResourceGoal        ResourceKind = "goal"
	ResourceGoalMatches ResourceKind = "goal_matches"
	ResourceGoalTotals  ResourceKind = "goal_totals"

	// ResourceAuth is where strangers become visitors.
	ResourceAuth ResourceKind = "auth"
)

// Via is the way by which a path comes to chats.
type Via string

// Ways: the chats of a room, of a visitor in a room, of a user, those that may come to a user, those of an
// organisation's own rooms, and a visitor's own.
const (
	ViaRoom        Via = "room"
	ViaRoomVisitor Via = "room_visitor"
	ViaUser        Via = "user"
	ViaRouted      Via = "routed"
	ViaOwned       Via = "owned"
	ViaVisitor     Via = "visitor"
)

// Resource is a path of giosg's API, taken apart. Names that the path does not have are empty; they are as they came,
// and whether there is anything of the name is the gate's to find out. It is comparable.
type Resource struct {
	Kind ResourceKind
	Via  Via
	// Public: the path is one for visitors.
	Public bool
	// Organization, User, Team and Chat are UUIDs, Room is a UUID or token, Visitor a visitor's id. Key is the last name
	// of kinds that have one of their own: a variable's key, or an id.
	Organization, Room, User, Team, Visitor, Chat, Key string
	// Deleted: what was deleted is asked for, too. No path says so.
	Deleted bool
	// Path is the path as it was given.
	Path string
}

// ResourcePrefix begins all paths, those of channels included.
const ResourcePrefix = "/api/v5/"

const (
	maxResourcePath = 4096
	maxResourceName = 64
	maxResourceKey  = 1024 // bytes
)

// ParseResource takes a path apart, as it stands in an address: escaped, without host, query and the slash that may end
// it. Older spellings lead to the same as newer ones. ok is false if nothing can be there.
func ParseResource(path string) (r Resource, ok bool) {
	rest, ok := strings.CutPrefix(path, ResourcePrefix)
	if !ok || len(path) > maxResourcePath {
		return Resource{}, false
	}
	r.Path = path
	at := resources
	for segment := range strings.SplitSeq(rest, "/") {
		if at = at.step(segment, &r); at == nil {
			return Resource{}, false
		}
	}
	r.Kind, r.Via, r.Public = at.kind, at.via, at.public
	return r, r.Kind != ""
}

// resourceNode is a place in the grammar: which words may come next, or which name.
type resourceNode struct {
	words  map[string]*resourceNode
	name   string
	named  *resourceNode
	kind   ResourceKind
	via    Via
	public bool
}

func (n *resourceNode) step(segment string, r *Resource) *resourceNode {
	if next := n.words[segment]; next != nil {
		return next
	}
	if n.named == nil {
		return nil
	}
	text, err := url.PathUnescape(segment)
	if err != nil || !r.set(n.name, text) {
		return nil
	}
	return n.named
}

func (r *Resource) set(name, text string) bool {
	if name == "key" {
		r.Key = text
		return text != "" && len(text) <= maxResourceKey && utf8.ValidString(text)
	}
	if !validResourceName(text) {
		return false
	}
	switch name {
	case "org":
		r.Organization = text
	case "room":
		r.Room = text
	case "user":
		r.User = text
	case "team":
		r.Team = text
	case "visitor":
		r.Visitor = text
	case "chat":
		r.Chat = text
	}
	return true
}

func validResourceName(s string) bool {
	if s == "" || len(s) > maxResourceName {
		return false
	}
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
