package chat

// maySpeakOf lets a visitor, with her token, say things of herself to her site. Knowing her id is not enough.
func (g *Gate) maySpeakOf(p Principal, organizationID int64, visitorID string) error {
	switch {
	case p.Party == Stranger:
		return tokenMissing()
	case p.Party != Visitor:
		return forbidden("This is for the visitor herself")
	case p.VisitorID != visitorID:
		return forbidden("The token belongs to another visitor")
	case p.OrganizationID != 0 && p.OrganizationID != organizationID:
		return visitorNotFound(visitorID)
	}
	return nil
}
