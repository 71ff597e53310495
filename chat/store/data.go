package store

import (
	"gorm.io/gorm"

	"parley/models"
)

// page is the condition of a page by rising id.
func (r reader) page(after int64, limit int) *gorm.DB {
	return r.db.Where("id > ?", after).Order("id").Limit(limit)
}

func (r reader) ConversationPage(visitorID string, after int64, limit int) ([]models.Conversation, error) {
	return all[models.Conversation](r.page(after, limit).Where("visitor_id = ?", visitorID))
}

func (r reader) MessagePage(conversationID, after int64, limit int) ([]models.Message, error) {
	messages, err := all[models.Message](r.page(after, limit).Where("conversation_id = ?", conversationID))
	if err != nil {
		return nil, err
	}
	return messages, r.attach(messages)
}

func (r reader) NotificationPage(visitorID string, after int64, limit int) ([]models.Notification, error) {
	return all[models.Notification](r.page(after, limit).Where("visitor_id = ?", visitorID))
}

func (r reader) EventPage(visitorID string, after int64, limit int) ([]models.Event, error) {
	return all[models.Event](r.page(after, limit).Where("visitor_id = ? AND kind <> 'access'", visitorID))
}

func (r reader) AuditPage(visitorID string, after int64, limit int) ([]models.AuditEntry, error) {
	return all[models.AuditEntry](r.page(after, limit).
		Where("actor_kind = 'visitor' AND actor_id = ? OR target_kind = 'visitor' AND target_id = ?", visitorID, visitorID))
}

func (r reader) Aliases(organizationID int64, mergedInto string, limit int) ([]string, error) {
	return all[string](r.db.Model(&models.Visitor{}).Select("id").
		Where("organization_id = ? AND merged_into = ?", organizationID, mergedInto).Order("id").Limit(limit))
}
