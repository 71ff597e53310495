package chat

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"parley/models"
)

// Webhooks manages an organisation's webhooks. Who has it was let in.
type Webhooks struct {
	store          Store
	committed      func()
	organizationID int64
	maxQueue       int
	by             Principal
}

// defaultMaxQueue bounds what waits for one webhook.
const defaultMaxQueue = 20_000

// Webhooks lets the caller manage the webhooks of her organisation.
func (s *Service) Webhooks(p Principal) (Webhooks, error) {
	return Webhooks{s.store, s.cfg.Committed, p.OrganizationID, s.cfg.MaxWebhookQueue, p}, mayWebhooks(p)
}

// Webhooks manages those of any organisation.
func (a *Admin) Webhooks(organizationID int64) Webhooks {
	return Webhooks{a.store, func() {}, organizationID, defaultMaxQueue, commandLine}
}

// WebhookChanges are what may be said of a webhook.
type WebhookChanges struct {
	URL, Description Change[string]
	Events           Change[[]string]
	Enabled          Change[bool]
	// Format is settled when a webhook is made; unless it is given it is our own.
	Format Change[string]
	GiosgChanges
}

const maxDescription = 200

// apply writes what is given into w.
func (c WebhookChanges) apply(w *models.Webhook) (err error) {
	if c.URL.Set {
		if w.URL, err = validWebhookURL(c.URL.To); err != nil {
			return err
		}
	}
	if err := c.applyGiosg(w); err != nil {
		return err
	}
	if c.Events.Set {
		if w.Events, err = validEventTypes(c.Events.To); err != nil {
			return err
		}
	}
	c.Description.into(&w.Description)
	c.Enabled.into(&w.Enabled)
	if w.Description = strings.TrimSpace(w.Description); !plain(w.Description) || len(w.Description) > maxDescription {
		return E(Invalid, "description_invalid", "A description is one line of up to %d bytes", maxDescription)
	}
	return nil
}

func newWebhookSecret() string {
	secret := make([]byte, 32)
	rand.Read(secret) //nolint:errcheck // it never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(secret)
}

// Create makes a webhook and returns, this once, the secret that its requests are signed with. Without events it is
// told all.
func (h Webhooks) Create(ctx context.Context, c WebhookChanges) (w models.Webhook, secret string, err error) {
	fresh := models.Webhook{
		OrganizationID: h.organizationID, Format: models.FormatParley, Events: models.AllEvents, Enabled: true, Secret: newWebhookSecret(),
	}
	c.URL.Set = true
	if err := c.format(&fresh); err != nil {
		return w, "", err
	}
	if err := c.apply(&fresh); err != nil {
		return w, "", err
	}
	err = h.update(ctx, func(tx Tx) error {
		if err := h.mayGiosg(tx, fresh); err != nil {
			return err
		}
		if _, err := tx.LockOrganization(h.organizationID); err != nil {
			return orNotFound(err, "organization_not_found", "There is no organisation %d", h.organizationID)
		}
		others, err := tx.Webhooks(h.organizationID)
		if err != nil {
			return err
		}
		if len(others) >= models.MaxWebhooks {
			return E(Conflict, "too_many_webhooks", "There are %d webhooks already", models.MaxWebhooks)
		}
		w = fresh
		w.CreatedAt = now()
		w.UpdatedAt = w.CreatedAt
		if err := tx.CreateWebhook(&w); err != nil {
			return err
		}
		if err := auditWebhook(ctx, tx, h.by, models.AuditWebhookAdded, w, nil); err != nil {
			return err
		}
		return noteWebhook(tx, w, created)
	})
	return w, w.Secret, err
}

func (h Webhooks) update(ctx context.Context, fn func(Tx) error) error {
	if err := h.store.Update(ctx, fn); err != nil {
		return err
	}
	h.committed()
	return nil
}

// List lists them.
func (h Webhooks) List(ctx context.Context) ([]models.Webhook, error) {
	return h.store.View(ctx).Webhooks(h.organizationID)
}

func webhookNotFound(id int64) *Error {
	return E(NotFound, "webhook_not_found", "There is no webhook %d", id)
}

// own refuses what is not there, and another organisation's as if it were not.
func (h Webhooks) own(w models.Webhook, id int64, err error) (models.Webhook, error) {
	if errors.Is(err, ErrNoRecord) || err == nil && w.OrganizationID != h.organizationID {
		return models.Webhook{}, webhookNotFound(id)
	}
	return w, err
}

// Show finds one.
func (h Webhooks) Show(ctx context.Context, id int64) (models.Webhook, error) {
	w, err := h.store.View(ctx).Webhook(id)
	return h.own(w, id, err)
}

// with changes one under its lock.
func (h Webhooks) with(ctx context.Context, id int64, fn func(Tx, *models.Webhook) error) (w models.Webhook, err error) {
	if _, err := h.Show(ctx, id); err != nil { // another's is not locked
		return w, err
	}
	err = h.update(ctx, func(tx Tx) error {
		var err error
		if w, err = tx.LockWebhook(id); err != nil {
			return orNotFound(err, "webhook_not_found", "There is no webhook %d", id)
		}
		return fn(tx, &w)
	})
	return w, err
}

func auditWebhook(ctx context.Context, tx Tx, by Principal, action models.AuditAction, w models.Webhook, details map[string]any) error {
	return audit(ctx, tx, by, Deed{
		Action: action, OrganizationID: w.OrganizationID, Target: targetOf("webhook", w.ID), Details: details,
	})
}

// save keeps what was changed, and tells.
func save(tx Tx, w *models.Webhook, action string) error {
	w.UpdatedAt = now()
	if err := tx.SaveWebhook(*w); err != nil {
		return err
	}
	return noteWebhook(tx, *w, action)
}

// Change changes what is given. What waits for a webhook that is switched on is sent at once.
func (h Webhooks) Change(ctx context.Context, id int64, c WebhookChanges) (models.Webhook, error) {
	return h.with(ctx, id, func(tx Tx, w *models.Webhook) error {
		before := *w
		if c.Format.Set && c.Format.To != w.Format {
			return E(Invalid, "format_invalid", "A webhook's format cannot be changed")
		}
		if err := c.apply(w); err != nil {
			return err
		}
		if err := h.mayGiosg(tx, *w); err != nil {
			return err
		}
		if w.URL != before.URL || w.Enabled && !before.Enabled {
			w.FailingSince = nil
		}
		if w.Enabled {
			w.DisabledReason, w.DisabledAt = "", nil
		} else if before.Enabled {
			at := now()
			w.DisabledAt = &at
		}
		err := auditWebhook(ctx, tx, h.by, models.AuditWebhookChanged, *w, map[string]any{
			"host": webhookHost(w.URL), "events": w.Events, "enabled": w.Enabled,
		})
		if err == nil {
			err = save(tx, w, updated)
		}
		if err != nil || !w.Enabled || before.Enabled {
			return err
		}
		return tx.WakeWebhook(id, now())
	})
}

// Delete ends one. What is known of its deliveries is removed in the background.
func (h Webhooks) Delete(ctx context.Context, id int64) error {
	_, err := h.with(ctx, id, func(tx Tx, w *models.Webhook) error {
		at := now()
		w.DeletedAt, w.Enabled, w.Secret, w.PreviousSecret = &at, false, "", ""
		if err := auditWebhook(ctx, tx, h.by, models.AuditWebhookDeleted, *w, nil); err != nil {
			return err
		}
		return save(tx, w, deleted)
	})
	return err
}

// Overlap of two secrets: how long the older one signs, too, unless told otherwise, and at most.
const (
	defaultOverlap = 24 * time.Hour
	maxOverlap     = 7 * 24 * time.Hour
)

// Rotate gives a webhook another secret, which is returned this once. For the overlap, of 24 hours when it is nil,
// requests carry both signatures, so that a receiver can change over meanwhile.
func (h Webhooks) Rotate(ctx context.Context, id int64, overlap *time.Duration) (models.Webhook, string, error) {
	lasts := defaultOverlap
	if overlap != nil {
		lasts = *overlap
	}
	if lasts < 0 || lasts > maxOverlap {
		return models.Webhook{}, "", E(Invalid, "overlap_invalid", "The secrets overlap for 0 to %d days", maxOverlap/(24*time.Hour))
	}
	secret := newWebhookSecret()
	w, err := h.with(ctx, id, func(tx Tx, w *models.Webhook) error {
		until := now().Add(lasts)
		w.PreviousSecret, w.PreviousUntil = w.Secret, &until
		if lasts == 0 {
			w.PreviousSecret, w.PreviousUntil = "", nil
		}
		w.Secret = secret
		if err := auditWebhook(ctx, tx, h.by, models.AuditWebhookChanged, *w, map[string]any{"secret": "another"}); err != nil {
			return err
		}
		return save(tx, w, updated)
	})
	return w, secret, err
}
