package store

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/models"
)

func (r reader) Erasures(limit int) ([]models.Erasure, error) {
	return all[models.Erasure](r.db.Order("id").Limit(limit))
}

func (r reader) ErasureOf(visitorID string) (models.Erasure, error) {
	return first[models.Erasure](r.db.Where("visitor_id = ?", visitorID))
}

func (r reader) ErasedAt(hash string) (at models.Time, err error) {
	err = r.db.Model(&models.ErasedVisitor{}).Select("erased_at").Where("hash = ?", hash).Scan(&at).Error
	return at, err
}

func (r reader) AnyConversation(visitorID string) (models.Conversation, error) {
	return first[models.Conversation](r.db.Where("visitor_id = ?", visitorID))
}

func (r reader) Outdated(organizationID int64, before models.Time, limit int) ([]models.Conversation, error) {
	return all[models.Conversation](r.db.Where("organization_id = ? AND status = 'closed' AND updated_at < ?", organizationID, before).
		Order("updated_at, id").Limit(limit))
}

func (r reader) Alias(organizationID int64, mergedInto string) (models.Visitor, error) {
	return first[models.Visitor](r.db.Where("organization_id = ? AND merged_into = ?", organizationID, mergedInto))
}

func (r reader) LatestNotification(visitorID string) (at models.Time, err error) {
	err = r.db.Model(&models.Notification{}).Select("coalesce(max(created_at), 0)").Where("visitor_id = ?", visitorID).Scan(&at).Error
	return at, err
}

func (w writer) CreateErasure(e *models.Erasure) error { return w.db.Create(e).Error }

func (w writer) LockErasure(id int64) (models.Erasure, error) {
	return first[models.Erasure](w.locked().Where("id = ?", id))
}

func (w writer) SaveErasure(e models.Erasure) error { return w.db.Select("*").Updates(&e).Error }

func (w writer) DeleteErasure(id int64) error { return w.db.Delete(&models.Erasure{ID: id}).Error }

func (w writer) BeginErasure(visitorID string, at models.Time) error {
	return w.db.Model(&models.Visitor{ID: visitorID}).
		UpdateColumns(map[string]any{"name": nil, "email": nil, "attributes": "", "erasing_at": at}).Error
}

func (w writer) NoteErased(hash string, at models.Time) error {
	return w.db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&models.ErasedVisitor{Hash: hash, ErasedAt: at}).Error
}

func (w writer) DeleteErased(before models.Time, limit int) error {
	old := w.db.Model(&models.ErasedVisitor{}).Select("hash").Where("erased_at < ?", before).Order("erased_at").Limit(limit)
	return w.db.Where("hash IN (?)", old).Delete(&models.ErasedVisitor{}).Error
}

// holdSearch keeps the indexer from writing documents of what is being removed: it may have read it before.
func (w writer) holdSearch() error {
	var state searchState
	return w.db.Clauses(clause.Locking{Strength: "UPDATE"}).Take(&state).Error
}

func (w writer) RemoveConversation(c models.Conversation, limit int) (removed models.Removed, done bool, err error) {
	if err := w.holdSearch(); err != nil {
		return removed, false, err
	}
	var ids []int64
	if err := w.db.Model(&models.Message{}).Where("conversation_id = ?", c.ID).Limit(limit).Pluck("id", &ids).Error; err != nil {
		return removed, false, err
	}
	if len(ids) > 0 {
		err = w.db.Model(&models.Attachment{}).Where("message_id IN ?", padded(ids)).Count(&removed.Files).Error
		if err == nil {
			removed.Messages, err = w.removeWhich(&models.Message{}, w.db.Where("id IN ?", padded(ids)))
		}
		return removed, false, err
	}
	if removed.Events, err = w.removeSome(&models.Event{}, "conversation_id = ?", c.ID, limit); err != nil || removed.Events > 0 {
		return removed, false, err
	}
	hers := w.db.Model(&models.Delivery{}).Select("id").Where("visitor_id = ? AND conversation_id = ?", c.VisitorID, c.ID).Limit(limit)
	if n, err := w.removeWhich(&models.Delivery{}, w.db.Where("id IN (?)", hers)); err != nil || n > 0 {
		return removed, false, err
	}
	if notes, err := w.removeSome(&models.Note{}, "conversation_id = ?", c.ID, limit); err != nil || notes > 0 {
		return removed, false, err
	}
	if err := w.keepFigures(c); err != nil {
		return removed, false, err
	}
	removed.Conversations, err = w.removeWhich(&models.Conversation{}, w.db.Where("id = ?", c.ID))
	return removed, err == nil, err
}

func (w writer) removeWhich(model any, which *gorm.DB) (int64, error) {
	result := which.Delete(model)
	return result.RowsAffected, result.Error
}

// removeSome removes up to limit records of which a condition holds.
func (w writer) removeSome(model any, condition string, value any, limit int) (int64, error) {
	some := w.db.Model(model).Select("id").Where(condition, value).Limit(limit)
	return w.removeWhich(model, w.db.Where("id IN (?)", some))
}

const bygoneSteps = "INSERT INTO bygone_steps (bygone_id, action, from_state, to_state, from_manager_id, manager_id, actor_type, created_at)"

// keepFigures copies what figures need of a conversation, under no name and number of its own.
func (w writer) keepFigures(c models.Conversation) error {
	past := bygoneConversation{
		OrganizationID: c.OrganizationID, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Rating: c.Rating, RatedAt: c.RatedAt,
	}
	if err := w.db.Create(&past).Error; err != nil {
		return err
	}
	err := w.db.Exec(bygoneSteps+` SELECT ?, action, from_state, to_state, from_manager_id, manager_id, actor_type, created_at
		FROM transitions WHERE conversation_id = ? ORDER BY id`, past.ID, c.ID).Error
	if err != nil || c.Status != models.StatusOpen {
		return err
	}
	return w.db.Exec(bygoneSteps+" VALUES (?, ?, ?, ?, ?, ?, 'system', ?)",
		past.ID, models.ActionClosed, c.State(), models.StateClosed, c.ManagerID, c.ManagerID, c.UpdatedAt).Error
}

type bygoneConversation struct {
	ID             int64 `gorm:"primaryKey"`
	OrganizationID int64
	CreatedAt      models.Time `gorm:"autoCreateTime:false"`
	UpdatedAt      models.Time `gorm:"autoUpdateTime:false"`
	Rating         *int
	RatedAt        *models.Time
}

// TableName is the table's.
func (bygoneConversation) TableName() string { return "bygone_conversations" }

func (w writer) RemoveOf(visitorID, mark string, limit int) (removed models.Removed, done bool, err error) {
	if removed.Notifications, err = w.removeSome(&models.Notification{}, "visitor_id = ?", visitorID, limit); err != nil {
		return removed, false, err
	}
	if removed.Events, err = w.removeSome(&models.Event{}, "visitor_id = ?", visitorID, limit); err != nil {
		return removed, false, err
	}
	deliveries, err := w.removeSome(&models.Delivery{}, "visitor_id = ?", visitorID, limit)
	if err != nil {
		return removed, false, err
	}
	masked, err := w.maskAudit(visitorID, mark, limit)
	full := int64(limit)
	return removed, removed.Notifications < full && removed.Events < full && deliveries < full && masked < full, err
}

// maskAudit puts the mark in the visitor's place, and tells in how many entries at least.
func (w writer) maskAudit(visitorID, mark string, limit int) (int64, error) {
	acted := w.db.Model(&models.AuditEntry{}).Select("id").Where("actor_kind = 'visitor' AND actor_id = ?", visitorID).Limit(limit)
	by := w.db.Model(&models.AuditEntry{}).Where("id IN (?)", acted).UpdateColumns(map[string]any{"actor_id": mark, "address": ""})
	if by.Error != nil {
		return 0, by.Error
	}
	aimed := w.db.Model(&models.AuditEntry{}).Select("id").Where("target_kind = 'visitor' AND target_id = ?", visitorID).Limit(limit)
	at := w.db.Model(&models.AuditEntry{}).Where("id IN (?)", aimed).UpdateColumns(map[string]any{"target_id": mark})
	return max(by.RowsAffected, at.RowsAffected), at.Error
}

func (w writer) RemoveVisitor(id string) error {
	return w.db.Where("id = ?", id).Delete(&models.Visitor{}).Error
}
