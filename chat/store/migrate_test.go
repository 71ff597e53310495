package store

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley/chat/chattest"
	"parley/models"
)

var databases = map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres}

func opened(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(context.Background(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // only read from
	return s
}

// TestMigrateFromEachVersion fills the tables of version 1 and goes on from each version that there was.
func TestMigrateFromEachVersion(t *testing.T) {
	ctx := context.Background()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			steps, err := opened(t, url(t)).Migrations(ctx)
			if err != nil || len(steps) < 2 {
				t.Fatalf("%v, %v", steps, err)
			}
			for _, from := range steps[:len(steps)-1] {
				s := opened(t, url(t))
				if err := s.migrateTo(ctx, from.Version); err != nil {
					t.Fatal(err)
				}
				if current, err := s.Current(ctx); current || err != nil {
					t.Errorf("version %d is current: %v, %v", from.Version, current, err)
				}
				fillOld(t, s)
				if err := s.Migrate(ctx); err != nil {
					t.Fatal(err)
				}
				if current, err := s.Current(ctx); !current || err != nil {
					t.Errorf("not current after migrating: %v", err)
				}
				m, err := s.View(ctx).Message(1)
				if err != nil || m.Content != "Hello" || m.VisitorID != "v1" || m.ReadAt != nil {
					t.Errorf("from version %d: %+v, %v", from.Version, m, err)
				}
				c, err := s.View(ctx).Conversation(m.ConversationID)
				if err != nil || c.State() != models.StateAssigned || c.UnreadManager != 1 {
					t.Errorf("from version %d: %+v, %v", from.Version, c, err)
				}
			}
		})
	}
}

// fillOld writes what every version has had.
func fillOld(t *testing.T, s *Store) {
	t.Helper()
	uuid := func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	for _, statement := range []string{
		"INSERT INTO organizations (uuid, name, site_key, created_at) VALUES ('" + uuid(1) + "', 'Teapots', 'key', 1)",
		"INSERT INTO managers (uuid, organization_id, name, email, password_hash, role, created_at) VALUES ('" + uuid(2) + "', 1, 'Anna', 'a@example.com', 'x', 'manager', 1)",
		"INSERT INTO visitors (id, uuid, organization_id, created_at) VALUES ('v1', '" + uuid(3) + "', 1, 1)",
		"INSERT INTO conversations (id, uuid, organization_id, visitor_id, manager_id, status, last_message_id, unread_manager, created_at, updated_at) VALUES (77, '" + uuid(4) + "', 1, 'v1', 1, 'open', 1, 1, 1, 1)",
		"INSERT INTO messages (uuid, organization_id, conversation_id, visitor_id, sender_type, content, created_at) VALUES ('" + uuid(5) + "', 1, 77, 'v1', 'visitor', 'Hello', 1)",
	} {
		if _, err := s.migrating.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMigrateAtOnce starts several processes' worth of stores on one empty database.
func TestMigrateAtOnce(t *testing.T) {
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			u := url(t)
			var group sync.WaitGroup
			for range 4 {
				s := opened(t, u)
				group.Go(func() {
					if err := s.Migrate(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if current, err := opened(t, u).Current(context.Background()); !current || err != nil {
				t.Errorf("%v, %v", current, err)
			}
		})
	}
}

// TestDurability reads back what the promise "2xx means committed" rests on.
func TestDurability(t *testing.T) {
	lite := opened(t, chattest.SQLite(t))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := lite.pools[0].QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v", pragma, got, err)
		}
	}
	var got string
	if err := opened(t, chattest.Postgres(t)).pools[0].QueryRow("SHOW synchronous_commit").Scan(&got); err != nil || got != "on" {
		t.Errorf("synchronous_commit is %q, %v", got, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, url := range []string{"", "mysql://x", "sqlite://", "postgres://user:sesame@[bad", "postgres://user:sesame@127.0.0.1:1/x?connect_timeout=1"} {
		s, err := Open(context.Background(), url, Options{})
		if err == nil {
			t.Errorf("%q was opened", url)
			s.Close()
		} else if strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: the error tells the password: %v", url, err)
		}
	}
}
