package store

import (
	"parley/chat"
	"parley/models"
)

func (r reader) Room(id int64) (models.Room, error) { return byID[models.Room](r.db, id) }

func (r reader) RoomsByID(ids []int64) (map[int64]models.Room, error) {
	return keyed(r, ids, func(room models.Room) int64 { return room.ID })
}

func (r reader) RoomByUUID(name string) (models.Room, error) {
	return oneWhere[models.Room](r.db, "uuid = $1 OR token = $2", name, name)
}

func (r reader) RoomByDomain(domain string) (models.Room, error) {
	return oneWhere[models.Room](r.db, "domain = $1 AND deleted_at IS NULL", domain)
}

func (r reader) MainRoom(organizationID int64) (models.Room, error) {
	return oneWhere[models.Room](r.db, "organization_id = $1 AND main", organizationID)
}

func (r reader) Rooms(q chat.RoomQuery) ([]models.Room, error) {
	query := r.db.Where("organization_id = ?", q.OrganizationID)
	if !q.Deleted {
		query = present(query)
	}
	return paged[models.Room](query, q.PageQuery, "created_at", "id")
}

func (r reader) CountRooms(organizationID int64) (int, error) {
	var n int64
	err := present(r.db).Model(&models.Room{}).Where("organization_id = ?", organizationID).Count(&n).Error
	return int(n), err
}

func (w writer) CreateRoom(r *models.Room) error {
	added, err := insertUnless(w, r)
	if err == nil && !added {
		err = chat.ErrTaken
	}
	return err
}

var roomChanges = changesOf[models.Room]("name", "language_code", "signatures_required", "checksums", "updated_at", "updated_by", "deleted_at")

func (w writer) SaveRoom(r models.Room) error { return roomChanges.save(w, &r) }
