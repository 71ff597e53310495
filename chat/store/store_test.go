package store_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"parley/chat/chattest"
	"parley/chat/store"
)

func TestMain(m *testing.M) { chattest.Main(m) }

// databases are the two that everything runs on.
var databases = map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func migrated(t *testing.T, url string) *store.Store {
	t.Helper()
	s := open(t, url)
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			chattest.Store(t, func(t *testing.T) chattest.UnderTest { return migrated(t, url(t)) })
		})
	}
}
