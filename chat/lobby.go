package chat

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"parley/models"
)

const (
	// lobbyInterval is how often it is looked who has gone, lobbyBatch how many go in one transaction.
	lobbyInterval = time.Second
	lobbyBatch    = 500
	// unseenInterval is how often it is looked who may be forgotten, unseenBatch at how many visitors.
	unseenInterval = 10 * time.Second
	unseenBatch    = 500
)

// Lobby knows which visitors are in which rooms: until when, it keeps in memory; who came and went, in the database.
// Its methods fit the Bayeux engine's monitor by shape: a visitor who listens is there.
type Lobby struct {
	store     Store
	gate      *Gate
	stays     *stays
	scout     Scout
	places    *places
	forgets   time.Duration
	unseen    string // where looking for those who may be forgotten goes on
	committed func()
	logger    *slog.Logger
}

func newLobby(store Store, gate *Gate, cfg Config) *Lobby {
	l := &Lobby{
		store: store, gate: gate, stays: newStays(), scout: cfg.Scout, places: newPlaces(cfg.Atlas), forgets: cfg.ForgetVisitorsAfter,
		committed: cfg.Committed, logger: cfg.Logger,
	}
	if l.scout == nil {
		l.scout = blindScout{}
	}
	return l
}

// Lobby is where visitors are who are in rooms, once it runs.
func (s *Service) Lobby() *Lobby { return s.lobby }

// Start takes up the stays that an earlier process has left: each has a minute to be heard from again.
func (l *Lobby) Start(ctx context.Context) error {
	var after models.RoomVisitor
	for {
		list, err := l.store.View(ctx).AnyOnline(after, lobbyBatch)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, v := range list {
			l.stays.resume(stayKey{v.RoomID, v.VisitorID, v.ID})
		}
		after = list[len(list)-1]
	}
}

// Run ends stays whose time is over, looks up where visitors are and forgets those who were not seen for long, until
// ctx ends. A failure is logged and tried again in the next round.
func (l *Lobby) Run(ctx context.Context) error {
	tick := time.NewTicker(lobbyInterval)
	defer tick.Stop()
	forget := time.NewTicker(unseenInterval)
	defer forget.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			l.report(ctx, l.Sweep(ctx))
		case <-l.places.wake:
			l.report(ctx, l.locate(ctx))
		case <-forget.C:
			l.report(ctx, l.forget(ctx))
		}
	}
}

func (l *Lobby) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		l.logger.Error("looking after visitors in rooms failed", "error", err)
	}
}

// Sweep ends the stays whose time is over, and notes who is still there.
func (l *Lobby) Sweep(ctx context.Context) error {
	for more := true; more && ctx.Err() == nil; {
		over, still := l.stays.due(lobbyBatch)
		more = len(over) == lobbyBatch
		if err := errors.Join(l.end(ctx, over), l.saw(ctx, still)); err != nil {
			return err
		}
	}
	return nil
}

func rowsOf(keys []stayKey) (ids []int64) {
	for _, key := range keys {
		if key.row != 0 {
			ids = append(ids, key.row)
		}
	}
	return ids
}

func (l *Lobby) saw(ctx context.Context, still []stayKey) error {
	ids := rowsOf(still)
	if len(ids) == 0 {
		return nil
	}
	return l.store.Update(ctx, func(tx Tx) error { return tx.SawRoomVisitors(ids, now()) })
}

// end tells the database, and everybody, that visitors have gone, unless they were heard from again.
func (l *Lobby) end(ctx context.Context, keys []stayKey) error {
	if len(keys) == 0 {
		return nil
	}
	err := l.store.Update(ctx, func(tx Tx) error {
		there, err := tx.LockRoomVisitors(rowsOf(keys))
		if err != nil {
			return err
		}
		var gone []models.RoomVisitor
		for _, v := range there {
			if l.stays.over(stayKey{v.RoomID, v.VisitorID, v.ID}) {
				gone = append(gone, v)
			}
		}
		return leaveRooms(tx, gone)
	})
	if err != nil {
		return err
	}
	l.stays.forget(keys)
	l.committed()
	return nil
}

// leaveRooms notes that visitors, whose records are locked, are not online any more, and tells everybody.
func leaveRooms(tx Tx, gone []models.RoomVisitor) error {
	return errors.Join(endStays(tx, gone), tellGone(tx, gone))
}

func endStays(tx Tx, gone []models.RoomVisitor) error {
	if len(gone) == 0 {
		return nil
	}
	ids := make([]int64, len(gone))
	for i, v := range gone {
		ids[i] = v.ID
	}
	return tx.EndRoomVisitors(ids, now())
}

func tellGone(tx Tx, gone []models.RoomVisitor) error {
	for _, v := range gone {
		if err := tellRoomVisitor(tx, v, ResourceRemoved); err != nil {
			return err
		}
	}
	return nil
}

// endAll ends the stays of a visitor who is locked and is nobody from now on. Nobody is told yet.
func endAll(tx Tx, visitorID string) (gone []models.RoomVisitor, err error) {
	var after int64
	for {
		list, err := tx.RoomVisitorsOf(visitorID, after, lobbyBatch)
		if err != nil || len(list) == 0 {
			return gone, err
		}
		var ids []int64
		for _, v := range list {
			after = v.ID
			ids = append(ids, v.ID)
		}
		there, err := tx.LockRoomVisitors(ids)
		if err == nil {
			err = endStays(tx, there)
		}
		if err != nil {
			return gone, err
		}
		gone = append(gone, there...)
	}
}

// Subscribed and Unsubscribed note that a visitor listens: she is in her rooms as long as she does.
func (l *Lobby) Subscribed(_ context.Context, _ string, who any, _ string) {
	if p, ok := who.(Principal); ok && p.Party == Visitor {
		l.stays.listens(p.VisitorID, 1)
		l.stays.touch(0, p.VisitorID)
	}
}

// Unsubscribed is Subscribed's opposite.
func (l *Lobby) Unsubscribed(_ context.Context, _ string, who any, _ string) {
	if p, ok := who.(Principal); ok && p.Party == Visitor {
		l.stays.touch(0, p.VisitorID)
		l.stays.listens(p.VisitorID, -1)
	}
}

// forget removes visitors who never wrote and were not seen for long. It looks at a few at a time.
func (l *Lobby) forget(ctx context.Context) error {
	if l.forgets <= 0 {
		return nil
	}
	before := now().Add(-l.forgets)
	ids, next, err := l.store.View(ctx).Unseen(l.unseen, before, unseenBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, l.store.Update(ctx, func(tx Tx) error { return forgetUnseen(tx, id, before) }))
	}
	l.unseen = next
	return errors.Join(errs...)
}

func forgetUnseen(tx Tx, id string, before models.Time) error {
	v, err := tx.LockVisitor(id)
	if err != nil {
		return internalOnly(orNotFound(err, "", ""))
	}
	var after int64
	for {
		list, err := tx.RoomVisitorsOf(id, after, lobbyBatch)
		if err != nil {
			return err
		}
		for _, r := range list {
			if r.Online || r.SeenAt >= before {
				return nil // she was faster
			}
			after = r.ID
		}
		if len(list) == 0 {
			break
		}
	}
	_, err = leftOf(tx, v, before)
	return err
}
