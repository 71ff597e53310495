package models

// EventKind is what an event is about; it is the "entity" on the wire.
type EventKind string

// Kinds.
const (
	EventConversation EventKind = "conversation"
	EventMessage      EventKind = "message"
	EventNotification EventKind = "notification"
	// EventRead: one side has read up to a message.
	EventRead EventKind = "read"
	// EventSeen: a visitor has read notifications.
	EventSeen EventKind = "seen"
	// EventTransition, EventNote and EventTags are for managers alone.
	EventTransition EventKind = "transition"
	EventNote       EventKind = "note"
	EventTags       EventKind = "tags"
	// EventAvailability: the first manager of an organisation came, or the last one left.
	EventAvailability EventKind = "availability"
	// EventVisitor: it became known who a visitor is. For managers and backends alone.
	EventVisitor EventKind = "visitor"
	// EventWebhook: a webhook was made, changed, deleted or switched off. For admins alone.
	EventWebhook EventKind = "webhook"
	// EventCall: a visitor wants to be called, or what has come of it.
	EventCall EventKind = "call"
	// EventErasure: a conversation was removed for good.
	EventErasure EventKind = "erasure"
	// EventAccess tells the server's nodes, and no client, that somebody's rights ended.
	EventAccess EventKind = "access"

	// Those below are about what giosg's clients know. They say which resource changed and not how it is now; what is
	// published in giosg's form is made of it, nothing else.

	EventRoom         EventKind = "room"
	EventOrganization EventKind = "organization_changed"
	EventUser         EventKind = "user"
	// EventRoomVisitor: a visitor came into a room, changed there, or went.
	EventRoomVisitor EventKind = "room_visitor"
	EventVariable    EventKind = "variable"
	EventMembership  EventKind = "membership"
	// EventAttendance: a member came or went, which shows among the messages.
	EventAttendance EventKind = "attendance"
	EventInvitation EventKind = "invitation"
	// EventChat: a conversation was removed for good.
	EventChat EventKind = "chat"
)

// Event is a committed change that waits in the outbox until the relay has handed it on.
type Event struct {
	ID             int64 `gorm:"primaryKey"`
	OrganizationID int64
	VisitorID      string
	// ConversationID and ConversationSeq are nil for what is about no conversation, VisitorID is then empty unless
	// it is about a visitor. Seq counts a conversation's events from 1
	// without gaps.
	ConversationID  *int64
	ConversationSeq *int64
	Kind            EventKind
	// Action is "created" or "updated"; of resources "added", "changed" or "removed".
	Action string
	// Payload is the JSON that goes out, as it was at commit.
	Payload   string
	CreatedAt Time `gorm:"autoCreateTime:false"`
	RelayedAt *Time
	// Position orders events as they were handed on, whatever the order of their ids. It is set with RelayedAt.
	Position *int64
}
