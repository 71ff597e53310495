package chat

import (
	"context"
	"errors"
	"strings"

	"parley/models"
)

// Use is what somebody wants with a resource.
type Use int

// Uses. Listening to a channel is reading what its path names.
const (
	ReadResource Use = iota
	WriteResource
)

// Found is what a path's names stand for. What the path does not name is the zero value.
type Found struct {
	// Organization is always there.
	Organization models.Organization
	Room         models.Room
	// User is whose path it is.
	User models.Manager
	Chat models.Conversation
	// VisitorID is the visitor's; Visitor is her record, which the zero value of a visitor's own path may not be yet.
	VisitorID string
	Visitor   models.Visitor
}

// Rights over this API. Managers see all of their organisation, and change what their permissions let them; paths of a
// user are her own, and her admins'. A key of nobody's is bound by its scopes, a manager's key by both. Visitors have the
// public paths, each only her own. Somebody else's organisation is forbidden whether there is any; its rooms, users and
// chats are not found.

// Permission is what giosg's users may be given.
type Permission string

// Permissions. Admins have all, supervisors all but users, other managers none.
const (
	PermissionSettings Permission = "settings"
	PermissionUsers    Permission = "users"
	PermissionReports  Permission = "reports"
)

// Permissions lists what somebody may do over giosg's API.
func (p Principal) Permissions() []Permission {
	list := []Permission{}
	for _, one := range []Permission{PermissionSettings, PermissionUsers, PermissionReports} {
		if p.permitted(one) {
			list = append(list, one)
		}
	}
	return list
}

var permissionScopes = map[Permission]models.Scopes{
	PermissionSettings: models.ScopeVisitors, PermissionUsers: models.ScopePeople, PermissionReports: models.ScopeNumbers,
}

func (p Principal) permitted(one Permission) bool {
	if !p.allows(permissionScopes[one]) {
		return false
	}
	return p.administers() || p.supervises() && one != PermissionUsers
}

// resourceRule is who may use a kind: keys with one of the scopes, and who has the permission that writing needs.
type resourceRule struct {
	scopes     models.Scopes
	reading    Permission
	writing    Permission
	mayBeShown bool // to visitors' organisation's people, too, though the path is public
}

const (
	aboutChats    = models.ScopeChat
	aboutVisitors = models.ScopeVisitors
	aboutPeople   = models.ScopePeople | models.ScopeChat
	aboutRooms    = models.ScopeChat | models.ScopeVisitors | models.ScopePeople
)

var resourceRules = map[ResourceKind]resourceRule{
	ResourceRouter: {scopes: models.ScopeEvents}, ResourceMe: {scopes: models.AllScopes},
	ResourceOrganization: {scopes: aboutRooms, writing: PermissionUsers},
	ResourceUsers:        {scopes: aboutPeople, writing: PermissionUsers}, ResourceUser: {scopes: aboutPeople},
	ResourcePreferences: {scopes: models.ScopePeople},
	ResourceClients:     {scopes: models.ScopeChat}, ResourceClient: {scopes: models.ScopeChat},
	ResourceTeams: {scopes: aboutPeople, writing: PermissionUsers}, ResourceTeam: {scopes: aboutPeople, writing: PermissionUsers},
	ResourceTeamMembers: {scopes: aboutPeople, writing: PermissionUsers}, ResourceTeamMember: {scopes: aboutPeople, writing: PermissionUsers},

	ResourceRooms: {scopes: aboutRooms, writing: PermissionSettings}, ResourceRoom: {scopes: aboutRooms, writing: PermissionSettings, mayBeShown: true},
	ResourceRoomBrand: {mayBeShown: true}, ResourceOnlineUsers: {mayBeShown: true},
	ResourceRoomKeys: {scopes: aboutVisitors, reading: PermissionSettings, writing: PermissionSettings},
	ResourceRoomKey:  {scopes: aboutVisitors, reading: PermissionSettings, writing: PermissionSettings},

	ResourceOnlineVisitors: {scopes: aboutVisitors}, ResourceOnlineVisitor: {scopes: aboutVisitors},
	ResourceRoomVisitors: {scopes: aboutVisitors, writing: PermissionSettings}, ResourceRoomVisitor: {scopes: aboutVisitors, writing: PermissionSettings},
	ResourceVariables: {scopes: aboutVisitors, writing: PermissionSettings}, ResourceVariable: {scopes: aboutVisitors, writing: PermissionSettings},
	ResourceIdentifiers: {scopes: aboutVisitors, reading: PermissionSettings, writing: PermissionSettings},
	ResourceIdentifier:  {scopes: aboutVisitors, reading: PermissionSettings, writing: PermissionSettings},

	ResourceChats: {scopes: aboutChats}, ResourceChat: {scopes: aboutChats},
	ResourceMemberships: {scopes: aboutChats}, ResourceMembership: {scopes: aboutChats},
	ResourceMessages: {scopes: aboutChats}, ResourceMessage: {scopes: aboutChats},
	ResourceCalls: {scopes: aboutChats}, ResourceCall: {scopes: aboutChats},
	ResourceOwnMemberships: {scopes: aboutChats}, ResourceOwnMembership: {scopes: aboutChats},
	ResourceInvitations: {scopes: aboutChats}, ResourceInvitation: {scopes: aboutChats},
	ResourceReceived: {scopes: aboutChats}, ResourceReceivedOne: {scopes: aboutChats},

	ResourceGoals:       {scopes: aboutVisitors | models.ScopeNumbers, writing: PermissionSettings},
	ResourceGoal:        {scopes: aboutVisitors | models.ScopeNumbers, writing: PermissionSettings},
	ResourceGoalMatches: {scopes: aboutVisitors | models.ScopeNumbers, reading: PermissionReports, writing: PermissionSettings},
	ResourceGoalTotals:  {scopes: models.ScopeNumbers, reading: PermissionReports, writing: PermissionReports},
	ResourceAuth:        {},
}

// MayResource tells what a path names, and refuses whoever may not use it: 401, then 403, then 404, as the doors
// translate it. Everybody who takes part in this API passes here.
func (g *Gate) MayResource(ctx context.Context, p Principal, r Resource, use Use) (Found, error) {
	if r.Kind == ResourceAuth {
		return g.anybodysResource(ctx, r)
	}
	switch p.Party {
	case Stranger, Signed:
		return Found{}, tokenMissing()
	case Operator:
		return Found{}, forbidden("The operator has no part in the chat")
	}
	if !p.hasChannel(r.Path) {
		return Found{}, forbidden("The token is for other channels")
	}
	if r.Public {
		return g.publicResource(ctx, p, r, use)
	}
	return g.teamResource(ctx, p, r, use)
}

func (g *Gate) anybodysResource(ctx context.Context, r Resource) (found Found, err error) {
	found.Organization, err = g.store.View(ctx).OrganizationByUUID(r.Organization)
	if err != nil {
		return Found{}, orNotFound(err, "organization_not_found", "There is no such organisation")
	}
	if found.Organization.Suspended {
		return Found{}, suspended()
	}
	return found, g.allowPage(ctx, found.Organization.ID)
}

func suspended() *Error {
	return E(Forbidden, "organization_suspended", "The organisation has no active subscription")
}

// tenant is the organisation that p belongs to, if the path does not name another.
func (g *Gate) tenant(ctx context.Context, p Principal, r Resource) (models.Organization, error) {
	o, err := g.store.View(ctx).Organization(p.OrganizationID)
	switch {
	case errors.Is(err, ErrNoRecord):
		return o, tokenInvalid()
	case err != nil:
		return o, err
	case r.Organization != "" && r.Organization != o.UUID:
		return o, forbidden("There is no access to this organisation")
	case o.Suspended:
		return o, suspended()
	}
	return o, nil
}

func (g *Gate) teamResource(ctx context.Context, p Principal, r Resource, use Use) (found Found, err error) {
	if p.Party == Visitor {
		return Found{}, forbidden("Visitors have the public paths")
	}
	if found.Organization, err = g.tenant(ctx, p, r); err != nil {
		return Found{}, err
	}
	if err := p.mayKind(r, use); err != nil {
		return Found{}, err
	}
	if err := g.findUser(ctx, p, r, use, &found); err != nil {
		return Found{}, err
	}
	return found, g.findRest(ctx, r, &found)
}

// mayKind asks for scopes and permissions.
func (p Principal) mayKind(r Resource, use Use) error {
	rule, known := resourceRules[r.Kind]
	if !known {
		return forbidden("This is for nobody")
	}
	if p.bound() && p.Scopes&rule.scopes == 0 {
		return E(Forbidden, "scope_missing", "The key lacks the scope %s", rule.scopes)
	}
	needed := rule.reading
	if use == WriteResource {
		needed = rule.writing
	}
	if needed != "" && !p.permitted(needed) {
		return E(Forbidden, "permission_missing", "This needs the permission %s", needed)
	}
	if (r.Kind == ResourceMe || r.Kind == ResourceRouter) && p.Party != Manager {
		return forbidden("The credentials are not a user's")
	}
	return nil
}

// findUser finds whose path it is: others than she and her admins are refused, but that colleagues may see her.
func (g *Gate) findUser(ctx context.Context, p Principal, r Resource, use Use, found *Found) error {
	view := g.store.View(ctx)
	if r.Kind == ResourceMe || r.Kind == ResourceRouter {
		var err error
		found.User, err = view.Manager(p.ManagerID)
		return err
	}
	if r.User == "" {
		return nil
	}
	find := view.ManagerByUUID
	if r.Deleted {
		find = view.FormerManagerByUUID
	}
	user, err := find(r.User)
	if errors.Is(err, ErrNoRecord) || err == nil && user.OrganizationID != p.OrganizationID {
		user, err = models.Manager{}, ErrNoRecord
	}
	if err != nil && !errors.Is(err, ErrNoRecord) {
		return err
	}
	seen := r.Kind == ResourceUser && use == ReadResource
	if !p.administers() && !seen && (err != nil || !p.is(user.ID)) {
		return forbidden("This is another user's")
	}
	found.User = user
	return orNotFound(err, "user_not_found", "There is no such user")
}

// findRest finds room, visitor and chat within the organisation that was found already. What does not belong together
// is not there.
func (g *Gate) findRest(ctx context.Context, r Resource, found *Found) (err error) {
	view := g.store.View(ctx)
	if r.Room != "" {
		found.Room, err = view.RoomByUUID(r.Room)
		if err == nil && (found.Room.OrganizationID != found.Organization.ID || found.Room.DeletedAt != nil && !r.Deleted) {
			err = ErrNoRecord
		}
		if err != nil {
			return orNotFound(err, "room_not_found", "There is no such room")
		}
	}
	if r.Visitor != "" && found.VisitorID == "" {
		if err := findVisitor(view, r, found); err != nil {
			return err
		}
	}
	if r.Chat == "" {
		return nil
	}
	found.Chat, err = view.ConversationByUUID(r.Chat)
	if err == nil && !found.holds(r) {
		err = ErrNoRecord
	}
	return orNotFound(err, "chat_not_found", "There is no such chat")
}

// holds tells whether the chat is one of those that the path goes through.
func (f *Found) holds(r Resource) bool {
	return f.Chat.OrganizationID == f.Organization.ID &&
		(f.VisitorID == "" || f.Chat.VisitorID == f.VisitorID) &&
		(f.Room.ID == 0 || f.Chat.RoomID == f.Room.Place())
}

// findVisitor finds a visitor of the organisation. An id that was merged into another means the other.
func findVisitor(view Reader, r Resource, found *Found) error {
	v, err := view.Visitor(r.Visitor)
	if err == nil && v.MergedInto != nil {
		v, err = view.Visitor(*v.MergedInto)
	}
	if err == nil && (v.OrganizationID != found.Organization.ID || v.ErasingAt != nil) {
		err = ErrNoRecord
	}
	if err != nil {
		return orNotFound(err, "visitor_not_found", "There is no such visitor")
	}
	found.Visitor, found.VisitorID = v, v.ID
	return nil
}

// publicResource is about a visitor's own paths. Her organisation's people may see what all of its visitors see.
func (g *Gate) publicResource(ctx context.Context, p Principal, r Resource, use Use) (found Found, err error) {
	if p.Party != Visitor {
		if !resourceRules[r.Kind].mayBeShown || use != ReadResource {
			return Found{}, forbidden("This path is the visitor's")
		}
	} else {
		if r.Visitor != "" && r.Visitor != p.VisitorID {
			return Found{}, forbidden("The token belongs to another visitor")
		}
		if p, err = g.visitorAtHome(ctx, p, &found); err != nil {
			return Found{}, err
		}
		found.VisitorID = p.VisitorID
	}
	if found.Organization, err = g.tenant(ctx, p, r); err != nil {
		return Found{}, err
	}
	if err := g.allowPage(ctx, found.Organization.ID); err != nil {
		return Found{}, err
	}
	return found, g.findRest(ctx, r, &found)
}

// visitorAtHome reads the visitor's record, which tells her organisation where the token does not.
func (g *Gate) visitorAtHome(ctx context.Context, p Principal, found *Found) (Principal, error) {
	v, err := g.store.View(ctx).Visitor(p.VisitorID)
	switch {
	case errors.Is(err, ErrNoRecord):
		if p.OrganizationID != 0 {
			return p, nil
		}
		return p, visitorNotFound(p.VisitorID)
	case err != nil:
		return p, err
	case p.OrganizationID != 0 && p.OrganizationID != v.OrganizationID || v.ErasingAt != nil:
		return p, visitorNotFound(p.VisitorID)
	}
	found.Visitor, p.OrganizationID = v, v.OrganizationID
	return p, nil
}

// subscribeResource decides about channels that are paths of giosg's API, and about patterns of them.
func (g *Gate) subscribeResource(ctx context.Context, p Principal, channel string) (string, bool, error) {
	if !p.allows(models.ScopeEvents) || !p.hasChannel(channel) {
		return "", false, nil
	}
	if strings.HasSuffix(channel, "*") {
		return g.subscribeResources(ctx, p, channel)
	}
	r, ok := ParseResource(channel)
	if !ok || r.Kind == ResourceAuth || r.Kind == ResourceMe || r.Kind == ResourceRouter ||
		r.Kind == ResourceRoomVisitors && r.Public || // visitors hear nothing of each other
		r.Kind == ResourceOnlineVisitors && g.rules.WithoutVisitorCollection {
		return "", false, nil
	}
	found, err := g.MayResource(ctx, p, r, ReadResource)
	return organizationScope(found.Organization.ID), err == nil, internalOnly(err)
}

// subscribeResources lets backends and admins listen to all of their organisation, or to a part of it. A key has to have
// the scopes of whatever lies there.
func (g *Gate) subscribeResources(ctx context.Context, p Principal, pattern string) (string, bool, error) {
	rest, ok := strings.CutPrefix(pattern, ResourcePrefix+"orgs/")
	named, _, deeper := strings.Cut(rest, "/")
	if !ok || !deeper || !p.administers() || !p.mayPattern(pattern) {
		return "", false, nil
	}
	o, err := g.tenant(ctx, p, Resource{Organization: named})
	return organizationScope(o.ID), err == nil, internalOnly(err)
}

// mayPattern tells whether a key may read all kinds that a pattern stands for.
func (p Principal) mayPattern(pattern string) bool {
	if !p.bound() {
		return true
	}
	for _, kind := range kindsOf(pattern) {
		if p.mayKind(Resource{Kind: kind}, ReadResource) != nil {
			return false
		}
	}
	return true
}
