// Package store keeps chat's records with gorm, on SQLite or PostgreSQL through the same code. What differs
// lies in five places: opening (open.go), the way a transaction is run (commit_sqlite.go, commit_postgres.go), the
// connections (conn_sqlite.go, conn_postgres.go), search (search_sqlite.go, search_postgres.go), and the migrations.
//
// A post costs more by what surrounds its statements than by them. So single records go by statements of a fixed text
// (record.go), which SQLite's connections keep compiled; and PostgreSQL's save round trips: a transaction begins with
// its first statement, and what nobody needs the result of goes along with the commit. A message to a conversation that
// nobody changed since it was read is one statement (posting.go); chosen instead of locking it first, because there is
// seldom anybody else, and who was slower takes the long way.
//
// SQLite has one writer at a time, and with synchronous=FULL every commit waits for the disk. Transactions
// that wait for each other therefore share a commit, each within a savepoint of its own. PostgreSQL runs them
// side by side and locks rows; a transaction that meets a deadlock, a serialisation failure or a unique value
// that somebody was faster with is run again.
//
// Database errors end here: a missing record is chat.ErrNoRecord, everything else is wrapped and becomes
// "internal error" at the doors.
package store
