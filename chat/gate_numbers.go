package chat

import (
	"context"

	"parley/models"
)

// mayNumbers settles who asks for figures: one who supervises or a backend about all of its organisation, another
// manager about herself. managerID is whose are asked for; 0: everybody's.
func (g *Gate) mayNumbers(ctx context.Context, p Principal, claimed Sender, managerID int64) (Principal, error) {
	if p.Party == Backend {
		return p, p.demand(models.ScopeNumbers)
	}
	if p.Party == Visitor || p.Party == Operator {
		return p, forbidden("Figures are for managers and backends")
	}
	p, err := g.selfWithin(ctx, p, claimed, models.ScopeNumbers)
	if err != nil {
		return p, err
	}
	if managerID != p.ManagerID && !p.Role.Supervises() {
		return p, forbidden("Only supervisors see other managers' figures")
	}
	return p, nil
}
