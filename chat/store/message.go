package store

import (
	"slices"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

func (r reader) Message(id int64) (models.Message, error) {
	return r.attached(byID[models.Message](r.db, id))
}

const byClientID = "visitor_id = $1 AND coalesce(manager_id, 0) = $2 AND client_message_id = $3"

func (r reader) ClientMessage(visitorID string, managerID *int64, clientID string) (models.Message, error) {
	sender := int64(0) // the visitor, as in the index
	if managerID != nil {
		sender = *managerID
	}
	return r.attached(oneWhere[models.Message](r.db, byClientID, visitorID, sender, clientID))
}

// History reads one message more than it gives, to tell whether there are others. All are counted by
// conversation, of which a visitor has few.
func (r reader) History(q chat.HistoryQuery) (chat.HistoryPage, error) {
	var page chat.HistoryPage
	hers := r.db.Where("visitor_id = ? AND organization_id = ?", q.VisitorID, q.OrganizationID).Session(&gorm.Session{})
	err := hers.Model(&models.Conversation{}).Select("coalesce(sum(message_count), 0)").Scan(&page.Total).Error
	if err != nil {
		return page, err
	}
	order := "id DESC"
	if q.After {
		order = "id"
	}
	beyond := hers.Order(order).Limit(q.Count + 1)
	switch {
	case q.Since != nil && q.After:
		beyond = beyond.Where("id > ?", *q.Since)
	case q.Since != nil:
		beyond = beyond.Where("id <= ?", *q.Since)
	}
	messages, err := all[models.Message](beyond)
	if err != nil {
		return page, err
	}
	if page.More = len(messages) > q.Count; page.More {
		messages = messages[:q.Count]
	}
	if !q.After {
		slices.Reverse(messages)
	}
	page.Messages = messages
	return page, r.attach(messages)
}

func (w writer) CreateMessage(m *models.Message) error {
	added, err := insertUnless(w, m)
	if err == nil && !added {
		return chat.ErrTaken
	}
	return err
}

func (w writer) MarkRead(messageID int64, at models.Time) (bool, error) {
	result := w.db.Model(&models.Message{}).Where("id = ? AND read_at IS NULL", messageID).UpdateColumn("read_at", at)
	return result.RowsAffected == 1, result.Error
}
