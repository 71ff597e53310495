package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"parley/chat"
)

// retriedCommit runs each transaction by itself, and again when PostgreSQL asks for it.
type retriedCommit struct{ db *gorm.DB }

const maxTries = 5

func (c retriedCommit) run(ctx context.Context, fn func(*gorm.DB) error) error {
	var err error
	for range maxTries {
		err = c.db.WithContext(ctx).Transaction(fn)
		if !again(err) {
			break
		}
	}
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		err = ctx.Err() // which ended it
	}
	return wrap(err)
}

// again tells whether another try may succeed. See "Appendix A. PostgreSQL Error Codes" of its manual.
func again(err error) bool {
	if errors.Is(err, chat.ErrTaken) {
		return true // by somebody who was faster than a look at what is there
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "40001", "40P01", "23505": // serialization_failure, deadlock_detected, unique_violation
		return true
	}
	return false
}

// wrap leaves refusals and missing records as they are, and what cannot be done now is a refusal, too.
func wrap(err error) error {
	err = notNow(err)
	var refusal *chat.Error
	if err == nil || errors.As(err, &refusal) || errors.Is(err, chat.ErrNoRecord) {
		return err
	}
	return fmt.Errorf("store: %w", err)
}
