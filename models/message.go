package models

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// SenderType says which side of a conversation speaks.
type SenderType string

// The two sides.
const (
	SenderVisitor SenderType = "visitor"
	SenderManager SenderType = "manager"
)

// MessageType is what a message is beside text that somebody wrote.
type MessageType string

// Types.
const (
	// MessageAction: the visitor has pressed a card's button.
	MessageAction MessageType = "action"
	// MessageCall: the visitor wants to be called.
	MessageCall MessageType = "call_request"
)

// Bounds of a message, in characters and bytes.
const (
	MaxContent         = 4000
	MaxClientMessageID = 128
)

// Message is one utterance.
type Message struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	ConversationID int64
	VisitorID      string
	SenderType     SenderType
	// ManagerID is set when a manager speaks.
	ManagerID *int64
	// SenderName is the speaker's name at that time.
	SenderName *string
	Content    string
	// Type is empty for what people write.
	Type MessageType
	// Extra is a JSON object: cards with buttons, and what a button answered; nil: nothing.
	Extra *string
	// ClientMessageID is the sender's own id; sending it again yields the same message.
	ClientMessageID *string
	ReadAt          *Time
	CreatedAt       Time `gorm:"autoCreateTime:false"`
	EditedAt        *Time
	// DeletedAt is set when the message was taken back; its content is then empty, and kept as a version.
	DeletedAt *Time
	// Attached counts Attachments, which a store reads and writes along with the message.
	Attached    int
	Attachments []Attachment `gorm:"-"`
}

// MessageVersion is what a message said before it was edited or deleted.
type MessageVersion struct {
	ID        int64  `json:"id" gorm:"primaryKey"`
	MessageID int64  `json:"message_id"`
	Content   string `json:"content"`
	// ActorType and ActorID are who replaced it.
	ActorType  string `json:"actor_type"`
	ActorID    string `json:"actor_id"`
	ReplacedAt Time   `json:"replaced_at"`
}

// CleanContent trims s and takes control characters out, keeping line breaks and tabs. Escaping is left to
// whoever shows it. It reports false when nothing, too much or no valid text is left.
func CleanContent(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	return s, n >= 1 && n <= MaxContent
}

// ValidClientMessageID tells whether s may name a message for its sender.
func ValidClientMessageID(s string) bool {
	if s == "" || len(s) > MaxClientMessageID {
		return false
	}
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// Notification is a backend's note to a visitor: any JSON object.
type Notification struct {
	ID             int64 `gorm:"primaryKey"`
	OrganizationID int64
	VisitorID      string
	Data           string
	// ClientNotificationID is unique for the visitor.
	ClientNotificationID *string
	CreatedAt            Time `gorm:"autoCreateTime:false"`
	ReadAt               *Time
}
