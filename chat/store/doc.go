// Package store keeps chat's records with gorm, on SQLite or PostgreSQL through the same code. What differs
// lies in three places: opening (open.go), the way a transaction is run (commit_sqlite.go,
// commit_postgres.go), and the migrations.
//
// SQLite has one writer at a time, and with synchronous=FULL every commit waits for the disk. Transactions
// that wait for each other therefore share a commit, each within a savepoint of its own. PostgreSQL runs them
// side by side and locks rows; a transaction that meets a deadlock, a serialisation failure or a unique value
// that somebody was faster with is run again.
//
// Database errors end here: a missing record is chat.ErrNoRecord, everything else is wrapped and becomes
// "internal error" at the doors.
package store
