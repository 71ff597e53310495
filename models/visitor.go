package models

import "regexp"

var visitorID = regexp.MustCompile(`\A[A-Za-z0-9_-]{1,64}\z`)

// ValidVisitorID tells whether s may name a visitor: 1 to 64 of A-Z a-z 0-9 _ -, so that it is also a legal
// channel segment.
func ValidVisitorID(s string) bool { return visitorID.MatchString(s) }

// Visitor is a person on a customer's site. The id comes from the site's tracking and is unique on the server.
type Visitor struct {
	ID             string  `json:"id" gorm:"primaryKey"`
	UUID           string  `json:"uuid"`
	OrganizationID int64   `json:"organization_id"`
	Name           *string `json:"name"`
	Email          *string `json:"email"`
	// Attributes is a JSON object, what the site says of the visitor; empty: nothing.
	Attributes string `json:"-"`
	// IdentifiedAt is since when signed data says who this is; nil: anonymous.
	IdentifiedAt *Time `json:"identified_at"`
	// SignedAt is when the newest of that data was signed, in full seconds; 0: never.
	SignedAt Time `json:"-"`
	// TokensValidFrom is a full second: tokens that were signed before it hold no more; 0: all do.
	TokensValidFrom Time `json:"-"`
	// MergedInto is who has what was this visitor's; the id leads nowhere any more but there.
	MergedInto *string `json:"-"`
	CreatedAt  Time    `json:"created_at" gorm:"autoCreateTime:false"`
	// ErasingAt is since when all that is known of her is being removed; nil: it is not.
	ErasingAt *Time `json:"-"`
}
