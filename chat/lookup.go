package chat

import "parley/models"

// LookupReader finds records by the names that giosg's API has for them.
type LookupReader interface {
	OrganizationByUUID(uuid string) (models.Organization, error)
	// ManagerByUUID does not find managers who left.
	ManagerByUUID(uuid string) (models.Manager, error)
}
