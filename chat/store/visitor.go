package store

import (
	"slices"

	"parley/chat"
	"parley/models"
)

func (r reader) SiteSecret(id int64) (models.SiteSecret, error) {
	return byID[models.SiteSecret](r.db, id)
}

func (r reader) SiteSecrets(organizationID int64) ([]models.SiteSecret, error) {
	return all[models.SiteSecret](r.db.Where("organization_id = ?", organizationID).Order("id"))
}

func (w writer) CreateSiteSecret(s *models.SiteSecret) error { return insert(w, s) }

func (w writer) DeleteSiteSecret(id int64) error {
	return w.db.Delete(&models.SiteSecret{ID: id}).Error
}

var visitorChanges = changesOf[models.Visitor]("name", "email", "attributes", "identified_at", "signed_at",
	"tokens_valid_from", "merged_into")

func (w writer) SaveVisitor(v models.Visitor) error { return visitorChanges.save(w, &v) }

func (r reader) ConversationsOf(visitorID string) ([]int64, error) {
	return all[int64](r.db.Model(&models.Conversation{}).Select("id").Where("visitor_id = ?", visitorID).Order("id"))
}

func (r reader) UnreadMessages(conversationID int64, sender models.SenderType, limit int) ([]models.Message, error) {
	messages, err := all[models.Message](r.db.Where("conversation_id = ? AND sender_type = ? AND read_at IS NULL AND deleted_at IS NULL", conversationID, sender).
		Order("id DESC").Limit(limit))
	if err != nil {
		return nil, err
	}
	slices.Reverse(messages)
	return messages, r.attach(messages)
}

func (w writer) LockToMove(from, to string) ([]models.Conversation, error) {
	return all[models.Conversation](w.locked().Where("visitor_id = ? OR visitor_id = ? AND status = 'open'", from, to).Order("id"))
}

// moves are the statements of MoveVisitor, each with the ids to and from; conversations and messages come after what
// is found by them.
var moves = []string{
	// The same id of a sender for a message of each: repeating it is over for the one that moves.
	`UPDATE messages SET client_message_id = NULL WHERE client_message_id IS NOT NULL AND visitor_id = @from AND EXISTS
		(SELECT 1 FROM messages other WHERE other.visitor_id = @to AND coalesce(other.manager_id, 0) = coalesce(messages.manager_id, 0)
			AND other.client_message_id = messages.client_message_id)`,
	`UPDATE notifications SET client_notification_id = NULL WHERE client_notification_id IS NOT NULL AND visitor_id = @from AND EXISTS
		(SELECT 1 FROM notifications other WHERE other.visitor_id = @to AND other.client_notification_id = notifications.client_notification_id)`,
	`UPDATE attachments SET visitor_id = @to WHERE message_id IN
		(SELECT id FROM messages WHERE visitor_id = @from AND attached > 0)`,
	`UPDATE transitions SET visitor_id = @to WHERE conversation_id IN (SELECT id FROM conversations WHERE visitor_id = @from)`,
	`UPDATE notes SET visitor_id = @to WHERE conversation_id IN (SELECT id FROM conversations WHERE visitor_id = @from)`,
	`UPDATE messages SET visitor_id = @to WHERE visitor_id = @from`,
	`UPDATE conversations SET visitor_id = @to WHERE visitor_id = @from`,
	`UPDATE notifications SET visitor_id = @to WHERE visitor_id = @from`,
	`UPDATE events SET visitor_id = @to WHERE visitor_id = @from`,
	`UPDATE deliveries SET visitor_id = @to WHERE visitor_id = @from`,
	// What a room knows of the one who stays wins.
	`DELETE FROM room_visitors WHERE visitor_id = @from AND room_id IN (SELECT room_id FROM room_visitors WHERE visitor_id = @to)`,
	`UPDATE room_visitors SET visitor_id = @to WHERE visitor_id = @from`,
	`DELETE FROM visitor_variables WHERE visitor_id = @from AND EXISTS (SELECT 1 FROM visitor_variables other
		WHERE other.visitor_id = @to AND other.room_id = visitor_variables.room_id AND other.key = visitor_variables.key)`,
	`UPDATE visitor_variables SET visitor_id = @to WHERE visitor_id = @from`,
	`UPDATE visitor_identifiers SET visitor_id = @to WHERE visitor_id = @from`,
	`DELETE FROM goal_matches WHERE visitor_id = @from AND EXISTS (SELECT 1 FROM goal_matches other
		WHERE other.visitor_id = @to AND other.goal_id = goal_matches.goal_id AND other.session_id = goal_matches.session_id)`,
	`UPDATE goal_matches SET visitor_id = @to WHERE visitor_id = @from`,
	// A page that knows the former's secret is not the one who stays: nobody has shown that.
	`DELETE FROM visitor_secrets WHERE visitor_id = @from`,
}

func (w writer) MoveVisitor(from, to string) error {
	for _, statement := range moves {
		if err := w.db.Exec(statement, map[string]any{"from": from, "to": to}).Error; err != nil {
			return err
		}
	}
	return nil
}

var _ chat.VisitorTx = writer{}
