package models

// Status is the state of a conversation.
type Status string

// Statuses.
const (
	StatusOpen   Status = "open"
	StatusClosed Status = "closed"
)

// MaxConversationID bounds conversation ids: the largest integer that every JSON reader keeps exactly.
const MaxConversationID = 1<<53 - 1

// Conversation is a dialogue of one visitor and one manager, the counterpart. A visitor has one open at most.
type Conversation struct {
	ID             int64  `gorm:"primaryKey;autoIncrement:false"`
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	VisitorID      string
	ManagerID      *int64
	Status         Status
	LastMessageID  *int64
	// EventSeq is the number of the conversation's latest event, counted from 1.
	EventSeq int64
	// UnreadVisitor counts the manager's messages that the visitor has not read; UnreadManager the reverse.
	UnreadVisitor int
	UnreadManager int
	CreatedAt     Time `gorm:"autoCreateTime:false"`
	// UpdatedAt moves with every message, reading and change of state.
	UpdatedAt Time `gorm:"autoUpdateTime:false"`
	ClosedAt  *Time
}
