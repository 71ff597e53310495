package store

import (
	"errors"

	"parley/chat"
	"parley/models"
)

func (r reader) Conversation(id int64) (models.Conversation, error) {
	return byID[models.Conversation](r.db, id)
}

func (r reader) ConversationByUUID(uuid string) (models.Conversation, error) {
	return byUUID[models.Conversation](r.db, uuid)
}

func (r reader) OpenConversation(visitorID string) (models.Conversation, error) {
	return oneWhere[models.Conversation](r.db,
		"visitor_id = $1 AND status = 'open' AND chat_type = '' ORDER BY room_id <> 0, created_at DESC, id DESC LIMIT 1", visitorID)
}

func (r reader) OpenInRoom(visitorID string, place int64, kind models.ChatType) (models.Conversation, error) {
	return oneWhere[models.Conversation](r.db,
		"visitor_id = $1 AND room_id = $2 AND chat_type = $3 AND status = 'open' ORDER BY created_at DESC, id DESC LIMIT 1",
		visitorID, place, kind)
}

func (r reader) OpenConversations(visitorID string) ([]models.Conversation, error) {
	return all[models.Conversation](r.db.Where("visitor_id = ? AND status = 'open'", visitorID).Order("id"))
}

func (r reader) PreviousManager(visitorID string) (int64, error) {
	c, err := first[models.Conversation](r.db.Where("visitor_id = ? AND manager_id IS NOT NULL", visitorID).
		Order("created_at DESC, id DESC"))
	if errors.Is(err, chat.ErrNoRecord) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return *c.ManagerID, nil
}

// vanished holds for managers m who have left, or have not been live since a time.
const vanished = `(m.deleted_at IS NOT NULL
	OR m.seen_at < ? AND NOT EXISTS (SELECT 1 FROM duty_sessions d WHERE d.manager_id = m.id)
		AND NOT EXISTS (SELECT 1 FROM user_clients u WHERE u.manager_id = m.id AND u.live))`

func (r reader) Abandoned(organizationID int64, before models.Time, limit int) ([]models.Conversation, error) {
	return all[models.Conversation](r.db.Table("conversations c").Select("c.*").
		Joins("JOIN managers m ON m.id = c.manager_id AND "+vanished, before).
		Where("c.status = 'open' AND c.organization_id = ?", organizationID).Order("c.created_at").Limit(limit))
}

// AbandonedOrganizations looks for one conversation of each manager who vanished; that is less than looking for the
// manager of each open conversation.
func (r reader) AbandonedOrganizations(before models.Time) ([]int64, error) {
	return all[int64](r.db.Table("managers m").Distinct("m.organization_id").Where(vanished, before).
		Where("coalesce((SELECT 1 FROM conversations c WHERE c.manager_id = m.id AND c.status = 'open' LIMIT 1), 0) = 1"))
}

func (r reader) Idle(kind models.ChatType, before models.Time, limit int) ([]models.Conversation, error) {
	query := r.db.Where("status = 'open' AND updated_at < ?", before)
	if kind == models.ChatVisitor { // the types stand in the text: the indexes are of one type each
		query = query.Where("chat_type = '' AND manager_id IS NOT NULL")
	} else {
		query = query.Where("chat_type <> '' AND chat_type = ?", kind)
	}
	return all[models.Conversation](query.Order("updated_at").Limit(limit))
}

func (r reader) Inbox(q chat.InboxQuery) ([]chat.InboxItem, error) {
	if q.Waiting {
		queue, err := r.Waiting(q.OrganizationID, q.Limit)
		if err != nil {
			return nil, err
		}
		return r.inboxItems(queue)
	}
	query := r.db.Where("organization_id = ? AND status = ?", q.OrganizationID, q.Status)
	if q.ManagerID != 0 { // the sum keeps the index of the organisation's out of it: a manager has fewer
		query = r.db.Where("manager_id = ? AND status = ? AND organization_id + 0 = ?", q.ManagerID, q.Status, q.OrganizationID)
	}
	if q.Before != nil {
		query = query.Where("(updated_at, id) < (?, ?)", q.Before.UpdatedAt, q.Before.ID)
	}
	conversations, err := all[models.Conversation](query.Order("updated_at DESC, id DESC").Limit(q.Limit))
	if err != nil {
		return nil, err
	}
	return r.inboxItems(conversations)
}

// inboxItems reads what belongs to the conversations, a query a kind.
func (r reader) inboxItems(conversations []models.Conversation) ([]chat.InboxItem, error) {
	var visitorIDs []string
	var ids, managerIDs, messageIDs, roomIDs []int64
	for _, c := range conversations {
		ids = append(ids, c.ID)
		visitorIDs = append(visitorIDs, c.VisitorID)
		if c.ManagerID != nil {
			managerIDs = append(managerIDs, *c.ManagerID)
		}
		if c.RoomID != 0 {
			roomIDs = append(roomIDs, c.RoomID)
		}
		if c.LastMessageID != nil {
			messageIDs = append(messageIDs, *c.LastMessageID)
		}
	}
	visitors, err1 := keyed(r, visitorIDs, func(v models.Visitor) string { return v.ID })
	managers, err2 := keyed(r, managerIDs, func(m models.Manager) int64 { return m.ID })
	messages, err3 := keyed(r, messageIDs, func(m models.Message) int64 { return m.ID })
	tags, err4 := r.Tags(ids...)
	rooms, err5 := r.RoomsByID(roomIDs)
	items := make([]chat.InboxItem, len(conversations))
	for i, c := range conversations {
		items[i] = chat.InboxItem{Conversation: c, Visitor: visitors[c.VisitorID], Tags: append([]string{}, tags[c.ID]...)}
		if c.RoomID != 0 {
			uuid := rooms[c.RoomID].UUID
			items[i].Room = &uuid
		}
		if c.ManagerID != nil {
			m := managers[*c.ManagerID]
			items[i].Manager = &m
		}
		if c.LastMessageID != nil {
			m := messages[*c.LastMessageID]
			items[i].LastMessage = &m
		}
	}
	return items, errors.Join(err1, err2, err3, err4, err5)
}

// keyed reads the records with the ids and files them by id.
func keyed[K comparable, T any](r reader, ids []K, key func(T) K) (map[K]T, error) {
	found := make(map[K]T, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	records, err := withKeys[T](r.db, ids)
	for _, record := range records {
		found[key(record)] = record
	}
	return found, err
}

func (w writer) CreateConversation(c *models.Conversation) error { return insert(w, c) }

var conversationChanges = changesOf[models.Conversation]("manager_id", "status", "last_message_id", "event_seq", "message_count",
	"unread_visitor", "unread_manager", "updated_at", "closed_at", "waiting_since", "unattended", "answer_by",
	"answered_at", "rating", "rating_text", "rated_at", "contact_name", "contact_email", "contact_phone")

func (w writer) SaveConversation(c models.Conversation) error { return conversationChanges.save(w, &c) }
