package chat

import "parley/models"

// LookupReader finds records by the names that giosg's API has for them.
type LookupReader interface {
	OrganizationByUUID(uuid string) (models.Organization, error)
	// ManagerByUUID does not find managers who left; FormerManagerByUUID does, too.
	ManagerByUUID(uuid string) (models.Manager, error)
	FormerManagerByUUID(uuid string) (models.Manager, error)
	// FormerManagers lists an organisation's managers who left.
	FormerManagers(organizationID int64) ([]models.Manager, error)
}
