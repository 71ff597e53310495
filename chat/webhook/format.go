package webhook

import (
	"context"
	"encoding/json"
	"time"

	"parley/chat"
	"parley/models"
)

// Format is what requests to a webhook say, and of which events. A webhook names its format.
type Format interface {
	// Deliveries is what an event is to a webhook of this format, in the order in which it is told: none, or some that
	// have different types. They are the same whenever it is asked.
	Deliveries(ctx context.Context, e models.Event, w models.Webhook) ([]models.Delivery, error)
	// Body is a delivery's request body, JSON. What it says of the event is the same for every attempt.
	Body(ctx context.Context, w models.Webhook, d models.Delivery) ([]byte, error)
}

// format is the one of a name; nil: there is none.
func (c Config) format(name string) Format {
	switch name {
	case models.FormatParley:
		return parley{c.OfflineAfter}
	case models.FormatGiosg:
		return c.Giosg
	}
	return nil
}

// parley is our own format: an envelope around the event's JSON, as channels carry it.
type parley struct{ offlineAfter time.Duration }

func (p parley) Deliveries(_ context.Context, e models.Event, w models.Webhook) (list []models.Delivery, err error) {
	name := chat.TypeOf(e)
	if name != "" && w.Events.Want(name) {
		list = append(list, chat.NewDelivery(e, name))
	}
	if name == "message.created" && w.Events.Want(chat.TypeOffline) {
		d, err := chat.OfflineDelivery(e, e.CreatedAt.Add(p.offlineAfter))
		return append(list, d), err
	}
	return list, nil
}

func (parley) Body(_ context.Context, _ models.Webhook, d models.Delivery) ([]byte, error) {
	return json.Marshal(struct {
		ID             string          `json:"id"`
		Type           string          `json:"type"`
		CreatedAt      models.Time     `json:"created_at"`
		OrganizationID int64           `json:"organization_id"`
		Data           json.RawMessage `json:"data"`
	}{d.UUID, d.Type, d.CreatedAt, d.OrganizationID, json.RawMessage(d.Payload)})
}
