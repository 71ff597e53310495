package store

import (
	"errors"
	"math/bits"
	"slices"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

// reader reads through a connection pool, or through the transaction it belongs to.
type reader struct{ db *gorm.DB }

// writer writes through a transaction.
type writer struct{ reader }

var (
	_ chat.Reader = reader{}
	_ chat.Tx     = writer{}
)

// first reads the one record that the query finds.
func first[T any](query *gorm.DB) (T, error) {
	var record T
	err := query.Take(&record).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = chat.ErrNoRecord
	}
	return record, err
}

// all reads every record that the query finds; never nil.
func all[T any](query *gorm.DB) ([]T, error) {
	records := []T{}
	err := query.Find(&records).Error
	return records, err
}

// padded repeats the last value of a list until its length is a power of two, so that queries for lists have few
// texts, which the databases keep.
func padded[T any](values []T) []T {
	if len(values) == 0 {
		return values
	}
	length := 1 << bits.Len(uint(len(values)-1))
	return append(slices.Clone(values), slices.Repeat(values[len(values)-1:], length-len(values))...)
}

// present is the condition of managers who have not left.
func present(db *gorm.DB) *gorm.DB { return db.Where("deleted_at IS NULL") }

func (r reader) Organization(id int64) (models.Organization, error) {
	return byID[models.Organization](r.db, id)
}

func (r reader) OrganizationBySiteKey(key string) (models.Organization, error) {
	return first[models.Organization](r.db.Where("site_key = ?", key))
}

func (r reader) Organizations() ([]models.Organization, error) {
	return all[models.Organization](r.db.Order("id"))
}

func (r reader) Manager(id int64) (models.Manager, error) {
	return first[models.Manager](present(r.db).Where("id = ?", id))
}

func (r reader) FormerManager(id int64) (models.Manager, error) {
	return byID[models.Manager](r.db, id)
}

func (r reader) ManagerByEmail(email string) (models.Manager, error) {
	return first[models.Manager](present(r.db).Where("email = ?", email))
}

func (r reader) Managers(organizationID int64) ([]models.Manager, error) {
	return all[models.Manager](present(r.db).Where("organization_id = ?", organizationID).Order("id"))
}

func (r reader) Candidates(organizationID int64) ([]chat.Candidate, error) {
	var rows []struct {
		models.Manager
		Live bool
		Open int
	}
	err := present(r.db).Model(&models.Manager{}).
		Select(`managers.*, (EXISTS (SELECT 1 FROM duty_sessions d WHERE d.manager_id = managers.id)
				OR EXISTS (SELECT 1 FROM user_clients u WHERE u.manager_id = managers.id AND u.live)) AS live,
			(SELECT count(*) FROM conversations c WHERE c.manager_id = managers.id AND c.status = 'open') AS open`).
		Where("organization_id = ?", organizationID).Order("id").Scan(&rows).Error
	candidates := make([]chat.Candidate, len(rows))
	for i, row := range rows {
		candidates[i] = chat.Candidate{Manager: row.Manager, Live: row.Live, Open: row.Open}
	}
	return candidates, err
}

func (r reader) Visitor(id string) (models.Visitor, error) { return byID[models.Visitor](r.db, id) }

func (r reader) APIKey(id int64) (models.APIKey, error) { return byID[models.APIKey](r.db, id) }

func (r reader) APIKeys(organizationID int64) ([]models.APIKey, error) {
	return all[models.APIKey](r.db.Where("organization_id = ?", organizationID).Order("id"))
}

func (r reader) LoginSession(tokenHash string) (models.LoginSession, error) {
	return first[models.LoginSession](r.db.Where("token_hash = ?", tokenHash))
}
