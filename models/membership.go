package models

// Membership is that somebody takes part in a conversation, or did.
type Membership struct {
	ID             int64 `gorm:"primaryKey"`
	ConversationID int64
	OrganizationID int64
	// ManagerID 0 is the conversation's visitor, who takes part without a row, too.
	ManagerID     int64
	Participating bool
	CreatedAt     Time `gorm:"autoCreateTime:false"`
	UpdatedAt     Time `gorm:"autoUpdateTime:false"`
}

// Attendance is that a member came or went.
type Attendance struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	ConversationID int64
	ManagerID      int64
	Joined         bool
	CreatedAt      Time `gorm:"autoCreateTime:false"`
}

// Invitation is a member's wish that a team, or a manager, take a conversation.
type Invitation struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	ConversationID int64
	InviterID      int64
	TeamID         *int64
	InvitedID      *int64
	// AcceptedBy is the manager who took it.
	AcceptedBy *int64
	CreatedAt  Time `gorm:"autoCreateTime:false"`
	UpdatedAt  Time `gorm:"autoUpdateTime:false"`
}

// TableName is the table's.
func (Invitation) TableName() string { return "chat_invitations" }
