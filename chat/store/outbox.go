package store

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

func (w writer) AppendEvent(e *models.Event) error { return insertLater(w, e) }

// Pending reads the outbox. A conversation's events have rising ids in the order of their commits, since they
// are written under its lock.
func (s *Store) Pending(ctx context.Context, except []int64, limit int) ([]models.Event, error) {
	query := s.read.WithContext(ctx).Where("relayed_at IS NULL").Order("id").Limit(limit)
	if len(except) > 0 {
		query = query.Where("id NOT IN ?", padded(except))
	}
	events, err := all[models.Event](query)
	return events, wrap(err)
}

// LatestEvent is the highest id of an event.
func (s *Store) LatestEvent(ctx context.Context) (id int64, err error) {
	err = s.read.WithContext(ctx).Model(&models.Event{}).Select("coalesce(max(id), 0)").Scan(&id).Error
	return id, wrap(err)
}

// Events reads the outbox as a log.
func (s *Store) Events(ctx context.Context, q chat.EventQuery) ([]models.Event, error) {
	query := s.read.WithContext(ctx).Where("id > ?", q.After).Order("id DESC").Limit(q.Limit)
	if q.OrganizationID != 0 {
		query = query.Where("organization_id = ?", q.OrganizationID)
	}
	if q.ConversationID != 0 {
		query = query.Where("conversation_id = ?", q.ConversationID)
	} else {
		query = query.Where("visitor_id = ?", q.VisitorID)
	}
	kinds := s.read.Session(&gorm.Session{NewDB: true})
	for _, sort := range q.Kinds {
		one := s.read.Session(&gorm.Session{NewDB: true}).Where("kind = ?", sort.Kind)
		if sort.Action != "" {
			one = one.Where("action = ?", sort.Action)
		}
		kinds = kinds.Or(one)
	}
	events, err := all[models.Event](query.Where(kinds))
	slices.Reverse(events)
	return events, wrap(err)
}
