package models

// Call is a visitor's wish to be called, and what came of it.
type Call struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	ConversationID int64
	// MessageID is that of the message that asks for it.
	MessageID int64
	Kind      CallKind
	State     CallState
	// OperatorName and OperatorAvatar are what the page shows of who is called.
	OperatorName   string
	OperatorAvatar *string
	// ManagerID is who has accepted it.
	ManagerID  *int64
	CreatedAt  Time `gorm:"autoCreateTime:false"`
	AcceptedAt *Time
	EndedAt    *Time
	UpdatedAt  Time `gorm:"autoUpdateTime:false"`
}

// CallKind is what goes over a call.
type CallKind string

// Kinds.
const (
	CallAudio CallKind = "audio"
	CallVideo CallKind = "video"
	CallBoth  CallKind = "audio+video"
)

// Valid tells whether k is one of the three.
func (k CallKind) Valid() bool { return k == CallAudio || k == CallVideo || k == CallBoth }

// CallState is how far a call is.
type CallState string

// States. The last three are its end.
const (
	CallRinging  CallState = "ringing"
	CallAccepted CallState = "accepted"
	CallRefused  CallState = "refused"
	CallMissed   CallState = "missed"
	CallEnded    CallState = "ended"
)
