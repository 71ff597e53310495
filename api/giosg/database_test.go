package giosg_test

import (
	"context"
	"errors"

	"parley/chat/chattest"
	"parley/chat/store"
)

// Databases with the schema in them.
var (
	sqlite   = chattest.MigratedSQLite(migrate)
	postgres = chattest.MigratedPostgres(migrate)
)

func migrate(url string) error {
	s, err := store.Open(context.Background(), url, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(context.Background()), s.Close())
}
