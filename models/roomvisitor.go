package models

// RoomVisitor is a visitor as one room knows her.
type RoomVisitor struct {
	ID             int64 `gorm:"primaryKey"`
	RoomID         int64
	OrganizationID int64
	VisitorID      string
	// SessionID is that of her latest session in the room, VisitCount how many there were.
	SessionID  *string
	VisitCount int
	// Online: she is there now. OnlineAt is when she last came.
	Online   bool
	OnlineAt *Time
	// SeenAt is when she was last known to be there, within some minutes.
	SeenAt Time
	// About is a JSON object: browser, place, way there.
	About     string
	CreatedAt Time `gorm:"autoCreateTime:false"`
	UpdatedAt Time `gorm:"autoUpdateTime:false"`
}

// VisitorVariable is one thing that a site says of a visitor in a room.
type VisitorVariable struct {
	ID             int64 `gorm:"primaryKey"`
	RoomID         int64
	OrganizationID int64
	VisitorID      string
	Key            string
	// Value is JSON.
	Value string
	// Signed: a backend has said it, or signed it.
	Signed    bool
	CreatedAt Time `gorm:"autoCreateTime:false"`
	UpdatedAt Time `gorm:"autoUpdateTime:false"`
}

// VisitorIdentifier is a site's own name for a visitor.
type VisitorIdentifier struct {
	ID             int64 `gorm:"primaryKey"`
	OrganizationID int64
	Identifier     string
	VisitorID      string
	CreatedAt      Time `gorm:"autoCreateTime:false"`
	UpdatedAt      Time `gorm:"autoUpdateTime:false"`
}

// VisitorSecret is what a page keeps to be the same visitor again. It is kept here as a hash.
type VisitorSecret struct {
	Hash           string `gorm:"primaryKey"`
	OrganizationID int64
	VisitorID      string
	CreatedAt      Time `gorm:"autoCreateTime:false"`
}
