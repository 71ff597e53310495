package webhook

import (
	"context"
	"errors"
	"net/http"

	"parley/chat"
	"parley/models"
)

// outcome is what was noted of a request.
type outcome struct{ givenUp, disabled bool }

// deliver sends a claimed delivery and notes what came of it. What cannot be noted is sent again when the claim ends.
func (s *Sender) deliver(ctx context.Context, w models.Webhook, d models.Delivery) {
	var came outcome
	note := func(tx chat.Tx, _ models.Webhook) error { return tx.DropDelivery(d, now()) }
	if d.Type != chat.TypeOffline || !s.seen(ctx, d) {
		r := s.post(ctx, w, d)
		if ctx.Err() != nil && !r.ok() {
			note = func(tx chat.Tx, _ models.Webhook) error { return release(tx, d) } // we stop; nobody else is to blame
		} else {
			s.stats.count(r)
			note = func(tx chat.Tx, w models.Webhook) (err error) {
				came, err = s.conclude(ctx, tx, w, d, r)
				return err
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	err := s.store.Update(ctx, func(tx chat.Tx) error {
		w, err := tx.LockWebhook(d.WebhookID)
		if errors.Is(err, chat.ErrNoRecord) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		return note(tx, w)
	})
	if err != nil {
		s.cfg.Logger.Error("what came of a webhook delivery was not noted", "delivery", d.ID, "error", err)
		return
	}
	if came.givenUp {
		s.stats.givenUp.Add(1)
	}
	if came.disabled {
		s.stats.disabled.Add(1)
		s.cfg.Logger.Warn("a webhook was switched off", "webhook", w.ID, "organization", w.OrganizationID)
	}
}

// release gives a claim back.
func release(tx chat.Tx, d models.Delivery) error {
	at := now()
	d.DueAt = &at
	d.Retries--
	_, err := tx.SaveDelivery(d, at)
	return err
}

// conclude notes the result of a request: of the delivery, in the log, and of the webhook, which is locked.
func (s *Sender) conclude(ctx context.Context, tx chat.Tx, w models.Webhook, d models.Delivery, r result) (came outcome, err error) {
	at := now()
	d.Status, d.Error = r.status, r.problem
	switch {
	case r.ok():
		d.State, d.DueAt, d.FinishedAt = models.DeliveryDelivered, nil, &at
	case d.Retries >= s.cfg.MaxAttempts || d.QueuedAt.Add(s.cfg.GiveUpAfter) <= at:
		d.State, d.DueAt, d.FinishedAt = models.DeliveryFailed, nil, &at
		came.givenUp = true
	default:
		due := at.Add(delay(d.Retries, r.retryAfter))
		d.DueAt = &due
	}
	saved, err := tx.SaveDelivery(d, at)
	if err != nil || !saved {
		return outcome{}, err
	}
	if err := tx.AppendAttempt(&models.Attempt{
		DeliveryID: d.ID, Number: d.Attempts, StartedAt: models.At(r.began), DurationMS: r.took.Milliseconds(),
		Status: r.status, Error: r.problem, Response: r.response,
	}); err != nil {
		return came, err
	}
	came.disabled, err = s.judge(ctx, tx, w, r, at)
	return came, err
}

// judge notes how the webhook does, and switches it off when it is dead.
func (s *Sender) judge(ctx context.Context, tx chat.Tx, w models.Webhook, r result, at models.Time) (disabled bool, err error) {
	if r.ok() {
		if w.FailingSince == nil && w.SucceededAt != nil && w.SucceededAt.Add(slowedAfter) > at {
			return false, nil // a success a minute is enough to know
		}
		w.FailingSince, w.SucceededAt = nil, &at
		return false, tx.SaveWebhook(w)
	}
	first := w.FailingSince == nil
	if first {
		w.FailingSince = &at
	}
	switch {
	case w.Enabled && r.status == http.StatusGone:
		return true, chat.DisableWebhook(ctx, tx, &w, models.WebhookGone)
	case w.Enabled && w.FailingSince.Add(s.cfg.DisableAfter) <= at:
		return true, chat.DisableWebhook(ctx, tx, &w, models.WebhookFailing)
	case first:
		return false, tx.SaveWebhook(w)
	}
	return false, nil
}
