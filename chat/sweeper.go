package chat

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	sweepInterval = 5 * time.Second
	sweepBatch    = 100
	// sweepMargin keeps a file for a little longer than a message may still take it: the nodes' clocks differ.
	sweepMargin = time.Minute
)

// Sweeper removes files that belong to no message any more, or never came to.
type Sweeper struct {
	store  Store
	blobs  Blobs
	logger *slog.Logger
}

// NewSweeper makes it. Several may run at a time, on several nodes.
func NewSweeper(store Store, blobs Blobs, logger *slog.Logger) *Sweeper {
	return &Sweeper{store: store, blobs: blobs, logger: logger}
}

// Run removes what is due until ctx ends. A failure is logged and tried again in the next round.
func (s *Sweeper) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for more := true; more && ctx.Err() == nil; {
				var err error
				if more, err = s.sweep(ctx); err != nil && ctx.Err() == nil {
					s.logger.Error("removing files failed", "error", err)
				}
			}
		}
	}
}

// sweep removes some, files first: a record that is left behind costs another try, a file would stay for ever. It
// tells whether there may be more to do at once.
func (s *Sweeper) sweep(ctx context.Context) (more bool, err error) {
	due, err := s.store.View(ctx).DueRemovals(now().Add(-sweepMargin), sweepBatch)
	if err != nil || len(due) == 0 {
		return false, err
	}
	var gone []string
	var errs []error
	for _, removal := range due {
		if err := s.blobs.Remove(ctx, removal.Key); err != nil {
			errs = append(errs, err)
			continue
		}
		gone = append(gone, removal.Key)
	}
	if len(gone) > 0 {
		errs = append(errs, s.store.Update(ctx, func(tx Tx) error { return tx.DeleteRemovals(gone) }))
	}
	err = errors.Join(errs...)
	return err == nil && len(due) == sweepBatch, err
}
