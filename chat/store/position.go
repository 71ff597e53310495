package store

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

// Relayed notes that events were handed on and gives them positions. Whoever gives some holds the row that counts
// them until the commit, so that positions become visible in their order, with several relays, too.
func (s *Store) Relayed(ctx context.Context, ids []int64, at models.Time) error {
	if len(ids) == 0 {
		return nil
	}
	return s.commit.run(ctx, func(db *gorm.DB) error {
		var newest int64
		err := db.Raw("UPDATE event_positions SET position = position + ? WHERE name = 'newest' RETURNING position", len(ids)).
			Scan(&newest).Error
		if err != nil {
			return err
		}
		list, places := placed(ids)
		args := append([]any{at, newest - int64(len(ids))}, places...)
		return db.Exec("UPDATE events SET relayed_at = ?, position = CAST(? AS bigint) + given.column2 FROM ("+list+
			") AS given WHERE events.id = given.column1 AND events.position IS NULL", args...).Error
	})
}

// placed makes a table of ids and their places from 1. Like padded it has few texts: after the last comes nobody's id.
func placed(ids []int64) (table string, args []any) {
	var b strings.Builder
	for i := range padded(ids) {
		if i == 0 {
			b.WriteString("VALUES (CAST(? AS bigint), 1)")
		} else {
			fmt.Fprintf(&b, ", (?, %d)", i+1)
		}
		if i < len(ids) {
			args = append(args, ids[i])
		} else {
			args = append(args, 0)
		}
	}
	return b.String(), args
}

func (w writer) DeleteEvents(before models.Time, limit int) error {
	// Bounded by ids, which rise with time, so that events that are too young are not looked through.
	oldest := w.db.Model(&models.Event{}).Select("min(id)")
	due := w.db.Model(&models.Event{}).Where("id < (?) + ? AND created_at < ?", oldest, limit, before).Session(&gorm.Session{})
	var last int64
	if err := due.Select("coalesce(max(position), 0)").Scan(&last).Error; err != nil || last == 0 {
		return err
	}
	// What was given a position since we looked stays for the next time.
	if err := due.Where("position <= ?", last).Delete(&models.Event{}).Error; err != nil {
		return err
	}
	return w.db.Exec("UPDATE event_positions SET position = ? WHERE name = 'forgotten' AND position < ?", last, last).Error
}

func (r reader) EventPositions() (newest, forgotten int64, err error) {
	var rows []struct {
		Name     string
		Position int64
	}
	err = r.db.Table("event_positions").Find(&rows).Error
	for _, row := range rows {
		switch row.Name {
		case "newest":
			newest = row.Position
		case "forgotten":
			forgotten = row.Position
		}
	}
	return newest, forgotten, err
}

func (r reader) EventsAfter(q chat.PositionQuery) ([]models.Event, error) {
	query := r.db.Where("position > ? AND position <= ?", q.After, q.UpTo).Order("position").Limit(q.Limit).
		Select("id", "position", "organization_id", "visitor_id", "conversation_id", "conversation_seq", "kind", "action")
	switch {
	case q.VisitorID == "":
		query = query.Where("organization_id = ?", q.OrganizationID)
	case q.OrganizationID == 0:
		query = query.Where("visitor_id = ?", q.VisitorID)
	default: // the sum keeps the index of the organisation's out of it: a visitor has fewer
		query = query.Where("visitor_id = ? AND organization_id + 0 = ?", q.VisitorID, q.OrganizationID)
	}
	return all[models.Event](query)
}

func (r reader) EventPayloads(ids []int64) (map[int64]string, error) {
	events, err := all[models.Event](r.db.Select("id", "payload").Where("id IN ?", padded(ids)))
	payloads := make(map[int64]string, len(events))
	for _, e := range events {
		payloads[e.ID] = e.Payload
	}
	return payloads, err
}

func (r reader) ConversationsByID(ids []int64) (map[int64]models.Conversation, error) {
	return keyed(r, ids, func(c models.Conversation) int64 { return c.ID })
}
