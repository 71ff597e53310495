package chat

import (
	"context"

	"parley/models"
)

// ChangeRequest names a message that is edited or taken back.
type ChangeRequest struct {
	ConversationID, MessageID int64
	Sender                    Sender
	// Content is the new text; of no meaning when the message is taken back.
	Content string
}

func messageDeleted() *Error {
	return E(Conflict, "message_deleted", "The message was deleted")
}

// Wrote tells whether the actor, as settled by Actor, wrote the message herself.
func (g *Gate) Wrote(actor Principal, m models.Message) error {
	if actor.Party == Visitor && m.SenderType == models.SenderVisitor && actor.VisitorID == m.VisitorID ||
		actor.Party == Manager && m.ManagerID != nil && *m.ManagerID == actor.ManagerID {
		return nil
	}
	return forbidden("Somebody else wrote this message")
}

// Edit gives a message another text; what it said stays as a version. Who wrote it may, while its conversation is
// open. The same text again changes nothing. Cards stay as they are; what a button says is no text to be edited.
func (s *Service) Edit(ctx context.Context, p Principal, r ChangeRequest) (Event, error) {
	content, ok := models.CleanContent(r.Content)
	if !ok {
		return Event{}, contentInvalid()
	}
	if p.Party == Backend && r.Sender == (Sender{}) {
		return Event{}, senderMissing()
	}
	actor, err := s.author(ctx, p, r)
	if err != nil {
		return Event{}, err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		ev, err = s.edit(tx, actor, r, content)
		return err
	})
	return ev, err
}

func contentInvalid() *Error {
	return E(Invalid, "content_invalid", "A message has 1 to %d characters of text", models.MaxContent)
}

// author settles who changes a message, and counts a visitor's changes among the visitor's messages.
func (s *Service) author(ctx context.Context, p Principal, r ChangeRequest) (Principal, error) {
	c, actor, err := s.look(ctx, p, r.Sender, r.ConversationID)
	if err == nil && actor.Party == Visitor && p.Party != Backend {
		err = s.posts.Take(c.VisitorID)
	}
	return actor, err
}

// lockMessage reads a message of a conversation that is kept from others until the end.
func lockMessage(tx Tx, r ChangeRequest) (models.Conversation, models.Message, error) {
	c, err := tx.LockConversation(r.ConversationID)
	if err != nil {
		return c, models.Message{}, err
	}
	m, err := tx.Message(r.MessageID)
	if err != nil {
		return c, m, orNotFound(err, "message_not_found", "There is no message %d in this conversation", r.MessageID)
	}
	if m.ConversationID != c.ID {
		return c, m, messageNotFound(r.MessageID)
	}
	return c, m, nil
}

func (s *Service) edit(tx Tx, actor Principal, r ChangeRequest, content string) (Event, error) {
	c, m, err := lockMessage(tx, r)
	if err != nil {
		return Event{}, err
	}
	if err := s.gate.Wrote(actor, m); err != nil {
		return Event{}, err
	}
	switch {
	case m.DeletedAt != nil:
		return Event{}, messageDeleted()
	case c.Status != models.StatusOpen:
		return Event{}, notPossible(models.StateClosed)
	case m.Type != "":
		return Event{}, notEditable()
	case m.Content == content:
		return messageEvent(updated, m), nil
	}
	at := now()
	before := m.Content
	m.Content, m.EditedAt, m.Extra = content, &at, withoutFallback(m)
	return replace(tx, c, m, before, actor, at)
}

// Delete takes a message back: its text stays as a version alone, its files do not stay, its place in the history is
// empty. Who wrote it may, while its conversation is open; supervisors and backends may at any time. What was not read counts as
// read from then on. Deleting a deleted one changes nothing.
func (s *Service) Delete(ctx context.Context, p Principal, r ChangeRequest) (Event, error) {
	actor, err := s.author(ctx, p, r)
	if err != nil {
		return Event{}, err
	}
	if p.Party == Backend {
		actor = p
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		ev, err = s.delete(tx, actor, r)
		return err
	})
	return ev, err
}

func (s *Service) delete(tx Tx, actor Principal, r ChangeRequest) (Event, error) {
	c, m, err := lockMessage(tx, r)
	if err != nil {
		return Event{}, err
	}
	moderates := actor.Party == Backend || actor.supervises()
	if !moderates {
		if err := s.gate.Wrote(actor, m); err != nil {
			return Event{}, err
		}
	}
	switch {
	case m.DeletedAt != nil:
		return messageEvent(updated, m), nil
	case c.Status != models.StatusOpen && !moderates:
		return Event{}, notPossible(models.StateClosed)
	}
	at := now()
	before := m.Wording()
	m.Content, m.DeletedAt, m.Extra = "", &at, nil
	if err := removeAttachments(tx, &m); err != nil {
		return Event{}, err
	}
	if m.ReadAt == nil {
		m.ReadAt = &at
		count(&c, m.SenderType, -1)
	}
	return replace(tx, c, m, before, actor, at)
}

// replace keeps what the message said, and sends what it says now.
func replace(tx Tx, c models.Conversation, m models.Message, before string, actor Principal, at models.Time) (Event, error) {
	version := models.MessageVersion{MessageID: m.ID, Content: before, ReplacedAt: at}
	version.ActorType, version.ActorID = actorOf(actor)
	if err := tx.CreateMessageVersion(&version); err != nil {
		return Event{}, err
	}
	if err := tx.ReplaceContent(m); err != nil {
		return Event{}, err
	}
	c.UpdatedAt = at
	ev := messageEvent(updated, m)
	if err := record(tx, &c, updated, ev, at); err != nil {
		return Event{}, err
	}
	return ev, tx.SaveConversation(c)
}

// said tells what a message said when it was sent.
func said(r TalkReader, m models.Message) (string, error) {
	if m.EditedAt == nil && m.DeletedAt == nil {
		return m.Content, nil
	}
	versions, err := r.MessageVersions(m.ID)
	if err != nil || len(versions) == 0 {
		return m.Content, err
	}
	return versions[0].Content, nil
}

// Versions lists what a message said before, oldest first. Managers of the organisation and backends may ask.
func (s *Service) Versions(ctx context.Context, p Principal, claimed Sender, conversationID, messageID int64) ([]models.MessageVersion, error) {
	c, _, err := s.staffOf(ctx, p, claimed, conversationID)
	if err != nil {
		return nil, err
	}
	view := s.store.View(ctx)
	m, err := view.Message(messageID)
	if err != nil {
		return nil, orNotFound(err, "message_not_found", "There is no message %d in this conversation", messageID)
	}
	if m.ConversationID != c.ID {
		return nil, messageNotFound(messageID)
	}
	return view.MessageVersions(messageID)
}
