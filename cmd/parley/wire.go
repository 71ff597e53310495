package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"parley/chat"
	"parley/chat/store"
	"parley/chat/token"
	"parley/config"
)

// openStore opens the database without migrating it.
func openStore(ctx context.Context, cfg config.Config, existing bool) (*store.Store, error) {
	return store.Open(ctx, cfg.Database.URL.Reveal(), store.Options{MaxOpenConns: cfg.Database.MaxOpenConns, Existing: existing})
}

// openKeys takes the configured keys, or the one generated into the data folder.
func openKeys(cfg config.Config) (*token.Keyring, error) {
	if len(cfg.Auth.Keys) == 0 {
		key, err := token.LoadOrCreate(filepath.Join(cfg.Data.Dir, "auth.key"))
		if err != nil {
			return nil, err
		}
		return token.NewKeyring(key)
	}
	keys := make([]token.Key, len(cfg.Auth.Keys))
	for i, k := range cfg.Auth.Keys {
		keys[i] = token.Key{ID: k.ID, Algorithm: k.Alg, Secret: []byte(k.Secret.Reveal())}
		if k.Alg == config.EdDSA {
			var err error
			if keys[i].Public, keys[i].Private, err = k.Ed25519(); err != nil {
				return nil, fmt.Errorf("auth.keys: %s: %w", k.ID, err)
			}
		}
	}
	return token.NewKeyring(keys...)
}

// operator is the admin interface over a store. Keys are opened when a token is wanted, since opening may make
// one.
type operator struct {
	*chat.Admin
	store *store.Store
	keys  func() (*token.Keyring, error)
	files func(ctx context.Context) (attachments, error)
}

var _ admin = operator{}

func openAdmin(ctx context.Context, cfg config.Config) (admin, func() error, error) {
	return openOperator(ctx, cfg, false)
}

func lookAdmin(ctx context.Context, cfg config.Config) (admin, func() error, error) {
	return openOperator(ctx, cfg, true)
}

func openOperator(ctx context.Context, cfg config.Config, existing bool) (admin, func() error, error) {
	s, err := openStore(ctx, cfg, existing)
	if err != nil {
		return nil, nil, err
	}
	keys := func() (*token.Keyring, error) { return openKeys(cfg) }
	files := func(ctx context.Context) (attachments, error) {
		return openAttachments(ctx, cfg, s, slog.New(slog.DiscardHandler))
	}
	return operator{chat.NewAdmin(s), s, keys, files}, s.Close, nil
}

func (o operator) ManagerToken(ctx context.Context, id int64, ttl time.Duration) (string, time.Time, error) {
	m, err := o.Manager(ctx, id)
	if err != nil {
		return "", time.Time{}, err
	}
	keys, err := o.keys()
	if err != nil {
		return "", time.Time{}, err
	}
	return keys.Manager(m, ttl)
}

func (o operator) VisitorToken(_ context.Context, id string, organization int64, ttl time.Duration) (string, time.Time, error) {
	keys, err := o.keys()
	if err != nil {
		return "", time.Time{}, err
	}
	return keys.Visitor(id, organization, ttl)
}

func (o operator) SocketToken(ctx context.Context, id int64, channels []string, ttl time.Duration) (string, time.Time, error) {
	m, err := o.Manager(ctx, id)
	if err != nil {
		return "", time.Time{}, err
	}
	keys, err := o.keys()
	if err != nil {
		return "", time.Time{}, err
	}
	if len(channels) == 0 {
		channels = []string{chat.ResourcePrefix + "**"}
	}
	return keys.Bounded(m, 0, channels, ttl)
}

func (o operator) OperatorToken(_ context.Context, ttl time.Duration) (string, time.Time, error) {
	keys, err := o.keys()
	if err != nil {
		return "", time.Time{}, err
	}
	return keys.Operator(ttl)
}

// WriteExport writes a visitor's zip, with files where the settings say that there are any.
func (o operator) WriteExport(ctx context.Context, organization int64, visitor string, to io.Writer) error {
	files, err := o.files(ctx)
	if err != nil {
		return err
	}
	defer files.close()
	var blobs chat.Blobs
	if files.bucket != nil {
		blobs = files.bucket
	}
	e, err := o.ExportVisitor(ctx, organization, visitor, blobs)
	if err != nil {
		return err
	}
	defer e.Close()
	return e.Write(ctx, to)
}

func (o operator) Migrate(ctx context.Context) error { return o.store.Migrate(ctx) }

func (o operator) MigrationStatus(ctx context.Context) ([]migration, error) {
	steps, err := o.store.Migrations(ctx)
	list := make([]migration, len(steps))
	for i, step := range steps {
		list[i] = migration(step)
	}
	return list, err
}
