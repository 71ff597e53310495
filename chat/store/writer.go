package store

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
	"parley/models"
)

func (w writer) LockVisitor(id string) (models.Visitor, error) {
	return lockByID[models.Visitor](w, id)
}

func (w writer) LockOrganization(id int64) (models.Organization, error) {
	return lockByID[models.Organization](w, id)
}

func (w writer) LockConversation(id int64) (models.Conversation, error) {
	return lockByID[models.Conversation](w, id)
}

// CreateOrganization adds the organisation's main room, too: there is none without.
func (w writer) CreateOrganization(o *models.Organization) error {
	if err := w.db.Create(o).Error; err != nil {
		return err
	}
	main := chat.MainRoom(*o)
	return insert(w, &main)
}

func (w writer) DeleteOrganization(id int64) error {
	// Events and the audit log stand alone, so that writing there does not touch the organisation's row; the rest
	// goes along.
	if err := w.db.Where("organization_id = ?", id).Delete(&models.Event{}).Error; err != nil {
		return err
	}
	if err := w.db.Where("organization_id = ?", id).Delete(&models.AuditEntry{}).Error; err != nil {
		return err
	}
	return w.db.Delete(&models.Organization{ID: id}).Error
}

func (w writer) CreateManager(m *models.Manager) error { return w.db.Create(m).Error }

func (w writer) manager(id int64) *gorm.DB { return w.db.Model(&models.Manager{ID: id}) }

func (w writer) AssignManager(id int64, at models.Time) error {
	return w.manager(id).UpdateColumn("last_assigned_at", at).Error
}

func (w writer) SetDutyState(id int64, state models.DutyState) error {
	return w.manager(id).UpdateColumn("duty_state", state).Error
}

func (w writer) RetireManager(id int64, at models.Time) error {
	for _, hers := range []any{&models.LoginSession{}, &models.UserClient{}, &models.TeamMember{}} {
		if err := w.db.Where("manager_id = ?", id).Delete(hers).Error; err != nil {
			return err
		}
	}
	return w.manager(id).UpdateColumn("deleted_at", at).Error
}

func (w writer) EnsureVisitor(v models.Visitor) error {
	return w.db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true}).Create(&v).Error
}

func (w writer) DescribeVisitor(id string, name, email *string) error {
	known := map[string]any{}
	if name != nil {
		known["name"] = *name
	}
	if email != nil {
		known["email"] = *email
	}
	if len(known) == 0 {
		return nil
	}
	return w.db.Model(&models.Visitor{ID: id}).UpdateColumns(known).Error
}

func (w writer) CreateAPIKey(k *models.APIKey) error { return w.db.Create(k).Error }

func (w writer) SaveAPIKey(k models.APIKey) error {
	return w.db.Select("name", "key_hash", "scopes").Updates(&k).Error
}

func (w writer) UseAPIKey(id int64, at models.Time) error {
	return w.db.Model(&models.APIKey{}).Where("id = ? AND (last_used_at IS NULL OR last_used_at < ?)", id, at).
		UpdateColumn("last_used_at", at).Error
}

func (w writer) DeleteAPIKey(id int64) error { return w.db.Delete(&models.APIKey{ID: id}).Error }

func (w writer) CreateLoginSession(s models.LoginSession) error { return w.db.Create(&s).Error }

func (w writer) DeleteLoginSession(tokenHash string) error {
	return w.db.Where("token_hash = ?", tokenHash).Delete(&models.LoginSession{}).Error
}

func (w writer) DeleteLoginSessionsBefore(expiry models.Time) error {
	return w.db.Where("expires_at < ?", expiry).Delete(&models.LoginSession{}).Error
}

func (w writer) AddDutySession(s models.DutySession) error {
	return w.db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&s).Error
}

func (w writer) DutySessions(node string) ([]models.DutySession, error) {
	return all[models.DutySession](w.db.Where("node = ?", node))
}

func (w writer) EndDutySession(sessionID string, at models.Time) error {
	return w.endDutySessions(at, "session_id = ?", sessionID)
}

func (w writer) EndDutySessions(node string, at models.Time) error {
	return w.endDutySessions(at, "node = ?", node)
}

func (w writer) endDutySessions(at models.Time, condition string, value any) error {
	ended := w.db.Model(&models.DutySession{}).Select("manager_id").Where(condition, value)
	err := w.db.Model(&models.Manager{}).Where("id IN (?)", ended).UpdateColumn("seen_at", at).Error
	if err != nil {
		return err
	}
	return w.db.Where(condition, value).Delete(&models.DutySession{}).Error
}
