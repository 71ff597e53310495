package chat

import (
	"context"
	"errors"

	"parley/models"
)

// Writer settles that a manager writes in a chat, for whom p may be an admin or a backend. Who is neither its
// counterpart nor a member, present or past, finds no chat.
func (s *Service) Writer(ctx context.Context, p Principal, c models.Conversation, managerID int64) (Principal, error) {
	actor, err := s.gate.Member(ctx, p, managerID)
	if err != nil || isCounterpart(c, managerID) {
		return actor, err
	}
	_, err = s.store.View(ctx).Membership(c.ID, managerID)
	return actor, orNotFound(err, "chat_not_found", "There is no such chat")
}

func isCounterpart(c models.Conversation, managerID int64) bool {
	return c.ManagerID != nil && *c.ManagerID == managerID
}

// PostAsMember is Post for a manager whom Writer let pass. Who does not take part at the moment does so by writing.
func (s *Service) PostAsMember(ctx context.Context, actor Principal, c models.Conversation, r PostRequest) (Event, bool, error) {
	r.ConversationID, r.Sender = c.ID, Sender{}
	if _, _, err := r.said(); err != nil {
		return Event{}, false, err // before anybody joins
	}
	if c.Status == models.StatusOpen && !isCounterpart(c, actor.ManagerID) {
		m, err := s.store.View(ctx).Membership(c.ID, actor.ManagerID)
		if err != nil && !errors.Is(err, ErrNoRecord) {
			return Event{}, false, err
		}
		if !m.Participating {
			if _, err := s.Join(ctx, actor, JoinRequest{ConversationID: c.ID, ManagerID: actor.ManagerID}); err != nil {
				return Event{}, false, err
			}
		}
	}
	return s.Post(ctx, actor, r)
}
