package chat

import (
	"context"

	"parley/models"
)

// Goals lists those of the caller's organisation.
func (s *Service) Goals(ctx context.Context, p Principal) ([]models.Goal, error) {
	if err := mayGoals(p); err != nil {
		return nil, err
	}
	return s.store.View(ctx).Goals(p.OrganizationID)
}

// Goal finds one by its uuid.
func (s *Service) Goal(ctx context.Context, p Principal, uuid string) (models.Goal, error) {
	if err := mayGoals(p); err != nil {
		return models.Goal{}, err
	}
	return goalOf(s.store.View(ctx), p.OrganizationID, uuid)
}

// goalOf finds an organisation's goal.
func goalOf(r GoalReader, organizationID int64, uuid string) (models.Goal, error) {
	g, err := r.GoalByUUID(uuid)
	if err == nil && g.OrganizationID != organizationID {
		err = ErrNoRecord
	}
	if err != nil {
		return models.Goal{}, orNotFound(err, "goal_not_found", "There is no such goal")
	}
	return g, nil
}

// CreateGoal adds one to the caller's organisation.
func (s *Service) CreateGoal(ctx context.Context, p Principal, c GoalChanges) (g models.Goal, err error) {
	c.Name.Set = true
	err = s.withSettings(ctx, p, func(tx Tx) error {
		if err := c.clean(); err != nil {
			return err
		}
		if _, err := tx.LockOrganization(p.OrganizationID); err != nil {
			return err
		}
		all, err := tx.Goals(p.OrganizationID)
		if err != nil {
			return err
		}
		if len(all) >= maxGoals {
			return E(Conflict, "too_many_goals", "There are %d goals already", maxGoals)
		}
		at := now()
		g = models.Goal{UUID: newUUID(), OrganizationID: p.OrganizationID, Name: c.Name.To, Value: c.Value.To, CreatedAt: at, UpdatedAt: at}
		return tx.CreateGoal(&g)
	})
	return g, err
}

// ChangeGoal changes one. What was reached before keeps its value.
func (s *Service) ChangeGoal(ctx context.Context, p Principal, uuid string, c GoalChanges) (g models.Goal, err error) {
	err = s.withGoal(ctx, p, uuid, func(tx Tx, found *models.Goal) error {
		if err := c.clean(); err != nil {
			return err
		}
		c.Name.into(&found.Name)
		c.Value.into(&found.Value)
		g = *found
		return tx.SaveGoal(g)
	})
	return g, err
}

// DeleteGoal ends one: nobody reaches it any more, and nobody is told how often it was reached.
func (s *Service) DeleteGoal(ctx context.Context, p Principal, uuid string) error {
	return s.withGoal(ctx, p, uuid, func(tx Tx, g *models.Goal) error {
		g.DeletedAt = &g.UpdatedAt
		return tx.SaveGoal(*g)
	})
}

// withGoal locks the organisation and finds its goal, which is to be changed now.
func (s *Service) withGoal(ctx context.Context, p Principal, uuid string, fn func(Tx, *models.Goal) error) error {
	return s.withSettings(ctx, p, func(tx Tx) error {
		if _, err := tx.LockOrganization(p.OrganizationID); err != nil {
			return err
		}
		g, err := goalOf(tx, p.OrganizationID, uuid)
		if err != nil {
			return err
		}
		g.UpdatedAt = now()
		return fn(tx, &g)
	})
}
