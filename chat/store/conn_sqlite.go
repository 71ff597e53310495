package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"modernc.org/sqlite"
)

// sqliteConnector opens connections that keep their statements: SQLite compiles a statement in the time that it takes
// to run it twice.
type sqliteConnector struct{ driver.Connector }

func newSQLiteConnector(dsn string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(dsn)
	return sqliteConnector{c}, err
}

// Connect opens a connection.
func (c sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, notNow(err)
	}
	return &sqliteConn{sqliteDriverConn: conn.(sqliteDriverConn), idle: map[string]sqliteStatement{}}, nil
}

// sqliteDriverConn is what the driver's connections can do.
type sqliteDriverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type sqliteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// sqliteConn keeps compiled statements that nobody uses at the moment, by their text. Who uses one takes it out, so
// that nobody else uses it meanwhile. SQLite itself compiles a statement again when the schema has changed.
type sqliteConn struct {
	sqliteDriverConn
	idle map[string]sqliteStatement
}

// maxStatements bounds what a connection keeps. Lists of differing lengths make ever new texts.
const maxStatements = 200

func (c *sqliteConn) take(ctx context.Context, query string) (sqliteStatement, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return s, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, notNow(err)
	}
	return s.(sqliteStatement), nil
}

func (c *sqliteConn) putBack(query string, s sqliteStatement) error {
	if c.idle[query] != nil {
		return s.Close()
	}
	var err error
	if len(c.idle) >= maxStatements {
		err = c.forget()
	}
	c.idle[query] = s
	return err
}

func (c *sqliteConn) forget() error {
	var errs []error
	for _, s := range c.idle {
		errs = append(errs, s.Close())
	}
	clear(c.idle)
	return errors.Join(errs...)
}

// ExecContext runs a statement. One without arguments is run once, as a migration is, or by a name of its own.
func (c *sqliteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) == 0 && !kept(query) {
		return c.sqliteDriverConn.ExecContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	return result, errors.Join(err, c.putBack(query, s))
}

// kept tells whether a statement without arguments is one that every transaction has.
func kept(query string) bool {
	return query == savepoint || query == rollbackToSavepoint || query == releaseSavepoint
}

// QueryContext runs a query, and lets go of its statement when the rows are closed.
func (c *sqliteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(notNow(err), s.Close())
	}
	return &sqliteRows{Rows: rows, conn: c, query: query, statement: s}, nil
}

// Close ends the connection, its statements first.
func (c *sqliteConn) Close() error { return errors.Join(c.forget(), c.sqliteDriverConn.Close()) }

type sqliteRows struct {
	driver.Rows
	conn      *sqliteConn
	query     string
	statement sqliteStatement
}

// Next reads a row.
func (r *sqliteRows) Next(row []driver.Value) error {
	err := r.Rows.Next(row)
	if err == io.EOF { // there is no other
		return err
	}
	return notNow(err)
}

// Close lets go of the rows and of their statement.
func (r *sqliteRows) Close() error {
	return errors.Join(r.Rows.Close(), r.conn.putBack(r.query, r.statement))
}
