package main

import (
	"github.com/google/uuid"

	"parley/chat"
	"parley/models"
)

// Webhooks are admins' affair, and that of keys with the scope.
func init() {
	admins := []caller{administrator, key}
	const one = "/chat/webhooks/:webhook_id"
	row := func(call, body string, status int) right {
		return right{call: call, body: body, scope: models.ScopeWebhooks, may: who{status: admins}}
	}
	addRights(
		row("GET /chat/webhooks", "", 200),
		row("POST /chat/webhooks", `{"url":"https://{random}.example"}`, 201),
		row("GET "+one, "", 200),
		row("PATCH "+one, `{"description":"{random}"}`, 200),
		row("DELETE "+one, "", 204),
		row("POST "+one+"/ping", "", 202),
		row("POST "+one+"/secret", "", 200),
		row("POST "+one+"/replay", `{"since":"2026-01-01T00:00:00Z"}`, 202),
		row("GET "+one+"/deliveries", "", 200),
		row("GET "+one+"/deliveries/:delivery_id", "", 200),
		row("POST "+one+"/deliveries/:delivery_id/replay", "", 202),

		right{call: "SUBSCRIBE /webhooks/:organization_id", scope: models.ScopeEvents, may: who{200: admins}},
		right{call: "SUBSCRIBE /webhooks/*", scope: models.ScopeEvents, may: who{200: admins}},
		right{call: "SUBSCRIBE /webhooks/**", may: who{403: {everyone}}},
		right{call: "PUBLISH /webhooks/:organization_id", may: who{403: {everyone}}},
		right{call: "PUBLISH /webhooks/*", may: who{405: {anyone}}},
		right{call: "PUBLISH /webhooks/**", may: who{405: {anyone}}},
	)
}

// queued is what waits for a webhook.
func (s *site) queued(tx chat.Tx, w models.Webhook) (d models.Delivery, err error) {
	list := []models.Delivery{{OrganizationID: s.org.ID, UUID: uuid.NewString(), Type: chat.TypePing, Payload: `{"n":1}`, CreatedAt: 1}}
	if _, err = tx.QueueDeliveries(w.ID, list, w.CreatedAt); err != nil {
		return d, err
	}
	page, err := tx.Deliveries(chat.DeliveryQuery{WebhookID: w.ID, Limit: 1})
	if err == nil {
		d = page[0]
	}
	return d, err
}
