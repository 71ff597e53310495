package chat

import (
	"context"
	"slices"

	"parley/models"
)

// ReadQuery finds a visitor's messages that were not read.
type ReadQuery struct {
	OrganizationID int64
	VisitorID      string
	// Sender is whose messages, UpTo the last one's id.
	Sender models.SenderType
	UpTo   int64
	// Conversations are those whose messages are marked.
	Conversations []int64
}

// ReadMark is a message that was marked as read.
type ReadMark struct{ ID, ConversationID int64 }

// UnreadTotals are what a manager has not read in her open conversations. Total counts all of them;
// Conversations leaves out those where everything is read, and may be cut short.
type UnreadTotals struct {
	Total         int64                `json:"total"`
	Conversations []UnreadConversation `json:"conversations"`
}

// UnreadConversation is one conversation's part of them.
type UnreadConversation struct {
	ID     int64 `json:"id"`
	Unread int   `json:"unread"`
}

// ReadView is how far one side has read, as clients see it.
type ReadView struct {
	ConversationID int64  `json:"conversation_id"`
	VisitorID      string `json:"visitor_id"`
	// Reader has read everything of the other side up to and including the message UpTo.
	Reader models.SenderType `json:"reader"`
	UpTo   int64             `json:"up_to"`
	ReadAt models.Time       `json:"read_at"`
	// Count is how many messages were marked: in the answer all, in an event those of its conversation.
	Count int `json:"count"`
	// UnreadCount is the visitor's, UnreadManagerCount the manager's, after this.
	UnreadCount        int `json:"unread_count"`
	UnreadManagerCount int `json:"unread_manager_count"`
}

func readEvent(c models.Conversation, q ReadQuery, count int, at models.Time) Event {
	reader := models.SenderVisitor
	if q.Sender == models.SenderVisitor {
		reader = models.SenderManager
	}
	return Event{Entity: models.EventRead, Event: updated, Read: &ReadView{
		ConversationID: c.ID, VisitorID: c.VisitorID, Reader: reader, UpTo: q.UpTo, ReadAt: at, Count: count,
		UnreadCount: c.UnreadVisitor, UnreadManagerCount: c.UnreadManager,
	}}
}

// ReadUpTo notes that the caller's side has read all messages of the other side up to and including one, in all
// conversations of the visitor that it may mark. Each conversation concerned hears of it once, and for clients
// that do not know such events its newest marked message is sent again.
func (s *Service) ReadUpTo(ctx context.Context, p Principal, claimed Sender, conversationID, upTo int64) (Event, error) {
	if p.Party == Backend && claimed == (Sender{}) {
		return Event{}, E(Invalid, "sender_missing", "A backend names who has read")
	}
	c, actor, err := s.conversation(ctx, p, claimed, conversationID)
	if err != nil {
		return Event{}, err
	}
	view := s.store.View(ctx)
	m, err := view.Message(upTo)
	if err != nil {
		return Event{}, orNotFound(err, "message_not_found", "There is no message %d in this conversation", upTo)
	}
	if m.VisitorID != c.VisitorID || m.OrganizationID != c.OrganizationID {
		return Event{}, messageNotFound(upTo)
	}
	q := ReadQuery{OrganizationID: c.OrganizationID, VisitorID: c.VisitorID, Sender: models.SenderManager, UpTo: upTo}
	if actor.Party == Manager {
		q.Sender = models.SenderVisitor
	}
	unread, err := view.UnreadIn(q)
	if err != nil || len(unread) == 0 {
		return readEvent(c, q, 0, now()), err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		ev, err = s.readUpTo(tx, actor, conversationID, q)
		return err
	})
	return ev, err
}

func (s *Service) readUpTo(tx Tx, actor Principal, conversationID int64, q ReadQuery) (Event, error) {
	ids, err := tx.UnreadIn(q)
	if err != nil {
		return Event{}, err
	}
	if !slices.Contains(ids, conversationID) {
		ids = append(ids, conversationID)
	}
	locked, err := s.lockForReading(tx, actor, conversationID, ids)
	if err != nil {
		return Event{}, err
	}
	q.Conversations = nil // another try of the transaction may find others
	for _, c := range locked {
		q.Conversations = append(q.Conversations, c.ID)
	}
	at := now()
	marks, err := tx.MarkReadUpTo(q, at)
	if err != nil {
		return Event{}, err
	}
	var answer Event
	for _, c := range locked {
		if err := noteReading(tx, &c, q, marks, at); err != nil {
			return Event{}, err
		}
		if c.ID == conversationID {
			answer = readEvent(c, q, len(marks), at)
		}
	}
	return answer, nil
}

// lockForReading locks conversations by rising id and leaves out those in which the actor may mark nothing: an old
// conversation is no way into one that is somebody else's now.
func (s *Service) lockForReading(tx Tx, actor Principal, conversationID int64, ids []int64) ([]models.Conversation, error) {
	slices.Sort(ids)
	var locked []models.Conversation
	for _, id := range ids {
		c, err := tx.LockConversation(id)
		if err != nil {
			return nil, err
		}
		if c.Status == models.StatusOpen {
			err = s.gate.MayConversation(tx, actor, c, Speak)
		}
		switch {
		case err == nil:
			locked = append(locked, c)
		case id == conversationID:
			return nil, err // handed over since we looked
		}
	}
	return locked, nil
}

// noteReading counts the marks of one conversation and sends what they changed.
func noteReading(tx Tx, c *models.Conversation, q ReadQuery, marks []ReadMark, at models.Time) error {
	n, newest := 0, int64(0)
	for _, mark := range marks {
		if mark.ConversationID == c.ID {
			n++
			newest = max(newest, mark.ID)
		}
	}
	if n == 0 {
		return nil
	}
	count(c, q.Sender, -n)
	c.UpdatedAt = at
	if err := record(tx, c, updated, readEvent(*c, q, n, at), at); err != nil {
		return err
	}
	m, err := tx.Message(newest)
	if err != nil {
		return err
	}
	if err := record(tx, c, updated, messageEvent(updated, m), at); err != nil {
		return err
	}
	return tx.SaveConversation(*c)
}

// maxUnread bounds how many conversations the totals name.
const maxUnread = 1000

// Unread counts what the calling manager has not read.
func (s *Service) Unread(ctx context.Context, p Principal, claimed Sender) (UnreadTotals, error) {
	actor, err := s.staff(ctx, p, claimed)
	if err != nil {
		return UnreadTotals{}, err
	}
	if actor.Party != Manager {
		return UnreadTotals{}, E(Invalid, "sender_missing", "A backend names the manager")
	}
	return s.store.View(ctx).Unread(actor.ManagerID, maxUnread)
}
