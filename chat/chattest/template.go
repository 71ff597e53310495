package chattest

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// MigratedSQLite is SQLite with a schema: migrate makes it in a database that is then copied for every test, since
// making it takes longer than most tests. migrate closes what it opens.
func MigratedSQLite(migrate func(url string) error) func(testing.TB) string {
	var once sync.Once
	var template []byte
	var failed error
	return func(tb testing.TB) string {
		tb.Helper()
		once.Do(func() { template, failed = migrated(migrate) })
		if failed != nil {
			tb.Fatal("chattest: ", failed)
		}
		url := SQLite(tb)
		if err := os.WriteFile(strings.TrimPrefix(url, "sqlite://"), template, 0o600); err != nil {
			tb.Fatal("chattest: ", err)
		}
		return url
	}
}

// migrated returns the file of a migrated SQLite database.
func migrated(migrate func(url string) error) ([]byte, error) {
	dir, err := os.MkdirTemp("", "parley-template")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system cleans up what is left
	path := filepath.Join(dir, "parley.db")
	if err := migrate("sqlite://" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // #nosec G304 -- our own file
}
