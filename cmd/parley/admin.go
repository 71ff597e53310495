package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/config"
	"parley/models"
)

// admin is what the operator's commands need of the server's insides. openAdmin in
// wire.go makes it of a configuration; it connects, and leaves migrating to Migrate.
// An organisation of 0 is never passed on.
type admin interface {
	people
	data
	rooms
	teams
	roomKeys

	CreateOrganization(ctx context.Context, name string) (models.Organization, error)
	Organizations(ctx context.Context) ([]models.Organization, error)
	Organization(ctx context.Context, id int64) (models.Organization, error)
	DeleteOrganization(ctx context.Context, id int64) error

	CreateManager(ctx context.Context, organization int64, name, email, password, role string) (models.Manager, error)
	Managers(ctx context.Context, organization int64) ([]models.Manager, error)
	Manager(ctx context.Context, id int64) (models.Manager, error)
	DeleteManager(ctx context.Context, id int64) error

	// CreateAPIKey also returns the key itself, which is kept nowhere. Without scopes it has all.
	CreateAPIKey(ctx context.Context, organization int64, name string, scopes ...models.Scopes) (models.APIKey, string, error)
	// CreateManagerKey makes one that is a manager's.
	CreateManagerKey(ctx context.Context, manager int64, name string, scopes ...models.Scopes) (models.APIKey, string, error)
	APIKeys(ctx context.Context, organization int64) ([]models.APIKey, error)
	DeleteAPIKey(ctx context.Context, id int64) error

	// Webhooks manages an organisation's webhooks.
	Webhooks(organization int64) chat.Webhooks

	ManagerToken(ctx context.Context, id int64, ttl time.Duration) (token string, expires time.Time, err error)
	VisitorToken(ctx context.Context, id string, organization int64, ttl time.Duration) (token string, expires time.Time, err error)
	// SocketToken is a manager's for some channels only; without any, for all of giosg's API.
	SocketToken(ctx context.Context, manager int64, channels []string, ttl time.Duration) (token string, expires time.Time, err error)

	OperatorToken(ctx context.Context, ttl time.Duration) (token string, expires time.Time, err error)

	// MigrationStatus lists the migrations that this program knows, in order. It changes nothing.
	MigrationStatus(ctx context.Context) ([]migration, error)
	// Migrate applies those that are missing.
	Migrate(ctx context.Context) error
}

// migration is one step of the database's schema.
type migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// withAdmin loads the settings, opens the database and brings it up to date, as serve
// does, so that the first organisation can be made before the first start.
func (a *app) withAdmin(c *cobra.Command, work func(context.Context, admin) error) error {
	return a.withDatabase(c, a.openAdmin, func(ctx context.Context, door admin) error {
		if err := door.Migrate(ctx); err != nil {
			return err
		}
		return work(ctx, door)
	})
}

// withDatabase is withAdmin without migrating, and opens as told.
func (a *app) withDatabase(c *cobra.Command, open func(context.Context, config.Config) (admin, func() error, error), work func(context.Context, admin) error) (err error) {
	cfg, err := config.Load(a.options(c, nil))
	if err != nil {
		return err
	}
	door, shut, err := open(c.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shut()) }()
	return work(c.Context(), door)
}

// organization resolves --org: without it the only one there is.
func organization(ctx context.Context, door admin, given int64) (int64, error) {
	if given != 0 {
		_, err := door.Organization(ctx, given)
		return given, err
	}
	all, err := door.Organizations(ctx)
	switch {
	case err != nil:
		return 0, err
	case len(all) == 0:
		return 0, errors.New("there is no organisation yet; make one with parley org create --name …")
	case len(all) > 1:
		return 0, usagef("there are %d organisations; say which with --org", len(all))
	}
	return all[0].ID, nil
}

// ofEach collects what list returns for the given organisation, or for every one when it is 0.
func ofEach[T any](ctx context.Context, door admin, given int64, list func(context.Context, int64) ([]T, error)) ([]T, error) {
	if given != 0 {
		if _, err := door.Organization(ctx, given); err != nil {
			return nil, err
		}
		return list(ctx, given)
	}
	organizations, err := door.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, o := range organizations {
		some, err := list(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
