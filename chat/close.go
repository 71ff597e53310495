package chat

import (
	"context"

	"parley/models"
)

// Close ends a conversation: either side may, and a supervisor. Closing a closed one changes nothing.
func (s *Service) Close(ctx context.Context, p Principal, claimed Sender, id int64) (Event, error) {
	c, actor, err := s.look(ctx, p, claimed, id)
	if err != nil {
		return Event{}, err
	}
	if err := s.gate.MayConversation(memberLookup(ctx, s.store), actor, c, End); err != nil {
		return Event{}, err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		ev, err = s.end(tx, c, step{action: models.ActionClosed, actor: actor}, func(models.Conversation) bool { return true })
		return err
	})
	if err == nil {
		s.Stir() // somebody has room now
	}
	return ev, err
}

// end closes a conversation that is open and, now that it is locked, still meets the condition.
func (s *Service) end(tx Tx, seen models.Conversation, st step, still func(models.Conversation) bool) (Event, error) {
	if _, err := tx.LockVisitor(seen.VisitorID); err != nil {
		return Event{}, err
	}
	o, err := tx.Organization(seen.OrganizationID)
	if err != nil {
		return Event{}, err
	}
	c, err := lockTold(tx, seen)
	if err != nil {
		return Event{}, err
	}
	if c.Status != models.StatusOpen || !still(c) {
		return s.shown(tx, c)
	}
	if err := s.gate.MayConversation(tx, st.actor, c, End); st.actor.Party != Stranger && err != nil {
		return Event{}, err // handed over since we looked
	}
	st.to, st.at = c.ManagerID, now()
	return s.take(tx, o, &c, st)
}
