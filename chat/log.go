package chat

import (
	"context"
	"strconv"

	"parley/models"
)

// EventLog is the outbox as a record of what was published.
type EventLog interface {
	// LatestEvent is the highest id of an event, 0 when there is none.
	LatestEvent(ctx context.Context) (int64, error)
	// Events lists the last events that the query finds, by rising id.
	Events(ctx context.Context, q EventQuery) ([]models.Event, error)
}

// EventQuery asks for the events that went out on one channel.
type EventQuery struct {
	OrganizationID int64 // 0: any
	Kinds          []EventSort
	// One of these two says whose.
	ConversationID int64
	VisitorID      string

	After int64 // ids above this
	Limit int
}

// EventSort is a kind of event, of one action or, when that is empty, of all.
type EventSort struct {
	Kind   models.EventKind
	Action string
}

// Log tells subscribers who were away what went out on the chat's channels meanwhile. Its methods fit the Bayeux
// engine's replayer by shape; the ids are the events'.
type Log struct{ events EventLog }

// NewLog makes a log.
func NewLog(events EventLog) Log { return Log{events: events} }

// Keeps tells whether the channel is one of the chat's.
func (Log) Keeps(channel string) bool {
	_, _, ok := splitFamily(channel)
	return ok
}

// Newest is the highest id so far.
func (l Log) Newest(ctx context.Context) (int64, error) { return l.events.LatestEvent(ctx) }

// Replay passes on what went out on the channel, for subscribers of the scope, after an event.
func (l Log) Replay(ctx context.Context, channel, scope string, after int64, limit int, each func(id int64, data []byte)) error {
	q, ok := logQuery(channel)
	if !ok {
		return nil
	}
	if scope != "" {
		id, err := strconv.ParseInt(scope, 10, 64)
		if err != nil {
			return nil // no organisation's scope: nothing of the chat is in it
		}
		q.OrganizationID = id
	}
	q.After, q.Limit = after, limit
	events, err := l.events.Events(ctx, q)
	for _, e := range events {
		each(e.ID, []byte(e.Payload))
	}
	return err
}

// logQuery finds the events that channels sends to the channel.
func logQuery(channel string) (EventQuery, bool) {
	family, target, _ := splitFamily(channel)
	switch family {
	case conversationFamily:
		id, ok := parseConversationID(target)
		return EventQuery{ConversationID: id, Kinds: []EventSort{
			{Kind: models.EventMessage}, {Kind: models.EventConversation, Action: updated}, {Kind: models.EventRead},
		}}, ok
	case staffFamily:
		id, ok := parseConversationID(target)
		return EventQuery{ConversationID: id, Kinds: []EventSort{
			{Kind: models.EventTransition}, {Kind: models.EventNote}, {Kind: models.EventTags}, {Kind: models.EventVisitor},
		}}, ok
	case serviceFamily:
		return EventQuery{VisitorID: target, Kinds: []EventSort{{Kind: models.EventConversation}}}, models.ValidVisitorID(target)
	case notificationFamily:
		return EventQuery{VisitorID: target, Kinds: []EventSort{{Kind: models.EventNotification}, {Kind: models.EventSeen}}}, models.ValidVisitorID(target)
	}
	return EventQuery{}, false
}
