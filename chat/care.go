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
	// forgetInterval is how often what is of no use any more is removed.
	forgetInterval = time.Minute
	// forgetBatch is how many events are removed in one round: more than a round brings, as a rule.
	forgetBatch = 5000
)

// Run looks after conversations until ctx ends: those that wait are given to managers who have room, those whose
// counterpart vanished are handed over, silent ones closed, expired sign-ins removed; who waits learns her place,
// and who looks on whether somebody is there. A failure is logged and tried again in the next round.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(careInterval)
	defer tick.Stop()
	forget := time.NewTicker(forgetInterval)
	defer forget.Stop()
	pulse := time.NewTicker(time.Second)
	defer pulse.Stop()
	began := now()
	for {
		select {
		case <-ctx.Done():
			s.lastWords(ctx)
			return nil
		case <-tick.C:
			s.report(ctx, s.care(ctx, began))
			s.report(ctx, s.gate.denials.settle(ctx))
		case <-forget.C:
			s.report(ctx, errors.Join(s.forget(ctx), s.writeKeyUses(ctx)))
		case <-pulse.C:
			s.fallBack(ctx)
		case <-s.stirred:
			s.report(ctx, s.move(ctx))
		}
	}
}

func (s *Service) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.cfg.Logger.Error("looking after conversations failed", "error", err)
	}
}

// care does one round. What fails in one place does not keep the others from their turn.
func (s *Service) care(ctx context.Context, began models.Time) error {
	return errors.Join(s.expireClients(ctx), s.askNext(ctx), s.endOverdueCalls(ctx), s.reassignAbandoned(ctx, began),
		s.closeAllIdle(ctx), s.move(ctx))
}

// move does what cannot wait for the next round: it follows whatever gave the queue a chance.
func (s *Service) move(ctx context.Context) error {
	queues, err := s.store.View(ctx).Queues()
	if err != nil {
		return err
	}
	return errors.Join(s.tellAvailability(ctx), s.serveQueues(ctx, queues), s.tellPlaces(ctx, queues))
}

// forget removes what is of no use any more.
func (s *Service) forget(ctx context.Context) error {
	return s.store.Update(ctx, func(tx Tx) error {
		err := tx.DeleteLoginTries(now().Add(-sourceKnown), now().Add(-failuresKept))
		if err != nil {
			return err
		}
		if err := tx.DeleteLoginSessionsBefore(now()); err != nil {
			return err
		}
		if err := tx.DeleteClientsBefore(now().Add(-clientsKept), forgetBatch); err != nil {
			return err
		}
		if s.cfg.KeepAudit >= 0 {
			if err := errors.Join(tx.DeleteAudit(now().Add(-s.cfg.KeepAudit), forgetBatch), tx.DeleteErased(now().Add(-s.cfg.KeepAudit), forgetBatch)); err != nil {
				return err
			}
		}
		if s.cfg.KeepEvents < 0 {
			return nil
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

// reassign gives a conversation to whoever is on duty, or to the queue when all have as much as they take; if nobody
// is on duty, or its counterpart is back, it stays where it is.
func (s *Service) reassign(tx Tx, seen models.Conversation) error {
	o, c, err := lockWhole(tx, seen)
	if err != nil || c.State() != models.StateAssigned || *c.ManagerID != *seen.ManagerID {
		return err
	}
	at := now()
	candidates, err := s.candidates(tx, o, at)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(candidates, func(back Candidate) bool { return back.Manager.ID == *c.ManagerID && back.Live }) {
		return nil
	}
	decision := Decide(Question{
		Now: at, Strategy: o.Strategy, Grace: s.cfg.DutyGrace, Candidates: candidates, Tried: []int64{*c.ManagerID},
	})
	if decision.Outcome == Nobody {
		return nil
	}
	_, err = s.take(tx, o, &c, step{action: models.ActionReassigned, to: decision.manager(), decision: &decision, at: at})
	return err
}

func (s *Service) closeAllIdle(ctx context.Context) error {
	return errors.Join(
		s.closeIdle(ctx, models.ChatVisitor, s.cfg.IdleCloseAfter),
		s.closeIdle(ctx, models.ChatTask, s.cfg.TaskCloseAfter),
	)
}

// closeIdle ends conversations of a type in which nothing happens. A visitor who waits is waited with; a task is not.
func (s *Service) closeIdle(ctx context.Context, kind models.ChatType, after time.Duration) error {
	if after < 0 {
		return nil
	}
	before := now().Add(-after)
	idle, err := s.store.View(ctx).Idle(kind, before, careBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range idle {
		errs = append(errs, s.update(ctx, func(tx Tx) error {
			_, err := s.end(tx, c, step{action: models.ActionIdleClosed}, func(c models.Conversation) bool {
				return c.UpdatedAt < before && (kind != models.ChatVisitor || c.State() == models.StateAssigned)
			})
			return err
		}))
	}
	return errors.Join(errs...)
}
