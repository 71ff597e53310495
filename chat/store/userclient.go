package store

import "parley/models"

func (r reader) UserClient(uuid string) (models.UserClient, error) {
	return oneWhere[models.UserClient](r.db, "uuid = $1", uuid)
}

func (r reader) UserClients(managerID int64) ([]models.UserClient, error) {
	return all[models.UserClient](r.db.Where("manager_id = ?", managerID).Order("id"))
}

func (r reader) ExpiredClients(by models.Time, limit int) ([]models.UserClient, error) {
	return all[models.UserClient](r.db.Where("live AND expires_at <= ?", by).Order("expires_at").Limit(limit))
}

func (w writer) CreateUserClient(c *models.UserClient) error { return insert(w, c) }

var clientChanges = changesOf[models.UserClient]("expires_in_ms", "expires_at", "live", "properties", "updated_at")

func (w writer) SaveUserClient(c models.UserClient) error { return clientChanges.save(w, &c) }

func (w writer) DeleteUserClient(id int64) error {
	return w.db.Delete(&models.UserClient{ID: id}).Error
}

func (w writer) DeleteClientsBefore(expiry models.Time, limit int) error {
	old := w.db.Model(&models.UserClient{}).Select("id").Where("NOT live AND expires_at < ?", expiry).Limit(limit)
	return w.db.Where("id IN (?)", old).Delete(&models.UserClient{}).Error
}

func (w writer) SeeManager(id int64, at models.Time) error {
	return w.manager(id).UpdateColumn("seen_at", at).Error
}
