package models

// Goal is something that an organisation wants visitors to do.
type Goal struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	Name           string
	// Value is what reaching it is worth unless the page says otherwise.
	Value     float64
	CreatedAt Time `gorm:"autoCreateTime:false"`
	UpdatedAt Time `gorm:"autoUpdateTime:false"`
	DeletedAt *Time
}

// GoalMatch is that a visitor reached a goal, once in a session.
type GoalMatch struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	GoalID         int64
	OrganizationID int64
	// VisitorID is nil once she is erased.
	VisitorID *string
	SessionID string
	Value     float64
	CreatedAt Time `gorm:"autoCreateTime:false"`
}
