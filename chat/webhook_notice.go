package chat

import (
	"context"

	"parley/models"
)

// WebhookNotice is what an organisation's admins are told of a webhook, and its other webhooks when it was switched
// off. It holds no secret.
type WebhookNotice struct {
	ID             int64                 `json:"id"`
	OrganizationID int64                 `json:"organization_id"`
	Host           string                `json:"host"`
	Description    string                `json:"description"`
	Enabled        bool                  `json:"enabled"`
	DisabledReason models.DisabledReason `json:"disabled_reason"`
	DisabledAt     *models.Time          `json:"disabled_at"`
	FailingSince   *models.Time          `json:"failing_since"`
}

// noteWebhook leaves an event, by which the feed, too, learns of changes.
func noteWebhook(tx Tx, w models.Webhook, action string) error {
	return appendEvent(tx, models.Event{
		OrganizationID: w.OrganizationID, Kind: models.EventWebhook, Action: action, CreatedAt: w.UpdatedAt,
	}, Event{Entity: models.EventWebhook, Event: action, Webhook: &WebhookNotice{
		ID: w.ID, OrganizationID: w.OrganizationID, Host: webhookHost(w.URL), Description: w.Description,
		Enabled: w.Enabled, DisabledReason: w.DisabledReason, DisabledAt: w.DisabledAt, FailingSince: w.FailingSince,
	}})
}

// DisableWebhook switches a locked webhook off and tells the admins why.
func DisableWebhook(ctx context.Context, tx Tx, w *models.Webhook, reason models.DisabledReason) error {
	at := now()
	w.Enabled, w.DisabledReason, w.DisabledAt = false, reason, &at
	if err := auditWebhook(ctx, tx, system, models.AuditWebhookChanged, *w, map[string]any{"enabled": false, "reason": reason}); err != nil {
		return err
	}
	return save(tx, w, "disabled")
}
