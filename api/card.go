package api

import (
	"encoding/json"

	"parley/chat"
	"parley/models"
)

// cards reads the parameter cards, a list of objects.
func (p params) cards() ([]models.Card, error) {
	given := p["cards"]
	if given == nil {
		return nil, nil
	}
	var cards []models.Card
	raw, err := json.Marshal(given)
	if err == nil {
		err = json.Unmarshal(raw, &cards)
	}
	if err != nil {
		return nil, chat.E(chat.Invalid, "cards_invalid", "cards is a list of objects")
	}
	return cards, nil
}

// press is the visitor's: a button of a card was pressed.
func (a *conversationAPI) press(c call, id int64) {
	r := chat.PressRequest{ConversationID: id, Sender: c.sender}
	messageID, given, err := c.params.integer("message_id", "message_id_invalid")
	if err == nil && (!given || messageID < 1) {
		err = chat.E(chat.Invalid, "message_id_invalid", "message_id is the id of the message with the card")
	}
	r.MessageID = messageID
	if err == nil {
		r.CardID, err = c.params.text("card_id", "card_id_invalid")
	}
	if err == nil {
		r.ActionID, err = c.params.text("action_id", "action_id_invalid")
	}
	if err == nil {
		r.ClientMessageID, err = c.params.text("client_message_id", "client_message_id_invalid")
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, isNew, err := a.service.Press(c.Request.Context(), c.principal, r)
	answer(c.Context, ev, isNew, err)
}
