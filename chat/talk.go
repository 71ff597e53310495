package chat

import (
	"context"

	"parley/models"
)

// TalkReader reads what belongs to messages and conversations beside the words that both sides see.
type TalkReader interface {
	// MessageVersions lists what a message said before, oldest first.
	MessageVersions(messageID int64) ([]models.MessageVersion, error)
	// UnreadIn lists by rising id the conversations in which the query's messages are.
	UnreadIn(q ReadQuery) ([]int64, error)
	// Unread counts what a manager has not read in her open conversations, and names up to limit of them, those
	// with the latest activity first.
	Unread(managerID int64, limit int) (UnreadTotals, error)

	Note(id int64) (models.Note, error)
	// Notes lists the last notes of a conversation before one, oldest first; before 0: the last there are.
	Notes(conversationID, before int64, limit int) ([]models.Note, error)
	CountNotes(conversationID int64) (int64, error)

	// Tags lists each conversation's, in order.
	Tags(conversationIDs ...int64) (map[int64][]string, error)
	TagCounts(q TagQuery) ([]TagCount, error)

	CannedReply(id int64) (models.CannedReply, error)
	// CannedReplies lists those of an organisation that are everybody's, and a manager's own, if one is named, by
	// their shortcuts.
	CannedReplies(organizationID int64, managerID *int64) ([]models.CannedReply, error)
}

// TalkTx changes it.
type TalkTx interface {
	// ReplaceContent saves content, extra and the times of editing, deleting and reading.
	ReplaceContent(m models.Message) error
	CreateMessageVersion(v *models.MessageVersion) error
	// MarkReadUpTo sets the time of reading of the query's messages, and tells which they were.
	MarkReadUpTo(q ReadQuery, at models.Time) ([]ReadMark, error)

	CreateNote(n *models.Note) error
	DeleteNote(id int64) error

	AddTag(t models.ConversationTag) error
	RemoveTag(conversationID int64, tag string) error

	CreateCannedReply(c *models.CannedReply) error
	SaveCannedReply(c models.CannedReply) error
	DeleteCannedReply(id int64) error
}

// staff settles which manager or backend makes a call that is for managers alone. It comes before anything is
// looked up.
func (s *Service) staff(ctx context.Context, p Principal, claimed Sender) (Principal, error) {
	if p.Party == Backend {
		if err := p.demand(models.ScopeChat); err != nil {
			return p, err
		}
		if claimed.Type == models.SenderVisitor {
			return p, senderMismatch()
		}
		if claimed == (Sender{}) {
			return p, nil
		}
		return s.gate.claimedActor(ctx, claimed, "", p.OrganizationID)
	}
	if p.Party != Manager && p.Party != Stranger {
		return p, forbidden("This is for managers")
	}
	return s.gate.self(ctx, p, claimed)
}

// staffOf is staff for calls about a conversation, which any manager of the organisation may make.
func (s *Service) staffOf(ctx context.Context, p Principal, claimed Sender, conversationID int64) (models.Conversation, Principal, error) {
	actor, err := s.staff(ctx, p, claimed)
	if err != nil {
		return models.Conversation{}, actor, err
	}
	c, err := s.store.View(ctx).Conversation(conversationID)
	if err != nil {
		return c, actor, orNotFound(err, "conversation_not_found", "There is no conversation %d", conversationID)
	}
	if actor.OrganizationID != c.OrganizationID {
		return c, actor, conversationNotFound(conversationID)
	}
	return c, actor, nil
}
