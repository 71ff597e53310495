package models

import (
	"encoding/json"
	"slices"
	"strings"
)

// MaxWebhooks is how many an organisation may have, MaxWebhookURL how long an address may be, in bytes.
const (
	MaxWebhooks   = 20
	MaxWebhookURL = 2048
)

// Formats: what a request says, and how. That of giosg's tells of channels of giosg's API.
const (
	FormatParley = "parley"
	FormatGiosg  = "giosg"
)

// MaxWebhookChannels is how many patterns of channels a webhook may have, MaxWebhookChannel how long one may be.
const (
	MaxWebhookChannels = 20
	MaxWebhookChannel  = 300
)

// Webhook is an address that an organisation's events are sent to.
type Webhook struct {
	ID             int64  `json:"id" gorm:"primaryKey"`
	OrganizationID int64  `json:"organization_id"`
	URL            string `json:"url"`
	Description    string `json:"description"`
	Format         string `json:"format"`
	// Events are the types that it wants.
	Events EventTypes `json:"events"`
	// ManagerID, Channels and Actions are for those in giosg's format: whose user they call back as, patterns of
	// channels, and what they want of what happens there.
	ManagerID *int64   `json:"manager_id"`
	Channels  TextList `json:"channels"`
	Actions   TextList `json:"actions"`
	// Enabled: nothing is queued or sent otherwise, and what was queued before waits.
	Enabled bool `json:"enabled"`
	// DisabledReason is set when the server switched it off.
	DisabledReason DisabledReason `json:"disabled_reason"`
	DisabledAt     *Time          `json:"disabled_at"`
	// FailingSince is the first failure after the last success; nil: the last request went well, or there was none.
	FailingSince *Time `json:"failing_since"`
	SucceededAt  *Time `json:"succeeded_at"`
	// Secret signs; PreviousSecret does, too, until PreviousUntil. Both are as they were shown.
	Secret         string `json:"-"`
	PreviousSecret string `json:"-"`
	PreviousUntil  *Time  `json:"previous_secret_until"`
	// NextAt is when the first of its deliveries is due; nil: none waits.
	NextAt    *Time `json:"-"`
	CreatedAt Time  `json:"created_at" gorm:"autoCreateTime:false"`
	UpdatedAt Time  `json:"updated_at" gorm:"autoUpdateTime:false"`
	// DeletedAt: it is gone for everybody, and goes once its deliveries are removed.
	DeletedAt *Time `json:"-"`
}

// TextList is a list of texts as it is kept: JSON, or nothing.
type TextList string

// NewTextList makes it of a list.
func NewTextList(list []string) TextList {
	if len(list) == 0 {
		return ""
	}
	text, _ := json.Marshal(list) // texts can be written
	return TextList(text)
}

// List reads it back; never nil.
func (t TextList) List() []string {
	list := []string{}
	if t != "" {
		_ = json.Unmarshal([]byte(t), &list) // what NewTextList wrote can be read
	}
	return list
}

// MarshalJSON writes the list.
func (t TextList) MarshalJSON() ([]byte, error) { return json.Marshal(t.List()) }

// DisabledReason is why the server switched a webhook off.
type DisabledReason string

// Reasons.
const (
	// WebhookGone: it answered 410.
	WebhookGone DisabledReason = "gone"
	// WebhookFailing: no request went well for too long.
	WebhookFailing DisabledReason = "failing"
	// WebhookQueueFull: more waited for it than may.
	WebhookQueueFull DisabledReason = "queue_full"
)

// EventTypes is a list of types of events, such as "message.created", or of all of an entity, such as "message",
// as it is kept: separated by commas. AllEvents alone means all.
type EventTypes string

// AllEvents stands for every type, those to come included.
const AllEvents EventTypes = "all"

// NewEventTypes makes it of a list.
func NewEventTypes(list []string) EventTypes { return EventTypes(strings.Join(list, ",")) }

// List reads it back; never nil.
func (t EventTypes) List() []string {
	if t == "" {
		return []string{}
	}
	return strings.Split(string(t), ",")
}

// Want tells whether the type is among them.
func (t EventTypes) Want(eventType string) bool {
	entity, _, _ := strings.Cut(eventType, ".")
	list := t.List()
	return t == AllEvents || slices.Contains(list, eventType) || slices.Contains(list, entity)
}

// MarshalJSON writes the list.
func (t EventTypes) MarshalJSON() ([]byte, error) { return json.Marshal(t.List()) }

// Delivery is an event on its way to a webhook.
type Delivery struct {
	ID             int64 `json:"id" gorm:"primaryKey"`
	WebhookID      int64 `json:"webhook_id"`
	OrganizationID int64 `json:"organization_id"`
	// UUID is what the receiver knows it by: the same with every attempt and replay.
	UUID string `json:"uuid"`
	// EventID is the outbox's; nil for what is no event, such as a ping.
	EventID *int64 `json:"event_id"`
	// Type is what happened, such as "message.created".
	Type string `json:"type"`
	// Lane is what keeps an order: the deliveries of a webhook in one lane go one after the other, by their ids.
	// Those of the empty lane wait for nothing.
	Lane           string `json:"-"`
	ConversationID *int64 `json:"conversation_id"`
	VisitorID      string `json:"visitor_id"`
	// Payload is the event's JSON, as it was at commit.
	Payload string        `json:"-"`
	State   DeliveryState `json:"state"`
	// Attempts counts all that began, Retries those since it was queued, or replayed, last.
	Attempts int `json:"attempts"`
	Retries  int `json:"-"`
	// DueAt is when to send it; while it is Leased, being sent, when its sender is taken for dead. Nil: it waits for
	// another in its lane, or is finished.
	DueAt  *Time `json:"due_at"`
	Leased bool  `json:"-"`
	// Status is the last answer's; 0: there was none. Error is what was wrong with the last attempt.
	Status int    `json:"status"`
	Error  string `json:"error"`
	// CreatedAt is when the event happened, QueuedAt when this was queued or replayed last.
	CreatedAt  Time  `json:"created_at" gorm:"autoCreateTime:false"`
	QueuedAt   Time  `json:"queued_at"`
	FinishedAt *Time `json:"finished_at"`
}

// DeliveryState is how far a delivery is.
type DeliveryState string

// States. Only the pending ones are still tried.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed"
)

// Valid tells whether s is one of the three.
func (s DeliveryState) Valid() bool {
	return s == DeliveryPending || s == DeliveryDelivered || s == DeliveryFailed
}

// MaxAttemptsKept is how many of a delivery's attempts are remembered: the latest.
const MaxAttemptsKept = 50

// Attempt is one request of a delivery, and what came of it.
type Attempt struct {
	ID         int64 `json:"-" gorm:"primaryKey"`
	DeliveryID int64 `json:"-"`
	// Number counts a delivery's attempts from 1. One whose sender died has none.
	Number     int   `json:"number"`
	StartedAt  Time  `json:"started_at"`
	DurationMS int64 `json:"duration_ms"`
	// Status is the answer's; 0: there was none, and Error tells why.
	Status int    `json:"status"`
	Error  string `json:"error"`
	// Response is how the answer began.
	Response string `json:"response"`
}
