package store

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/models"
)

// locked keeps others from the rows until the transaction ends. SQLite, with its one writer, needs no such clause
// and its dialect leaves it out.
func (w writer) locked() *gorm.DB {
	return w.db.Clauses(clause.Locking{Strength: "NO KEY UPDATE"})
}

func (w writer) LockManager(id int64) (models.Manager, error) {
	return first[models.Manager](present(w.locked()).Where("id = ?", id))
}

func (w writer) SaveManager(m models.Manager) error {
	return w.db.Select("name", "email", "password_hash", "role", "avatar_url", "time_zone", "max_conversations",
		"password_changed_at", "tokens_valid_from", "bot").Updates(&m).Error
}

func (w writer) SaveOrganization(o models.Organization) error {
	return w.db.Select("name", "offline_message", "greeting", "allowed_origins", "time_zone", "strategy",
		"max_conversations", "answer_within_ms", "retain_days", "suspended", "calls").Updates(&o).Error
}

func (w writer) DeleteLoginSessionsOf(managerID int64, keep string) error {
	return w.db.Where("manager_id = ? AND token_hash <> ?", managerID, keep).Delete(&models.LoginSession{}).Error
}

func (r reader) LoginLocks(accounts []string, at models.Time) ([]models.LoginTries, error) {
	return all[models.LoginTries](r.db.Where("account IN ? AND locked_until > ?", accounts, at))
}

func (w writer) LockLoginTries(account, source string) (models.LoginTries, error) {
	fresh := models.LoginTries{Account: account, Source: source}
	if err := w.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error; err != nil {
		return fresh, err
	}
	return first[models.LoginTries](w.locked().Where("account = ? AND source = ?", account, source))
}

// SaveLoginTries names the row in full: gorm takes an empty source for none.
func (w writer) SaveLoginTries(t models.LoginTries) error {
	return w.db.Model(&models.LoginTries{}).Where("account = ? AND source = ?", t.Account, t.Source).
		Select("failed", "tried_at", "locked_until", "succeeded_at").Updates(&t).Error
}

func (w writer) UnlockLogin(account string) error {
	return w.db.Model(&models.LoginTries{}).Where("account = ?", account).
		UpdateColumns(map[string]any{"failed": 0, "locked_until": nil}).Error
}

func (w writer) DeleteLoginTries(known, failed models.Time) error {
	return w.db.Where("tried_at < ? OR tried_at < ? AND succeeded_at IS NULL", known, failed).
		Delete(&models.LoginTries{}).Error
}
