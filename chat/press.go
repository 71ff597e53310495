package chat

import (
	"context"
	"slices"

	"parley/models"
)

// CardReader reads what pressing a button needs.
type CardReader interface {
	// MessageByUUID finds a message of the conversation, among its messages. uuid is one, in lower case.
	MessageByUUID(conversationID int64, uuid string) (models.Message, error)
	// VisitorSpokeAfter tells whether the conversation has a message of its visitor's after one.
	VisitorSpokeAfter(conversationID, messageID int64) (bool, error)
}

// CardTx changes messages' cards.
type CardTx interface {
	// ReplaceExtra saves what the message carries beside its content.
	ReplaceExtra(messageID int64, extra *string) error
}

// PressRequest names a card's button that a visitor presses.
type PressRequest struct {
	ConversationID int64
	Sender         Sender
	MessageID      int64
	// MessageUUID names the message where MessageID is 0.
	MessageUUID string
	// CardID may be empty: an action's id is unique in its message.
	CardID, ActionID string
	// ClientMessageID works as in PostRequest.
	ClientMessageID string
}

// Press adds a message that says which button of a card the visitor pressed, and tells whether it is new. Its content
// is the button's text; nothing of it comes from the visitor. A button that is disabled by now is refused.
func (s *Service) Press(ctx context.Context, p Principal, r PressRequest) (Event, bool, error) {
	if err := validClientID(r.ClientMessageID); err != nil {
		return Event{}, false, err
	}
	c, actor, err := s.conversation(ctx, p, r.Sender, r.ConversationID)
	if err == nil && actor.Party != Visitor {
		err = forbidden("Buttons are pressed by visitors")
	}
	if err == nil && p.Party != Backend {
		err = s.posts.Take(c.VisitorID)
	}
	if err != nil {
		return Event{}, false, err
	}
	m := models.Message{
		UUID: newUUID(), OrganizationID: c.OrganizationID, ConversationID: c.ID, VisitorID: c.VisitorID, Type: models.MessageAction,
	}
	if r.ClientMessageID != "" {
		m.ClientMessageID = &r.ClientMessageID
	}
	if err := sign(s.store.View(ctx), &m, actor); err != nil {
		return Event{}, false, err
	}
	var ev Event
	var isNew bool
	err = s.update(ctx, func(tx Tx) error {
		ev, isNew, err = s.press(tx, actor, m, r)
		return err
	})
	return ev, isNew, err
}

// press looks for the button under the conversation's lock, and adds the message that m begins.
func (s *Service) press(tx Tx, actor Principal, m models.Message, r PressRequest) (Event, bool, error) {
	c, err := tx.LockConversation(m.ConversationID)
	if err != nil {
		return Event{}, false, err
	}
	of, err := cardMessage(tx, c, r)
	if err != nil {
		return Event{}, false, err
	}
	e := of.Extras()
	card, action, err := button(e, r)
	if err != nil {
		return Event{}, false, err
	}
	m.Content = action.Text
	m.Extra = models.Extra{Response: &models.CardResponse{
		MessageID: of.ID, MessageUUID: of.UUID, CardID: card.ID, ActionID: action.ID, Text: action.Text, Value: action.Value,
	}}.JSON()
	// Who sends it again, not knowing that it arrived, has not pressed twice.
	if before, err := sentBefore(tx, m); before != nil || err != nil {
		if err != nil {
			return Event{}, false, err
		}
		return messageEvent(created, *before), false, nil
	}
	if err := s.enabled(tx, *card, action, of); err != nil {
		return Event{}, false, err
	}
	ev, isNew, err := s.post(tx, actor, m)
	if err != nil || card.Pressed {
		return ev, isNew, err
	}
	card.Pressed = true
	return ev, isNew, tx.ReplaceExtra(of.ID, e.JSON())
}

// cardMessage finds the message with the card, in the conversation.
func cardMessage(tx Tx, c models.Conversation, r PressRequest) (m models.Message, err error) {
	switch uuid, ok := lowerUUID(r.MessageUUID); {
	case r.MessageID != 0:
		m, err = tx.Message(r.MessageID)
	case ok:
		m, err = tx.MessageByUUID(c.ID, uuid)
	default:
		err = ErrNoRecord
	}
	if err != nil {
		return m, orNotFound(err, "message_not_found", "There is no such message in this conversation")
	}
	if m.ConversationID != c.ID || m.DeletedAt != nil {
		return m, E(NotFound, "message_not_found", "There is no such message in this conversation")
	}
	return m, nil
}

// button finds what is pressed; the card is e's own.
func button(e models.Extra, r PressRequest) (*models.Card, models.CardAction, error) {
	for i := range e.Cards {
		card := &e.Cards[i]
		if r.CardID != "" && card.ID != r.CardID {
			continue
		}
		at := slices.IndexFunc(card.Actions, func(a models.CardAction) bool { return a.ID == r.ActionID })
		if at >= 0 {
			return card, card.Actions[at], nil
		}
	}
	return nil, models.CardAction{}, E(NotFound, "action_not_found", "The message has no such button")
}

// enabled refuses a button that was pressed, or overtaken by what the visitor wrote.
func (s *Service) enabled(tx Tx, card models.Card, a models.CardAction, of models.Message) error {
	disabled := a.DisabledOnSelection && card.Pressed
	if !disabled && a.DisabledOnVisitorMessage {
		spoke, err := tx.VisitorSpokeAfter(of.ConversationID, of.ID)
		if err != nil {
			return err
		}
		disabled = spoke
	}
	if disabled {
		return E(Conflict, "action_disabled", "This button cannot be pressed any more")
	}
	return nil
}
