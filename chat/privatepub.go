package chat

import (
	"context"
	"crypto/rand"
	"errors"

	"parley/models"
)

// PrivatePubReader reads the secrets of signed subscriptions.
type PrivatePubReader interface {
	PrivatePub(organizationID int64) (models.PrivatePub, error)
	PrivatePubs() ([]models.PrivatePub, error)
	// PrivatePubsBySecret lists, by the hash of a secret, up to two who have it.
	PrivatePubsBySecret(hash string) ([]models.PrivatePub, error)
}

// PrivatePubTx changes them.
type PrivatePubTx interface {
	SavePrivatePub(p models.PrivatePub) error
	DeletePrivatePub(organizationID int64) error
}

// Bounds of a secret that an organisation brings along, in bytes.
const (
	minSecret = 16
	maxSecret = 200
)

// setPrivatePub gives an organisation a secret, a new one unless it is given. What hung on the old one ends.
func setPrivatePub(ctx context.Context, tx Tx, by Principal, organizationID int64, secret string) (models.PrivatePub, string, error) {
	made := ""
	if secret == "" {
		made = rand.Text() + rand.Text()
		secret = made
	} else if len(secret) < minSecret || len(secret) > maxSecret || !plain(secret) {
		return models.PrivatePub{}, "", E(Invalid, "secret_invalid", "A secret has %d to %d bytes of text", minSecret, maxSecret)
	}
	before, err := lockPrivatePub(tx, organizationID)
	if err != nil && !errors.Is(err, ErrNoRecord) {
		return before, "", err
	}
	p := models.PrivatePub{
		OrganizationID: organizationID, Secret: secret, SecretHash: hashSecret(secret),
		CreatedAt: max(now(), before.CreatedAt+1),
	}
	if err := tx.SavePrivatePub(p); err != nil {
		return p, "", err
	}
	if err := audit(ctx, tx, by, Deed{Action: models.AuditPrivatePubOn, OrganizationID: organizationID}); err != nil {
		return p, "", err
	}
	return p, made, revoke(tx, organizationID, revocation{PrivatePubOf: organizationID})
}

func deletePrivatePub(ctx context.Context, tx Tx, by Principal, organizationID int64) error {
	if _, err := lockPrivatePub(tx, organizationID); err != nil {
		return orNotFound(err, "private_pub_off", "The organisation takes no signed subscriptions")
	}
	if err := tx.DeletePrivatePub(organizationID); err != nil {
		return err
	}
	if err := audit(ctx, tx, by, Deed{Action: models.AuditPrivatePubOff, OrganizationID: organizationID}); err != nil {
		return err
	}
	return revoke(tx, organizationID, revocation{PrivatePubOf: organizationID})
}

func lockPrivatePub(tx Tx, organizationID int64) (models.PrivatePub, error) {
	_, err := tx.LockOrganization(organizationID)
	if err != nil {
		return models.PrivatePub{}, orNotFound(err, "organization_not_found", "There is no organisation %d", organizationID)
	}
	return tx.PrivatePub(organizationID)
}

// PrivatePubView is whether an organisation takes signed subscriptions.
type PrivatePubView struct {
	OrganizationID int64 `json:"organization_id"`
	Enabled        bool  `json:"enabled"`
	// ExpiresAfterMS is how long a signature may be used to subscribe.
	ExpiresAfterMS int64        `json:"expires_after_ms"`
	CreatedAt      *models.Time `json:"created_at"`
	// Secret is shown once, when it was made here.
	Secret string `json:"secret,omitempty"`
}

func viewPrivatePub(r Reader, organizationID int64) (v PrivatePubView, err error) {
	p, err := r.PrivatePub(organizationID)
	v.OrganizationID = organizationID
	if errors.Is(err, ErrNoRecord) {
		return v, nil
	}
	v.Enabled, v.CreatedAt = true, &p.CreatedAt
	return v, err
}

// PrivatePub tells whether an organisation takes signed subscriptions.
func (a *Admin) PrivatePub(ctx context.Context, organizationID int64) (PrivatePubView, error) {
	if _, err := a.Organization(ctx, organizationID); err != nil {
		return PrivatePubView{}, err
	}
	return viewPrivatePub(a.store.View(ctx), organizationID)
}

// SetPrivatePub has an organisation take signed subscriptions, with a secret of its own or a new one, which is
// returned this once.
func (a *Admin) SetPrivatePub(ctx context.Context, organizationID int64, secret string) (v PrivatePubView, err error) {
	err = a.store.Update(ctx, func(tx Tx) error {
		p, made, err := setPrivatePub(ctx, tx, commandLine, organizationID, secret)
		v = PrivatePubView{OrganizationID: p.OrganizationID, Enabled: true, CreatedAt: &p.CreatedAt, Secret: made}
		return err
	})
	return v, err
}

// DeletePrivatePub ends it.
func (a *Admin) DeletePrivatePub(ctx context.Context, organizationID int64) error {
	return a.store.Update(ctx, func(tx Tx) error { return deletePrivatePub(ctx, tx, commandLine, organizationID) })
}

// PrivatePub tells an admin whether her organisation takes signed subscriptions.
func (s *Service) PrivatePub(ctx context.Context, p Principal) (PrivatePubView, error) {
	if err := keepersOnly(p); err != nil {
		return PrivatePubView{}, err
	}
	v, err := viewPrivatePub(s.store.View(ctx), p.OrganizationID)
	v.ExpiresAfterMS = s.gate.signatureLife().Milliseconds()
	return v, err
}

// SetPrivatePub has the admin's organisation take signed subscriptions, with a secret of its own or, without one,
// a new one, which is returned this once. What hung on the old one ends.
func (s *Service) SetPrivatePub(ctx context.Context, p Principal, secret string) (v PrivatePubView, err error) {
	if err := keepersOnly(p); err != nil {
		return v, err
	}
	err = s.update(ctx, func(tx Tx) error {
		set, made, err := setPrivatePub(ctx, tx, p, p.OrganizationID, secret)
		v = PrivatePubView{OrganizationID: p.OrganizationID, Enabled: true, CreatedAt: &set.CreatedAt, Secret: made}
		return err
	})
	v.ExpiresAfterMS = s.gate.signatureLife().Milliseconds()
	return v, err
}

// DeletePrivatePub ends it, and what hung on it.
func (s *Service) DeletePrivatePub(ctx context.Context, p Principal) error {
	if err := keepersOnly(p); err != nil {
		return err
	}
	return s.update(ctx, func(tx Tx) error { return deletePrivatePub(ctx, tx, p, p.OrganizationID) })
}
