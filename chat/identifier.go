package chat

import (
	"context"
	"strings"
	"unicode/utf8"

	"parley/models"
)

// Identifiers are a site's own names for its visitors: several may mean one visitor, and each means whoever it was said
// of last. Pages say them, unsigned, so they prove nothing; a site's backend finds by them whose conversion it reports.

// IdentifierReader reads them.
type IdentifierReader interface {
	Identifier(organizationID int64, identifier string) (models.VisitorIdentifier, error)
	// IdentifiersOf lists a visitor's, those that were said last first.
	IdentifiersOf(visitorID string) ([]models.VisitorIdentifier, error)
	// RoomsKnowing lists the rooms of a visitor's organisation that are there and know her: she was in them, or
	// something is said of her there, or she has a conversation in them.
	RoomsKnowing(v models.Visitor) ([]models.Room, error)
}

// IdentifierTx changes them.
type IdentifierTx interface {
	// PutIdentifier makes it mean the visitor, whoever it meant before, and fills in the record as it is then.
	PutIdentifier(i *models.VisitorIdentifier) error
	DeleteIdentifier(id int64) error
}

const (
	// maxIdentifier bounds an identifier in characters.
	maxIdentifier = 200
	// maxIdentifiers bounds how many mean one visitor; the oldest are forgotten.
	maxIdentifiers = 100
)

// SetIdentifier has a visitor's page say what its site calls her.
func (s *Service) SetIdentifier(ctx context.Context, p Principal, organizationID int64, visitorID, identifier string) (i models.VisitorIdentifier, err error) {
	if err := s.ownVisitor(p, organizationID, visitorID); err != nil {
		return i, err
	}
	if n := utf8.RuneCountInString(identifier); n < 1 || n > maxIdentifier || !plain(identifier) || strings.Trim(identifier, " .") == "" {
		return i, E(Invalid, "identifier_invalid", "An identifier has 1 to %d characters", maxIdentifier)
	}
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, visitorID, organizationID); err != nil {
			return err
		}
		at := now()
		i = models.VisitorIdentifier{OrganizationID: organizationID, Identifier: identifier, VisitorID: visitorID, CreatedAt: at, UpdatedAt: at}
		if err := tx.PutIdentifier(&i); err != nil {
			return err
		}
		return forgetIdentifiers(tx, visitorID)
	})
	return i, err
}

func forgetIdentifiers(tx Tx, visitorID string) error {
	all, err := tx.IdentifiersOf(visitorID)
	if err != nil {
		return err
	}
	for _, old := range all[min(maxIdentifiers, len(all)):] {
		if err := tx.DeleteIdentifier(old.ID); err != nil {
			return err
		}
	}
	return nil
}

// Named is whom an identifier means, and the rooms that know her.
type Named struct {
	models.VisitorIdentifier
	Rooms []models.Room
}

// Identifier finds whom an identifier means in the caller's organisation.
func (s *Service) Identifier(ctx context.Context, p Principal, identifier string) (named Named, err error) {
	if err := maySettings(p); err != nil {
		return named, err
	}
	r := s.store.View(ctx)
	if named.VisitorIdentifier, err = r.Identifier(p.OrganizationID, identifier); err != nil {
		return named, orNotFound(err, "identifier_not_found", "There is no such identifier")
	}
	v, err := r.Visitor(named.VisitorID)
	if err == nil {
		named.Rooms, err = r.RoomsKnowing(v)
	}
	return named, err
}

// IdentifiersOf lists what a site calls a visitor, what it said last first.
func (s *Service) IdentifiersOf(ctx context.Context, p Principal, visitorID string) ([]models.VisitorIdentifier, error) {
	if err := maySettings(p); err != nil {
		return nil, err
	}
	v, err := s.visitorOf(ctx, p, visitorID)
	if err != nil {
		return nil, err
	}
	return s.store.View(ctx).IdentifiersOf(v.ID)
}
