package store

import "parley/models"

func (r reader) Transitions(conversationID int64, limit int) ([]models.Transition, error) {
	return all[models.Transition](r.db.Where("conversation_id = ?", conversationID).Order("id").Limit(limit))
}

func (w writer) AppendTransition(t *models.Transition) error { return w.db.Create(t).Error }
