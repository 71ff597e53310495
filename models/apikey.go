package models

// APIKey lets a backend act for its organisation, as far as its scopes go. The key itself is shown once and kept as
// a hash.
type APIKey struct {
	ID             int64  `json:"id" gorm:"primaryKey"`
	OrganizationID int64  `json:"organization_id"`
	Name           string `json:"name"`
	KeyHash        string `json:"-"`
	Scopes         Scopes `json:"scopes"`
	// ManagerID is whose key it is: who calls with it is she. Nil: the organisation's backends'.
	ManagerID *int64 `json:"manager_id"`
	CreatedAt Time   `json:"created_at" gorm:"autoCreateTime:false"`
	// LastUsedAt may be a minute behind; nil: never.
	LastUsedAt *Time `json:"last_used_at"`
}
