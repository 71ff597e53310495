package webhook

import (
	"encoding/json"

	"parley/chat"
	"parley/models"
)

// Format is what requests to a webhook say, and of which events. A webhook names its format.
type Format interface {
	// Types names what an event is to webhooks of this format: one delivery for each that the webhook wants.
	Types(e models.Event) []string
	// Body is a delivery's request body, JSON. It is the same for every attempt.
	Body(d models.Delivery) ([]byte, error)
}

var formats = map[string]Format{models.FormatParley: parley{}}

// parley is our own format: an envelope around the event's JSON, as channels carry it.
type parley struct{}

func (parley) Types(e models.Event) []string {
	name := chat.TypeOf(e)
	switch name {
	case "":
		return nil
	case "message.created":
		return []string{name, chat.TypeOffline}
	}
	return []string{name}
}

func (parley) Body(d models.Delivery) ([]byte, error) {
	return json.Marshal(struct {
		ID             string          `json:"id"`
		Type           string          `json:"type"`
		CreatedAt      models.Time     `json:"created_at"`
		OrganizationID int64           `json:"organization_id"`
		Data           json.RawMessage `json:"data"`
	}{d.UUID, d.Type, d.CreatedAt, d.OrganizationID, json.RawMessage(d.Payload)})
}
