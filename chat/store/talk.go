package store

import (
	"slices"
	"strings"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

func (r reader) MessageVersions(messageID int64) ([]models.MessageVersion, error) {
	return all[models.MessageVersion](r.db.Where("message_id = ?", messageID).Order("id"))
}

func (w writer) ReplaceContent(m models.Message) error {
	return w.db.Select("content", "extra", "edited_at", "deleted_at", "read_at").Updates(&m).Error
}

func (w writer) CreateMessageVersion(v *models.MessageVersion) error { return w.db.Create(v).Error }

// unread is the condition of the query's messages, as the index of unread messages has them.
const unread = "visitor_id = ? AND organization_id = ? AND sender_type = ? AND id <= ? AND read_at IS NULL"

func (r reader) UnreadIn(q chat.ReadQuery) ([]int64, error) {
	return all[int64](r.db.Model(&models.Message{}).Distinct("conversation_id").
		Where(unread, q.VisitorID, q.OrganizationID, q.Sender, q.UpTo).Order("conversation_id"))
}

func (w writer) MarkReadUpTo(q chat.ReadQuery, at models.Time) ([]chat.ReadMark, error) {
	var marks []chat.ReadMark
	err := w.db.Raw("UPDATE messages SET read_at = ? WHERE "+unread+" AND conversation_id IN ? RETURNING id, conversation_id",
		at, q.VisitorID, q.OrganizationID, q.Sender, q.UpTo, q.Conversations).Scan(&marks).Error
	return marks, err
}

func (r reader) Unread(managerID int64, limit int) (chat.UnreadTotals, error) {
	totals := chat.UnreadTotals{Conversations: []chat.UnreadConversation{}}
	hers := r.db.Model(&models.Conversation{}).
		Where("manager_id = ? AND status = 'open' AND unread_manager > 0", managerID).Session(&gorm.Session{})
	if err := hers.Select("coalesce(sum(unread_manager), 0)").Scan(&totals.Total).Error; err != nil {
		return totals, err
	}
	err := hers.Select("id, unread_manager AS unread").Order("updated_at DESC, id DESC").Limit(limit).
		Scan(&totals.Conversations).Error
	return totals, err
}

func (r reader) Note(id int64) (models.Note, error) { return byID[models.Note](r.db, id) }

func (r reader) Notes(conversationID, before int64, limit int) ([]models.Note, error) {
	query := r.db.Where("conversation_id = ?", conversationID)
	if before != 0 {
		query = query.Where("id < ?", before)
	}
	notes, err := all[models.Note](query.Order("id DESC").Limit(limit))
	slices.Reverse(notes)
	return notes, err
}

func (r reader) CountNotes(conversationID int64) (n int64, err error) {
	err = r.db.Model(&models.Note{}).Where("conversation_id = ?", conversationID).Count(&n).Error
	return n, err
}

func (w writer) CreateNote(n *models.Note) error { return w.db.Create(n).Error }

func (w writer) DeleteNote(id int64) error { return w.db.Delete(&models.Note{ID: id}).Error }

func (r reader) Tags(conversationIDs ...int64) (map[int64][]string, error) {
	tags := map[int64][]string{}
	if len(conversationIDs) == 0 {
		return tags, nil
	}
	rows, err := all[models.ConversationTag](r.db.Where("conversation_id IN ?", conversationIDs))
	for _, row := range rows {
		tags[row.ConversationID] = append(tags[row.ConversationID], row.Tag)
	}
	for _, list := range tags {
		slices.Sort(list) // by bytes, as the service does; the databases have orders of their own
	}
	return tags, err
}

func (w writer) AddTag(t models.ConversationTag) error { return w.db.Create(&t).Error }

func (w writer) RemoveTag(conversationID int64, tag string) error {
	return w.db.Where("conversation_id = ? AND tag = ?", conversationID, tag).Delete(&models.ConversationTag{}).Error
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (r reader) TagCounts(q chat.TagQuery) ([]chat.TagCount, error) {
	query := r.db.Model(&models.ConversationTag{}).Where("organization_id = ?", q.OrganizationID)
	if q.Prefix != "" {
		query = query.Where(`tag LIKE ? ESCAPE '\'`, likeEscapes.Replace(q.Prefix)+"%")
	}
	if q.After != "" {
		query = query.Where("tag > ?", q.After)
	}
	counts := []chat.TagCount{}
	err := query.Select("tag, count(*) AS count").Group("tag").Order("tag").Limit(q.Limit).Scan(&counts).Error
	return counts, err
}

func (r reader) CannedReply(id int64) (models.CannedReply, error) {
	return byID[models.CannedReply](r.db, id)
}

func (r reader) CannedReplies(organizationID int64, managerID *int64) ([]models.CannedReply, error) {
	query := r.db.Where("organization_id = ?", organizationID)
	if managerID == nil {
		query = query.Where("manager_id IS NULL")
	} else {
		query = query.Where("(manager_id IS NULL OR manager_id = ?)", *managerID)
	}
	return all[models.CannedReply](query.Order("shortcut, id"))
}

func (w writer) CreateCannedReply(c *models.CannedReply) error { return w.db.Create(c).Error }

func (w writer) SaveCannedReply(c models.CannedReply) error {
	return w.db.Select("shortcut", "content").Updates(&c).Error
}

func (w writer) DeleteCannedReply(id int64) error {
	return w.db.Delete(&models.CannedReply{ID: id}).Error
}
