package models

// Role is what a manager may do beyond her own conversations.
type Role string

// Roles, in rising order of rights.
const (
	RoleManager    Role = "manager"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
)

// Valid tells whether r is one of the three.
func (r Role) Valid() bool { return r == RoleManager || r == RoleSupervisor || r == RoleAdmin }

// Supervises tells whether r may look at, and end, other managers' conversations.
func (r Role) Supervises() bool { return r == RoleSupervisor || r == RoleAdmin }

// DutyState is what a manager told the duty switch.
type DutyState string

// Duty states. A manager who never touched the switch is DutyAuto: listening means on duty, as with the
// original's dashboards, which have no switch.
const (
	DutyAuto   DutyState = "auto"
	DutyOn     DutyState = "on"
	DutyPaused DutyState = "paused"
	DutyOff    DutyState = "off"
)

// Settable tells whether a manager may choose s.
func (s DutyState) Settable() bool { return s == DutyOn || s == DutyPaused || s == DutyOff }

// Serves tells whether a manager with the switch in s wants conversations.
func (s DutyState) Serves() bool { return s == DutyAuto || s == DutyOn }

// Manager answers visitors of one organisation.
type Manager struct {
	ID             int64  `json:"id" gorm:"primaryKey"`
	UUID           string `json:"uuid"`
	OrganizationID int64  `json:"organization_id"`
	Name           string `json:"name"`
	// Email is the login, kept in lower case.
	Email        string    `json:"email"`
	PasswordHash string    `json:"-"`
	Role         Role      `json:"role"`
	AvatarURL    *string   `json:"avatar_url"`
	DutyState    DutyState `json:"duty_state"`
	// Bot: a program answers.
	Bot bool `json:"bot"`
	// TimeZone is an IANA name; empty: the organisation's.
	TimeZone string `json:"time_zone"`
	// MaxConversations bounds her open conversations. Nil: what the organisation says; 0: without limit.
	MaxConversations *int `json:"max_conversations"`
	// SeenAt is when her last live session on the service channel ended.
	SeenAt *Time `json:"seen_at"`
	// LastAssignedAt is when a conversation was last given to her.
	LastAssignedAt *Time `json:"last_assigned_at"`
	CreatedAt      Time  `json:"created_at" gorm:"autoCreateTime:false"`
	// PasswordChangedAt is nil as long as she has the password that she was made with.
	PasswordChangedAt *Time `json:"password_changed_at"`
	// TokensValidFrom is a full second: tokens that were signed before it hold no more. 0: all hold.
	TokensValidFrom Time `json:"-"`
	// DeletedAt is set when she left; her conversations keep her name.
	DeletedAt *Time `json:"-"`
}

// DutySession is one live session of a manager on the service channel, on one node.
type DutySession struct {
	SessionID string `gorm:"primaryKey"`
	ManagerID int64
	Node      string
	Since     Time
}

// LoginTries is what is known of attempts to sign in at one account from one source, both named by hashes. The
// empty source stands for all from which nobody has signed in at the account lately.
type LoginTries struct {
	Account string `gorm:"primaryKey"`
	Source  string `gorm:"primaryKey"`
	// Failed counts attempts since the last that succeeded, or since a lock ended.
	Failed      int
	TriedAt     Time
	LockedUntil *Time
	SucceededAt *Time
}

// TableName is the table's.
func (LoginTries) TableName() string { return "login_tries" }

// LoginSession is a signed-in dashboard. The cookie's value is kept only as a hash.
type LoginSession struct {
	TokenHash string `gorm:"primaryKey"`
	ManagerID int64
	CreatedAt Time `gorm:"autoCreateTime:false"`
	ExpiresAt Time
}
