package models

// EventKind is what an event is about; it is the "entity" on the wire.
type EventKind string

// Kinds.
const (
	EventConversation EventKind = "conversation"
	EventMessage      EventKind = "message"
	EventNotification EventKind = "notification"
	// EventAccess tells the server's nodes, and no client, that somebody's rights ended.
	EventAccess EventKind = "access"
)

// Event is a committed change that waits in the outbox until the relay has handed it on.
type Event struct {
	ID             int64 `gorm:"primaryKey"`
	OrganizationID int64
	VisitorID      string
	// ConversationID and ConversationSeq are nil for notifications. Seq counts a conversation's events from 1
	// without gaps.
	ConversationID  *int64
	ConversationSeq *int64
	Kind            EventKind
	// Action is "created" or "updated".
	Action string
	// Payload is the JSON that goes out, as it was at commit.
	Payload   string
	CreatedAt Time `gorm:"autoCreateTime:false"`
	RelayedAt *Time
}
