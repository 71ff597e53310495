package store

import "parley/models"

const waiting = "status = 'open' AND manager_id IS NULL"

func (r reader) Waiting(organizationID int64, limit int) ([]models.Conversation, error) {
	return all[models.Conversation](r.db.Where("organization_id = ? AND "+waiting, organizationID).
		Order("waiting_since, id").Limit(limit))
}

func (r reader) WaitingBefore(organizationID int64, since models.Time, id int64) (int, error) {
	var n int64
	err := r.db.Model(&models.Conversation{}).
		Where("organization_id = ? AND "+waiting+" AND (waiting_since, id) < (?, ?)", organizationID, since, id).
		Count(&n).Error
	return int(n), err
}

func (r reader) Queues() ([]int64, error) {
	return all[int64](r.db.Model(&models.Conversation{}).Distinct("organization_id").Where(waiting))
}

func (r reader) Unanswered(by models.Time, limit int) ([]models.Conversation, error) {
	return all[models.Conversation](r.db.Where("answer_by <= ? AND status = 'open'", by).Order("answer_by").Limit(limit))
}
