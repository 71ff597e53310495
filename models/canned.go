package models

import "regexp"

// MaxCannedReplies is how many a manager may have of her own, and an organisation for everybody.
const MaxCannedReplies = 500

// CannedReply is a text that managers call up by its shortcut.
type CannedReply struct {
	ID             int64 `json:"id" gorm:"primaryKey"`
	OrganizationID int64 `json:"organization_id"`
	// ManagerID is whose it is; nil: everybody's.
	ManagerID *int64 `json:"manager_id"`
	Shortcut  string `json:"shortcut"`
	// Content may have the places {visitor_name} and {manager_name}, which the manager's side fills in.
	Content   string `json:"content"`
	CreatedAt Time   `json:"created_at" gorm:"autoCreateTime:false"`
}

var shortcut = regexp.MustCompile(`\A[\p{L}\p{N}_-]{1,32}\z`)

// ValidShortcut tells whether s may call up a canned reply: 1 to 32 letters, digits, - and _.
func ValidShortcut(s string) bool { return shortcut.MatchString(s) }
