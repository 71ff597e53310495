package chat

import (
	"encoding/json"
	"slices"
	"strings"

	"parley/models"
)

// Types of events beside those that are made of entity and action.
const (
	typeClosed  = "conversation.closed"
	typeDeleted = "message.deleted"
	// TypeOffline is a message that was written while its recipient was away, and that nobody has read for a while.
	TypeOffline = "message.recipient_offline"
	// TypePing tries a webhook out. It is nobody's event, and nobody asks for it.
	TypePing = "webhook.ping"
)

// eventTypes are what webhooks can be told, the entity before the point.
var eventTypes = []string{
	"conversation.created", "conversation.updated", typeClosed,
	"message.created", "message.updated", typeDeleted, TypeOffline,
	"read.updated", "notification.created", "seen.updated", "transition.created", "note.created", "note.deleted", "tags.updated",
	"visitor.updated", "erasure.created", "availability.updated", "webhook.disabled",
}

// EventTypes lists all types that a webhook can ask for.
func EventTypes() []string { return slices.Clone(eventTypes) }

// TypeOf is an event's type, such as "message.created"; empty for what is told to nobody outside: announcements of
// what has not changed, and what the server's nodes tell each other.
func TypeOf(e models.Event) string {
	name := string(e.Kind) + "." + e.Action
	switch name {
	case "conversation.updated":
		var ev Event
		if json.Unmarshal([]byte(e.Payload), &ev) == nil && ev.Conversation != nil &&
			ev.Conversation.ClosedAt != nil && *ev.Conversation.ClosedAt == e.CreatedAt { // not a change after its end
			return typeClosed
		}
	case "message.updated":
		var ev Event
		if json.Unmarshal([]byte(e.Payload), &ev) == nil && ev.Message != nil && ev.Message.Deleted {
			return typeDeleted
		}
	}
	if !slices.Contains(eventTypes, name) {
		return ""
	}
	return name
}

// validEventTypes reads what a webhook asks for: types, entities, or all.
func validEventTypes(list []string) (models.EventTypes, error) {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	if slices.Contains(list, string(models.AllEvents)) {
		return models.AllEvents, nil
	}
	for _, name := range list {
		if !slices.ContainsFunc(eventTypes, func(known string) bool { return known == name || strings.HasPrefix(known, name+".") }) {
			return "", E(Invalid, "events_invalid", "There is no event %q; there are all, %s", name, strings.Join(eventTypes, ", "))
		}
	}
	if len(list) == 0 {
		return "", E(Invalid, "events_invalid", "events is a list of types, such as message.created, or [\"all\"]")
	}
	return models.NewEventTypes(list), nil
}
