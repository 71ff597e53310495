package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"parley/models"
)

// PostRequest is a message to a conversation.
type PostRequest struct {
	ConversationID int64
	Sender         Sender
	// Content may be empty where there are cards; it is then made of them, for clients that show none.
	Content string
	// Cards are a manager's alone. Ids that are missing are given.
	Cards []models.Card
	// ClientMessageID may be empty. The same one again with the same content, from the same sender to the same
	// visitor's conversations, yields the message that it made the first time; with another content it is
	// refused.
	ClientMessageID string
}

// Post adds a message and tells whether it is new.
func (s *Service) Post(ctx context.Context, p Principal, r PostRequest) (Event, bool, error) {
	content, extra, err := r.said()
	if err != nil {
		return Event{}, false, err
	}
	if p.Party == Backend && r.Sender == (Sender{}) {
		return Event{}, false, senderMissing()
	}
	var seen SeenConversation
	c, actor, err := s.lookBy(ctx, p, r.Sender, r.ConversationID, func(view Reader) (_ models.Conversation, _ *models.Visitor, err error) {
		seen, err = view.SeenConversation(r.ConversationID)
		return seen.Conversation, &seen.Visitor, err
	})
	if err == nil {
		err = s.gate.MayConversation(memberLookup(ctx, s.store), actor, c, Speak)
	}
	if err == nil && extra != nil {
		err = maySendCards(actor)
	}
	if err != nil {
		return Event{}, false, err
	}
	if actor.Party == Visitor && p.Party != Backend {
		if err := s.posts.Take(c.VisitorID); err != nil {
			return Event{}, false, err
		}
	}
	m := models.Message{
		UUID: newUUID(), OrganizationID: c.OrganizationID, ConversationID: c.ID, VisitorID: c.VisitorID, Content: content, Extra: extra,
	}
	if r.ClientMessageID != "" {
		m.ClientMessageID = &r.ClientMessageID
	}
	if actor.Party == Manager {
		err = sign(s.store.View(ctx), &m, actor)
	} else {
		m.SenderType, m.SenderName = models.SenderVisitor, seen.Visitor.Name
	}
	if err != nil {
		return Event{}, false, err
	}
	s.tellComposing(ctx, c, actor.ManagerID, ComposingIdle)
	ev, isNew, err := s.append(ctx, actor, seen, m)
	if isNew || err != nil {
		return ev, isNew, err
	}
	err = s.update(ctx, func(tx Tx) error {
		ev, isNew, err = s.post(tx, actor, m)
		return err
	})
	return ev, isNew, err
}

// validMessage cleans a message's text and checks its sender's id for it.
func validMessage(text, clientID string) (content string, err error) {
	content, ok := models.CleanContent(text)
	if !ok {
		return "", contentInvalid()
	}
	return content, validClientID(clientID)
}

func validClientID(id string) error {
	if id != "" && !models.ValidClientMessageID(id) {
		return E(Invalid, "client_message_id_invalid", "A client_message_id has 1 to %d bytes of text", models.MaxClientMessageID)
	}
	return nil
}

func senderMissing() *Error {
	return E(Invalid, "sender_missing", "A backend names the sender of a message")
}

// sign writes the sender into m.
func sign(r Reader, m *models.Message, actor Principal) error {
	if actor.Party == Manager {
		manager, err := r.FormerManager(actor.ManagerID)
		m.SenderType, m.ManagerID, m.SenderName = models.SenderManager, &manager.ID, &manager.Name
		return err
	}
	v, err := r.Visitor(m.VisitorID)
	m.SenderType, m.SenderName = models.SenderVisitor, v.Name
	return err
}

func (s *Service) post(tx Tx, actor Principal, m models.Message) (Event, bool, error) {
	c, err := tx.LockConversation(m.ConversationID)
	if err != nil {
		return Event{}, false, err
	}
	if of(c, &m); actor.Party == Visitor && actor.VisitorID != c.VisitorID {
		return Event{}, false, visitorMerged()
	}
	refusal := s.maySay(tx, actor, c)
	if refusal == nil {
		ev, err := s.say(tx, actor, &c, &m)
		if err == nil {
			return ev, true, tx.SaveConversation(c)
		}
		if refusal = err; !errors.Is(err, ErrTaken) {
			return Event{}, false, err
		}
	}
	// Whatever has become of the conversation, what was sent before is answered as it was then.
	before, err := sentBefore(tx, m)
	if before == nil || err != nil {
		return Event{}, false, cmp.Or(err, refusal)
	}
	return messageEvent(created, *before), false, nil
}

// of makes the message one of the conversation's visitor, who may be another since we looked.
func of(c models.Conversation, m *models.Message) {
	m.VisitorID = c.VisitorID
	for i := range m.Attachments {
		m.Attachments[i].VisitorID = c.VisitorID
	}
}

// maySay refuses a message to a conversation that was closed or handed over since we looked.
func (s *Service) maySay(tx Tx, actor Principal, c models.Conversation) error {
	if c.Status != models.StatusOpen {
		return notPossible(c.State())
	}
	return s.gate.MayConversation(tx, actor, c, Speak)
}

// sentBefore finds the message that m repeats, by its sender's id for it; nil when there is none.
func sentBefore(tx Tx, m models.Message) (*models.Message, error) {
	if m.ClientMessageID == nil {
		return nil, nil
	}
	before, err := tx.ClientMessage(m.VisitorID, m.ManagerID, *m.ClientMessageID)
	switch {
	case errors.Is(err, ErrNoRecord):
		return nil, nil
	case err != nil:
		return nil, err
	}
	content, err := said(tx, before) // it may have been edited since
	if err == nil && (content != m.Content && content != m.Wording() || before.DeletedAt == nil && !sameBeside(before, m)) {
		err = E(Conflict, "client_message_id_taken", "Another message has this client_message_id")
	}
	return &before, err
}

// sameBeside tells whether two messages carry the same beside their text, as far as their records tell.
func sameBeside(a, b models.Message) bool {
	return a.Type == b.Type && sameAttachments(a.Attachments, b.Attachments) && sameExtra(a, b)
}

// say adds the message to its conversation, which is locked and which the caller saves.
func (s *Service) say(tx Tx, actor Principal, c *models.Conversation, m *models.Message) (Event, error) {
	m.CreatedAt = now()
	if err := tx.CreateMessage(m); err != nil {
		return Event{}, err
	}
	if err := adopt(tx, m); err != nil {
		return Event{}, err
	}
	enter(c, m)
	if answers(actor, *c) {
		if err := s.answered(tx, c, actor, m.CreatedAt); err != nil {
			return Event{}, err
		}
	}
	ev := messageEvent(created, *m)
	return ev, record(tx, c, created, ev, m.CreatedAt)
}

// enter makes m its conversation's latest message.
func enter(c *models.Conversation, m *models.Message) {
	c.LastMessageID, c.UpdatedAt = &m.ID, m.CreatedAt
	c.MessageCount++
	count(c, m.SenderType, 1)
}

// answers tells whether a message of the actor's is the answer that the conversation waits for.
func answers(actor Principal, c models.Conversation) bool {
	return actor.Party == Manager && (c.WaitingSince != nil || c.AnsweredAt == nil)
}

// count changes the number of messages that the side opposite to sender has not read.
func count(c *models.Conversation, sender models.SenderType, by int) {
	if sender == models.SenderVisitor {
		c.UnreadManager += by
	} else {
		c.UnreadVisitor += by
	}
}

// conversation finds a conversation and settles who acts on it, and that they may speak in it.
func (s *Service) conversation(ctx context.Context, p Principal, claimed Sender, id int64) (models.Conversation, Principal, error) {
	c, actor, err := s.look(ctx, p, claimed, id)
	if err != nil {
		return c, actor, err
	}
	return c, actor, s.gate.MayConversation(memberLookup(ctx, s.store), actor, c, Speak)
}

// look finds a conversation and settles who acts on it. A foreign one is not found.
func (s *Service) look(ctx context.Context, p Principal, claimed Sender, id int64) (models.Conversation, Principal, error) {
	return s.lookBy(ctx, p, claimed, id, func(view Reader) (c models.Conversation, v *models.Visitor, err error) {
		c, err = view.Conversation(id)
		return c, nil, err
	})
}

// lookBy is look for who reads more than the conversation on the way, the visitor too or nil.
func (s *Service) lookBy(ctx context.Context, p Principal, claimed Sender, id int64, read func(Reader) (models.Conversation, *models.Visitor, error)) (models.Conversation, Principal, error) {
	if err := s.gate.Admit(p, claimed); err != nil {
		return models.Conversation{}, Principal{}, err
	}
	c, v, err := read(s.store.View(ctx))
	if err != nil {
		return c, Principal{}, orNotFound(err, "conversation_not_found", "There is no conversation %d", id)
	}
	if p.OrganizationID != 0 && p.OrganizationID != c.OrganizationID {
		return c, Principal{}, conversationNotFound(id)
	}
	actor, err := s.gate.actor(ctx, p, claimed, c.VisitorID, c.OrganizationID, v)
	return c, actor, err
}

// HistoryRequest asks for a visitor's messages through one of the conversations.
type HistoryRequest struct {
	ConversationID int64
	Sender         Sender
	// Count 0 takes the default; more than the cap is cut to it.
	Count int
	// Since nil means the end. After turns from "this one and older" to "newer than this one".
	Since *int64
	After bool
}

// History returns messages of the conversation's visitor, from all conversations with the organisation. A
// manager may read those of every visitor of hers.
func (s *Service) History(ctx context.Context, p Principal, r HistoryRequest) (HistoryPage, error) {
	c, actor, err := s.look(ctx, p, r.Sender, r.ConversationID)
	if err != nil {
		return HistoryPage{}, err
	}
	if actor.Party == Visitor && actor.VisitorID != c.VisitorID {
		return HistoryPage{}, forbidden("This conversation belongs to somebody else")
	}
	if r.Count == 0 {
		r.Count = s.cfg.HistoryCount
	}
	return s.store.View(ctx).History(HistoryQuery{
		OrganizationID: c.OrganizationID, VisitorID: c.VisitorID,
		Since: r.Since, After: r.After, Count: min(r.Count, s.cfg.HistoryCap),
	})
}

// MarkRead notes that the recipient's side has read a message of the conversation's visitor, which may belong
// to another of the visitor's conversations. The first time the message is sent again with its new state.
// Marking one's own message, or one that is marked, changes nothing.
func (s *Service) MarkRead(ctx context.Context, p Principal, claimed Sender, conversationID, messageID int64) (Event, error) {
	c, actor, err := s.conversation(ctx, p, claimed, conversationID)
	if err != nil {
		return Event{}, err
	}
	m, err := s.store.View(ctx).Message(messageID)
	if err != nil {
		return Event{}, orNotFound(err, "message_not_found", "There is no message %d in this conversation", messageID)
	}
	if m.VisitorID != c.VisitorID || m.OrganizationID != c.OrganizationID {
		return Event{}, messageNotFound(messageID)
	}
	if m.ReadAt != nil || s.ownMessage(p, claimed, actor, m) {
		return messageEvent(updated, m), nil
	}
	err = s.update(ctx, func(tx Tx) error { return s.markRead(tx, actor, &m) })
	return messageEvent(updated, m), err
}

// ownMessage tells whether the actor's side wrote m. The original's call has no parameters: one that names
// nobody, where it may be either side's, is believed to come from the recipient.
func (s *Service) ownMessage(p Principal, claimed Sender, actor Principal, m models.Message) bool {
	if claimed == (Sender{}) && (p.Party == Backend || p.Party == Stranger && s.gate.rules.TrustedManagers) {
		return false
	}
	return (actor.Party == Manager) == (m.SenderType == models.SenderManager)
}

func (s *Service) markRead(tx Tx, actor Principal, m *models.Message) error {
	c, err := tx.LockConversation(m.ConversationID)
	if err != nil {
		return err
	}
	if c.Status == models.StatusOpen { // an old conversation is no way into one that is somebody else's now
		if err := s.gate.MayConversation(tx, actor, c, Speak); err != nil {
			return err
		}
	}
	at := now()
	first, err := tx.MarkRead(m.ID, at)
	if err != nil {
		return err
	}
	// It may have been edited, or read by a faster call, since we looked.
	if *m, err = tx.Message(m.ID); err != nil || !first {
		return err
	}
	c.UpdatedAt = at
	count(&c, m.SenderType, -1)
	if err := record(tx, &c, updated, messageEvent(updated, *m), at); err != nil {
		return err
	}
	return tx.SaveConversation(c)
}

// Notify keeps a backend's notification for a visitor and sends it. data is a JSON object.
func (s *Service) Notify(ctx context.Context, p Principal, visitorID string, data json.RawMessage) (Event, error) {
	ev, _, err := s.NotifyOnce(ctx, p, Notice{VisitorID: visitorID, Data: data})
	return ev, err
}

// NotifyOnce is Notify for what may come again, and tells whether it is new.
func (s *Service) NotifyOnce(ctx context.Context, p Principal, n Notice) (ev Event, isNew bool, err error) {
	if err := n.check(); err != nil {
		return Event{}, false, err
	}
	if err := pushersOnly(p); err != nil {
		return Event{}, false, err
	}
	if n.VisitorID, err = s.meant(ctx, p, n.VisitorID, &Sender{}); err != nil {
		return Event{}, false, err
	}
	err = s.update(ctx, func(tx Tx) error {
		ev, isNew, err = s.notice(tx, p, n)
		return err
	})
	return ev, isNew, err
}
