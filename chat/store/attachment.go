package store

import "parley/models"

func (r reader) Attachment(uuid string) (models.Attachment, error) {
	return first[models.Attachment](r.db.Where("uuid = ?", uuid))
}

func (r reader) DueRemovals(until models.Time, limit int) ([]models.BlobRemoval, error) {
	return all[models.BlobRemoval](r.db.Where("due_at <= ?", until).Order("due_at, key").Limit(limit))
}

// attach reads the attachments of messages that have any, in one query.
func (r reader) attach(messages []models.Message) error {
	at := map[int64]*models.Message{}
	var ids []int64
	for i := range messages {
		if m := &messages[i]; m.Attached > 0 {
			at[m.ID] = m
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	attachments, err := all[models.Attachment](r.db.Where("message_id IN ?", ids).Order("id"))
	for _, a := range attachments {
		m := at[a.MessageID]
		m.Attachments = append(m.Attachments, a)
	}
	return err
}

// attached is attach for a message that was just read.
func (r reader) attached(m models.Message, err error) (models.Message, error) {
	if err != nil {
		return m, err
	}
	one := []models.Message{m}
	err = r.attach(one)
	return one[0], err
}

func (w writer) CreateAttachments(attachments []models.Attachment) error {
	return w.db.Create(&attachments).Error
}

func (w writer) DeleteAttachments(messageID int64) error {
	// The trigger on the table schedules the removal of the files.
	if err := w.db.Where("message_id = ?", messageID).Delete(&models.Attachment{}).Error; err != nil {
		return err
	}
	return w.db.Model(&models.Message{ID: messageID}).UpdateColumn("attached", 0).Error
}

func (w writer) ScheduleRemovals(removals []models.BlobRemoval) error {
	return w.db.Create(&removals).Error
}

func (w writer) HastenRemovals(keys []string) error {
	return w.db.Model(&models.BlobRemoval{}).Where("key IN ?", keys).UpdateColumn("due_at", 0).Error
}

func (w writer) CancelRemovals(keys []string, now models.Time) (int64, error) {
	result := w.db.Where("key IN ? AND due_at > ?", keys, now).Delete(&models.BlobRemoval{})
	return result.RowsAffected, result.Error
}

func (w writer) DeleteRemovals(keys []string) error {
	return w.db.Where("key IN ?", keys).Delete(&models.BlobRemoval{}).Error
}
