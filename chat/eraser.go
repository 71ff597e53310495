package chat

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"parley/models"
)

const (
	// eraseBatch is how many records one transaction removes at most: on SQLite all who post wait for it.
	eraseBatch = 100
	// eraseInterval is how often the eraser looks for work that another process has left, retainInterval how often
	// for conversations that are too old.
	eraseInterval  = 5 * time.Second
	retainInterval = 10 * time.Minute
	// erasuresAtOnce bounds how many erasures take turns.
	erasuresAtOnce = 10
	// tidyFlag is the place of an erasure that has begun to rewrite the search index.
	tidyFlag = "begun"
)

// Eraser removes visitors who are to be erased and conversations that are older than their organisation keeps them.
// What is to be done stands in the database, and each transaction does a little of it: after a crash it goes on, and
// several may run, on several nodes.
type Eraser struct {
	store     Store
	committed func()
	logger    *slog.Logger
	wake      chan struct{} // holds one; never closed
}

// NewEraser makes an eraser; committed is called after each change and must not block.
func NewEraser(store Store, committed func(), logger *slog.Logger) *Eraser {
	return &Eraser{store: store, committed: committed, logger: logger, wake: make(chan struct{}, 1)}
}

// Wake tells the eraser that there is work. It never blocks.
func (x *Eraser) Wake() {
	select {
	case x.wake <- struct{}{}:
	default: // it is awake
	}
}

// Run works until ctx ends. A failure is logged and tried again in the next round.
func (x *Eraser) Run(ctx context.Context) error {
	look := time.NewTicker(eraseInterval)
	defer look.Stop()
	retain := time.NewTicker(retainInterval)
	defer retain.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-x.wake:
			x.report(ctx, x.Erase(ctx))
		case <-look.C:
			x.report(ctx, x.Erase(ctx))
		case <-retain.C:
			x.report(ctx, x.Retain(ctx))
		}
	}
}

func (x *Eraser) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		x.logger.Error("removing what is not to be kept failed", "error", err)
	}
}

// Erase does all that is to be done for those who are to be erased.
func (x *Eraser) Erase(ctx context.Context) error {
	for ctx.Err() == nil {
		list, err := x.store.View(ctx).Erasures(erasuresAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		var errs []error
		for _, e := range list {
			errs = append(errs, x.step(ctx, e.ID))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// finish does what one erasure needs.
func (x *Eraser) finish(ctx context.Context, id int64) error {
	for {
		err := x.step(ctx, id)
		if errors.Is(err, ErrNoRecord) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// step does the next transaction's worth of an erasure.
func (x *Eraser) step(ctx context.Context, id int64) error {
	err := x.store.Update(ctx, func(tx Tx) error {
		e, err := tx.LockErasure(id)
		if err != nil {
			return err
		}
		switch e.Stage {
		case models.ErasingConversations:
			err = eraseConversation(tx, &e)
		case models.ErasingRest:
			err = eraseRest(ctx, tx, &e)
		case models.ErasingWords:
			e.Place, err = tx.ForgetWords(e.OrganizationID, e.Place, eraseBatch)
			if e.Place == "" {
				e.Stage = models.ErasingTraces
			}
		default:
			var more bool
			if more, err = tx.TidySearch(e.Place != tidyFlag); !more && err == nil {
				return tx.DeleteErasure(e.ID)
			}
			e.Place = tidyFlag
		}
		if err != nil {
			return err
		}
		return tx.SaveErasure(e)
	})
	if err == nil {
		x.committed()
	}
	return err
}

// eraseConversation removes some of a conversation.
func eraseConversation(tx Tx, e *models.Erasure) error {
	c, err := tx.AnyConversation(*e.VisitorID)
	if errors.Is(err, ErrNoRecord) {
		e.Stage = models.ErasingRest
		return nil
	}
	if err != nil {
		return err
	}
	if c, err = tx.LockConversation(c.ID); err != nil {
		return err
	}
	if c.Status == models.StatusOpen { // as figures see it, it ends here
		c.UpdatedAt = now()
	}
	removed, done, err := tx.RemoveConversation(c, eraseBatch)
	e.Add(removed)
	if err != nil || !done {
		return err
	}
	return gone(tx, c, e.Mark)
}

// eraseRest removes what else is hers, and then herself.
func eraseRest(ctx context.Context, tx Tx, e *models.Erasure) error {
	id := *e.VisitorID
	if _, err := tx.LockVisitor(id); err != nil {
		return err
	}
	if _, err := tx.AnyConversation(id); !errors.Is(err, ErrNoRecord) {
		e.Stage = models.ErasingConversations
		return err
	}
	if done, err := eraseAlias(tx, e); err != nil || !done {
		return err
	}
	removed, done, err := tx.RemoveOf(id, e.Mark, eraseBatch)
	e.Add(removed)
	if err != nil || !done {
		return err
	}
	if err := tx.RemoveVisitor(id); err != nil {
		return err
	}
	e.VisitorID, e.Stage = nil, models.ErasingWords
	entry := entryOf(ctx, Principal{}, Deed{
		Action: models.AuditErased, OrganizationID: e.OrganizationID, Target: visitorTarget(e.Mark),
		Details: map[string]any{"removed": e.Removed, "requested_at": e.RequestedAt},
	})
	entry.ActorKind, entry.ActorID, entry.Address = e.ActorKind, e.ActorID, e.Address
	return tx.AppendAudit([]models.AuditEntry{entry})
}

// eraseAlias removes one of the ids that she had before; done: there is none.
func eraseAlias(tx Tx, e *models.Erasure) (done bool, err error) {
	alias, err := tx.Alias(e.OrganizationID, *e.VisitorID)
	if errors.Is(err, ErrNoRecord) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	removed, all, err := tx.RemoveOf(alias.ID, e.Mark, eraseBatch)
	e.Add(removed)
	if err != nil || !all {
		return false, err
	}
	return false, errors.Join(tx.NoteErased(hashVisitor(alias.ID), now()), tx.RemoveVisitor(alias.ID))
}

// EraseVisitor removes all that is known of a visitor. Files go when the server runs.
func (a *Admin) EraseVisitor(ctx context.Context, organizationID int64, visitorID string) (ErasureView, error) {
	x := NewEraser(a.store, func() {}, slog.New(slog.DiscardHandler))
	e, err := x.begin(ctx, commandLine, organizationID, visitorID)
	if err != nil {
		return ErasureView{}, err
	}
	return ErasureView{Mark: e.Mark, Removed: e.Removed, RequestedAt: e.RequestedAt}, x.finish(ctx, e.ID)
}
