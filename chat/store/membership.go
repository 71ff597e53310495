package store

import (
	"parley/chat"
	"parley/models"
)

func (r reader) Membership(conversationID, managerID int64) (models.Membership, error) {
	return oneWhere[models.Membership](r.db, "conversation_id = $1 AND manager_id = $2", conversationID, managerID)
}

func (r reader) Memberships(conversationIDs ...int64) (map[int64][]models.Membership, error) {
	found := make(map[int64][]models.Membership, len(conversationIDs))
	if len(conversationIDs) == 0 {
		return found, nil
	}
	list, err := all[models.Membership](r.db.Where("conversation_id IN ?", padded(conversationIDs)).Order("id"))
	for _, m := range list {
		found[m.ConversationID] = append(found[m.ConversationID], m)
	}
	return found, err
}

func (r reader) MembershipsOf(q chat.MembershipQuery) ([]models.Membership, error) {
	query := r.db.Where("manager_id = ? AND organization_id = ?", q.ManagerID, q.OrganizationID)
	if q.Participating != nil {
		query = query.Where("participating = ?", *q.Participating)
	}
	return paged[models.Membership](query, q.PageQuery, "created_at", "conversation_id")
}

func (r reader) MessagesOf(conversationIDs ...int64) (map[int64]map[int64]int, error) {
	counts := make(map[int64]map[int64]int, len(conversationIDs))
	if len(conversationIDs) == 0 {
		return counts, nil
	}
	var rows []struct {
		ConversationID, ManagerID int64
		Messages                  int
	}
	err := r.db.Model(&models.Message{}).
		Select("conversation_id, coalesce(manager_id, 0) AS manager_id, count(*) AS messages").
		Where("conversation_id IN ? AND type = ''", padded(conversationIDs)).
		Group("conversation_id, coalesce(manager_id, 0)").Scan(&rows).Error
	for _, row := range rows {
		if counts[row.ConversationID] == nil {
			counts[row.ConversationID] = map[int64]int{}
		}
		counts[row.ConversationID][row.ManagerID] = row.Messages
	}
	return counts, err
}

func (r reader) VisitorsByID(ids []string) (map[string]models.Visitor, error) {
	return keyed(r, ids, func(v models.Visitor) string { return v.ID })
}

func (r reader) Present(managerIDs []int64) (map[int64]bool, error) {
	present := make(map[int64]bool, len(managerIDs))
	if len(managerIDs) == 0 {
		return present, nil
	}
	listed := padded(managerIDs)
	var ids []int64
	err := r.db.Raw(`SELECT manager_id FROM duty_sessions WHERE manager_id IN ?
		UNION SELECT manager_id FROM user_clients WHERE manager_id IN ? AND live`, listed, listed).Scan(&ids).Error
	for _, id := range ids {
		present[id] = true
	}
	return present, err
}

func (w writer) CreateMembership(m *models.Membership) error { return insert(w, m) }

var membershipChanges = changesOf[models.Membership]("participating", "updated_at")

func (w writer) SaveMembership(m models.Membership) error { return membershipChanges.save(w, &m) }

func (w writer) CreateAttendance(a *models.Attendance) error { return insert(w, a) }
