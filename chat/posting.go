package chat

import (
	"context"
	"encoding/json"
	"strings"

	"parley/models"
)

// Poster adds messages in one go, where the store can.
type Poster interface {
	// Append commits a message, its event and what becomes of its conversation, and fills in the message's id. It
	// changes nothing and tells false when the conversation is not what it was when it was seen, or when the sender
	// has used the ClientMessageID: whoever calls finds out in an Update.
	Append(ctx context.Context, p Posting) (bool, error)
}

// SeenConversation is a conversation as it was committed when it was read.
type SeenConversation struct {
	models.Conversation
	// Visitor has her name, and whether she was identified or merged; nothing else of her was read.
	Visitor models.Visitor
	// Version differs after every change of the conversation; 0: the store has no Append.
	Version int64
}

// Posting is what Append commits.
type Posting struct {
	Seen    SeenConversation
	Message *models.Message
	// Conversation is Seen with the message counted: LastMessageID, which Append knows first, EventSeq, MessageCount,
	// the unread counts and UpdatedAt are saved.
	Conversation models.Conversation
	// Event has no payload yet: that is Head, the message's id and Tail.
	Event      models.Event
	Head, Tail string
}

// append posts m in one go and tells whether that was possible. It is not where more happens than that a message is
// added.
func (s *Service) append(ctx context.Context, actor Principal, seen SeenConversation, m models.Message) (Event, bool, error) {
	c := seen.Conversation
	if seen.Version == 0 || c.Status != models.StatusOpen || m.Attached > 0 || answers(actor, c) {
		return Event{}, false, nil
	}
	m.CreatedAt = now()
	enter(&c, &m)
	c.EventSeq++
	ev := messageEvent(created, m)
	head, tail, err := aroundID(ev)
	if err != nil {
		return Event{}, false, err
	}
	ok, err := s.store.Append(ctx, Posting{
		Seen: seen, Message: &m, Conversation: c, Event: changeOf(&c, created, ev, m.CreatedAt), Head: head, Tail: tail,
	})
	if err != nil || !ok {
		return Event{}, false, err
	}
	s.cfg.Committed()
	ev.Message.ID = m.ID
	return ev, true, nil
}

// aroundID cuts a new message's event at the id, which nobody knows yet. Nothing before it comes from outside.
func aroundID(ev Event) (head, tail string, err error) {
	payload, err := json.Marshal(ev)
	if err != nil {
		return "", "", err
	}
	const before = `"message":{"id":`
	head, tail, _ = strings.Cut(string(payload), before+"0")
	return head + before, tail, nil
}
