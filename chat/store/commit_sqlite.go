package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"gorm.io/gorm"
)

// sharedCommit gathers transactions that wait for SQLite's one writer and commits them together, each in a
// savepoint: what one of them does wrong is undone for it alone. There is no goroutine: whoever comes while
// nobody writes leads, runs its own transaction and those that wait, and passes the lead on to the next.
type sharedCommit struct {
	db *gorm.DB

	mu      sync.Mutex
	leading bool
	waiting []*transaction
}

// maxShared bounds how many transactions share a commit, and so how long the first waits for the last.
const maxShared = 64

type transaction struct {
	ctx  context.Context
	fn   func(*gorm.DB) error
	err  error
	next chan turn // holds one
}

// errUndone is a transaction's that another one's function took down with it.
var errUndone = errors.New("store: the transaction was not finished")

// turn tells a waiting transaction that it is done, or that it leads.
type turn int

const (
	done turn = iota
	lead
)

func (c *sharedCommit) run(ctx context.Context, fn func(*gorm.DB) error) error {
	t := &transaction{ctx: ctx, fn: fn, err: errUndone, next: make(chan turn, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, t)
	if c.leading {
		c.mu.Unlock()
		if <-t.next == done {
			return wrap(t.err)
		}
		c.mu.Lock()
	}
	c.leading = true
	batch := c.waiting[:min(len(c.waiting), maxShared)]
	c.waiting = c.waiting[len(batch):]
	c.mu.Unlock()

	defer c.passOn(batch, t) // also when a caller's function ends the goroutine
	c.commit(batch)
	return wrap(t.err)
}

// passOn gives the lead to the next and tells the leader's batch that it is done.
func (c *sharedCommit) passOn(batch []*transaction, leader *transaction) {
	c.mu.Lock()
	c.leading = len(c.waiting) > 0
	if c.leading {
		c.waiting[0].next <- lead
	}
	c.mu.Unlock()
	for _, t := range batch {
		if t != leader {
			t.next <- done
		}
	}
}

// commit runs the batch in one transaction and leaves each one's error in it. The callers' contexts do not
// reach the statements, since SQLite undoes a whole transaction when a statement in it is interrupted.
func (c *sharedCommit) commit(batch []*transaction) {
	finished := false
	defer func() {
		if finished {
			return
		}
		for _, t := range batch {
			t.err = errUndone
		}
	}()
	err := c.db.WithContext(context.Background()).Transaction(func(db *gorm.DB) error {
		for _, t := range batch {
			if err := t.within(db); err != nil {
				return err
			}
		}
		return nil
	})
	finished = true
	if err == nil {
		return
	}
	for _, t := range batch {
		if t.err == nil || t.err == errUndone { // its turn never came
			t.err = err
		}
	}
}

// within runs one transaction in a savepoint. The error it returns is the whole batch's.
func (t *transaction) within(db *gorm.DB) error {
	if t.err = t.ctx.Err(); t.err != nil {
		return nil
	}
	if err := command(db, savepoint); err != nil {
		return err
	}
	if t.err = t.guarded(db); t.err != nil {
		if err := command(db, rollbackToSavepoint); err != nil {
			return errors.Join(t.err, err) // a full disk, for one, undoes everything at once
		}
	}
	return command(db, releaseSavepoint)
}

const (
	savepoint           = "SAVEPOINT one"
	rollbackToSavepoint = "ROLLBACK TO one"
	releaseSavepoint    = "RELEASE one"
)

func command(db *gorm.DB, statement string) error {
	_, err := db.Statement.ConnPool.ExecContext(db.Statement.Context, statement)
	return err
}

// guarded turns a panic into an error: it belongs to one caller, the goroutine may be another's.
func (t *transaction) guarded(db *gorm.DB) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return t.fn(db)
}
