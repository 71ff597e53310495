package chat

import (
	"context"
	"strconv"
	"time"
)

// shares bound what one organisation's people, one key and one visitor ask for, over HTTP and Bayeux alike. An
// organisation's visitors have a share of their own, as large as that of its managers and keys: a flood of them keeps
// nobody from answering. What addresses ask for is counted at the doors, which know them.
type shares struct{ organizations, keys, visitors *Limiter }

// shareBurst is how many seconds' worth may come at once.
const shareBurst = 5

func newShares(l Limits) shares {
	of := func(perSecond float64) *Limiter { return NewLimiter(perSecond, int(perSecond*shareBurst)) }
	return shares{organizations: of(l.OrganizationPerSecond), keys: of(l.KeyPerSecond), visitors: of(l.VisitorPerSecond)}
}

// take uses up n of a caller's shares, or tells in the refusal when there is as much again. organizationID 0 is of none
// that is known.
func (s shares) take(p Principal, organizationID int64, n int) error {
	side := "visitors "
	switch p.Party {
	case Manager, Backend:
		side = "team "
	case Operator:
		return nil
	}
	if p.KeyID != 0 {
		if err := s.keys.TakeSome(strconv.FormatInt(p.KeyID, 10), n); err != nil {
			return err
		}
	}
	if p.VisitorID != "" {
		if err := s.visitors.TakeSome(p.VisitorID, n); err != nil {
			return err
		}
	}
	if organizationID == 0 {
		return nil
	}
	return s.organizations.TakeSome(side+strconv.FormatInt(organizationID, 10), n)
}

// Pace counts n things that somebody may do within a scope, and tells how long there is no room for them: 0, when
// there is. It fits the Bayeux engine's Pacer by shape.
func (g *Gate) Pace(_ context.Context, who any, scope string, n int) (wait time.Duration) {
	p, _ := who.(Principal)
	organization, err := strconv.ParseInt(scope, 10, 64)
	if err != nil { // none, or open to all
		organization = p.OrganizationID
	}
	return waitOf(g.shares.take(p, organization, n))
}

func waitOf(err error) time.Duration {
	if refusal, is := err.(*Error); is {
		return refusal.RetryAfter
	}
	return 0
}

// Count counts a call of somebody who showed credentials, or refuses it. Calls without are counted where it is settled
// which visitor they speak for.
func (g *Gate) Count(p Principal) error {
	if p.Party == Stranger {
		return nil
	}
	return g.shares.take(p, p.OrganizationID, 1)
}

// countActor counts a call whose credentials told nothing of the organisation that it turned out to be about.
func (g *Gate) countActor(p, actor Principal, organizationID int64) error {
	switch {
	case p.OrganizationID != 0:
		return nil // Count did
	case p.Party == Visitor:
		actor.VisitorID = "" // and of this
	}
	return g.shares.take(actor, organizationID, 1)
}

// CountResource counts what Count could not: a call of a visitor whose credentials did not tell her organisation.
func (g *Gate) CountResource(p Principal, found Found) error {
	return g.countActor(p, Principal{Party: p.Party}, found.Organization.ID)
}
