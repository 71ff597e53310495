package chat

import (
	"context"
	"errors"
	"slices"

	"parley/models"
)

// MemberFacts is what is told of a membership in giosg's form. All of it is read.
type MemberFacts struct {
	models.Membership
	Organization models.Organization
	Room         models.Room
	Chat         models.Conversation
	// Manager is nil for the visitor, whom Visitor and Face tell of.
	Manager *models.Manager
	Visitor models.Visitor
	Face    Face
	// Messages counts what the member wrote.
	Messages int
	// Present: takes part, and is there.
	Present   bool
	Composing Composing
}

// memberFacts reads what is told of memberships of one organisation, a query for each kind of thing.
func (s *Service) memberFacts(r Reader, o models.Organization, chats map[int64]models.Conversation, list []models.Membership) ([]MemberFacts, error) {
	var ids, managerIDs []int64
	var conversations []models.Conversation
	var visitorIDs []string
	for _, m := range list {
		if m.ManagerID != 0 {
			managerIDs = append(managerIDs, m.ManagerID)
		}
		if !slices.Contains(ids, m.ConversationID) {
			c := chats[m.ConversationID]
			ids, conversations, visitorIDs = append(ids, c.ID), append(conversations, c), append(visitorIDs, c.VisitorID)
		}
	}
	main, err1 := r.MainRoom(o.ID)
	rooms, err2 := roomsOf(r, conversations, main)
	messages, err3 := r.MessagesOf(ids...)
	inRoom, err4 := r.InRoom(conversations, main.ID)
	present, err5 := r.Present(managerIDs)
	managers, err6 := r.ManagersByID(managerIDs)
	visitors, err7 := r.VisitorsByID(visitorIDs)
	faces, err8 := r.Faces(visitorIDs)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
		return nil, err
	}
	facts := make([]MemberFacts, len(list))
	for i, m := range list {
		c := chats[m.ConversationID]
		f := MemberFacts{
			Membership: m, Organization: o, Room: rooms[c.RoomID], Chat: c, Visitor: visitors[c.VisitorID],
			Face: faces[FaceOf{c.RoomID, c.VisitorID}], Messages: messages[c.ID][m.ManagerID],
			Present: m.Participating && inRoom[c.ID], Composing: s.composing.of(c.ID, m.ManagerID),
		}
		if manager, is := managers[m.ManagerID]; is {
			f.Manager, f.Present = &manager, m.Participating && present[m.ManagerID]
		}
		facts[i] = f
	}
	return facts, nil
}

// visitorsMembership is that of a conversation's visitor, who takes part as long as nothing else is known.
func visitorsMembership(c models.Conversation, known []models.Membership) models.Membership {
	if i := slices.IndexFunc(known, func(m models.Membership) bool { return m.ManagerID == 0 }); i >= 0 {
		return known[i]
	}
	return models.Membership{
		ConversationID: c.ID, OrganizationID: c.OrganizationID, Participating: true, CreatedAt: c.CreatedAt, UpdatedAt: c.CreatedAt,
	}
}

// Members lists who took part in a conversation that the gate has found: its visitor, then managers as they came.
func (s *Service) Members(ctx context.Context, f Found) ([]MemberFacts, error) {
	return s.members(s.store.View(ctx), f.Organization, f.Chat)
}

func (s *Service) members(r Reader, o models.Organization, c models.Conversation) ([]MemberFacts, error) {
	all, err := r.Memberships(c.ID)
	if err != nil {
		return nil, err
	}
	list := []models.Membership{visitorsMembership(c, all[c.ID])}
	for _, m := range all[c.ID] {
		if m.ManagerID != 0 {
			list = append(list, m)
		}
	}
	return s.memberFacts(r, o, map[int64]models.Conversation{c.ID: c}, list)
}

// Member tells of one; manager 0 is the visitor.
func (s *Service) Member(ctx context.Context, f Found, managerID int64) (MemberFacts, error) {
	return s.member(s.store.View(ctx), f.Organization, f.Chat, managerID)
}

func (s *Service) member(r Reader, o models.Organization, c models.Conversation, managerID int64) (MemberFacts, error) {
	m, err := r.Membership(c.ID, managerID)
	if errors.Is(err, ErrNoRecord) && managerID == 0 {
		m, err = visitorsMembership(c, nil), nil
	}
	if err != nil {
		return MemberFacts{}, orNotFound(err, "member_not_found", "Manager %d is no member of this conversation", managerID)
	}
	facts, err := s.memberFacts(r, o, map[int64]models.Conversation{c.ID: c}, []models.Membership{m})
	if err != nil {
		return MemberFacts{}, err
	}
	return facts[0], nil
}

// MemberNow reads a conversation anew and tells of one of its members; an organisation's feed does, for what has changed.
func (s *Service) MemberNow(ctx context.Context, conversationID, managerID int64) (MemberFacts, error) {
	r := s.store.View(ctx)
	c, err := r.Conversation(conversationID)
	if err != nil {
		return MemberFacts{}, orNotFound(err, "conversation_not_found", "There is no conversation %d", conversationID)
	}
	o, err := r.Organization(c.OrganizationID)
	if err != nil {
		return MemberFacts{}, err
	}
	return s.member(r, o, c, managerID)
}

// MembershipsOf lists those of the user, or of the visitor, whose path the gate has found: one for each conversation.
func (s *Service) MembershipsOf(ctx context.Context, f Found, participating *bool, q PageQuery) ([]MemberFacts, Page, error) {
	q = q.oneMore()
	if f.User.ID == 0 {
		return s.membershipsOfVisitor(ctx, f, participating, q)
	}
	r := s.store.View(ctx)
	list, err := r.MembershipsOf(MembershipQuery{
		OrganizationID: f.Organization.ID, ManagerID: f.User.ID, Participating: participating, PageQuery: q,
	})
	if err != nil {
		return nil, Page{}, err
	}
	list, page := cutPage(list, q)
	ids := make([]int64, len(list))
	for i, m := range list {
		ids[i] = m.ConversationID
	}
	chats, err := r.ConversationsByID(ids)
	if err != nil {
		return nil, Page{}, err
	}
	facts, err := s.memberFacts(r, f.Organization, chats, list)
	return facts, page, err
}

func (s *Service) membershipsOfVisitor(ctx context.Context, f Found, participating *bool, q PageQuery) ([]MemberFacts, Page, error) {
	r := s.store.View(ctx)
	listed, err := r.Chats(ChatQuery{OrganizationID: f.Organization.ID, VisitorID: f.VisitorID, PageQuery: q})
	if err != nil {
		return nil, Page{}, err
	}
	listed, page := cutPage(listed, q)
	chats := map[int64]models.Conversation{}
	var ids []int64
	for _, c := range listed {
		ids, chats[c.ID] = append(ids, c.ID), c.Conversation
	}
	known, err := r.Memberships(ids...)
	if err != nil {
		return nil, Page{}, err
	}
	var list []models.Membership
	for _, c := range listed {
		if m := visitorsMembership(c.Conversation, known[c.ID]); participating == nil || m.Participating == *participating {
			list = append(list, m)
		}
	}
	facts, err := s.memberFacts(r, f.Organization, chats, list)
	return facts, page, err
}

// MemberChange is what a manager says of her membership.
type MemberChange struct {
	ConversationID, ManagerID int64
	// Participating nil leaves that as it is; who is no member yet takes part then.
	Participating *bool
	// Composing is "" when nothing is said of it.
	Composing Composing
	// Exclusive refuses to take part when another manager does and is there.
	Exclusive bool
	// Known refuses who is no member and does not ask to take part, too.
	Known bool
}

// ChangeMember lets a manager join or leave a conversation, or write in it, and tells whether the membership is new.
// Refusals: those of Join, LeaveChat and Compose.
func (s *Service) ChangeMember(ctx context.Context, p Principal, r MemberChange) (isNew bool, err error) {
	actor, err := s.gate.Member(ctx, p, r.ManagerID)
	if err != nil {
		return false, err
	}
	member, counterpart, err := s.standing(ctx, r.ConversationID, actor)
	if err != nil {
		return false, err
	}
	joins := r.Participating != nil && *r.Participating
	leaves := r.Participating != nil && !*r.Participating
	if r.Known && !member && !counterpart && !joins {
		return false, E(NotFound, "member_not_found", "Manager %d is no member of this conversation", r.ManagerID)
	}
	join := JoinRequest{ConversationID: r.ConversationID, ManagerID: r.ManagerID, Exclusive: r.Exclusive}
	switch {
	case joins || !leaves && !member:
		isNew, err = s.Join(ctx, p, join)
	case leaves && (member || counterpart):
		err = s.LeaveChat(ctx, p, r.ConversationID, r.ManagerID)
	case leaves:
		join.Aside = true
		isNew, err = s.Join(ctx, p, join)
	}
	silent := r.Composing == ComposingIdle && s.composing.of(r.ConversationID, r.ManagerID) == ComposingIdle
	if err != nil || r.Composing == "" || leaves || silent {
		return isNew, err
	}
	return isNew, s.Compose(ctx, p, r.ConversationID, r.ManagerID, r.Composing)
}

// standing tells whether a manager is a member of an open conversation, and whether she is its counterpart.
func (s *Service) standing(ctx context.Context, conversationID int64, who Principal) (member, counterpart bool, err error) {
	r := s.store.View(ctx)
	c, err := r.Conversation(conversationID)
	if err == nil && c.OrganizationID != who.OrganizationID {
		err = ErrNoRecord
	}
	if err != nil {
		return false, false, orNotFound(err, "conversation_not_found", "There is no conversation %d", conversationID)
	}
	if c.Status != models.StatusOpen {
		return false, false, notPossible(c.State())
	}
	_, err = r.Membership(conversationID, who.ManagerID)
	if member = err == nil; errors.Is(err, ErrNoRecord) {
		err = nil
	}
	return member, c.ManagerID != nil && *c.ManagerID == who.ManagerID, err
}

// UserByUUID finds a manager of an organisation.
func (s *Service) UserByUUID(ctx context.Context, o models.Organization, uuid string) (models.Manager, error) {
	m, err := s.store.View(ctx).ManagerByUUID(uuid)
	if err == nil && m.OrganizationID != o.ID {
		m, err = models.Manager{}, ErrNoRecord
	}
	return m, orNotFound(err, "user_not_found", "There is no such user")
}
