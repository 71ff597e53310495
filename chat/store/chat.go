package store

import (
	"slices"
	"strings"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

// Conditions of conversations c. They are not written with EXISTS, of which PostgreSQL makes a list of all memberships.
const (
	// joined: some manager is a member, or was.
	joined = "coalesce((SELECT 1 FROM memberships p WHERE p.conversation_id = c.id AND p.manager_id <> 0 LIMIT 1), 0)"
	// asked: the visitor has written.
	asked = "coalesce((SELECT 1 FROM messages s WHERE s.conversation_id = c.id AND s.sender_type = 'visitor' AND s.type = '' LIMIT 1), 0)"
	// member: a manager, who is to be named, is one, or was; participant: she is.
	member      = "coalesce((SELECT 1 FROM memberships p WHERE p.conversation_id = c.id AND p.manager_id = ? LIMIT 1), 0) = 1"
	participant = "coalesce((SELECT 1 FROM memberships p WHERE p.conversation_id = c.id AND p.manager_id = ? AND p.participating LIMIT 1), 0)"
	// awaited: she has, and nobody has come yet. Who answers is a member, which spares looking for one.
	awaited = "CASE WHEN c.status <> 'open' OR c.answered_at IS NOT NULL OR " + joined + " = 1 THEN 0 ELSE " + asked + " END"
)

// listed is a place in a list of chats.
type listed struct{ PlaceAt, PlaceID int64 }

func (r reader) Chats(q chat.ChatQuery) ([]chat.ListedChat, error) {
	places, err := r.placesOf(q)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(places))
	for i, p := range places {
		ids[i] = p.PlaceID
	}
	conversations, err := keyed(r, ids, func(c models.Conversation) int64 { return c.ID })
	list := make([]chat.ListedChat, 0, len(places))
	for _, p := range places {
		if c, there := conversations[p.PlaceID]; there { // and not removed meanwhile
			list = append(list, chat.ListedChat{Conversation: c, Place: chat.Place{At: models.Time(p.PlaceAt), ID: p.PlaceID}})
		}
	}
	return list, err
}

func (r reader) placesOf(q chat.ChatQuery) ([]listed, error) {
	switch open := q.RoutedTo != 0 || q.Ended != nil && !*q.Ended || q.Waiting != nil && *q.Waiting; {
	case open && (q.Ended != nil && *q.Ended):
		return nil, nil
	case open && q.VisitorID == "":
		return openOf(r.db, q)
	case q.ManagerID != 0:
		return r.chatsOfMember(q)
	}
	// The sums keep other indexes out of it: a visitor has fewer than the organisation or the room.
	place := "c.room_id = ?"
	query := r.db.Table("conversations c").Where("c.organization_id = ?", q.OrganizationID)
	if q.VisitorID != "" {
		place = "c.room_id + 0 = ?"
		query = r.db.Table("conversations c").Where("c.visitor_id = ? AND c.organization_id + 0 = ?", q.VisitorID, q.OrganizationID)
	}
	if q.Place != nil {
		query = query.Where(place, *q.Place)
	}
	if q.Ended != nil {
		query = query.Where("(c.status = 'closed') = (? = 1)", is(*q.Ended))
	}
	if q.Waiting != nil {
		query = query.Where(awaited+" = ?", is(*q.Waiting))
	}
	return paged[listed](query.Select("c.created_at AS place_at, c.id AS place_id"), q.PageQuery, "c.created_at", "c.id")
}

// openOf lists open ones. They are few among all, so that they are found first, whoever's they are, and then put in order;
// the sums keep the indexes that have the order out of it.
func openOf(db *gorm.DB, q chat.ChatQuery) ([]listed, error) {
	query := db.Table("conversations c").Where("c.organization_id = ? AND c.status = 'open'", q.OrganizationID)
	if q.Place != nil {
		query = query.Where("c.room_id + 0 = ?", *q.Place)
	}
	if q.RoutedTo != 0 {
		query = query.Where("coalesce(c.manager_id, ?) = ?", q.RoutedTo, q.RoutedTo)
	}
	if q.ManagerID != 0 {
		query = query.Where("(c.manager_id + 0 = ? OR "+member+")", q.ManagerID, q.ManagerID)
	}
	if q.ManagerID != 0 && q.Participating != nil {
		query = query.Where(participant+" = ?", q.ManagerID, is(*q.Participating))
	}
	if q.Waiting != nil {
		query = query.Where(awaited+" = ?", is(*q.Waiting))
	}
	return paged[listed](query.Select("c.created_at AS place_at, c.id AS place_id"), q.PageQuery, "c.created_at + 0", "c.id")
}

func is(so bool) int {
	if so {
		return 1
	}
	return 0
}

// chatsOfMember lists those that a manager took part in by her memberships, and those that she has without having come to
// them yet.
func (r reader) chatsOfMember(q chat.ChatQuery) ([]listed, error) {
	beyond, order := place(q.PageQuery)
	var text strings.Builder
	args := []any{q.ManagerID, q.OrganizationID}
	text.WriteString(`SELECT * FROM (SELECT p.created_at AS place_at, p.conversation_id AS place_id FROM memberships p
		JOIN conversations c ON c.id = p.conversation_id WHERE p.manager_id = ? AND p.organization_id = ?`)
	if q.Participating != nil {
		text.WriteString(" AND p.participating = ?")
		args = append(args, *q.Participating)
	}
	if q.Ended != nil {
		text.WriteString(" AND c.status = 'closed'")
	}
	add := func(at, id string) {
		if q.From != nil {
			text.WriteString(" AND (" + at + ", " + id + ") " + beyond + " (?, ?)")
			args = append(args, q.From.At, q.From.ID)
		}
		text.WriteString(" ORDER BY 1 " + order + ", 2 " + order + " LIMIT ?) AS part")
		args = append(args, q.Limit)
	}
	add("p.created_at", "p.conversation_id")
	if q.Ended == nil && (q.Participating == nil || !*q.Participating) {
		text.WriteString(` UNION ALL SELECT * FROM (SELECT c.created_at AS place_at, c.id AS place_id FROM conversations c
			WHERE c.manager_id = ? AND c.status = 'open' AND c.organization_id + 0 = ?
			AND NOT ` + member)
		args = append(args, q.ManagerID, q.OrganizationID, q.ManagerID)
		add("c.created_at", "c.id")
	}
	args = append(args, q.Limit)
	var places []listed
	err := r.db.Raw("SELECT * FROM ("+text.String()+") AS listed ORDER BY 1 "+order+", 2 "+order+" LIMIT ?", args...).Scan(&places).Error
	if q.Back && q.From != nil {
		slices.Reverse(places)
	}
	return places, err
}

func (r reader) ChatMessages(conversationIDs []int64) (map[int64]chat.ChatMessages, error) {
	found := make(map[int64]chat.ChatMessages, len(conversationIDs))
	if len(conversationIDs) == 0 {
		return found, nil
	}
	var rows []struct {
		ConversationID int64
		SenderType     models.SenderType
		Messages       int
		FirstAt        models.Time
	}
	err := r.db.Model(&models.Message{}).
		Select("conversation_id, sender_type, count(*) AS messages, min(created_at) AS first_at").
		Where("conversation_id IN ? AND type = ''", padded(conversationIDs)).Group("conversation_id, sender_type").Scan(&rows).Error
	for _, row := range rows {
		m := found[row.ConversationID]
		if row.SenderType == models.SenderVisitor {
			m.Visitor, m.VisitorAt = row.Messages, &row.FirstAt
		} else {
			m.Managers = row.Messages
		}
		found[row.ConversationID] = m
	}
	return found, err
}

func (r reader) InRoom(list []models.Conversation, mainRoom int64) (map[int64]bool, error) {
	found := make(map[int64]bool, len(list))
	if len(list) == 0 {
		return found, nil
	}
	visitors := make([]string, len(list))
	for i, c := range list {
		visitors[i] = c.VisitorID
	}
	type presence struct {
		RoomID    int64
		VisitorID string
	}
	there, err := all[presence](r.db.Table("room_visitors").Where("visitor_id IN ? AND online", padded(visitors)))
	for _, c := range list {
		at := presence{c.RoomID, c.VisitorID}
		if at.RoomID == 0 {
			at.RoomID = mainRoom
		}
		if slices.Contains(there, at) {
			found[c.ID] = true
		}
	}
	return found, err
}
