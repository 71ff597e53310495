package chat

import (
	"context"

	"parley/models"
)

// KeyReader reads API keys.
type KeyReader interface {
	APIKey(id int64) (models.APIKey, error)
	APIKeys(organizationID int64) ([]models.APIKey, error)
}

// KeyTx changes them.
type KeyTx interface {
	CreateAPIKey(k *models.APIKey) error
	// SaveAPIKey keeps what is decided about a key; when it was used stays as it is.
	SaveAPIKey(k models.APIKey) error
	// UseAPIKey notes that a key was used, unless a later use is known.
	UseAPIKey(id int64, at models.Time) error
	DeleteAPIKey(id int64) error
}

// KeyChanges are what may be changed of an API key.
type KeyChanges struct {
	Name   Change[string]
	Scopes Change[models.Scopes]
	// ManagerID is whose the key is, which is settled when it is made: who calls with it is she. 0: nobody's.
	ManagerID Change[int64]
}

func (c *KeyChanges) clean() (err error) {
	if c.Name.Set {
		if c.Name.To, err = validName(c.Name.To); err != nil {
			return err
		}
	}
	if c.Scopes.Set && c.Scopes.To == 0 {
		return E(Invalid, "scopes_invalid", "A key has at least one scope")
	}
	return nil
}

// maxKeys bounds an organisation's keys, which are listed at once.
const maxKeys = 500

// createKey makes a key from what was checked already.
func createKey(ctx context.Context, tx Tx, by Principal, organizationID int64, c KeyChanges) (k models.APIKey, key string, err error) {
	if _, err := tx.LockOrganization(organizationID); err != nil {
		return k, "", orNotFound(err, "organization_not_found", "There is no organisation %d", organizationID)
	}
	keys, err := tx.APIKeys(organizationID)
	if err != nil {
		return k, "", err
	}
	if len(keys) >= maxKeys {
		return k, "", E(Conflict, "keys_full", "An organisation has at most %d keys", maxKeys)
	}
	k = models.APIKey{OrganizationID: organizationID, Name: c.Name.To, Scopes: c.Scopes.To, CreatedAt: now()}
	if id := c.ManagerID.To; id != 0 {
		m, err := lockManager(tx, id)
		if err == nil && m.OrganizationID != organizationID {
			err = ErrNoRecord
		}
		if err != nil {
			return k, "", orNotFound(err, "manager_not_found", "There is no manager %d", id)
		}
		k.ManagerID = &id
	}
	if err := tx.CreateAPIKey(&k); err != nil {
		return k, "", err
	}
	key = newAPIKey(k.ID)
	k.KeyHash = hashSecret(key)
	if err := tx.SaveAPIKey(k); err != nil {
		return k, "", err
	}
	return k, key, auditKey(ctx, tx, by, models.AuditKeyAdded, k)
}

// auditKey notes what was done to a key, and what it may do now.
func auditKey(ctx context.Context, tx Tx, by Principal, action models.AuditAction, k models.APIKey) error {
	details := map[string]any{"scopes": k.Scopes}
	if k.ManagerID != nil {
		details["manager_id"] = *k.ManagerID
	}
	return audit(ctx, tx, by, Deed{Action: action, OrganizationID: k.OrganizationID, Target: targetOf("key", k.ID), Details: details})
}

// changeKey applies clean changes. What hangs on a scope that is taken away ends.
func changeKey(ctx context.Context, tx Tx, by Principal, k models.APIKey, c KeyChanges) (models.APIKey, error) {
	if c.ManagerID.Set && (k.ManagerID == nil || *k.ManagerID != c.ManagerID.To) {
		return k, E(Invalid, "manager_id_invalid", "Whose a key is cannot be changed; make another one")
	}
	before := k.Scopes
	c.Name.into(&k.Name)
	c.Scopes.into(&k.Scopes)
	if err := tx.SaveAPIKey(k); err != nil {
		return k, err
	}
	if err := auditKey(ctx, tx, by, models.AuditKeyChanged, k); err != nil || k.Scopes.Has(before) {
		return k, err
	}
	return k, revoke(tx, k.OrganizationID, revocation{KeyID: k.ID})
}

func deleteKey(ctx context.Context, tx Tx, by Principal, k models.APIKey) error {
	if err := tx.DeleteAPIKey(k.ID); err != nil {
		return err
	}
	if err := auditKey(ctx, tx, by, models.AuditKeyDeleted, k); err != nil {
		return err
	}
	return revoke(tx, k.OrganizationID, revocation{KeyID: k.ID})
}

// deleteKeysOf ends the keys of a manager who leaves.
func deleteKeysOf(ctx context.Context, tx Tx, by Principal, m models.Manager) error {
	keys, err := tx.APIKeys(m.OrganizationID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.ManagerID == nil || *k.ManagerID != m.ID {
			continue
		}
		if err := deleteKey(ctx, tx, by, k); err != nil {
			return err
		}
	}
	return nil
}

// lockKey reads a key and keeps others from the keys of its organisation; organizationID 0 is any.
func lockKey(tx Tx, organizationID, id int64) (models.APIKey, error) {
	k, err := tx.APIKey(id)
	if err == nil && organizationID != 0 && k.OrganizationID != organizationID {
		err = ErrNoRecord
	}
	if err == nil {
		_, err = tx.LockOrganization(k.OrganizationID)
	}
	if err == nil {
		k, err = tx.APIKey(id)
	}
	if err != nil {
		return models.APIKey{}, orNotFound(err, "apikey_not_found", "There is no API key %d", id)
	}
	return k, nil
}

// CreateAPIKey makes a key for an organisation's backends, which is returned this once. Without scopes it has all.
func (a *Admin) CreateAPIKey(ctx context.Context, organizationID int64, name string, scopes ...models.Scopes) (k models.APIKey, key string, err error) {
	return a.createKey(ctx, organizationID, KeyChanges{Name: To(name)}, scopes)
}

// CreateManagerKey makes a key that is one manager's: who calls with it is she, as far as the scopes go.
func (a *Admin) CreateManagerKey(ctx context.Context, managerID int64, name string, scopes ...models.Scopes) (k models.APIKey, key string, err error) {
	m, err := a.Manager(ctx, managerID)
	if err != nil {
		return k, "", err
	}
	return a.createKey(ctx, m.OrganizationID, KeyChanges{Name: To(name), ManagerID: To(managerID)}, scopes)
}

func (a *Admin) createKey(ctx context.Context, organizationID int64, c KeyChanges, scopes []models.Scopes) (k models.APIKey, key string, err error) {
	set := models.AllScopes
	if len(scopes) > 0 {
		set = 0
	}
	for _, scope := range scopes {
		set |= scope
	}
	c.Scopes = To(set)
	if err := c.clean(); err != nil {
		return k, "", err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		k, key, err = createKey(ctx, tx, commandLine, organizationID, c)
		return err
	})
	return k, key, err
}

// APIKeys lists an organisation's keys.
func (a *Admin) APIKeys(ctx context.Context, organizationID int64) ([]models.APIKey, error) {
	if _, err := a.Organization(ctx, organizationID); err != nil {
		return nil, err
	}
	return a.store.View(ctx).APIKeys(organizationID)
}

// ChangeAPIKey gives a key another name or other scopes.
func (a *Admin) ChangeAPIKey(ctx context.Context, id int64, c KeyChanges) (k models.APIKey, err error) {
	if err := c.clean(); err != nil {
		return k, err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		if k, err = lockKey(tx, 0, id); err == nil {
			k, err = changeKey(ctx, tx, commandLine, k, c)
		}
		return err
	})
	return k, err
}

// DeleteAPIKey ends a key and its live subscriptions.
func (a *Admin) DeleteAPIKey(ctx context.Context, id int64) error {
	return a.store.Update(ctx, func(tx Tx) error {
		k, err := lockKey(tx, 0, id)
		if err != nil {
			return err
		}
		return deleteKey(ctx, tx, commandLine, k)
	})
}

// APIKeys lists the keys of the caller's organisation.
func (s *Service) APIKeys(ctx context.Context, p Principal) ([]models.APIKey, error) {
	if err := keepersOnly(p); err != nil {
		return nil, err
	}
	keys, err := s.store.View(ctx).APIKeys(p.OrganizationID)
	for i, k := range keys {
		keys[i] = s.gate.uses.latest(k)
	}
	return keys, err
}

// CreateAPIKey makes a key for the caller's organisation, which is returned this once. Scopes that are not set are
// all.
func (s *Service) CreateAPIKey(ctx context.Context, p Principal, c KeyChanges) (k models.APIKey, key string, err error) {
	if err := keepersOnly(p); err != nil {
		return k, "", err
	}
	c.Name.Set = true
	if !c.Scopes.Set {
		c.Scopes = To(models.AllScopes)
	}
	if err := c.clean(); err != nil {
		return k, "", err
	}
	err = s.update(ctx, func(tx Tx) error {
		k, key, err = createKey(ctx, tx, p, p.OrganizationID, c)
		return err
	})
	return k, key, err
}

// ChangeAPIKey gives a key of the caller's organisation another name or other scopes. What a scope allowed that is
// taken away ends at once, live subscriptions included.
func (s *Service) ChangeAPIKey(ctx context.Context, p Principal, id int64, c KeyChanges) (k models.APIKey, err error) {
	err = s.withKey(ctx, p, id, func(tx Tx, found models.APIKey) error {
		if err := c.clean(); err != nil {
			return err
		}
		k, err = changeKey(ctx, tx, p, found, c)
		return err
	})
	return s.gate.uses.latest(k), err
}

// DeleteAPIKey ends a key of the caller's organisation and what hangs on it.
func (s *Service) DeleteAPIKey(ctx context.Context, p Principal, id int64) error {
	return s.withKey(ctx, p, id, func(tx Tx, k models.APIKey) error { return deleteKey(ctx, tx, p, k) })
}

func (s *Service) withKey(ctx context.Context, p Principal, id int64, fn func(Tx, models.APIKey) error) error {
	if err := keepersOnly(p); err != nil {
		return err
	}
	return s.update(ctx, func(tx Tx) error {
		k, err := lockKey(tx, p.OrganizationID, id)
		if err != nil {
			return err
		}
		return fn(tx, k)
	})
}
