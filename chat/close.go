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
	if err := s.gate.MayConversation(actor, c, End); err != nil {
		return Event{}, err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		ev, err = closeConversation(tx, id, func(models.Conversation) bool { return true })
		return err
	})
	return ev, err
}

// closeConversation closes a conversation that is open and, now that it is locked, still meets the condition.
func closeConversation(tx Tx, id int64, still func(models.Conversation) bool) (Event, error) {
	c, err := tx.LockConversation(id)
	if err != nil {
		return Event{}, err
	}
	if c.Status != models.StatusOpen || !still(c) {
		shown, err := view(tx, c)
		return conversationEvent(updated, shown), err
	}
	at := now()
	c.Status, c.ClosedAt, c.UpdatedAt = models.StatusClosed, &at, at
	return announce(tx, &c, updated, at)
}
