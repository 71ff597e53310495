package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"parley/chat"
)

// notNow turns what a database cannot do at the moment into chat.NotNow, and leaves every other error as it is. The
// first error stays within: who asks about it finds it.
func notNow(err error) error {
	if err == nil || chat.KindOf(err) != chat.Internal {
		return err
	}
	if reason := troubleOf(err); reason != "" {
		return chat.NotNow(reason, err)
	}
	return err
}

// troubleOf names why a database cannot do something now; empty when that is not so, or nobody waits any more.
func troubleOf(err error) string {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	var network net.Error
	var connecting *pgconn.ConnectError
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &lite):
		return sqliteTrouble(lite.Code())
	case errors.As(err, &pg):
		return postgresTrouble(pg.Code)
	case errors.Is(err, context.DeadlineExceeded):
		return chat.DatabaseBusy
	case errors.As(err, &connecting), errors.As(err, &network), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return chat.DatabaseAway
	}
	return ""
}

// sqliteTrouble goes by the lower byte of a code, which https://www.sqlite.org/rescode.html calls the primary one.
func sqliteTrouble(code int) string {
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return chat.DatabaseFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return chat.DatabaseReadOnly
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return chat.DatabaseBusy
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
		return chat.DatabaseAway
	}
	return ""
}

// postgresTrouble goes by "Appendix A. PostgreSQL Error Codes" of its manual.
func postgresTrouble(code string) string {
	switch code {
	case "25006": // read_only_sql_transaction
		return chat.DatabaseReadOnly
	case "57014", "55P03", "25P03", "25P04", "53300": // timeouts, and too_many_connections
		return chat.DatabaseBusy
	case "53100": // disk_full
		return chat.DatabaseFull
	case "58030", "57P01", "57P02", "57P03", "57P04", "57P05": // io_error; shutdowns, and not ready to let anybody in
		return chat.DatabaseAway
	}
	switch {
	case strings.HasPrefix(code, "08"): // connection exceptions
		return chat.DatabaseAway
	case strings.HasPrefix(code, "53"): // insufficient resources
		return chat.DatabaseFull
	case strings.HasPrefix(code, "28"), code == "3D000": // it lets nobody in, or is not there
		return chat.DatabaseAway
	}
	return ""
}
