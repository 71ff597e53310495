package chat

import (
	"context"
	"errors"

	"parley/models"
)

// JoinRequest asks for a manager to take part in an open conversation.
type JoinRequest struct {
	ConversationID, ManagerID int64
	// Exclusive refuses when another manager takes part and is there.
	Exclusive bool
	// Aside makes a member who does not take part yet. It changes nothing for who is one.
	Aside bool
}

// Join lets a manager take part in an open conversation, and tells whether she is a new member. Joining what waits, or
// what was given to her, claims it; else she is one member more, who may read and write as the counterpart may.
// Refusals: conversation_closed, exclusive_taken, limit_reached.
func (s *Service) Join(ctx context.Context, p Principal, r JoinRequest) (isNew bool, err error) {
	actor, err := s.gate.Member(ctx, p, r.ManagerID)
	if err != nil {
		return false, err
	}
	_, err = s.act(ctx, actor, Sender{}, r.ConversationID, Join, func(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
		isNew, err = s.join(tx, o, actor, c, r)
		return Event{}, err
	})
	return isNew, err
}

func (s *Service) join(tx Tx, o models.Organization, actor Principal, c models.Conversation, r JoinRequest) (isNew bool, err error) {
	if c.Status != models.StatusOpen {
		return false, notPossible(c.State())
	}
	m, err := tx.Membership(c.ID, actor.ManagerID)
	isNew = errors.Is(err, ErrNoRecord)
	if err != nil && !isNew {
		return false, err
	}
	if r.Aside {
		if isNew {
			err = enroll(tx, c, actor.ManagerID, false, now())
		}
		return isNew, err
	}
	if r.Exclusive {
		if err := alone(tx, c, actor.ManagerID); err != nil {
			return false, err
		}
	}
	if m.Participating {
		return false, nil
	}
	at := now()
	switch {
	case c.ManagerID == nil:
		if err := s.roomFor(tx, o, actor.ManagerID, at); err != nil {
			return false, err
		}
	case *c.ManagerID != actor.ManagerID:
		_, err = join(tx, c, actor.ManagerID, at)
		return isNew, err
	}
	_, err = s.take(tx, o, &c, step{action: models.ActionClaimed, to: &actor.ManagerID, actor: actor, at: at})
	return isNew, err
}

// alone refuses when a manager other than the one takes part in the conversation and is there.
func alone(r Reader, c models.Conversation, managerID int64) error {
	others, err := othersIn(r, c.ID, managerID)
	if err != nil {
		return err
	}
	present, err := r.Present(others)
	if err == nil && len(present) > 0 {
		err = E(Conflict, "exclusive_taken", "Somebody else takes part in this conversation")
	}
	return err
}

// othersIn lists the managers beside one who take part in a conversation, in the order in which they came to it.
func othersIn(r MembershipReader, conversationID, managerID int64) (ids []int64, err error) {
	members, err := r.Memberships(conversationID)
	for _, m := range members[conversationID] {
		if m.Participating && m.ManagerID != 0 && m.ManagerID != managerID {
			ids = append(ids, m.ManagerID)
		}
	}
	return ids, err
}

// LeaveChat lets a manager take part in an open conversation no more. When it was hers, a manager who still takes part has
// it next, one who is there rather than one who is not; without any it waits in the queue. Leaving again changes nothing.
// Refusals: conversation_closed, member_not_found.
func (s *Service) LeaveChat(ctx context.Context, p Principal, conversationID, managerID int64) error {
	actor, err := s.gate.Member(ctx, p, managerID)
	if err != nil {
		return err
	}
	_, err = s.act(ctx, actor, Sender{}, conversationID, Join, func(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
		return Event{}, s.leaveChat(tx, o, actor, c)
	})
	return err
}

func (s *Service) leaveChat(tx Tx, o models.Organization, actor Principal, c models.Conversation) error {
	if c.Status != models.StatusOpen {
		return notPossible(c.State())
	}
	if c.ManagerID == nil || *c.ManagerID != actor.ManagerID {
		if _, err := tx.Membership(c.ID, actor.ManagerID); err != nil {
			return orNotFound(err, "member_not_found", "Manager %d is no member of this conversation", actor.ManagerID)
		}
		return quit(tx, c, actor.ManagerID, now())
	}
	if _, err := tx.Membership(c.ID, actor.ManagerID); errors.Is(err, ErrNoRecord) { // she never said a word
		err = enroll(tx, c, actor.ManagerID, false, now())
		if err != nil {
			return err
		}
	}
	next, err := successor(tx, c)
	if err != nil {
		return err
	}
	st := step{action: models.ActionQueued, actor: actor, at: now()}
	if next != 0 {
		st.action, st.to = models.ActionTransferred, &next
	}
	_, err = s.take(tx, o, &c, st)
	return err
}

// successor is who has a conversation when its counterpart leaves; 0: nobody.
func successor(r MembershipReader, c models.Conversation) (int64, error) {
	others, err := othersIn(r, c.ID, *c.ManagerID)
	if err != nil || len(others) == 0 {
		return 0, err
	}
	present, err := r.Present(others)
	for _, id := range others {
		if present[id] {
			return id, err
		}
	}
	return others[0], err
}

// AttendVisitor notes whether the visitor has her conversation before her. She is its member all the same. Refusals:
// conversation_closed.
func (s *Service) AttendVisitor(ctx context.Context, p Principal, conversationID int64, participating bool) error {
	c, actor, err := s.conversation(ctx, p, Sender{}, conversationID)
	if err != nil {
		return err
	}
	if actor.Party != Visitor {
		return forbidden("Only the visitor says whether she is there")
	}
	return s.update(ctx, func(tx Tx) error {
		c, err := tx.LockConversation(c.ID)
		if err == nil {
			err = s.maySay(tx, actor, c)
		}
		if err != nil {
			return err
		}
		if !participating {
			return quit(tx, c, 0, now())
		}
		_, err = join(tx, c, 0, now())
		return err
	})
}
