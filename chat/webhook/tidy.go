package webhook

import (
	"context"
	"errors"
	"time"

	"parley/chat"
	"parley/models"
)

const (
	tidyInterval = time.Minute
	// tidyBatch is how many rows go in one transaction, tidyRounds how many transactions a webhook has in a round.
	tidyBatch  = 500
	tidyRounds = 20
	// queueInterval is how often the queue is counted.
	queueInterval = 10 * time.Second
)

// tidyUp removes what was kept for long enough, and counts what waits, until ctx ends.
func (s *Sender) tidyUp(ctx context.Context) {
	tidy, count := time.NewTicker(tidyInterval), time.NewTicker(queueInterval)
	defer tidy.Stop()
	defer count.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-tidy.C:
			err = s.tidy(ctx)
		case <-count.C:
			err = s.countQueue(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("tidying webhook deliveries failed", "error", err)
		}
	}
}

func (s *Sender) tidy(ctx context.Context) error {
	hooks, err := s.store.View(ctx).EveryWebhook()
	errs := []error{err}
	for _, w := range hooks {
		remove := func(tx chat.Tx) (int, error) { return s.forget(tx, w.ID) }
		if w.DeletedAt != nil {
			remove = func(tx chat.Tx) (int, error) { return tx.RemoveWebhook(w.ID, tidyBatch) }
		}
		errs = append(errs, s.inBatches(ctx, remove))
	}
	return errors.Join(errs...)
}

func (s *Sender) inBatches(ctx context.Context, remove func(chat.Tx) (int, error)) error {
	for range tidyRounds {
		var n int
		err := s.store.Update(ctx, func(tx chat.Tx) (err error) {
			n, err = remove(tx)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// forget removes finished deliveries, and gives up what waits for a webhook that is off.
func (s *Sender) forget(tx chat.Tx, id int64) (int, error) {
	w, err := tx.LockWebhook(id)
	if errors.Is(err, chat.ErrNoRecord) {
		return 0, nil
	}
	at := now()
	abandoned := 0
	if err == nil && w.Enabled {
		_, err = tx.MendLanes(id, at)
	} else if err == nil {
		abandoned, err = tx.AbandonDeliveries(id, at.Add(-s.cfg.GiveUpAfter), at, tidyBatch)
	}
	if err != nil {
		return 0, err
	}
	n, err := tx.ForgetDeliveries(id, at.Add(-s.cfg.Keep), s.cfg.KeepCount, tidyBatch)
	return n + abandoned, err
}

func (s *Sender) countQueue(ctx context.Context) error {
	n, oldest, err := s.store.View(ctx).WebhookQueue()
	if err != nil {
		return err
	}
	s.stats.queue.Store(n)
	var since models.Time
	if oldest != nil {
		since = *oldest
	}
	s.stats.oldest.Store(int64(since))
	return nil
}
