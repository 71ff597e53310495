package chat

import (
	"context"
	"errors"
	"slices"

	"parley/models"
)

// InvitationReader reads who was asked into conversations.
type InvitationReader interface {
	// Invitations lists a conversation's, the oldest first.
	Invitations(conversationID int64) ([]models.Invitation, error)
	// InvitationsTo lists a page of what a manager was asked by others, herself or with a team that she is in.
	InvitationsTo(q InvitationQuery) ([]models.Invitation, error)
}

// InvitationQuery asks for a manager's invitations: those into conversations that are open which nobody has accepted, in
// the order in which they were sent; or for one.
type InvitationQuery struct {
	OrganizationID, ManagerID int64
	// UUID is the one's, whatever became of it; "": any.
	UUID string
	PageQuery
}

// InvitationTx changes them.
type InvitationTx interface {
	CreateInvitation(i *models.Invitation) error
	// SaveInvitation saves who accepted it.
	SaveInvitation(i models.Invitation) error
}

// maxInvitations is how often somebody may be asked into one conversation.
const maxInvitations = 200

// InviteRequest asks somebody to take a conversation: a manager, or whoever of a team duty chooses.
type InviteRequest struct {
	ConversationID int64
	// InviterID is the manager in whose name it is.
	InviterID int64
	// One of these two; Team is a UUID.
	Team      string
	ManagerID int64
}

// InvitationFacts is what is told of an invitation.
type InvitationFacts struct {
	models.Invitation
	Chat    models.Conversation
	Inviter models.Manager
	// Team, Invited and AcceptedBy are nil where there is none, or none any more.
	Team                *models.Team
	Invited, AcceptedBy *models.Manager
}

// Invite gives a conversation to a manager who is asked for, or to the one of a team whom duty chooses of those on duty;
// the decision is kept. The counterpart may, supervisors may, and a member may as long as the counterpart has not come.
// The invitation is accepted when she takes part. Refusals: invitation_invalid, team_not_found, manager_not_found,
// nobody_available.
func (s *Service) Invite(ctx context.Context, p Principal, r InviteRequest) (i models.Invitation, err error) {
	if (r.Team == "") == (r.ManagerID == 0) {
		return i, E(Invalid, "invitation_invalid", "Either a team or a manager is invited")
	}
	actor, err := s.gate.Member(ctx, p, r.InviterID)
	if err != nil {
		return i, err
	}
	_, err = s.act(ctx, actor, Sender{}, r.ConversationID, Join, func(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
		i, err = s.invite(tx, o, actor, c, r)
		return Event{}, err
	})
	return i, err
}

func (s *Service) invite(tx Tx, o models.Organization, actor Principal, c models.Conversation, r InviteRequest) (i models.Invitation, err error) {
	if c.Status != models.StatusOpen {
		return i, notPossible(c.State())
	}
	if err := s.mayInvite(tx, actor, c); err != nil {
		return i, err
	}
	before, err := tx.Invitations(c.ID)
	if err != nil {
		return i, err
	}
	if len(before) >= maxInvitations {
		return i, E(Conflict, "too_many_invitations", "Somebody was asked %d times into this conversation", maxInvitations)
	}
	at := now()
	i = models.Invitation{UUID: newUUID(), OrganizationID: o.ID, ConversationID: c.ID, InviterID: actor.ManagerID, CreatedAt: at, UpdatedAt: at}
	asked := []int64{r.ManagerID}
	if r.Team == "" {
		i.InvitedID = &r.ManagerID
	} else if asked, err = teamAsked(tx, o, r.Team, &i); err != nil {
		return i, err
	}
	decision, err := s.chooseOf(tx, o, c, asked, actor.ManagerID, at)
	if err != nil {
		return i, err
	}
	st := step{action: models.ActionTransferred, to: &decision.ManagerID, actor: actor, decision: &decision, at: at}
	if _, err := s.take(tx, o, &c, st); err != nil {
		return i, err
	}
	if err := tx.CreateInvitation(&i); err != nil {
		return i, err
	}
	return i, tellInvitation(tx, c, i, ResourceAdded)
}

// mayInvite: who may give the conversation away, or takes part in it while its counterpart does not.
func (s *Service) mayInvite(tx Tx, actor Principal, c models.Conversation) error {
	refusal := s.gate.MayConversation(tx, actor, c, Transfer)
	if refusal == nil {
		return nil
	}
	member, err := takesPart(tx, c.ID, actor.ManagerID)
	if err != nil || !member || c.ManagerID == nil {
		return errors.Join(err, refusal)
	}
	other, err := takesPart(tx, c.ID, *c.ManagerID)
	if err == nil && other {
		err = refusal
	}
	return err
}

func teamAsked(tx Tx, o models.Organization, uuid string, i *models.Invitation) ([]int64, error) {
	t, err := tx.TeamByUUID(o.ID, uuid)
	if err != nil {
		return nil, orNotFound(err, "team_not_found", "There is no such team")
	}
	i.TeamID = &t.ID
	members, err := tx.TeamMembers(t.ID)
	return members[t.ID], err
}

// chooseOf lets duty choose among those who are asked, but for one.
func (s *Service) chooseOf(tx Tx, o models.Organization, c models.Conversation, asked []int64, but int64, at models.Time) (Decision, error) {
	candidates, err := s.candidates(tx, o, at)
	if err != nil {
		return Decision{}, err
	}
	candidates = slices.DeleteFunc(candidates, func(c Candidate) bool {
		return c.Manager.ID == but || !slices.Contains(asked, c.Manager.ID)
	})
	strategy := o.Strategy
	if strategy == models.Broadcast { // somebody is asked for
		strategy = models.LeastLoaded
	}
	previous, err := tx.PreviousManager(c.VisitorID)
	if err != nil {
		return Decision{}, err
	}
	d := Decide(Question{Now: at, Strategy: strategy, Grace: s.cfg.DutyGrace, Candidates: candidates, Previous: previous})
	if d.Outcome != Given {
		return d, E(Conflict, "nobody_available", "Nobody who was asked can take the conversation now")
	}
	return d, nil
}

// accepted notes that a manager has come of those who were asked.
func accepted(tx Tx, c models.Conversation, managerID int64, at models.Time) error {
	list, err := tx.Invitations(c.ID)
	if err != nil {
		return err
	}
	for _, i := range list {
		if i.AcceptedBy != nil || i.InviterID == managerID {
			continue
		}
		hers := i.InvitedID != nil && *i.InvitedID == managerID
		if i.TeamID != nil {
			members, err := tx.TeamMembers(*i.TeamID)
			if err != nil {
				return err
			}
			hers = slices.Contains(members[*i.TeamID], managerID)
		}
		if !hers {
			continue
		}
		i.AcceptedBy, i.UpdatedAt = &managerID, at
		if err := tx.SaveInvitation(i); err != nil {
			return err
		}
		if err := tellInvitation(tx, c, i, ResourceChanged, "is_accepted", "accepted_by_user_id", "updated_at"); err != nil {
			return err
		}
	}
	return nil
}

// Invitations lists those that a user has sent for a conversation that the gate has found, the oldest first.
func (s *Service) Invitations(ctx context.Context, f Found) ([]InvitationFacts, error) {
	r := s.store.View(ctx)
	all, err := r.Invitations(f.Chat.ID)
	if err != nil {
		return nil, err
	}
	list := []InvitationFacts{}
	for _, i := range all {
		if i.InviterID != f.User.ID {
			continue
		}
		facts, err := invitationFacts(r, f.Chat, i)
		if err != nil {
			return nil, err
		}
		list = append(list, facts)
	}
	return list, nil
}

// Received lists the open invitations of the user whom the gate has found. She accepts one by joining the conversation.
func (s *Service) Received(ctx context.Context, f Found, q PageQuery) ([]InvitationFacts, Page, error) {
	q = q.oneMore()
	return s.received(ctx, InvitationQuery{OrganizationID: f.Organization.ID, ManagerID: f.User.ID, PageQuery: q})
}

// ReceivedOne finds one of what she was asked, also when it was accepted. Refusals: invitation_not_found.
func (s *Service) ReceivedOne(ctx context.Context, f Found, uuid string) (InvitationFacts, error) {
	list, _, err := s.received(ctx, InvitationQuery{
		OrganizationID: f.Organization.ID, ManagerID: f.User.ID, UUID: uuid, PageQuery: PageQuery{Limit: 2},
	})
	if err == nil && len(list) == 0 {
		return InvitationFacts{}, E(NotFound, "invitation_not_found", "There is no such invitation")
	}
	if err != nil {
		return InvitationFacts{}, err
	}
	return list[0], nil
}

func (s *Service) received(ctx context.Context, q InvitationQuery) ([]InvitationFacts, Page, error) {
	r := s.store.View(ctx)
	all, err := r.InvitationsTo(q)
	if err != nil {
		return nil, Page{}, err
	}
	all, page := cutPage(all, q.PageQuery)
	ids := make([]int64, len(all))
	for i, one := range all {
		ids[i] = one.ConversationID
	}
	chats, err := r.ConversationsByID(ids)
	if err != nil {
		return nil, Page{}, err
	}
	list := []InvitationFacts{}
	for _, one := range all {
		c, there := chats[one.ConversationID]
		if !there {
			continue // it was removed meanwhile
		}
		facts, err := invitationFacts(r, c, one)
		if err != nil {
			return nil, Page{}, err
		}
		list = append(list, facts)
	}
	return list, page, nil
}

// InvitationNow reads one anew and tells of it; an organisation's feed does, for what has changed.
func (s *Service) InvitationNow(ctx context.Context, conversationID int64, uuid string) (InvitationFacts, error) {
	r := s.store.View(ctx)
	c, err := r.Conversation(conversationID)
	if err != nil {
		return InvitationFacts{}, orNotFound(err, "conversation_not_found", "There is no conversation %d", conversationID)
	}
	all, err := r.Invitations(c.ID)
	if err != nil {
		return InvitationFacts{}, err
	}
	at := slices.IndexFunc(all, func(i models.Invitation) bool { return i.UUID == uuid })
	if at < 0 {
		return InvitationFacts{}, E(NotFound, "invitation_not_found", "There is no such invitation")
	}
	return invitationFacts(r, c, all[at])
}

func invitationFacts(r Reader, c models.Conversation, i models.Invitation) (f InvitationFacts, err error) {
	f = InvitationFacts{Invitation: i, Chat: c}
	if f.Inviter, err = r.FormerManager(i.InviterID); err != nil {
		return f, err
	}
	if i.TeamID != nil {
		t, err := r.TeamByID(*i.TeamID)
		if err == nil {
			f.Team = &t
		} else if !errors.Is(err, ErrNoRecord) {
			return f, err
		}
	}
	for id, to := range map[*int64]**models.Manager{i.InvitedID: &f.Invited, i.AcceptedBy: &f.AcceptedBy} {
		if id == nil {
			continue
		}
		m, err := r.FormerManager(*id)
		if err != nil {
			return f, err
		}
		*to = &m
	}
	return f, nil
}
