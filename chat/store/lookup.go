package store

import "parley/models"

func (r reader) OrganizationByUUID(uuid string) (models.Organization, error) {
	return first[models.Organization](r.db.Where("uuid = ?", uuid))
}

func (r reader) ManagerByUUID(uuid string) (models.Manager, error) {
	return first[models.Manager](present(r.db).Where("uuid = ?", uuid))
}
