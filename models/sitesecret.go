package models

import "strconv"

// SiteSecret is what an organisation's own backend signs visitors' tokens with. Several may be in use, so that they
// rotate without signing anybody out.
type SiteSecret struct {
	ID             int64  `json:"id" gorm:"primaryKey"`
	OrganizationID int64  `json:"organization_id"`
	Name           string `json:"name"`
	// Secret is shown once, when it is made.
	Secret    string `json:"-"`
	CreatedAt Time   `json:"created_at" gorm:"autoCreateTime:false"`
}

// KeyID is the kid that tokens signed with the secret have in their header.
func (s SiteSecret) KeyID() string { return "site_" + strconv.FormatInt(s.ID, 10) }
