package store

import (
	"parley/models"
)

func (r reader) LatestCall(conversationID int64) (models.Call, error) {
	return first[models.Call](r.db.Where("conversation_id = ?", conversationID).Order("id DESC"))
}

func (r reader) LatestCallOf(visitorID string) (models.Call, error) {
	hers := r.db.Model(&models.Conversation{}).Select("id").Where("visitor_id = ?", visitorID)
	return first[models.Call](r.db.Where("conversation_id IN (?)", hers).Order("id DESC"))
}

func (r reader) Calls(conversationID int64, limit int) ([]models.Call, error) {
	return all[models.Call](r.db.Where("conversation_id = ?", conversationID).Order("id").Limit(limit))
}

func (r reader) LiveCalls(organizationID int64, limit int) ([]models.Call, error) {
	return all[models.Call](r.db.Where("ended_at IS NULL AND organization_id = ?", organizationID).Order("id").Limit(limit))
}

func (r reader) OverdueCalls(rang, heard models.Time, limit int) ([]models.Call, error) {
	return all[models.Call](r.db.Where("ended_at IS NULL AND (state = ? AND created_at < ? OR state = ? AND updated_at < ?)",
		models.CallRinging, rang, models.CallAccepted, heard).Order("id").Limit(limit))
}

func (w writer) CreateCall(c *models.Call) error { return w.db.Create(c).Error }

func (w writer) SaveCall(c models.Call) error { return w.db.Select("*").Updates(&c).Error }

func (w writer) HeardInCall(id int64, at models.Time) error {
	return w.db.Model(&models.Call{}).Where("id = ? AND ended_at IS NULL", id).UpdateColumn("updated_at", at).Error
}
