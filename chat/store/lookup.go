package store

import (
	"regexp"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// byUUID reads the one record that has the uuid. Whatever is not written as one is nobody's: PostgreSQL does not compare
// it, and takes spellings that SQLite does not.
func byUUID[T any](db *gorm.DB, uuid string) (T, error) {
	if !uuidForm.MatchString(uuid) {
		var none T
		return none, chat.ErrNoRecord
	}
	return first[T](db.Where("uuid = ?", uuid))
}

func (r reader) OrganizationByUUID(uuid string) (models.Organization, error) {
	return byUUID[models.Organization](r.db, uuid)
}

func (r reader) ManagerByUUID(uuid string) (models.Manager, error) {
	return byUUID[models.Manager](present(r.db), uuid)
}

func (r reader) FormerManagerByUUID(uuid string) (models.Manager, error) {
	return byUUID[models.Manager](r.db, uuid)
}

func (r reader) FormerManagers(organizationID int64) ([]models.Manager, error) {
	return all[models.Manager](r.db.Where("organization_id = ? AND deleted_at IS NOT NULL", organizationID).Order("id"))
}
