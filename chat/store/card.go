package store

import "parley/models"

// MessageByUUID looks through the conversation: an index of all messages' would cost every message.
func (r reader) MessageByUUID(conversationID int64, uuid string) (models.Message, error) {
	return r.attached(oneWhere[models.Message](r.db, "conversation_id = $1 AND uuid = $2", conversationID, uuid))
}

func (r reader) VisitorSpokeAfter(conversationID, messageID int64) (bool, error) {
	var spoke bool
	err := r.db.Raw("SELECT EXISTS (SELECT 1 FROM messages WHERE conversation_id = ? AND id > ? AND sender_type = 'visitor')",
		conversationID, messageID).Scan(&spoke).Error
	return spoke, err
}

func (w writer) ReplaceExtra(messageID int64, extra *string) error {
	return w.db.Model(&models.Message{}).Where("id = ?", messageID).UpdateColumn("extra", extra).Error
}
