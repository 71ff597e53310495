package store

import (
	"context"
	"strings"
	"sync"
	"testing"

	"parley/chat/chattest"
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
				f := chattest.NewFixture(t, s)
				c := f.Conversation(1, "v1", f.Anna, nil)
				m := f.Message(c, nil)
				if err := s.Migrate(ctx); err != nil {
					t.Fatal(err)
				}
				if current, err := s.Current(ctx); !current || err != nil {
					t.Errorf("not current after migrating: %v", err)
				}
				if after, err := s.View(ctx).Message(m.ID); err != nil || after != m {
					t.Errorf("from version %d: %+v, %v; want %+v", from.Version, after, err, m)
				}
			}
		})
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
