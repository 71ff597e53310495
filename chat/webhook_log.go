package chat

import (
	"context"
	"encoding/json"
	"time"

	"parley/models"
)

// deliveriesPage is how many deliveries a page has unasked, maxDeliveriesPage at most.
const (
	deliveriesPage    = 50
	maxDeliveriesPage = 200
	replayBatch       = 500
)

// DeliveriesRequest asks for a page of a webhook's deliveries, the latest first.
type DeliveriesRequest struct {
	State models.DeliveryState // empty: any
	Type  string               // empty: any
	// Before is an id that a page goes on after; 0: from the latest. Limit 0 takes the default (50), more than 200 is cut.
	Before int64
	Limit  int
}

// Deliveries lists what was sent, failed or waits. next is the Before of the next page, 0 at the end.
func (h Webhooks) Deliveries(ctx context.Context, id int64, r DeliveriesRequest) (page []models.Delivery, next int64, err error) {
	if _, err := h.Show(ctx, id); err != nil {
		return nil, 0, err
	}
	if r.State != "" && !r.State.Valid() {
		return nil, 0, E(Invalid, "state_invalid", "The state of a delivery is pending, delivered or failed")
	}
	if r.Limit == 0 {
		r.Limit = deliveriesPage
	}
	limit := min(r.Limit, maxDeliveriesPage)
	if !plain(r.Type) {
		return nil, 0, E(Invalid, "type_invalid", "The type is no text")
	}
	page, err = h.store.View(ctx).Deliveries(DeliveryQuery{WebhookID: id, State: r.State, Type: r.Type, Before: r.Before, Limit: limit + 1})
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, err
}

// Delivery tells all about one: what was sent, and what came of each attempt.
func (h Webhooks) Delivery(ctx context.Context, webhookID, id int64) (DeliveryView, error) {
	if _, err := h.Show(ctx, webhookID); err != nil {
		return DeliveryView{}, err
	}
	view := h.store.View(ctx)
	d, err := view.Delivery(id)
	if err == nil && d.WebhookID != webhookID {
		err = ErrNoRecord
	}
	if err != nil {
		return DeliveryView{}, orNotFound(err, "delivery_not_found", "There is no delivery %d", id)
	}
	attempts, err := view.Attempts(id)
	return DeliveryView{Delivery: d, Data: json.RawMessage(d.Payload), Log: attempts}, err
}

func (h Webhooks) active(w models.Webhook) error {
	if !w.Enabled {
		return E(Conflict, "webhook_disabled", "The webhook is switched off")
	}
	return nil
}

// room refuses what the queue does not hold.
func (h Webhooks) room(tx Tx, id int64) (int, error) {
	n, err := tx.Queued(id, h.maxQueue)
	if err == nil && n >= h.maxQueue {
		err = E(Conflict, "queue_full", "%d deliveries wait for this webhook already", n)
	}
	return h.maxQueue - n, err
}

// Ping queues a delivery of the type webhook.ping, whatever the webhook asks for.
func (h Webhooks) Ping(ctx context.Context, id int64) (d models.Delivery, err error) {
	_, err = h.with(ctx, id, func(tx Tx, w *models.Webhook) error {
		if err := h.active(*w); err != nil {
			return err
		}
		if _, err := h.room(tx, id); err != nil {
			return err
		}
		payload, err := json.Marshal(map[string]any{"entity": "webhook", "event": "ping", "webhook": map[string]any{"id": w.ID, "organization_id": w.OrganizationID}})
		if err != nil {
			return err
		}
		at := now()
		uuid := newUUID()
		if _, err = tx.QueueDeliveries(id, []models.Delivery{{
			OrganizationID: w.OrganizationID, UUID: uuid, Type: TypePing, Payload: string(payload), CreatedAt: at,
		}}, at); err != nil {
			return err
		}
		latest, err := tx.Deliveries(DeliveryQuery{WebhookID: id, Limit: 1})
		if err == nil {
			d = latest[0] // nobody else adds any: the webhook is locked
		}
		return err
	})
	return d, err
}

// Replay sends a delivery once more, with the id that it had; one that rests until its next attempt is sent at once.
func (h Webhooks) Replay(ctx context.Context, webhookID, id int64) (d models.Delivery, err error) {
	_, err = h.with(ctx, webhookID, func(tx Tx, w *models.Webhook) error {
		if err := h.active(*w); err != nil {
			return err
		}
		d, err = tx.Delivery(id)
		if err == nil && d.WebhookID != webhookID {
			err = ErrNoRecord
		}
		if err != nil {
			return orNotFound(err, "delivery_not_found", "There is no delivery %d", id)
		}
		if d.State != models.DeliveryPending {
			if _, err := h.room(tx, webhookID); err != nil {
				return err
			}
		}
		if err := tx.ReplayDeliveries(webhookID, []int64{id}, now()); err != nil {
			return err
		}
		d, err = tx.Delivery(id)
		return err
	})
	return d, err
}

// ReplayFailed queues all failed deliveries of what happened since a moment, as far as the queue has room, and tells how
// many.
func (h Webhooks) ReplayFailed(ctx context.Context, id int64, since time.Time) (total int, err error) {
	after := int64(0)
	for {
		ids, err := h.replaySome(ctx, id, models.At(since), after)
		total += len(ids)
		if err != nil && (total == 0 || KindOf(err) != Conflict) {
			return total, err
		}
		if err != nil || len(ids) < replayBatch {
			return total, nil
		}
		after = ids[len(ids)-1]
	}
}

func (h Webhooks) replaySome(ctx context.Context, id int64, since models.Time, after int64) (ids []int64, err error) {
	_, err = h.with(ctx, id, func(tx Tx, w *models.Webhook) error {
		if err := h.active(*w); err != nil {
			return err
		}
		room, err := h.room(tx, id)
		if err != nil {
			return err
		}
		if ids, err = tx.FailedDeliveries(id, since, after, min(room, replayBatch)); err != nil {
			return err
		}
		return tx.ReplayDeliveries(id, ids, now())
	})
	return ids, err
}
