package chat

import (
	"context"

	"parley/models"
)

// Member settles which manager joins or leaves a conversation: the caller herself, or one for whom an admin or a backend
// of her organisation speaks.
func (g *Gate) Member(ctx context.Context, p Principal, managerID int64) (Principal, error) {
	if p.Party != Backend {
		if err := managersOnly(p); err != nil {
			return p, err
		}
	}
	if err := p.demand(models.ScopeChat); err != nil { // a manager's key, too
		return p, err
	}
	if p.is(managerID) {
		return p, nil
	}
	if !p.administers() {
		return p, forbidden("Only admins let others join or leave")
	}
	actor, err := g.managerPrincipal(ctx, managerID)
	if err == nil && actor.OrganizationID != p.OrganizationID {
		err = ErrNoRecord
	}
	return actor, orNotFound(err, "manager_not_found", "There is no manager %d", managerID)
}
