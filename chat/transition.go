package chat

import (
	"context"

	"parley/models"
)

// TransitionReader reads the life of a conversation.
type TransitionReader interface {
	// Transitions lists a conversation's steps, oldest first.
	Transitions(conversationID int64, limit int) ([]models.Transition, error)
}

// TransitionTx notes it.
type TransitionTx interface {
	AppendTransition(t *models.Transition) error
}

// Transitions tells the life of a conversation to managers: every step, and why duty chose as it did.
func (s *Service) Transitions(ctx context.Context, p Principal, claimed Sender, id int64) ([]*TransitionView, error) {
	if err := managersOrBackend(p); err != nil {
		return nil, err
	}
	c, _, err := s.look(ctx, p, claimed, id)
	if err != nil {
		return nil, err
	}
	list, err := s.store.View(ctx).Transitions(c.ID, maxTransitions)
	views := make([]*TransitionView, len(list))
	for i, t := range list {
		views[i] = viewTransition(t)
	}
	return views, err
}

// maxTransitions bounds what is told of one conversation.
const maxTransitions = 1000
