package chat

import (
	"context"
	"errors"
	"net/netip"
	"sync"

	"parley/models"
)

const (
	// maxPlaces bounds whose whereabouts wait to be looked up; of more it is looked up when they come again.
	maxPlaces = 10_000
	// placesBatch is how many are written down in one transaction.
	placesBatch = 100
)

// places are visitors of whom it is to be looked up where they are.
type places struct {
	atlas Atlas
	wake  chan struct{} // holds one; never closed

	mu   sync.Mutex
	keys []stayKey
}

func newPlaces(atlas Atlas) *places { return &places{atlas: atlas, wake: make(chan struct{}, 1)} }

// want never blocks.
func (w *places) want(key stayKey) {
	if w.atlas == nil {
		return
	}
	w.mu.Lock()
	if len(w.keys) < maxPlaces {
		w.keys = append(w.keys, key)
	}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it will come round
	}
}

func (w *places) take() []stayKey {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch := w.keys[:min(len(w.keys), placesBatch)]
	if w.keys = w.keys[len(batch):]; len(w.keys) == 0 {
		w.keys = nil
	}
	return batch
}

// locate looks up where visitors are, and writes it down.
func (l *Lobby) locate(ctx context.Context) error {
	var errs []error
	for batch := l.places.take(); len(batch) > 0 && ctx.Err() == nil; batch = l.places.take() {
		err := l.store.Update(ctx, func(tx Tx) error {
			there, err := tx.LockRoomVisitors(rowsOf(batch))
			for _, v := range there {
				err = errors.Join(err, l.settleDown(tx, v))
			}
			return err
		})
		errs = append(errs, err)
		l.committed()
	}
	return errors.Join(errs...)
}

// settleDown writes down where a visitor is, whose record is locked.
func (l *Lobby) settleDown(tx Tx, v models.RoomVisitor) error {
	was, err := AboutOf(v)
	if err != nil {
		return err
	}
	address, err := netip.ParseAddr(was.IPAddress)
	if err != nil {
		return nil // nobody knows it any more
	}
	is := was
	is.place(l.places.atlas.Locate(address))
	names := was.differences(is)
	if len(names) == 0 {
		return nil
	}
	if v.About, err = is.text(); err != nil {
		return err
	}
	v.UpdatedAt = now()
	if err := tx.SaveRoomVisitor(v); err != nil {
		return err
	}
	return tellRoomVisitor(tx, v, ResourceChanged, names...)
}
