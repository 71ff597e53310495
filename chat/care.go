package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/models"
)

// careInterval is how often conversations are looked after, careBatch how many of a kind in one round.
const (
	careInterval = 5 * time.Second
	careBatch    = 200
	// forgetBatch is how many events are removed in one round: more than a round brings, as a rule.
	forgetBatch = 5000
)

// Run looks after conversations until ctx ends: those whose counterpart vanished are handed over, silent ones
// closed, expired sign-ins removed. A failure is logged and tried again in the next round.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(careInterval)
	defer tick.Stop()
	began := now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.care(ctx, began); err != nil && ctx.Err() == nil {
				s.cfg.Logger.Error("looking after conversations failed", "error", err)
			}
		}
	}
}

// care does one round. What fails in one place does not keep the others from their turn.
func (s *Service) care(ctx context.Context, began models.Time) error {
	return errors.Join(s.reassignAbandoned(ctx, began), s.closeIdle(ctx), s.forget(ctx))
}

// forget removes what is of no use any more.
func (s *Service) forget(ctx context.Context) error {
	return s.store.Update(ctx, func(tx Tx) error {
		if err := tx.DeleteLoginSessionsBefore(now()); err != nil || s.cfg.KeepEvents < 0 {
			return err
		}
		return tx.DeleteEvents(now().Add(-s.cfg.KeepEvents), forgetBatch)
	})
}

// reassignAbandoned hands over what vanished managers have left. After a start of the server everybody has the
// full time to come back.
func (s *Service) reassignAbandoned(ctx context.Context, began models.Time) error {
	if s.cfg.ReassignAfter < 0 || now() < began.Add(s.cfg.ReassignAfter) {
		return nil
	}
	before := now().Add(-s.cfg.ReassignAfter)
	organizations, err := s.store.View(ctx).AbandonedOrganizations(before)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range organizations {
		errs = append(errs, s.reassignIn(ctx, id, before))
	}
	return errors.Join(errs...)
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
	var errs []error
	for _, c := range abandoned {
		errs = append(errs, s.update(ctx, func(tx Tx) error { return s.reassign(tx, c) }))
	}
	return errors.Join(errs...)
}

// reassign gives a conversation to whoever is on duty; if nobody is, or its counterpart is back, it stays where
// it is.
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
	if slices.ContainsFunc(candidates, func(back Candidate) bool { return back.Manager.ID == *c.ManagerID && back.Live }) {
		return nil
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
	var errs []error
	for _, c := range idle {
		errs = append(errs, s.update(ctx, func(tx Tx) error {
			_, err := closeConversation(tx, c.ID, func(c models.Conversation) bool { return c.UpdatedAt < before })
			return err
		}))
	}
	return errors.Join(errs...)
}
