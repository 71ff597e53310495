package store

import (
	"slices"

	"parley/chat"
	"parley/models"
)

func (r reader) RoomVisitor(roomID int64, visitorID string) (models.RoomVisitor, error) {
	return oneWhere[models.RoomVisitor](r.db, "room_id = $1 AND visitor_id = $2", roomID, visitorID)
}

func (r reader) RoomVisitorsOf(visitorID string, after int64, limit int) ([]models.RoomVisitor, error) {
	return all[models.RoomVisitor](r.page(after, limit).Where("visitor_id = ?", visitorID))
}

func (r reader) OnlineVisitors(q chat.OnlineQuery) ([]models.RoomVisitor, error) {
	query := r.db.Where("room_id = ? AND online", q.RoomID).Limit(q.Limit)
	switch back := q.Back && q.From != nil; {
	case back:
		query = query.Where("(online_at, visitor_id) < (?, ?)", q.From.At, q.From.VisitorID).Order("online_at DESC, visitor_id DESC")
	case q.From != nil:
		query = query.Where("(online_at, visitor_id) > (?, ?)", q.From.At, q.From.VisitorID).Order("online_at, visitor_id")
	default:
		query = query.Order("online_at, visitor_id")
	}
	list, err := all[models.RoomVisitor](query)
	if q.Back && q.From != nil {
		slices.Reverse(list)
	}
	return list, err
}

func (r reader) AnyOnline(after models.RoomVisitor, limit int) ([]models.RoomVisitor, error) {
	place := chat.PlaceOf(after)
	return all[models.RoomVisitor](r.db.Where("online AND (room_id, online_at, visitor_id) > (?, ?, ?)", after.RoomID, place.At, place.VisitorID).
		Order("room_id, online_at, visitor_id").Limit(limit))
}

func (r reader) Domains(organizationID int64) ([]string, error) {
	return all[string](r.db.Model(&models.Room{}).Select("domain").
		Where("organization_id = ? AND domain IS NOT NULL AND deleted_at IS NULL", organizationID).Order("id"))
}

func (r reader) VisitorSecret(hash string) (models.VisitorSecret, error) {
	return byID[models.VisitorSecret](r.db, hash)
}

func (r reader) Unseen(after string, before models.Time, limit int) (ids []string, next string, err error) {
	var rows []struct {
		ID     string
		Unseen bool
	}
	// Each is looked at by its key and little more: how many there are makes no difference. It is not written with EXISTS,
	// of which PostgreSQL makes lists of whole tables.
	err = r.db.Raw(`SELECT v.id, v.created_at < @before AND v.merged_into IS NULL AND v.erasing_at IS NULL
			AND coalesce((SELECT 1 FROM room_visitors r WHERE r.visitor_id = v.id LIMIT 1), (SELECT 1 FROM visitor_secrets k WHERE k.visitor_id = v.id LIMIT 1), 0) = 1
			AND coalesce((SELECT 1 FROM room_visitors r WHERE r.visitor_id = v.id AND (r.online OR r.seen_at >= @before) LIMIT 1), 0) = 0
			AND coalesce((SELECT 1 FROM conversations c WHERE c.visitor_id = v.id LIMIT 1), 0) = 0 AS unseen
		FROM visitors v WHERE v.id > @after ORDER BY v.id LIMIT @limit`,
		map[string]any{"before": before, "after": after, "limit": limit}).Scan(&rows).Error
	for _, row := range rows {
		if row.Unseen {
			ids = append(ids, row.ID)
		}
	}
	if len(rows) == limit {
		next = rows[limit-1].ID
	}
	return ids, next, err
}

func (w writer) LockRoomVisitor(roomID int64, visitorID string) (models.RoomVisitor, error) {
	return first[models.RoomVisitor](w.locked().Where("room_id = ? AND visitor_id = ?", roomID, visitorID))
}

func (w writer) LockRoomVisitors(ids []int64) ([]models.RoomVisitor, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return all[models.RoomVisitor](w.locked().Where("id IN ? AND online", padded(ids)).Order("id"))
}

func (w writer) CreateRoomVisitor(v *models.RoomVisitor) error { return insert(w, v) }

var roomVisitorChanges = changesOf[models.RoomVisitor]("session_id", "visit_count", "online", "online_at", "seen_at", "about", "updated_at")

func (w writer) SaveRoomVisitor(v models.RoomVisitor) error { return roomVisitorChanges.save(w, &v) }

func (w writer) EndRoomVisitors(ids []int64, at models.Time) error {
	return w.db.Model(&models.RoomVisitor{}).Where("id IN ?", padded(ids)).
		UpdateColumns(map[string]any{"online": false, "seen_at": at, "updated_at": at}).Error
}

func (w writer) SawRoomVisitors(ids []int64, at models.Time) error {
	return w.db.Model(&models.RoomVisitor{}).Where("id IN ?", padded(ids)).UpdateColumn("seen_at", at).Error
}

func (w writer) CreateVisitorSecret(s models.VisitorSecret) error { return insert(w, &s) }

func (w writer) DeleteVisitorSecrets(visitorID string) error {
	return w.db.Where("visitor_id = ?", visitorID).Delete(&models.VisitorSecret{}).Error
}
