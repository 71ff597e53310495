package store

import (
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

// What is in here runs under the webhook's lock. A pending delivery whose due_at is NULL waits for one with a lower
// id in its lane, or for one that was replayed.

func (w writer) QueueDeliveries(webhookID int64, list []models.Delivery, at models.Time) (int, error) {
	fresh, err := w.unknown(webhookID, list)
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	busy, err := w.busyLanes(webhookID, fresh)
	if err != nil {
		return 0, err
	}
	for i := range fresh {
		d := &fresh[i]
		d.ID, d.WebhookID, d.State, d.QueuedAt = 0, webhookID, models.DeliveryPending, at
		if d.DueAt == nil {
			d.DueAt = &at
		}
		if busy[d.Lane] {
			d.DueAt = nil
		}
		busy[d.Lane] = d.Lane != ""
	}
	if err := w.db.CreateInBatches(&fresh, 100).Error; err != nil {
		return 0, err
	}
	return len(fresh), w.next(webhookID)
}

// unknown leaves out deliveries that the webhook has.
func (w writer) unknown(webhookID int64, list []models.Delivery) ([]models.Delivery, error) {
	var ids []int64
	for _, d := range list {
		if d.EventID != nil {
			ids = append(ids, *d.EventID)
		}
	}
	type event struct {
		EventID int64
		Type    string
	}
	known := map[event]bool{}
	if len(ids) > 0 {
		var rows []event
		err := w.db.Model(&models.Delivery{}).Where("webhook_id = ? AND event_id IN ?", webhookID, padded(ids)).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			known[row] = true
		}
	}
	fresh := make([]models.Delivery, 0, len(list))
	for _, d := range list {
		if d.EventID == nil || !known[event{*d.EventID, d.Type}] {
			fresh = append(fresh, d)
		}
	}
	return fresh, nil
}

// busyLanes tells in which of the deliveries' lanes something is pending.
func (w writer) busyLanes(webhookID int64, list []models.Delivery) (map[string]bool, error) {
	busy, lanes := map[string]bool{}, []string{}
	for _, d := range list {
		if d.Lane != "" {
			lanes = append(lanes, d.Lane)
		}
	}
	if len(lanes) == 0 {
		return busy, nil
	}
	slices.Sort(lanes)
	lanes = padded(slices.Compact(lanes))
	// A look for each lane, and not through all that waits in it.
	asked := "(?)" + strings.Repeat(", (?)", len(lanes)-1)
	args := make([]any, 0, len(lanes)+1)
	for _, lane := range lanes {
		args = append(args, lane)
	}
	var found []string
	err := w.db.Raw(`SELECT column1 FROM (VALUES `+asked+`) AS lanes WHERE (
		SELECT min(id) FROM deliveries WHERE webhook_id = ? AND lane = column1 AND state = 'pending') IS NOT NULL`, append(args, webhookID)...).Scan(&found).Error
	for _, lane := range found {
		busy[lane] = true
	}
	return busy, err
}

func (w writer) ClaimDeliveries(webhookID int64, at, until models.Time, limit int) ([]models.Delivery, error) {
	list, err := all[models.Delivery](w.db.Where("webhook_id = ? AND due_at <= ?", webhookID, at).Order("due_at, id").Limit(limit))
	if err != nil {
		return nil, err
	}
	var ids []int64
	for i := range list {
		d := &list[i]
		d.Attempts++
		d.Retries++
		d.DueAt, d.Leased = &until, true
		ids = append(ids, d.ID)
	}
	if len(ids) > 0 {
		err := w.db.Model(&models.Delivery{}).Where("id IN ?", padded(ids)).UpdateColumns(map[string]any{
			"attempts": gorm.Expr("attempts + 1"), "retries": gorm.Expr("retries + 1"), "due_at": until, "leased": true,
		}).Error
		if err != nil {
			return nil, err
		}
	}
	return list, w.next(webhookID)
}

// claimed tells whether d is still its claimer's.
func (w writer) claimed(d models.Delivery) (bool, error) {
	now, err := w.Delivery(d.ID)
	if errors.Is(err, chat.ErrNoRecord) {
		return false, nil
	}
	return now.Leased && now.Attempts == d.Attempts, err
}

func (w writer) SaveDelivery(d models.Delivery, at models.Time) (bool, error) {
	if ok, err := w.claimed(d); err != nil || !ok {
		return false, err
	}
	d.Leased = false
	err := w.db.Select("state", "retries", "due_at", "leased", "status", "error", "finished_at").Updates(&d).Error
	if err == nil && d.State != models.DeliveryPending {
		err = w.passOn(d, at)
	}
	if err != nil {
		return false, err
	}
	return true, w.next(d.WebhookID)
}

func (w writer) DropDelivery(d models.Delivery, at models.Time) error {
	if ok, err := w.claimed(d); err != nil || !ok {
		return err
	}
	if err := w.db.Delete(&models.Delivery{ID: d.ID}).Error; err != nil {
		return err
	}
	if err := w.passOn(d, at); err != nil {
		return err
	}
	return w.next(d.WebhookID)
}

// passOn makes the next delivery of d's lane due.
func (w writer) passOn(d models.Delivery, at models.Time) error {
	if d.Lane == "" {
		return nil
	}
	next := w.pending(d.WebhookID).Select("min(id)").Where("lane = ?", d.Lane)
	return w.db.Model(&models.Delivery{}).Where("id = (?) AND due_at IS NULL", next).UpdateColumn("due_at", at).Error
}

func (w writer) AppendAttempt(a *models.Attempt) error {
	if err := w.db.Create(a).Error; err != nil {
		return err
	}
	return w.db.Where("delivery_id = ? AND number <= ?", a.DeliveryID, a.Number-models.MaxAttemptsKept).Delete(&models.Attempt{}).Error
}

func (w writer) ReplayDeliveries(webhookID int64, ids []int64, at models.Time) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := all[models.Delivery](w.db.Where("webhook_id = ? AND id IN ?", webhookID, padded(ids)).Order("id"))
	if err != nil {
		return err
	}
	busy, err := w.busyLanes(webhookID, list)
	if err != nil {
		return err
	}
	var again, due []int64
	for _, d := range list {
		switch {
		case d.State != models.DeliveryPending:
			again = append(again, d.ID)
			if !busy[d.Lane] {
				due = append(due, d.ID)
			}
			busy[d.Lane] = d.Lane != ""
		case d.DueAt != nil && !d.Leased:
			due = append(due, d.ID)
		}
	}
	if len(again) > 0 {
		err = w.db.Model(&models.Delivery{}).Where("id IN ?", padded(again)).UpdateColumns(map[string]any{
			"state": models.DeliveryPending, "retries": 0, "queued_at": at, "finished_at": nil, "due_at": nil,
		}).Error
	}
	if err == nil && len(due) > 0 {
		err = w.db.Model(&models.Delivery{}).Where("id IN ?", padded(due)).UpdateColumn("due_at", at).Error
	}
	if err != nil {
		return err
	}
	return w.next(webhookID)
}

func (w writer) FailedDeliveries(webhookID int64, since models.Time, after int64, limit int) ([]int64, error) {
	ids := []int64{}
	err := w.db.Model(&models.Delivery{}).Where("webhook_id = ? AND state = 'failed' AND id > ? AND created_at >= ?", webhookID, after, since).
		Order("id").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}

func (w writer) WakeWebhook(webhookID int64, at models.Time) error {
	if _, err := w.MendLanes(webhookID, at); err != nil {
		return err
	}
	if err := w.pending(webhookID).Where("due_at IS NOT NULL AND NOT leased").UpdateColumn("due_at", at).Error; err != nil {
		return err
	}
	return w.next(webhookID)
}

func (w writer) MendLanes(webhookID int64, at models.Time) (int, error) {
	first := w.pending(webhookID).Select("min(id)").Group("lane").Having("max(due_at) IS NULL")
	result := w.db.Model(&models.Delivery{}).Where("id IN (?)", first).UpdateColumn("due_at", at)
	if result.Error != nil || result.RowsAffected == 0 {
		return 0, result.Error
	}
	return int(result.RowsAffected), w.next(webhookID)
}
