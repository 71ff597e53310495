package store

import (
	"context"

	"gorm.io/gorm"

	"parley/models"
)

func (w writer) AppendEvent(e *models.Event) error { return w.db.Create(e).Error }

// Pending reads the outbox. A conversation's events have rising ids in the order of their commits, since they
// are written under its lock.
func (s *Store) Pending(ctx context.Context, except []int64, limit int) ([]models.Event, error) {
	query := s.read.WithContext(ctx).Where("relayed_at IS NULL").Order("id").Limit(limit)
	if len(except) > 0 {
		query = query.Where("id NOT IN ?", except)
	}
	events, err := all[models.Event](query)
	return events, wrap(err)
}

// Relayed notes that events were handed on.
func (s *Store) Relayed(ctx context.Context, ids []int64, at models.Time) error {
	return s.commit.run(ctx, func(db *gorm.DB) error {
		return db.Model(&models.Event{}).Where("id IN ?", ids).UpdateColumn("relayed_at", at).Error
	})
}
