package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"parley/models"
)

// Follow settles who reads events: a backend, a manager, or a visitor, whom a stranger names where knowing her id is
// enough. A visitor who is not known has no events, so nobody learns who exists.
func (g *Gate) Follow(ctx context.Context, p Principal, claimed Sender, visitorID string) (Principal, error) {
	if p.Party == Operator {
		return p, forbidden("The operator has no part in the chat")
	}
	visitor := p.Party == Visitor || p.Party == Stranger && claimed.Type != models.SenderManager
	if visitor {
		return g.followVisitor(ctx, p, claimed, visitorID)
	}
	var err error
	if p.Party == Backend {
		err = p.demand(models.ScopeEvents)
	} else {
		p, err = g.selfWithin(ctx, p, claimed, models.ScopeEvents)
	}
	if err == nil && visitorID != "" {
		err = forbidden("Only visitors follow by their id")
	}
	return p, err
}

// followAgain settles it once more for somebody who was let in.
func (g *Gate) followAgain(ctx context.Context, p Principal, claimed Sender, visitorID string) (Principal, error) {
	today, there, err := g.current(ctx, p)
	if err != nil {
		return p, err
	}
	if !there {
		return p, tokenInvalid()
	}
	return g.Follow(ctx, today, claimed, visitorID)
}

func (g *Gate) followVisitor(ctx context.Context, p Principal, claimed Sender, visitorID string) (Principal, error) {
	if p.Party == Stranger {
		p = Principal{Party: Visitor, VisitorID: cmp.Or(visitorID, claimed.ID)}
		if g.rules.SignedVisitors {
			return p, tokenMissing()
		}
		if !models.ValidVisitorID(p.VisitorID) {
			return p, visitorIDInvalid()
		}
		if err := g.bareID(ctx, p.VisitorID, nil); err != nil {
			return p, err
		}
	}
	if claimed.Type == models.SenderManager || claimed.ID != "" && claimed.ID != p.VisitorID {
		return p, senderMismatch()
	}
	if visitorID != "" && visitorID != p.VisitorID {
		return p, forbidden("The token belongs to another visitor")
	}
	return p, g.allowVisitorsPage(ctx, p)
}

// allowVisitorsPage is allowPage for a visitor whose credentials do not say whose she is.
func (g *Gate) allowVisitorsPage(ctx context.Context, p Principal) error {
	if p.OrganizationID != 0 {
		return nil // asked with the credentials
	}
	v, err := g.store.View(ctx).Visitor(p.VisitorID)
	if errors.Is(err, ErrNoRecord) {
		return nil
	}
	if err != nil {
		return err
	}
	return g.allowPage(ctx, v.OrganizationID)
}

// limited tells whether what p may know of a conversation depends on who has it.
func (p Principal) limited() bool { return p.Party == Manager && !p.Role.Supervises() }

// judgedBy is what must be known to judge what is limited: conversations, and who takes part in them.
type judgedBy struct {
	conversations map[int64]models.Conversation
	members       map[int64][]models.Membership
}

// Membership finds a member's.
func (j judgedBy) Membership(conversationID, managerID int64) (models.Membership, error) {
	for _, m := range j.members[conversationID] {
		if m.ManagerID == managerID {
			return m, nil
		}
	}
	return models.Membership{}, ErrNoRecord
}

// judging reads what the events are judged by.
func judging(r Reader, events []models.Event) (j judgedBy, err error) {
	var ids []int64
	for _, e := range events {
		if e.ConversationID != nil && e.Kind != models.EventConversation && !slices.Contains(ids, *e.ConversationID) {
			ids = append(ids, *e.ConversationID)
		}
	}
	if j.conversations, err = r.ConversationsByID(ids); err == nil {
		j.members, err = r.Memberships(ids...)
	}
	return j, err
}

// seen names the channel on which p, as settled by Follow, may hear of an event; "" if there is none. known is
// what judging found, if p is limited.
func (g *Gate) seen(p Principal, e models.Event, known judgedBy) (channel string) {
	if p.OrganizationID != 0 && p.OrganizationID != e.OrganizationID {
		return ""
	}
	for _, channel := range channels(e) {
		if g.hears(p, channel, e, known) {
			return channel
		}
	}
	return ""
}

func (g *Gate) hears(p Principal, channel string, e models.Event, known judgedBy) bool {
	family, _, _ := splitFamily(channel)
	if p.Party == Visitor {
		hers := family == serviceFamily || family == conversationFamily || family == notificationFamily
		return hers && p.VisitorID == e.VisitorID
	}
	switch family {
	case serviceFamily, availabilityFamily:
		return true
	case notificationFamily:
		return p.Party == Backend
	case webhooksFamily:
		return p.administers()
	}
	if e.ConversationID == nil {
		return false
	}
	c := models.Conversation{ID: *e.ConversationID, OrganizationID: e.OrganizationID, VisitorID: e.VisitorID, Status: models.StatusClosed}
	if p.limited() {
		var there bool
		if c, there = known.conversations[c.ID]; !there {
			return false
		}
	}
	return g.MayConversation(known, p, c, Look) == nil
}
