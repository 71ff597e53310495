package chat

import (
	"context"
	"time"

	"parley/models"
)

// careInterval is how often conversations are looked after, careBatch how many of a kind in one round.
const (
	careInterval = 5 * time.Second
	careBatch    = 200
)

// Run looks after conversations until ctx ends: those whose counterpart vanished are handed over, silent ones
// closed, expired sign-ins removed. A failure is logged and tried again in the next round.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(careInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.care(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Logger.Error("looking after conversations failed", "error", err)
			}
		}
	}
}

func (s *Service) care(ctx context.Context) error {
	if err := s.reassignAbandoned(ctx); err != nil {
		return err
	}
	if err := s.closeIdle(ctx); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx Tx) error { return tx.DeleteLoginSessionsBefore(now()) })
}

func (s *Service) reassignAbandoned(ctx context.Context) error {
	if s.cfg.ReassignAfter < 0 {
		return nil
	}
	before := now().Add(-s.cfg.ReassignAfter)
	organizations, err := s.store.View(ctx).AbandonedOrganizations(before)
	if err != nil {
		return err
	}
	for _, id := range organizations {
		if err := s.reassignIn(ctx, id, before); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) reassignIn(ctx context.Context, organizationID int64, before models.Time) error {
	r := s.store.View(ctx)
	candidates, err := r.Candidates(organizationID)
	if err != nil {
		return err
	}
	if _, anybody := Choose(candidates, 0, now(), s.cfg.DutyGrace); !anybody {
		return nil
	}
	abandoned, err := r.Abandoned(organizationID, before, careBatch)
	if err != nil {
		return err
	}
	for _, c := range abandoned {
		if err := s.update(ctx, func(tx Tx) error { return s.reassign(tx, c) }); err != nil {
			return err
		}
	}
	return nil
}

// reassign gives a conversation to whoever is on duty; if nobody is, it stays where it is.
func (s *Service) reassign(tx Tx, seen models.Conversation) error {
	if _, err := tx.LockOrganization(seen.OrganizationID); err != nil {
		return err
	}
	c, err := tx.LockConversation(seen.ID)
	if err != nil || c.Status != models.StatusOpen || *c.ManagerID != *seen.ManagerID {
		return err
	}
	candidates, err := tx.Candidates(c.OrganizationID)
	if err != nil {
		return err
	}
	at := now()
	manager, ok := Choose(candidates, 0, at, s.cfg.DutyGrace)
	if !ok || manager.ID == *c.ManagerID {
		return nil
	}
	if err := tx.AssignManager(manager.ID, at); err != nil {
		return err
	}
	c.ManagerID, c.UpdatedAt = &manager.ID, at
	_, err = announce(tx, &c, updated, at)
	return err
}

func (s *Service) closeIdle(ctx context.Context) error {
	if s.cfg.IdleCloseAfter < 0 {
		return nil
	}
	before := now().Add(-s.cfg.IdleCloseAfter)
	idle, err := s.store.View(ctx).Idle(before, careBatch)
	if err != nil {
		return err
	}
	for _, c := range idle {
		err := s.update(ctx, func(tx Tx) error {
			_, err := closeConversation(tx, c.ID, func(c models.Conversation) bool { return c.UpdatedAt < before })
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
