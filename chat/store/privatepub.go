package store

import (
	"gorm.io/gorm/clause"

	"parley/models"
)

func (r reader) PrivatePub(organizationID int64) (models.PrivatePub, error) {
	return first[models.PrivatePub](r.db.Where("organization_id = ?", organizationID))
}

func (r reader) PrivatePubs() ([]models.PrivatePub, error) {
	return all[models.PrivatePub](r.db.Order("organization_id"))
}

func (r reader) PrivatePubsBySecret(hash string) ([]models.PrivatePub, error) {
	return all[models.PrivatePub](r.db.Where("secret_hash = ?", hash).Order("organization_id").Limit(2))
}

func (w writer) SavePrivatePub(p models.PrivatePub) error {
	return w.db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&p).Error
}

func (w writer) DeletePrivatePub(organizationID int64) error {
	return w.db.Where("organization_id = ?", organizationID).Delete(&models.PrivatePub{}).Error
}
