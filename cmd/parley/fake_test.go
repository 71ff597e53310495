package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/chat"
	"parley/models"
)

// fakeAdmin keeps what the commands ask for in memory. The commands against the real
// thing are tested where a server runs; here their command lines and outputs are.
type fakeAdmin struct {
	people // not faked: people_test.go has a database
	data   // neither
	rooms  // nor these
	teams
	roomKeys      // nor these
	organizations []models.Organization
	managers      []models.Manager
	keys          []models.APIKey
	passwords     map[int64]string
	migrations    []migration
	migrateErr    error
	closed        bool
}

func newFakeAdmin() *fakeAdmin {
	return &fakeAdmin{
		passwords:  map[int64]string{},
		migrations: []migration{{1, "first", true}, {2, "second", false}},
	}
}

func (f *fakeAdmin) CreateOrganization(_ context.Context, name string) (models.Organization, error) {
	o := models.Organization{ID: int64(len(f.organizations) + 1), UUID: "u", Name: name, SiteKey: "site"}
	f.organizations = append(f.organizations, o)
	return o, nil
}

func (f *fakeAdmin) Organizations(context.Context) ([]models.Organization, error) {
	return f.organizations, nil
}

func (f *fakeAdmin) Organization(_ context.Context, id int64) (models.Organization, error) {
	for _, o := range f.organizations {
		if o.ID == id {
			return o, nil
		}
	}
	return models.Organization{}, fmt.Errorf("organization_not_found: There is no organisation %d", id)
}

func (f *fakeAdmin) DeleteOrganization(ctx context.Context, id int64) error {
	_, err := f.Organization(ctx, id)
	return err
}

func (f *fakeAdmin) CreateManager(_ context.Context, org int64, name, email, password, role string) (models.Manager, error) {
	m := models.Manager{ID: int64(len(f.managers) + 5), OrganizationID: org, Name: name, Email: email, Role: models.Role(role), PasswordHash: "hash of " + password}
	f.managers = append(f.managers, m)
	f.passwords[m.ID] = password
	return m, nil
}

func (f *fakeAdmin) Managers(_ context.Context, org int64) ([]models.Manager, error) {
	var of []models.Manager
	for _, m := range f.managers {
		if m.OrganizationID == org {
			of = append(of, m)
		}
	}
	return of, nil
}

func (f *fakeAdmin) Manager(_ context.Context, id int64) (models.Manager, error) {
	for _, m := range f.managers {
		if m.ID == id {
			return m, nil
		}
	}
	return models.Manager{}, errors.New("manager_not_found: There is no manager")
}

func (f *fakeAdmin) DeleteManager(ctx context.Context, id int64) error {
	_, err := f.Manager(ctx, id)
	return err
}

func (f *fakeAdmin) CreateAPIKey(_ context.Context, org int64, name string, scopes ...models.Scopes) (models.APIKey, string, error) {
	k := models.APIKey{ID: int64(len(f.keys) + 1), OrganizationID: org, Name: name, KeyHash: "hash", Scopes: models.AllScopes}
	if len(scopes) > 0 {
		k.Scopes = scopes[0]
	}
	f.keys = append(f.keys, k)
	return k, "plain-key", nil
}

func (f *fakeAdmin) APIKeys(_ context.Context, org int64) ([]models.APIKey, error) {
	var of []models.APIKey
	for _, k := range f.keys {
		if k.OrganizationID == org {
			of = append(of, k)
		}
	}
	return of, nil
}

func (f *fakeAdmin) DeleteAPIKey(context.Context, int64) error { return nil }

func (f *fakeAdmin) ManagerToken(_ context.Context, id int64, ttl time.Duration) (string, time.Time, error) {
	return fmt.Sprintf("manager-%d-%s", id, ttl), time.UnixMilli(1376645711120), nil
}

func (f *fakeAdmin) OperatorToken(_ context.Context, ttl time.Duration) (string, time.Time, error) {
	return "operator-" + ttl.String(), time.UnixMilli(1376645711120), nil
}

func (f *fakeAdmin) VisitorToken(_ context.Context, id string, org int64, ttl time.Duration) (string, time.Time, error) {
	return fmt.Sprintf("visitor-%s-%d-%s", id, org, ttl), time.UnixMilli(1376645711120), nil
}

func (f *fakeAdmin) MigrationStatus(context.Context) ([]migration, error) {
	return append([]migration(nil), f.migrations...), nil
}

func (f *fakeAdmin) Migrate(context.Context) error {
	for i := range f.migrations {
		f.migrations[i].Applied = true
	}
	return f.migrateErr
}

// Webhooks are not faked: webhook_test.go has a database.
func (f *fakeAdmin) Webhooks(int64) chat.Webhooks { return chat.Webhooks{} }

func (f *fakeAdmin) CreateManagerKey(ctx context.Context, manager int64, name string, scopes ...models.Scopes) (models.APIKey, string, error) {
	m, err := f.Manager(ctx, manager)
	if err != nil {
		return models.APIKey{}, "", err
	}
	k, key, err := f.CreateAPIKey(ctx, m.OrganizationID, name, scopes...)
	k.ManagerID = &manager
	return k, key, err
}

func (f *fakeAdmin) SocketToken(_ context.Context, id int64, channels []string, ttl time.Duration) (string, time.Time, error) {
	return fmt.Sprint("socket ", id, channels), time.Unix(0, 0).Add(ttl), nil
}
