package chat

import (
	"context"
	"time"

	"parley/models"
)

// A visitor reaches a goal once in a session, however often her page says so. A backend reports what happened elsewhere,
// which is in no session: each conversion counts, unless it says by an id of its own that it is one it told before.

// Conversion is what a backend reports.
type Conversion struct {
	// VisitorID or, in its place, what the site calls her.
	VisitorID, Identifier string
	// ID is the backend's own, so that telling it again changes nothing; empty: it is another one each time.
	ID string
	// Value nil is the goal's.
	Value *float64
}

// What stands in the place of a session: for a conversion its id, and for a visitor whom no room has seen the day. It is
// kept as a hash, because it stays when the visitor is erased and may tell who she was.
const (
	offlineSession = "offline "
	daySession     = "day "
)

// MatchGoal notes what a visitor's page says: she has reached a goal. A nil value is the goal's. It tells whether that is
// new in her session.
func (s *Service) MatchGoal(ctx context.Context, p Principal, organizationID int64, visitorID, goal string, value *float64) (m models.GoalMatch, isNew bool, err error) {
	if err := s.ownVisitor(p, organizationID, visitorID); err != nil {
		return m, false, err
	}
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, visitorID, organizationID); err != nil {
			return err
		}
		session, err := tx.LatestSession(visitorID)
		if err != nil {
			return err
		}
		if session == "" {
			session = daySession + now().Time().Format(time.DateOnly)
		}
		m, isNew, err = matchGoal(tx, organizationID, visitorID, goal, session, value)
		return err
	})
	return m, isNew, err
}

// Convert notes what a backend reports of a visitor of its organisation. It tells whether that is new.
func (s *Service) Convert(ctx context.Context, p Principal, goal string, c Conversion) (m models.GoalMatch, isNew bool, err error) {
	if err := maySettings(p); err != nil {
		return m, false, err
	}
	if c.VisitorID, err = s.converted(ctx, p, goal, c); err != nil {
		return m, false, err
	}
	session := offlineSession + c.ID
	if c.ID == "" {
		session = offlineSession + newUUID()
	}
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, c.VisitorID, p.OrganizationID); err != nil {
			return err
		}
		m, isNew, err = matchGoal(tx, p.OrganizationID, c.VisitorID, goal, session, c.Value)
		return err
	})
	return m, isNew, err
}

// converted finds the visitor whom a conversion is of.
func (s *Service) converted(ctx context.Context, p Principal, goal string, c Conversion) (string, error) {
	r := s.store.View(ctx)
	if _, err := goalOf(r, p.OrganizationID, goal); err != nil {
		return "", err
	}
	switch {
	case len(c.ID) > maxIdentifier || !plain(c.ID):
		return "", E(Invalid, "id_invalid", "A conversion's id has at most %d bytes", maxIdentifier)
	case (c.VisitorID == "") == (c.Identifier == ""):
		return "", E(Invalid, "visitor_missing", "Name the visitor by visitor_id or by identifier")
	case c.Identifier != "":
		i, err := r.Identifier(p.OrganizationID, c.Identifier)
		return i.VisitorID, orNotFound(err, "identifier_not_found", "There is no such identifier")
	}
	v, err := s.visitorOf(ctx, p, c.VisitorID)
	return v.ID, err
}

func matchGoal(tx Tx, organizationID int64, visitorID, goal, session string, value *float64) (models.GoalMatch, bool, error) {
	g, err := goalOf(tx, organizationID, goal)
	if err != nil {
		return models.GoalMatch{}, false, err
	}
	m := models.GoalMatch{
		UUID: newUUID(), GoalID: g.ID, OrganizationID: organizationID, VisitorID: &visitorID, SessionID: hashSecret("goal in " + session), Value: g.Value, CreatedAt: now(),
	}
	if value != nil {
		m.Value = *value
	}
	if err := validGoalValue(m.Value); err != nil {
		return m, false, err
	}
	isNew, err := tx.CreateGoalMatch(&m)
	return m, isNew, err
}
