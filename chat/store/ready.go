package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"parley/chat"
	"parley/models"
)

// trouble is what the latest change met with, if the database could not take it.
type trouble struct {
	mu     sync.Mutex
	latest error
	probed time.Time
}

func (t *trouble) note(err error) {
	if err != nil && chat.ReasonOf(err) == "" {
		return // it says nothing about the database
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest = err
}

// due returns the trouble, and whether it is time to see if it has passed.
func (t *trouble) due() (error, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.latest == nil || time.Since(t.probed) < probePause {
		return t.latest, false
	}
	t.probed = time.Now()
	return t.latest, true
}

const probePause = time.Second

// watched notes how transactions end.
type watched struct {
	committer
	trouble *trouble
}

func (w watched) run(ctx context.Context, fn func(*gorm.DB) error) error {
	err := w.committer.run(ctx, fn)
	w.trouble.note(err)
	return err
}

// probe writes as much as a long message, and takes it back before anybody sees it.
func probe(db *gorm.DB) error {
	e := models.Event{Kind: "probe", Payload: strings.Repeat("room? ", 2000)}
	if err := db.Create(&e).Error; err != nil {
		return err
	}
	return db.Delete(&e).Error
}

// Ready tells why the database cannot be used now, as chat.NotNow; nil when it can. A database that answers but has
// failed to take a change counts as ready once it has taken one.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return notNow(err)
	}
	if s.read.Name() == "postgres" {
		var readOnly bool
		err := s.read.WithContext(ctx).Raw("SELECT current_setting('transaction_read_only')::boolean").Scan(&readOnly).Error
		if err == nil && readOnly {
			err = chat.NotNow(chat.DatabaseReadOnly, errors.New("the database takes no changes"))
		}
		if err != nil {
			return notNow(err)
		}
	}
	latest, due := s.trouble.due()
	if !due {
		return latest
	}
	if err := s.commit.run(ctx, probe); err != nil {
		return fmt.Errorf("after %w: %w", latest, err)
	}
	return nil
}
