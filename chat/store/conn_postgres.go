package store

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresConnector opens connections that save round trips, which cost both sides more than most statements do. The
// beginning of a transaction travels with its first statement, and what may come later (see later) with the next
// one, or with the commit.
type postgresConnector struct {
	driver.Connector
	patience time.Duration
}

// connectWithin is how long a server has to let us in, and answerLag how much longer than a statement may run we wait
// for the answer: a server that is not there any more does not end its statements.
const (
	connectWithin = 5 * time.Second
	answerLag     = 2 * time.Second
)

func newPostgresConnector(cfg pgx.ConnConfig) driver.Connector {
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectWithin
	}
	c := postgresConnector{Connector: stdlib.GetConnector(cfg)}
	if limit, err := strconv.Atoi(cfg.RuntimeParams["statement_timeout"]); err == nil && limit > 0 {
		c.patience = time.Duration(limit)*time.Millisecond + answerLag
	}
	return c
}

// Connect opens a connection.
func (c postgresConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, notNow(err)
	}
	std := conn.(*stdlib.Conn)
	return &postgresConn{Conn: std, pg: std.Conn(), waiting: &pgx.Batch{}, patience: c.patience}, nil
}

type laterKey struct{}

// later is for a statement whose result nobody waits for: it may run at any time before the next statement of its
// transaction, and its error may be the next one's or the commit's.
func later(ctx context.Context) context.Context { return context.WithValue(ctx, laterKey{}, true) }

// postgresConn is a connection of pgx's driver for database/sql.
type postgresConn struct {
	*stdlib.Conn
	pg      *pgx.Conn
	inside  bool       // a transaction
	waiting *pgx.Batch // goes with the next statement
	// patience is how long we wait for an answer; 0: for ever.
	patience time.Duration
}

func (c *postgresConn) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.patience)
}

// BeginTx begins with the first statement.
func (c *postgresConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if c.pg.IsClosed() {
		return nil, driver.ErrBadConn
	}
	if o != (driver.TxOptions{}) {
		return c.Conn.BeginTx(ctx, o)
	}
	c.inside = true
	c.waiting.Queue("begin")
	return postgresTx{c, ctx}, nil
}

// QueryContext runs a query after what waits.
func (c *postgresConn) QueryContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Rows, error) {
	if c.pg.IsClosed() {
		return nil, driver.ErrBadConn
	}
	ctx, cancel := c.patient(ctx)
	r := &postgresRows{types: c.pg.TypeMap(), cancel: cancel}
	var err error
	if c.waiting.Len() == 0 {
		r.rows, err = c.pg.Query(ctx, query, values(named)...)
	} else {
		c.waiting.Queue(query, values(named)...)
		if r.batch, err = c.send(ctx); err == nil {
			r.rows, err = r.batch.Query()
		}
	}
	if err != nil {
		_ = r.Close() // it repeats the error
		return nil, notNow(retriable(err))
	}
	// The columns are known, and an error of the statement's, once the first row is here.
	r.ahead = true
	if r.more = r.rows.Next(); !r.more && r.rows.Err() != nil {
		return nil, r.Close()
	}
	r.fields = r.rows.FieldDescriptions()
	return r, nil
}

// ExecContext runs a statement after what waits, or lets it wait, too.
func (c *postgresConn) ExecContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Result, error) {
	if c.pg.IsClosed() {
		return nil, driver.ErrBadConn
	}
	if c.inside && ctx.Value(laterKey{}) != nil {
		c.waiting.Queue(query, values(named)...)
		return driver.ResultNoRows, nil
	}
	if c.waiting.Len() > 0 && len(named) > 0 {
		c.waiting.Queue(query, values(named)...)
		tag, err := c.flush(ctx)
		return driver.RowsAffected(tag.RowsAffected()), err
	}
	if _, err := c.flush(ctx); err != nil { // without arguments it may be many statements, which go alone
		return nil, err
	}
	ctx, cancel := c.patient(ctx)
	defer cancel()
	result, err := c.Conn.ExecContext(ctx, query, named)
	return result, notNow(err)
}

// PrepareContext prepares a statement after what waits.
func (c *postgresConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if _, err := c.flush(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := c.patient(ctx)
	defer cancel()
	statement, err := c.Conn.PrepareContext(ctx, query)
	return statement, notNow(err)
}

// send sends what waits and reads all results but the last, which is the caller's.
func (c *postgresConn) send(ctx context.Context) (pgx.BatchResults, error) {
	batch := c.waiting
	c.waiting = &pgx.Batch{}
	results := c.pg.SendBatch(ctx, batch)
	for range batch.Len() - 1 {
		if _, err := results.Exec(); err != nil {
			return results, err
		}
	}
	return results, nil
}

// flush sends what waits and returns the last one's tag.
func (c *postgresConn) flush(ctx context.Context) (tag pgconn.CommandTag, err error) {
	if c.waiting.Len() == 0 {
		return tag, nil
	}
	ctx, cancel := c.patient(ctx)
	defer cancel()
	results, err := c.send(ctx)
	if err == nil {
		tag, err = results.Exec()
	}
	if closing := results.Close(); err == nil {
		err = closing
	}
	return tag, notNow(err)
}

// retriable tells database/sql that another connection may do, when nothing was sent on this one.
func retriable(err error) error {
	if pgconn.SafeToRetry(err) {
		return fmt.Errorf("%w: %w", driver.ErrBadConn, err)
	}
	return err
}

func values(named []driver.NamedValue) []any {
	plain := make([]any, len(named))
	for i, v := range named {
		plain[i] = v.Value
	}
	return plain
}

type postgresTx struct {
	conn *postgresConn
	ctx  context.Context
}

var errRolledBack = errors.New("the transaction was rolled back: a statement in it had failed")

// Commit sends what waits, and the commit with it.
func (t postgresTx) Commit() error {
	c := t.conn
	if c.pg.PgConn().TxStatus() == 'I' && c.waiting.Len() == 1 { // nothing but the beginning
		return t.Rollback()
	}
	c.waiting.Queue("commit")
	tag, err := c.flush(t.ctx)
	if err == nil && tag.String() == "ROLLBACK" {
		err = errRolledBack
	}
	if err != nil {
		_ = t.Rollback() // the first error says why
	}
	c.inside = false
	return err
}

const rollbackWithin = 5 * time.Second

// Rollback forgets what waits and undoes what was sent, also when nobody waits for that any more.
func (t postgresTx) Rollback() error {
	c := t.conn
	c.inside, c.waiting = false, &pgx.Batch{}
	if c.pg.IsClosed() || c.pg.PgConn().TxStatus() == 'I' {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), rollbackWithin)
	defer cancel()
	_, err := c.pg.Exec(ctx, "rollback")
	return err
}

// postgresRows are a query's.
type postgresRows struct {
	rows   pgx.Rows
	batch  pgx.BatchResults // nil if the query went alone
	types  *pgtype.Map
	fields []pgconn.FieldDescription
	cancel context.CancelFunc
	// ahead is set while the first row was looked for and not taken; more tells whether there is one.
	ahead, more bool
}

// Columns names the columns.
func (r *postgresRows) Columns() []string {
	names := make([]string, len(r.fields))
	for i, f := range r.fields {
		names[i] = f.Name
	}
	return names
}

// Next reads a row.
func (r *postgresRows) Next(row []driver.Value) error {
	more := r.more
	if !r.ahead {
		more = r.rows.Next()
	}
	r.ahead = false
	if !more {
		if err := r.rows.Err(); err != nil {
			return notNow(err)
		}
		return io.EOF
	}
	for i, raw := range r.rows.RawValues() {
		var err error
		if row[i], err = r.value(&r.fields[i], raw); err != nil {
			return err
		}
	}
	return nil
}

func (r *postgresRows) value(f *pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	if raw == nil {
		return nil, nil
	}
	if f.Format == pgtype.BinaryFormatCode {
		switch f.DataTypeOID {
		case pgtype.Int8OID:
			return int64(binary.BigEndian.Uint64(raw)), nil // #nosec G115 -- a signed number's bits
		case pgtype.Int4OID:
			return int64(int32(binary.BigEndian.Uint32(raw))), nil // #nosec G115 -- a signed number's bits
		case pgtype.BoolOID:
			return raw[0] != 0, nil
		}
	}
	if f.DataTypeOID == pgtype.TextOID {
		return string(raw), nil
	}
	known, ok := r.types.TypeForOID(f.DataTypeOID)
	if !ok {
		return string(raw), nil
	}
	return known.Codec.DecodeDatabaseSQLValue(r.types, f.DataTypeOID, f.Format, raw)
}

// Close ends the query.
func (r *postgresRows) Close() error {
	defer r.cancel()
	var err error
	if r.rows != nil {
		r.rows.Close()
		err = r.rows.Err()
	}
	if r.batch != nil {
		if closing := r.batch.Close(); err == nil {
			err = closing
		}
	}
	return notNow(err)
}
