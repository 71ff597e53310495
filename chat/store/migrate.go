package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// dialect is what migrations need to know of a database.
type dialect struct {
	name   goose.Dialect
	folder string
	// exclusive keeps other processes from migrating at the same time; call what it returns at the end.
	exclusive func(ctx context.Context) (release func() error, err error)
	options   func() ([]goose.ProviderOption, error)
}

func sqliteDialect(path string) dialect {
	return dialect{
		name: goose.DialectSQLite3, folder: "migrations/sqlite",
		exclusive: func(ctx context.Context) (func() error, error) {
			file := flock.New(path + ".lock")
			if _, err := file.TryLockContext(ctx, 50*time.Millisecond); err != nil {
				return nil, fmt.Errorf("store: waiting for another migration: %w", err)
			}
			return file.Unlock, nil
		},
		options: func() ([]goose.ProviderOption, error) { return nil, nil },
	}
}

func postgresDialect() dialect {
	return dialect{
		name: goose.DialectPostgres, folder: "migrations/postgres",
		exclusive: func(context.Context) (func() error, error) { return func() error { return nil }, nil },
		options: func() ([]goose.ProviderOption, error) {
			locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
			return []goose.ProviderOption{goose.WithSessionLocker(locker)}, err
		},
	}
}

// Migration is one step of the schema.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

func (s *Store) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, s.dialect.folder)
	if err != nil {
		return nil, err
	}
	options, err := s.dialect.options()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(s.dialect.name, s.migrating, files, options...)
}

// Migrate brings the schema up to date. Processes that do so at once take turns.
func (s *Store) Migrate(ctx context.Context) error { return s.migrateTo(ctx, goose.MaxVersion) }

func (s *Store) migrateTo(ctx context.Context, version int64) error {
	release, err := s.dialect.exclusive(ctx)
	if err != nil {
		return err
	}
	defer release()
	p, err := s.provider()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := known(ctx, p); err != nil {
		return err
	}
	if version == goose.MaxVersion {
		_, err = p.Up(ctx)
	} else {
		_, err = p.UpTo(ctx, version)
	}
	if err != nil {
		return fmt.Errorf("store: migrating: %w", err)
	}
	return nil
}

// known refuses a database that a newer program has migrated further than this one knows.
func known(ctx context.Context, p *goose.Provider) error {
	version, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; version > newest {
		return fmt.Errorf("store: the database is at version %d, this program knows %d: a newer one was here", version, newest)
	}
	return nil
}

// Migrations lists the steps this binary knows, and which of them the database has.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	p, err := s.provider()
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := known(ctx, p); err != nil {
		return nil, err
	}
	states, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	list := make([]Migration, len(states))
	for i, state := range states {
		list[i] = Migration{
			Version: state.Source.Version, Name: state.Source.Path, Applied: state.State == goose.StateApplied,
		}
	}
	return list, nil
}

// Current tells whether the database has every step that this binary knows.
func (s *Store) Current(ctx context.Context) (bool, error) {
	list, err := s.Migrations(ctx)
	for _, m := range list {
		if !m.Applied {
			return false, err
		}
	}
	return err == nil, err
}
