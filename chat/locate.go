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

// whereabouts are to be looked up by the address that a visitor in a room has.
type whereabouts struct {
	key     stayKey
	address netip.Addr
}

// places are visitors of whom it is to be looked up where they are.
type places struct {
	atlas Atlas
	wake  chan struct{} // holds one; never closed

	mu   sync.Mutex
	list []whereabouts
}

func newPlaces(atlas Atlas) *places { return &places{atlas: atlas, wake: make(chan struct{}, 1)} }

// want never blocks.
func (p *places) want(w whereabouts) {
	if p.atlas == nil {
		return
	}
	p.mu.Lock()
	if len(p.list) < maxPlaces {
		p.list = append(p.list, w)
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it will come round
	}
}

func (p *places) take() []whereabouts {
	p.mu.Lock()
	defer p.mu.Unlock()
	batch := p.list[:min(len(p.list), placesBatch)]
	if p.list = p.list[len(batch):]; len(p.list) == 0 {
		p.list = nil
	}
	return batch
}

// located is where an address is.
type located struct {
	address string
	Locality
}

// locate looks up where visitors are, and writes it down.
func (l *Lobby) locate(ctx context.Context) error {
	var errs []error
	for batch := l.places.take(); len(batch) > 0 && ctx.Err() == nil; batch = l.places.take() {
		known := map[int64]located{} // by record; read before the transaction, which others may wait for
		var ids []int64
		for _, w := range batch {
			known[w.key.row] = located{w.address.String(), l.places.atlas.Locate(w.address)}
			ids = append(ids, w.key.row)
		}
		err := l.store.Update(ctx, func(tx Tx) error {
			there, err := tx.LockRoomVisitors(ids)
			for _, v := range there {
				err = errors.Join(err, settleDown(tx, v, known[v.ID]))
			}
			return err
		})
		errs = append(errs, err)
		l.committed()
	}
	return errors.Join(errs...)
}

// settleDown writes down where a visitor is, whose record is locked, unless she is somewhere else by now.
func settleDown(tx Tx, v models.RoomVisitor, f located) error {
	was, err := AboutOf(v)
	if err != nil || was.IPAddress != f.address {
		return err
	}
	is := was
	is.place(f.Locality)
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
