package store

import "parley/models"

func (r reader) Watched() ([]int64, error) {
	return all[int64](r.db.Model(&models.Organization{}).Select("id").Where(`online OR EXISTS (
		SELECT 1 FROM duty_sessions d JOIN managers m ON m.id = d.manager_id WHERE m.organization_id = organizations.id)
		OR EXISTS (SELECT 1 FROM user_clients u WHERE u.organization_id = organizations.id AND u.live)`))
}

func (w writer) SetOnline(organizationID int64, online bool) (bool, error) {
	result := w.db.Model(&models.Organization{}).Where("id = ? AND online <> ?", organizationID, online).
		UpdateColumn("online", online)
	return result.RowsAffected == 1, result.Error
}
