package models

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a tag, in characters, and of how many a conversation has.
const (
	MaxTag  = 64
	MaxTags = 20
)

// ConversationTag is a word that managers file a conversation under. Visitors never see it.
type ConversationTag struct {
	ConversationID int64  `gorm:"primaryKey;autoIncrement:false"`
	Tag            string `gorm:"primaryKey"`
	OrganizationID int64
	CreatedAt      Time `gorm:"autoCreateTime:false"`
}

// CleanTag puts s into the one form that a tag has: in lower case, no space at its ends, single ones within. It
// reports false when nothing, too much or no plain text is left.
func CleanTag(s string) (string, bool) {
	if !utf8.ValidString(s) || len(s) > 16*MaxTag {
		return "", false
	}
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	for _, r := range s {
		if unicode.IsControl(r) {
			return "", false
		}
	}
	n := utf8.RuneCountInString(s)
	return s, n >= 1 && n <= MaxTag
}
