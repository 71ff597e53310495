package store

import (
	"parley/chat"
	"parley/models"
)

func (r reader) Audit(q chat.AuditQuery) ([]models.AuditEntry, error) {
	query := r.db.Order("at DESC, id DESC").Limit(q.Limit)
	if q.OrganizationID != 0 {
		query = query.Where("organization_id = ?", q.OrganizationID)
	}
	if q.Action != "" {
		query = query.Where("action = ?", q.Action)
	}
	if q.ActorKind != "" {
		query = query.Where("actor_kind = ?", q.ActorKind)
	}
	if q.ActorID != "" {
		query = query.Where("actor_id = ?", q.ActorID)
	}
	if q.From != 0 {
		query = query.Where("at >= ?", q.From)
	}
	if q.To != 0 {
		query = query.Where("at < ?", q.To)
	}
	if q.Before != nil {
		query = query.Where("(at, id) < (?, ?)", q.Before.At, q.Before.ID)
	}
	return all[models.AuditEntry](query)
}

func (w writer) AppendAudit(entries []models.AuditEntry) error { return w.db.Create(&entries).Error }

func (w writer) DeleteAudit(before models.Time, limit int) error {
	old := w.db.Model(&models.AuditEntry{}).Select("id").Where("at < ?", before).Order("at, id").Limit(limit)
	return w.db.Where("id IN (?)", old).Delete(&models.AuditEntry{}).Error
}
