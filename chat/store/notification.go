package store

import (
	"slices"

	"parley/chat"
	"parley/models"
)

func (w writer) CreateNotification(n *models.Notification) error { return insert(w, n) }

func (r reader) ClientNotification(visitorID, clientID string) (models.Notification, error) {
	return oneWhere[models.Notification](r.db, "visitor_id = $1 AND client_notification_id = $2", visitorID, clientID)
}

func (r reader) Notifications(q chat.NotificationQuery) ([]models.Notification, bool, error) {
	query := r.db.Where("visitor_id = ?", q.VisitorID).Limit(q.Count + 1)
	switch {
	case q.Since == nil && q.After:
		query = query.Order("id")
	case q.After:
		query = query.Where("id > ?", *q.Since).Order("id")
	case q.Since != nil:
		query = query.Where("id <= ?", *q.Since).Order("id DESC")
	default:
		query = query.Order("id DESC")
	}
	list, err := all[models.Notification](query)
	more := len(list) > q.Count
	if more {
		list = list[:q.Count]
	}
	if !q.After {
		slices.Reverse(list)
	}
	return list, more, err
}

func (r reader) UnreadNotifications(visitorID string) (int, error) {
	var n int64
	err := r.db.Model(&models.Notification{}).Where("visitor_id = ? AND read_at IS NULL", visitorID).Count(&n).Error
	return int(n), err
}

func (r reader) MergedVisitors(organizationID int64, ids []string) (map[string]string, error) {
	merged := map[string]string{}
	rows, err := all[models.Visitor](r.db.Select("id", "merged_into").
		Where("organization_id = ? AND id IN ? AND merged_into IS NOT NULL", organizationID, padded(ids)))
	for _, v := range rows {
		merged[v.ID] = *v.MergedInto
	}
	return merged, err
}

func (w writer) MarkNotifications(visitorID string, upTo int64, ids []int64, at models.Time) (int, error) {
	query := w.db.Model(&models.Notification{}).Where("visitor_id = ? AND read_at IS NULL", visitorID)
	if len(ids) > 0 {
		query = query.Where("id IN ?", padded(ids))
	} else {
		query = query.Where("id <= ?", upTo)
	}
	done := query.UpdateColumn("read_at", at)
	return int(done.RowsAffected), done.Error
}
