// Package chattest helps to test what stores chats: real databases for a test (Postgres,
// SQLite), and the suite that every chat.Store passes.
package chattest
