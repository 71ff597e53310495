package chat

import (
	"encoding/json"
	"strconv"

	"parley/models"
)

// NewDelivery puts an event into the form that a webhook's queue has. Events of a conversation share a lane, and so do
// a visitor's notifications and an organisation's availability.
func NewDelivery(e models.Event, eventType string) models.Delivery {
	return models.Delivery{
		OrganizationID: e.OrganizationID, UUID: newUUID(), EventID: &e.ID, Type: eventType, Lane: lane(e),
		ConversationID: e.ConversationID, VisitorID: e.VisitorID, Payload: e.Payload, CreatedAt: e.CreatedAt,
	}
}

func lane(e models.Event) string {
	switch {
	case e.ConversationID != nil:
		return "c" + strconv.FormatInt(*e.ConversationID, 10)
	case e.VisitorID != "":
		return "v" + e.VisitorID
	}
	return string(e.Kind)
}

// OfflineDelivery tells that a message, of which e tells, has found nobody. It waits for nothing but its moment.
func OfflineDelivery(e models.Event, due models.Time) (models.Delivery, error) {
	d := NewDelivery(e, TypeOffline)
	d.Lane, d.DueAt = "", &due
	var ev Event
	if err := json.Unmarshal([]byte(e.Payload), &ev); err != nil {
		return d, err
	}
	ev.Event = "recipient_offline"
	payload, err := json.Marshal(ev)
	d.Payload = string(payload)
	return d, err
}

// DeliveryView is a delivery with all that is known of it.
type DeliveryView struct {
	models.Delivery
	// Data is the event's JSON.
	Data json.RawMessage  `json:"data"`
	Log  []models.Attempt `json:"log"`
}
