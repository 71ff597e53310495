package giosg

import (
	"errors"
	"net/http"
	"unicode/utf8"

	"parley/chat"
	"parley/models"
)

// maxMessage bounds a message's text in characters, as giosg does. What comes by other doors may be longer.
const maxMessage = 2000

func (a *API) messageRoutes() {
	a.on(http.MethodGet, chat.ResourceMessages, a.messages)
	a.on(http.MethodGet, chat.ResourceMessage, a.message)
	a.on(http.MethodPost, chat.ResourceMessages, a.writeMessage, chat.ViaUser, chat.ViaRouted)
	a.onPublic(http.MethodGet, chat.ResourceMessages, a.messages)
	a.onPublic(http.MethodGet, chat.ResourceMessage, a.message)
	a.onPublic(http.MethodPost, chat.ResourceMessages, a.writeOwnMessage)
}

// messages lists what was said in a chat, and who came and went, the oldest first.
func (a *API) messages(c *call) error {
	q, err := c.page(false)
	if err != nil {
		return err
	}
	entries, page, err := c.service().Entries(c.Context(), c.found.Chat, q)
	if err != nil {
		return err
	}
	facts, err := c.service().MessageFacts(c.Context(), c.found.Chat, entries...)
	if err != nil {
		return err
	}
	return listed(c, facts, page, chat.MessageFacts.Place, c.viewMessage)
}

func (c *call) viewMessage(f chat.MessageFacts) any { return MessageJSON(f, c.resource.Public) }

func (a *API) message(c *call) error { return c.replyMessage(http.StatusOK, c.resource.Key) }

func (c *call) replyMessage(status int, uuid string) error {
	entry, err := c.service().Entry(c.Context(), c.found.Chat, uuid)
	if err != nil {
		return err
	}
	facts, err := c.service().MessageFacts(c.Context(), c.found.Chat, entry)
	if err != nil {
		return err
	}
	return c.reply(status, c.viewMessage(facts[0]))
}

// posted answers with a message that was written; 200 when it had been before.
func (c *call) posted(ev chat.Event, isNew bool, err error) error {
	switch {
	case err != nil:
		return err
	case isNew:
		return c.replyMessage(http.StatusCreated, ev.Message.UUID)
	}
	return c.replyMessage(http.StatusOK, ev.Message.UUID)
}

// writeMessage writes for the user whose path it is.
func (a *API) writeMessage(c *call) error {
	writer, err := c.service().Writer(c.Context(), c.principal, c.found.Chat, c.found.User.ID)
	if err != nil {
		return err
	}
	m, err := c.readMessage()
	if err != nil {
		return err
	}
	if m.Type != "msg" {
		return invalid("type", "Users write messages of the type msg.")
	}
	return c.posted(c.service().PostAsMember(c.Context(), writer, c.found.Chat, m.request()))
}

// writeOwnMessage writes for the visitor, or presses a button for her.
func (a *API) writeOwnMessage(c *call) error {
	m, err := c.readMessage()
	if err != nil {
		return err
	}
	r := m.request()
	r.ConversationID = c.found.Chat.ID
	if m.Type != "action" {
		return c.posted(c.service().Post(c.Context(), c.principal, r))
	}
	ev, isNew, err := c.service().Press(c.Context(), c.principal, chat.PressRequest{
		ConversationID: r.ConversationID, MessageUUID: m.ToMessage, CardID: m.ToCard, ActionID: m.ToAction, ClientMessageID: r.ClientMessageID,
	})
	var refusal *chat.Error
	if errors.As(err, &refusal) && refusal.Kind == chat.NotFound {
		return invalid("response_to_action_id", refusal.Text) // the path is right, what it says is not
	}
	return c.posted(ev, isNew, err)
}

// sentMessage is the body of a new message.
type sentMessage struct {
	Type                        string
	Message                     *string
	Attachments                 []models.Card
	ToMessage, ToCard, ToAction string
	// ClientID is ours: the same again is the same message.
	ClientID string
}

func (c *call) readMessage() (m sentMessage, err error) {
	given, err := c.read(fields{
		"type": &m.Type, "message": &m.Message, "attachments": &m.Attachments, "client_message_id": &m.ClientID,
		"response_to_message_id": &m.ToMessage, "response_to_attachment_id": &m.ToCard, "response_to_action_id": &m.ToAction,
	})
	if err != nil {
		return m, err
	}
	if m.Type == "" {
		m.Type = "msg"
		if m.ToAction != "" {
			m.Type = "action"
		}
	}
	switch {
	case m.Type == "action":
		for name, value := range map[string]string{"response_to_message_id": m.ToMessage, "response_to_action_id": m.ToAction} {
			if value == "" {
				return m, required(name)
			}
		}
	case m.Type != "msg":
		return m, invalid("type", "Messages are written with the type msg or action.")
	case len(m.Attachments) > 0:
	case !given["message"] || m.Message == nil:
		return m, required("message")
	}
	if m.Message != nil && utf8.RuneCountInString(*m.Message) > maxMessage {
		return m, invalid("message", "Ensure this field has no more than 2000 characters.")
	}
	return m, nil
}

func (m sentMessage) request() chat.PostRequest {
	r := chat.PostRequest{Cards: m.Attachments, ClientMessageID: m.ClientID}
	if m.Message != nil {
		r.Content = *m.Message
	}
	return r
}
