package chat

import (
	"context"
	"errors"
	"time"

	"parley/models"
)

const (
	// maxRetainDays is a hundred years.
	maxRetainDays = 36_500
	// retainBatch is how many conversations are removed for one line of the audit log.
	retainBatch = 100
)

func validRetention(days *int) error {
	if days == nil || *days >= 1 && *days <= maxRetainDays {
		return nil
	}
	return E(Invalid, "retain_days_invalid", "retain_days is a number of days from 1 to %d, or null for ever", maxRetainDays)
}

// Retain removes conversations that are older than their organisation keeps them, and visitors of whom nothing is left
// then.
func (x *Eraser) Retain(ctx context.Context) error {
	organizations, err := x.store.View(ctx).Organizations()
	if err != nil {
		return err
	}
	var errs []error
	for _, o := range organizations {
		if o.RetainDays != nil {
			errs = append(errs, x.retainIn(ctx, o))
		}
	}
	return errors.Join(errs...)
}

func (x *Eraser) retainIn(ctx context.Context, o models.Organization) error {
	before := now().Add(-time.Duration(*o.RetainDays) * 24 * time.Hour)
	for ctx.Err() == nil {
		old, err := x.store.View(ctx).Outdated(o.ID, before, retainBatch)
		if err != nil || len(old) == 0 {
			return err
		}
		if err := x.retainBatch(ctx, o, old, before); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// retained is what a batch came to.
type retained struct {
	models.Removed
	Visitors int64 `json:"visitors"`
}

func (x *Eraser) retainBatch(ctx context.Context, o models.Organization, old []models.Conversation, before models.Time) error {
	var sum retained
	var failure error
	for _, c := range old {
		if failure = x.outdate(ctx, c, before, &sum); failure != nil {
			break
		}
	}
	if sum.Conversations == 0 {
		return failure
	}
	deed := Deed{Action: models.AuditRetained, OrganizationID: o.ID, Target: targetOf("organization", o.ID), Details: map[string]any{
		"removed": sum, "before": before, "retain_days": *o.RetainDays,
	}}
	err := x.store.Update(ctx, func(tx Tx) error { return audit(ctx, tx, system, deed) })
	return errors.Join(failure, err)
}

// outdate removes a conversation, unless something happens in it meanwhile.
func (x *Eraser) outdate(ctx context.Context, c models.Conversation, before models.Time, sum *retained) error {
	for done := false; !done; {
		var removed retained
		err := x.store.Update(ctx, func(tx Tx) (err error) {
			removed, done, err = outdated(tx, c, before)
			return err
		})
		if err != nil {
			return err
		}
		sum.Add(removed.Removed)
		sum.Visitors += removed.Visitors
		x.committed()
	}
	return nil
}

func outdated(tx Tx, c models.Conversation, before models.Time) (removed retained, done bool, err error) {
	v, err := tx.LockVisitor(c.VisitorID)
	if err == nil {
		c, err = tx.LockConversation(c.ID)
	}
	if errors.Is(err, ErrNoRecord) || err == nil && (c.Status != models.StatusClosed || c.UpdatedAt >= before) {
		return removed, true, nil // somebody was faster, or it goes on
	}
	if err != nil {
		return removed, false, err
	}
	if removed.Removed, done, err = tx.RemoveConversation(c, eraseBatch); err != nil || !done {
		return removed, false, err
	}
	if err := gone(tx, c, ""); err != nil {
		return removed, false, err
	}
	left, err := leftOf(tx, v, before)
	if left {
		removed.Visitors++
	}
	return removed, true, err
}

// leftOf removes a visitor who has no conversation any more, was sent nothing lately, and of whom her site has said
// nothing lately.
func leftOf(tx Tx, v models.Visitor, before models.Time) (removed bool, err error) {
	if _, err := tx.AnyConversation(v.ID); v.ErasingAt != nil || v.SignedAt >= before || !errors.Is(err, ErrNoRecord) {
		return false, err
	}
	if latest, err := tx.LatestNotification(v.ID); err != nil || latest >= before {
		return false, err
	}
	mark := newMark()
	for v.IdentifiedAt != nil { // only who was identified goes by other ids, too
		alias, err := tx.Alias(v.OrganizationID, v.ID)
		if errors.Is(err, ErrNoRecord) {
			break
		}
		if err != nil {
			return false, err
		}
		if done, err := forgetVisitor(tx, alias, mark); err != nil || !done {
			return false, err
		}
	}
	return forgetVisitor(tx, v, mark)
}

// forgetVisitor removes a visitor, unless that is more than a transaction should do: whoever has a great many old
// notifications goes when an admin erases her. Tokens that were ended stay so.
func forgetVisitor(tx Tx, v models.Visitor, mark string) (done bool, err error) {
	if _, done, err := tx.RemoveOf(v.ID, mark, eraseBatch); err != nil || !done {
		return false, err
	}
	if v.TokensValidFrom > 0 {
		if err := tx.NoteErased(hashVisitor(v.ID), v.TokensValidFrom-1); err != nil {
			return false, err
		}
	}
	return true, tx.RemoveVisitor(v.ID)
}
