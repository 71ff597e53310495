package models

// APIKey lets a backend act for its organisation. The key itself is shown once and kept as a hash.
type APIKey struct {
	ID             int64  `json:"id" gorm:"primaryKey"`
	OrganizationID int64  `json:"organization_id"`
	Name           string `json:"name"`
	KeyHash        string `json:"-"`
	CreatedAt      Time   `json:"created_at" gorm:"autoCreateTime:false"`
}
