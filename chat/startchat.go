package chat

import (
	"context"
	"errors"

	"parley/models"
)

// ChatStart asks for a conversation in a room, over giosg's API.
type ChatStart struct {
	ChatType models.ChatType
	// Resume: one of the type that is open goes on; of the type visitor it does in any case.
	Resume bool
	// Join is the uuid of the manager who is to take part in it at once; empty: nobody.
	Join string
}

// StartChat opens a conversation of the visitor's in the room that the gate has found, or finds the open one, and tells
// whether it is new. It waits when nobody is on duty: no visitor is turned away here. What a manager opens is hers; what
// is open already she does not join by that, unless she is to. Refusals: auto_resume_invalid
// when nobody has the uuid, too_many_chats, those of Join.
func (s *Service) StartChat(ctx context.Context, p Principal, f Found, r ChatStart) (ChatFacts, bool, error) {
	actor, err := s.starter(ctx, p, f, r)
	if err != nil {
		return ChatFacts{}, false, err
	}
	opening := opening{place: f.Room.Place(), named: true, kind: r.ChatType, resume: r.Resume, wait: true}
	var c models.Conversation
	var isNew bool
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, f.VisitorID, f.Organization.ID); err != nil {
			return err
		}
		var err error
		c, isNew, err = s.startChat(tx, actor, f, opening, r.Join != "")
		return err
	})
	if err != nil {
		return ChatFacts{}, false, err
	}
	s.Stir()
	facts, err := s.ChatNow(ctx, c.ID)
	return facts, isNew, err
}

// starter is who opens the conversation: the visitor, the manager, or for a key of nobody's the manager who is to join,
// else the visitor.
func (s *Service) starter(ctx context.Context, p Principal, f Found, r ChatStart) (Principal, error) {
	switch {
	case p.Party == Visitor:
		p.OrganizationID = f.Organization.ID
		return p, s.opens.Take(f.VisitorID)
	case r.Join != "":
		m, err := s.store.View(ctx).ManagerByUUID(r.Join)
		if errors.Is(err, ErrNoRecord) || err == nil && m.OrganizationID != f.Organization.ID {
			return p, E(Invalid, "auto_resume_invalid", "There is no such user")
		}
		if err != nil {
			return p, err
		}
		return s.gate.Member(ctx, p, m.ID)
	case p.Party == Manager:
		return p, nil
	}
	return Principal{Party: Visitor, VisitorID: f.VisitorID, OrganizationID: f.Organization.ID}, nil
}

// startChat opens or finds it. The visitor is locked.
func (s *Service) startChat(tx Tx, actor Principal, f Found, opening opening, join bool) (c models.Conversation, isNew bool, err error) {
	o, err := tx.LockOrganization(f.Organization.ID)
	if err != nil {
		return c, false, err
	}
	c, err = opening.existing(tx, f.VisitorID)
	if errors.Is(err, ErrNoRecord) {
		ev, err := s.create(tx, actor, f.VisitorID, o, opening)
		if err != nil {
			return c, false, err
		}
		c.ID = ev.Conversation.ID
		return c, true, nil
	}
	if err != nil || !join {
		return c, false, err
	}
	if c, err = tx.LockConversation(c.ID); err != nil {
		return c, false, err
	}
	_, err = s.join(tx, o, actor, c, JoinRequest{ConversationID: c.ID, ManagerID: actor.ManagerID})
	return c, false, err
}

// EndChat ends the conversation that the gate has found, for good; ending it again changes nothing. A visitor ends her
// own, a manager what she may end over any door.
func (s *Service) EndChat(ctx context.Context, p Principal, f Found) (ChatFacts, error) {
	if _, err := s.Close(ctx, p, Sender{}, f.Chat.ID); err != nil {
		return ChatFacts{}, err
	}
	return s.ChatNow(ctx, f.Chat.ID)
}
