package store

import (
	"context"
	"strings"
	"testing"

	"parley/chat/chattest"
)

// TestMoveVisitorKnowsEveryTable: whatever names a visitor goes along when she turns out to be another.
func TestMoveVisitorKnowsEveryTable(t *testing.T) {
	for name, row := range map[string]struct {
		url   func(testing.TB) string
		query string
	}{
		"sqlite": {chattest.SQLite, `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND c.name = 'visitor_id'`},
		"postgres": {chattest.Postgres, `SELECT table_name FROM information_schema.columns
			WHERE column_name = 'visitor_id' AND table_schema = current_schema()`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(context.Background(), row.url(t), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // it is over
			if err := s.Migrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			var tables []string
			if err := s.read.Raw(row.query).Scan(&tables).Error; err != nil || len(tables) < 7 {
				t.Fatal(tables, err)
			}
			all := strings.Join(moves, "\n")
			for _, table := range tables {
				if table == "erasures" || table == "visitor_secrets" { // what is being erased, and what proved another, does not move
					continue
				}
				if !strings.Contains(all, "UPDATE "+table+" SET visitor_id = @to") {
					t.Errorf("%s stays with a visitor who is gone", table)
				}
			}
		})
	}
}
