package models

// Status is the state of a conversation.
type Status string

// Statuses.
const (
	StatusOpen   Status = "open"
	StatusClosed Status = "closed"
)

// State is where a conversation is in its life: its status, and whether somebody has it.
type State string

// States. None is before it was opened.
const (
	StateNone     State = "none"
	StateWaiting  State = "waiting"
	StateAssigned State = "assigned"
	StateClosed   State = "closed"
)

// MaxConversationID bounds conversation ids: the largest integer that every JSON reader keeps exactly.
const MaxConversationID = 1<<53 - 1

// Conversation is a dialogue of one visitor and one manager, the counterpart. A visitor has one open at
// most in a room, tasks and external ones aside. An open one without a counterpart waits in its organisation's queue.
type Conversation struct {
	ID             int64  `gorm:"primaryKey;autoIncrement:false"`
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	// RoomID is the room's; 0: the organisation's main room.
	RoomID        int64
	ChatType      ChatType
	VisitorID     string
	ManagerID     *int64
	Status        Status
	LastMessageID *int64
	// EventSeq is the number of the conversation's latest event, counted from 1.
	EventSeq int64
	// UnreadVisitor counts the manager's messages that the visitor has not read; UnreadManager the reverse.
	UnreadVisitor int
	UnreadManager int
	// MessageCount counts its messages, those that were taken back too.
	MessageCount int64
	CreatedAt    Time `gorm:"autoCreateTime:false"`
	// UpdatedAt moves with every message, reading and change of state.
	UpdatedAt Time `gorm:"autoUpdateTime:false"`
	ClosedAt  *Time
	// WaitingSince is since when the visitor waits; set while the conversation waits, and its place in the queue.
	WaitingSince *Time
	// Unattended is set while it waits and nobody is likely to come soon: it was left as a message, or nobody
	// answered.
	Unattended bool
	// AnswerBy is until when somebody should have answered; nil: somebody has, or there is no limit.
	AnswerBy *Time
	// AnsweredAt is when a manager first wrote since the conversation was opened, or opened again.
	AnsweredAt *Time
	// Rating is the visitor's, 1 to 5.
	Rating     *int
	RatingText *string
	RatedAt    *Time
	// What the visitor said of how to be reached, with a message that was left; nobody has checked it.
	ContactName, ContactEmail, ContactPhone *string
}

// State tells where the conversation is in its life.
func (c Conversation) State() State {
	switch {
	case c.Status == StatusClosed:
		return StateClosed
	case c.ManagerID == nil:
		return StateWaiting
	default:
		return StateAssigned
	}
}
