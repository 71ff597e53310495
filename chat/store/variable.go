package store

import (
	"cmp"
	"encoding/json"
	"slices"

	"parley/chat"
	"parley/models"
)

func (r reader) Variables(roomID int64, visitorID string) ([]models.VisitorVariable, error) {
	list, err := all[models.VisitorVariable](r.db.Where("room_id = ? AND visitor_id = ?", roomID, visitorID))
	// By bytes: the databases have orders of their own.
	slices.SortFunc(list, func(a, b models.VisitorVariable) int { return cmp.Compare(a.Key, b.Key) })
	return list, err
}

func (r reader) Variable(roomID int64, visitorID, key string) (models.VisitorVariable, error) {
	return oneWhere[models.VisitorVariable](r.db, "room_id = $1 AND visitor_id = $2 AND key = $3", roomID, visitorID, key)
}

func (r reader) VariablePage(visitorID string, after int64, limit int) ([]models.VisitorVariable, error) {
	return all[models.VisitorVariable](r.page(after, limit).Where("visitor_id = ?", visitorID))
}

func (r reader) Faces(visitorIDs []string) (map[chat.FaceOf]chat.Face, error) {
	faces := map[chat.FaceOf]chat.Face{}
	if len(visitorIDs) == 0 {
		return faces, nil
	}
	var rows []struct {
		models.VisitorVariable
		Main bool
	}
	err := r.db.Model(&models.VisitorVariable{}).Select("visitor_variables.*, rooms.main").
		Joins("JOIN rooms ON rooms.id = visitor_variables.room_id").
		Where("visitor_variables.visitor_id IN ? AND visitor_variables.key IN ?", padded(visitorIDs), chat.FaceKeys()).Scan(&rows).Error
	for _, row := range rows {
		of := chat.FaceOf{Place: models.Room{ID: row.RoomID, Main: row.Main}.Place(), VisitorID: row.VisitorID}
		faces[of] = faces[of].With(row.Key, json.RawMessage(row.Value), row.Signed)
	}
	return faces, err
}

func (r reader) OpenIn(visitorID string, place int64) ([]int64, error) {
	return all[int64](r.db.Model(&models.Conversation{}).Select("id").
		Where("visitor_id = ? AND room_id = ? AND status = 'open'", visitorID, place).Order("id"))
}

func (w writer) CreateVariable(v *models.VisitorVariable) error { return insert(w, v) }

var variableChanges = changesOf[models.VisitorVariable]("value", "signed", "updated_at")

func (w writer) SaveVariable(v models.VisitorVariable) error { return variableChanges.save(w, &v) }

func (w writer) DeleteVariable(id int64) error {
	return w.db.Delete(&models.VisitorVariable{ID: id}).Error
}

func (r reader) RoomKeys(roomID int64) ([]models.RoomKey, error) {
	return all[models.RoomKey](r.db.Where("room_id = ?", roomID).Order("id"))
}

func (w writer) CreateRoomKey(k *models.RoomKey) error { return insert(w, k) }

func (w writer) DeleteRoomKey(id int64) error { return w.db.Delete(&models.RoomKey{ID: id}).Error }
