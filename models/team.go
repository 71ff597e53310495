package models

// Team is a group of an organisation's managers.
type Team struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	Name           string
	CreatedAt      Time `gorm:"autoCreateTime:false"`
	UpdatedAt      Time `gorm:"autoUpdateTime:false"`
}

// TeamMember is a manager's belonging to a team.
type TeamMember struct {
	TeamID    int64 `gorm:"primaryKey;autoIncrement:false"`
	ManagerID int64 `gorm:"primaryKey;autoIncrement:false"`
}

// UserClient is a program that a manager is there with, until it expires.
type UserClient struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	ManagerID      int64
	// ExpiresInMS is for how long each sign of life counts, in milliseconds.
	ExpiresInMS int64 `gorm:"column:expires_in_ms"`
	ExpiresAt   Time
	// Live: it counts. It ends when ExpiresAt has come and that was noticed.
	Live bool
	// Properties is a JSON object of the client's own.
	Properties string
	CreatedAt  Time `gorm:"autoCreateTime:false"`
	UpdatedAt  Time `gorm:"autoUpdateTime:false"`
}
