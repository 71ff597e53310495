package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// webhookRoutes are for admins, and for backends whose key has the scope.
func (a *conversationAPI) webhookRoutes(g *gin.RouterGroup) {
	on := func(method, path string, handle func(call, chat.Webhooks)) {
		g.Handle(method, path, private, a.as(func(c call) {
			hooks, err := a.service.Webhooks(c.principal)
			if err != nil {
				fail(c.Context, err)
				return
			}
			handle(c, hooks)
		}))
	}
	const one = "/webhooks/:webhook_id"
	on(http.MethodGet, "/webhooks", a.webhooks)
	on(http.MethodPost, "/webhooks", a.makeWebhook)
	on(http.MethodGet, one, a.webhook)
	on(http.MethodPatch, one, a.changeWebhook)
	on(http.MethodDelete, one, a.deleteWebhook)
	on(http.MethodPost, one+"/ping", a.pingWebhook)
	on(http.MethodPost, one+"/secret", a.rotateSecret)
	on(http.MethodPost, one+"/replay", a.replayFailed)
	on(http.MethodGet, one+"/deliveries", a.deliveries)
	on(http.MethodGet, one+"/deliveries/:delivery_id", a.delivery)
	on(http.MethodPost, one+"/deliveries/:delivery_id/replay", a.replay)
	for _, path := range []string{"", "/:webhook_id", "/:webhook_id/ping", "/:webhook_id/secret", "/:webhook_id/replay",
		"/:webhook_id/deliveries", "/:webhook_id/deliveries/:delivery_id", "/:webhook_id/deliveries/:delivery_id/replay"} {
		g.OPTIONS("/webhooks"+path, func(c *gin.Context) { c.Status(http.StatusNoContent) }) // cors has answered
	}
}

// secretWebhook is a webhook and, this once, its secret.
type secretWebhook struct {
	models.Webhook
	Secret string `json:"secret"`
}

func (c call) webhookID() (int64, error) { return pathID(c.Context, "webhook_id", "webhook_not_found") }

func (c call) deliveryID() (webhook, delivery int64, err error) {
	if webhook, err = c.webhookID(); err == nil {
		delivery, err = pathID(c.Context, "delivery_id", "delivery_not_found")
	}
	return webhook, delivery, err
}

func (c call) webhookChanges(maxBody int64) (ch chat.WebhookChanges, err error) {
	return ch, c.read(maxBody, fields{
		"url": &ch.URL, "events": &ch.Events, "description": &ch.Description, "enabled": &ch.Enabled,
		"format": &ch.Format, "manager_id": &ch.ManagerID, "channels": &ch.Channels, "actions": &ch.Actions,
	})
}

func (a *conversationAPI) webhooks(c call, hooks chat.Webhooks) {
	all, err := hooks.List(c.Request.Context())
	c.reply(http.StatusOK, "webhooks", all, err)
}

func (a *conversationAPI) makeWebhook(c call, hooks chat.Webhooks) {
	ch, err := c.webhookChanges(a.maxBody)
	var made secretWebhook
	if err == nil {
		made.Webhook, made.Secret, err = hooks.Create(c.Request.Context(), ch)
	}
	c.reply(http.StatusCreated, "webhook", made, err)
}

func (a *conversationAPI) webhook(c call, hooks chat.Webhooks) {
	id, err := c.webhookID()
	var w models.Webhook
	if err == nil {
		w, err = hooks.Show(c.Request.Context(), id)
	}
	c.reply(http.StatusOK, "webhook", w, err)
}

func (a *conversationAPI) changeWebhook(c call, hooks chat.Webhooks) {
	id, err := c.webhookID()
	var ch chat.WebhookChanges
	if err == nil {
		ch, err = c.webhookChanges(a.maxBody)
	}
	var w models.Webhook
	if err == nil {
		w, err = hooks.Change(c.Request.Context(), id, ch)
	}
	c.reply(http.StatusOK, "webhook", w, err)
}

func (a *conversationAPI) deleteWebhook(c call, hooks chat.Webhooks) {
	id, err := c.webhookID()
	if err == nil {
		err = hooks.Delete(c.Request.Context(), id)
	}
	c.reply(http.StatusNoContent, "", nil, err)
}

func (a *conversationAPI) pingWebhook(c call, hooks chat.Webhooks) {
	id, err := c.webhookID()
	var d models.Delivery
	if err == nil {
		d, err = hooks.Ping(c.Request.Context(), id)
	}
	c.reply(http.StatusAccepted, "delivery", d, err)
}

// rotateSecret takes overlap_ms: how long the older secret signs, too.
func (a *conversationAPI) rotateSecret(c call, hooks chat.Webhooks) {
	id, err := c.webhookID()
	var ms *int64
	if err == nil {
		err = c.read(a.maxBody, fields{"overlap_ms": &ms})
	}
	var overlap *time.Duration
	if err == nil && ms != nil {
		d := time.Duration(min(max(*ms, -1), 1<<40)) * time.Millisecond // what is out of bounds stays so
		overlap = &d
	}
	var rotated secretWebhook
	if err == nil {
		rotated.Webhook, rotated.Secret, err = hooks.Rotate(c.Request.Context(), id, overlap)
	}
	c.reply(http.StatusOK, "webhook", rotated, err)
}

func (a *conversationAPI) deliveries(c call, hooks chat.Webhooks) {
	id, err := c.webhookID()
	var r chat.DeliveriesRequest
	if err == nil {
		r, err = c.deliveriesRequest()
	}
	var page []models.Delivery
	var next int64
	if err == nil {
		page, next, err = hooks.Deliveries(c.Request.Context(), id, r)
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	answer := gin.H{"deliveries": page, "next": nil}
	if next != 0 {
		answer["next"] = next
	}
	c.JSON(http.StatusOK, answer)
}

func (c call) deliveriesRequest() (r chat.DeliveriesRequest, err error) {
	r.State, r.Type = models.DeliveryState(c.Query("state")), c.Query("type")
	if text := c.Query("before"); text != "" {
		if r.Before, err = strconv.ParseInt(text, 10, 64); err != nil || r.Before < 1 {
			return r, chat.E(chat.Invalid, "before_invalid", "before is the id of a delivery")
		}
	}
	if text := c.Query("limit"); text != "" {
		if r.Limit, err = strconv.Atoi(text); err != nil || r.Limit < 1 {
			return r, chat.E(chat.Invalid, "limit_invalid", "limit is a whole number above 0")
		}
	}
	return r, nil
}

func (a *conversationAPI) delivery(c call, hooks chat.Webhooks) {
	webhook, id, err := c.deliveryID()
	var d chat.DeliveryView
	if err == nil {
		d, err = hooks.Delivery(c.Request.Context(), webhook, id)
	}
	c.reply(http.StatusOK, "delivery", d, err)
}

func (a *conversationAPI) replay(c call, hooks chat.Webhooks) {
	webhook, id, err := c.deliveryID()
	var d models.Delivery
	if err == nil {
		d, err = hooks.Replay(c.Request.Context(), webhook, id)
	}
	c.reply(http.StatusAccepted, "delivery", d, err)
}

// replayFailed takes since, a moment.
func (a *conversationAPI) replayFailed(c call, hooks chat.Webhooks) {
	id, err := c.webhookID()
	var since *models.Time
	if err == nil {
		err = c.read(a.maxBody, fields{"since": &since})
	}
	if err == nil && since == nil {
		err = chat.E(chat.Invalid, "since_invalid", "since is a moment such as 2026-01-31T12:00:00Z")
	}
	n := 0
	if err == nil {
		// Whoever asked may be gone: what was begun is done.
		n, err = hooks.ReplayFailed(context.WithoutCancel(c.Request.Context()), id, since.Time())
	}
	c.reply(http.StatusAccepted, "replayed", n, err)
}
