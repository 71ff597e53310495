package chat

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"parley/models"
)

// keyUses are the keys that were used since the last note of it was written. There are no more of them than keys.
type keyUses struct {
	mu sync.Mutex
	at map[int64]models.Time
}

func (u *keyUses) note(keyID int64) {
	at := now()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.at == nil {
		u.at = map[int64]models.Time{}
	}
	u.at[keyID] = max(u.at[keyID], at)
}

// take removes and returns all.
func (u *keyUses) take() map[int64]models.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.at
	u.at = nil
	return taken
}

func (u *keyUses) giveBack(taken map[int64]models.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.at == nil {
		u.at = map[int64]models.Time{}
	}
	for id, at := range taken {
		u.at[id] = max(u.at[id], at)
	}
}

// latest is a key with what is not written yet.
func (u *keyUses) latest(k models.APIKey) models.APIKey {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, used := u.at[k.ID]; used && (k.LastUsedAt == nil || *k.LastUsedAt < at) {
		k.LastUsedAt = &at
	}
	return k
}

// writeKeyUses writes when keys were used last: one write for each key that was, however often.
func (s *Service) writeKeyUses(ctx context.Context) error {
	taken := s.gate.uses.take()
	if len(taken) == 0 {
		return nil
	}
	err := s.store.Update(ctx, func(tx Tx) error {
		for _, id := range slices.Sorted(maps.Keys(taken)) { // in one order on all nodes
			if err := tx.UseAPIKey(id, taken[id]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.gate.uses.giveBack(taken)
	}
	return err
}

// lastWords writes, within a second, what would be lost with the process.
func (s *Service) lastWords(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	s.report(ctx, errors.Join(s.writeKeyUses(ctx), s.gate.denials.flush(ctx)))
}
