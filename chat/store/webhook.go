package store

import (
	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

func (r reader) webhooks() *gorm.DB { return r.db.Where("deleted_at IS NULL") }

func (r reader) Webhook(id int64) (models.Webhook, error) {
	return first[models.Webhook](r.webhooks().Where("id = ?", id))
}

func (r reader) Webhooks(organizationID int64) ([]models.Webhook, error) {
	return all[models.Webhook](r.webhooks().Where("organization_id = ?", organizationID).Order("id"))
}

func (r reader) EveryWebhook() ([]models.Webhook, error) {
	return all[models.Webhook](r.db.Order("id"))
}

func (r reader) DueWebhooks(at models.Time, except []int64, limit int) ([]int64, error) {
	query := r.webhooks().Model(&models.Webhook{}).Where("next_at <= ? AND enabled", at)
	if len(except) > 0 {
		query = query.Where("id NOT IN ?", padded(except))
	}
	ids := []int64{}
	err := query.Order("next_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}

func (r reader) Delivery(id int64) (models.Delivery, error) { return byID[models.Delivery](r.db, id) }

func (r reader) Deliveries(q chat.DeliveryQuery) ([]models.Delivery, error) {
	query := r.db.Where("webhook_id = ?", q.WebhookID)
	if q.State != "" {
		query = query.Where("state = ?", q.State)
	}
	if q.Type != "" {
		query = query.Where("type = ?", q.Type)
	}
	if q.Before > 0 {
		query = query.Where("id < ?", q.Before)
	}
	return all[models.Delivery](query.Order("id DESC").Limit(q.Limit))
}

func (r reader) Attempts(deliveryID int64) ([]models.Attempt, error) {
	return all[models.Attempt](r.db.Where("delivery_id = ?", deliveryID).Order("number"))
}

func (r reader) Queued(webhookID int64, limit int) (n int, err error) {
	waiting := r.pending(webhookID).Select("1").Limit(limit)
	err = r.db.Table("(?) AS waiting", waiting).Select("count(*)").Scan(&n).Error
	return n, err
}

func (r reader) WebhookQueue() (n int64, oldest *models.Time, err error) {
	var found struct {
		N      int64
		Oldest *models.Time
	}
	err = r.db.Model(&models.Delivery{}).Select("count(*) AS n, min(queued_at) AS oldest").
		Where("state = 'pending' AND webhook_id IN (?)", r.webhooks().Model(&models.Webhook{}).Select("id").Where("enabled")).
		Scan(&found).Error
	return found.N, found.Oldest, err
}

// pending are a webhook's deliveries that are not finished.
func (r reader) pending(webhookID int64) *gorm.DB {
	return r.db.Model(&models.Delivery{}).Where("webhook_id = ? AND state = 'pending'", webhookID)
}

func (w writer) LockWebhook(id int64) (models.Webhook, error) {
	return first[models.Webhook](w.locked().Where("id = ? AND deleted_at IS NULL", id))
}

func (w writer) CreateWebhook(h *models.Webhook) error { return w.db.Create(h).Error }

func (w writer) SaveWebhook(h models.Webhook) error {
	return w.db.Select("*").Omit("id", "organization_id", "next_at", "created_at").Updates(&h).Error
}

// next notes when the first of a webhook's deliveries is due.
func (w writer) next(webhookID int64) error {
	first := w.db.Model(&models.Delivery{}).Select("min(due_at)").Where("webhook_id = ? AND due_at IS NOT NULL", webhookID)
	return w.db.Model(&models.Webhook{ID: webhookID}).UpdateColumn("next_at", first).Error
}
