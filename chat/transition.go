package chat

import "parley/models"

// TransitionReader reads the life of a conversation.
type TransitionReader interface {
	// Transitions lists a conversation's steps, oldest first.
	Transitions(conversationID int64, limit int) ([]models.Transition, error)
}

// TransitionTx notes it.
type TransitionTx interface {
	AppendTransition(t *models.Transition) error
}
