package chat

import "parley/models"

// Ids of events are given out before they are committed, so that a lower one may appear after a higher one, and who
// reads on from the highest that she knows would miss it. Positions are given to events that were handed on, one
// commit after the other: whoever sees one sees all below it.

// PositionReader reads the outbox in the order in which events were handed on.
type PositionReader interface {
	// EventPositions tells the newest position ever given, and up to which positions events may have been deleted.
	EventPositions() (newest, forgotten int64, err error)
	// EventsAfter lists events by rising position, without what they say.
	EventsAfter(q PositionQuery) ([]models.Event, error)
	// EventPayloads tells what events say, by their ids. Those that are gone are left out.
	EventPayloads(ids []int64) (map[int64]string, error)
	// ConversationsByID finds those that are there.
	ConversationsByID(ids []int64) (map[int64]models.Conversation, error)
}

// PositionQuery asks for an organisation's events, or a visitor's; with both, for those that are of both.
type PositionQuery struct {
	OrganizationID int64
	VisitorID      string
	// After is exclusive, UpTo inclusive.
	After, UpTo int64
	Limit       int
}
