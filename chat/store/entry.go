package store

import (
	"slices"

	"parley/chat"
	"parley/models"
)

// Entries reads a page of both tables, each in the order of the places of entries, and takes of both what is nearest.
func (r reader) Entries(conversationID int64, q chat.PageQuery) ([]chat.Entry, error) {
	query := r.db.Where("conversation_id = ?", conversationID)
	messages, err := paged[models.Message](query, q, "created_at", "id + 4611686018427387904")
	if err == nil {
		err = r.attach(messages)
	}
	if err != nil {
		return nil, err
	}
	query = r.db.Where("conversation_id = ?", conversationID)
	attendances, err := paged[models.Attendance](query, q, "created_at", "id")
	if err != nil {
		return nil, err
	}
	list := make([]chat.Entry, 0, len(messages)+len(attendances))
	for i := range messages {
		list = append(list, chat.Entry{Message: &messages[i]})
	}
	for i := range attendances {
		list = append(list, chat.Entry{Attendance: &attendances[i]})
	}
	slices.SortFunc(list, func(a, b chat.Entry) int {
		if q.Newest {
			a, b = b, a
		}
		return a.Place().Compare(b.Place())
	})
	if len(list) > q.Limit && q.Back && q.From != nil {
		list = list[len(list)-q.Limit:]
	}
	return list[:min(len(list), q.Limit)], nil
}

func (r reader) AttendanceByUUID(conversationID int64, uuid string) (models.Attendance, error) {
	return oneWhere[models.Attendance](r.db, "conversation_id = $1 AND uuid = $2", conversationID, uuid)
}

func (r reader) MessagesByID(ids []int64) (map[int64]models.Message, error) {
	return keyed(r, ids, func(m models.Message) int64 { return m.ID })
}

func (r reader) ManagersByID(ids []int64) (map[int64]models.Manager, error) {
	return keyed(r, ids, func(m models.Manager) int64 { return m.ID })
}
