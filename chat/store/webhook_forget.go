package store

import (
	"errors"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

func (w writer) ForgetDeliveries(webhookID int64, before models.Time, keep, limit int) (int, error) {
	finished := func() *gorm.DB {
		return w.db.Model(&models.Delivery{}).Where("webhook_id = ? AND finished_at IS NOT NULL", webhookID)
	}
	old := finished().Select("id").Order("finished_at, id").Limit(limit)
	var beyond []models.Delivery // the latest that is one too many
	err := finished().Select("id", "finished_at").Order("finished_at DESC, id DESC").Offset(keep).Limit(1).Find(&beyond).Error
	if err != nil {
		return 0, err
	}
	if len(beyond) == 1 && *beyond[0].FinishedAt >= before {
		old = old.Where("(finished_at, id) <= (?, ?)", *beyond[0].FinishedAt, beyond[0].ID)
	} else {
		old = old.Where("finished_at < ?", before)
	}
	return w.remove(old)
}

// remove deletes the deliveries whose ids the query finds, with their attempts.
func (w writer) remove(ids *gorm.DB) (int, error) {
	result := w.db.Where("id IN (?)", ids).Delete(&models.Delivery{})
	return int(result.RowsAffected), result.Error
}

func (w writer) AbandonDeliveries(webhookID int64, before, at models.Time, limit int) (int, error) {
	old := w.pending(webhookID).Select("id").Where("queued_at < ? AND NOT leased", before).Order("id").Limit(limit)
	result := w.db.Model(&models.Delivery{}).Where("id IN (?)", old).UpdateColumns(map[string]any{
		"state": models.DeliveryFailed, "due_at": nil, "finished_at": at, "error": "given up: the webhook was switched off for too long",
	})
	if result.Error != nil || result.RowsAffected == 0 {
		return 0, result.Error
	}
	return int(result.RowsAffected), w.next(webhookID)
}

// RemoveWebhook locks it, deleted as it is.
func (w writer) RemoveWebhook(webhookID int64, limit int) (int, error) {
	_, err := first[models.Webhook](w.locked().Where("id = ? AND deleted_at IS NOT NULL", webhookID))
	if errors.Is(err, chat.ErrNoRecord) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := w.remove(w.db.Model(&models.Delivery{}).Select("id").Where("webhook_id = ?", webhookID).Order("id").Limit(limit))
	if err == nil && n == 0 {
		return 0, w.db.Delete(&models.Webhook{ID: webhookID}).Error
	}
	return n, err
}
