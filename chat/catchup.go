package chat

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"parley/models"
)

// EventsRequest asks for what happened after a position.
type EventsRequest struct {
	Sender Sender
	// VisitorID is whom a caller without credentials follows.
	VisitorID string
	// After is the Next of the page before. Nil asks where the end is now.
	After *int64
	// Limit is how many events a page has at most; 0 takes the default, 100. More than 500 are not given.
	Limit int
	// Kinds leaves the others out; empty: all.
	Kinds []models.EventKind
	// Wait is how long to wait when there is nothing yet; at most MaxEventsWait. Until is when the caller's
	// credentials end; zero: never. From is where she calls from.
	Wait  time.Duration
	Until time.Time
	From  string
}

// EventsPage is a part of what happened, in order.
type EventsPage struct {
	Events []PastEvent `json:"events"`
	// Next is the position to go on from. It moves on when nothing that happened was the caller's to see, too.
	Next int64 `json:"next"`
	// More: the page ends before the end, it is worth asking at once.
	More bool `json:"more"`
}

// PastEvent is an event with its place. ID is the one that ext.replay knows it by, Channel where it was published;
// of two channels the one that the caller may listen to.
type PastEvent struct {
	Position int64           `json:"position"`
	ID       int64           `json:"id"`
	Channel  string          `json:"channel"`
	Event    json.RawMessage `json:"event"`
}

const (
	defaultEvents, maxEvents = 100, 500
	// eventsLooked is how many events a request looks through for those that the caller may see.
	eventsLooked = 1000
	// eventsBytes is about how much of what events say goes into a page; payloadsRead how many are read at a time.
	eventsBytes, payloadsRead = 1 << 20, 50
	// MaxEventsWait is the longest that a request waits.
	MaxEventsWait = 50 * time.Second
)

// EventKinds are those that can be followed.
var EventKinds = []models.EventKind{
	models.EventConversation, models.EventMessage, models.EventRead, models.EventNotification, models.EventSeen, models.EventTransition,
	models.EventNote, models.EventTags, models.EventVisitor, models.EventAvailability,
	models.EventWebhook, models.EventErasure,
}

// Events tells what happened after a position, as it was published, in the order in which it was: everything that the
// caller may see now. It is what the channels say but for what they do not keep, and in it nothing is missing and
// nothing comes twice. Refusals: cursor_too_old with the position to go on from when some of it is not kept any more,
// cursor_invalid for a position that was never given.
func (s *Service) Events(ctx context.Context, p Principal, r EventsRequest) (EventsPage, error) {
	who, err := s.gate.Follow(ctx, p, r.Sender, r.VisitorID)
	if err != nil {
		return EventsPage{}, err
	}
	if r.After == nil {
		newest, _, err := s.store.View(ctx).EventPositions()
		return EventsPage{Events: []PastEvent{}, Next: newest}, err
	}
	if r.Limit = min(r.Limit, maxEvents); r.Limit <= 0 {
		r.Limit = defaultEvents
	}
	if r.Wait <= 0 {
		return s.eventsPage(ctx, who, r)
	}
	return s.awaitEvents(ctx, p, who, r)
}

// awaitEvents waits until there is something to tell to who follows, and is p.
func (s *Service) awaitEvents(ctx context.Context, p, who Principal, r EventsRequest) (EventsPage, error) {
	f, err := s.tail.follow(who, r.From, r.Kinds)
	if err != nil {
		return EventsPage{}, err
	}
	defer s.tail.leave(f)
	wait := min(r.Wait, MaxEventsWait)
	if !r.Until.IsZero() {
		wait = min(wait, time.Until(r.Until))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for over := false; ; {
		page, err := s.eventsPage(ctx, who, r)
		if err != nil || over || len(page.Events) > 0 || page.More {
			return page, err
		}
		select {
		case <-ctx.Done():
			return page, ctx.Err()
		case <-timer.C:
			over = true
		case _, open := <-f.news:
			over = !open
		}
		if who, err = s.gate.followAgain(ctx, p, r.Sender, r.VisitorID); err != nil {
			return EventsPage{}, err
		}
		r.After = &page.Next
	}
}

// eventsPage reads a page. The newest position is read first and what was forgotten last: so everything up to the
// one is there to see, and what was deleted meanwhile is not passed over in silence.
func (s *Service) eventsPage(ctx context.Context, who Principal, r EventsRequest) (EventsPage, error) {
	page := EventsPage{Events: []PastEvent{}}
	view := s.store.View(ctx)
	newest, _, err := view.EventPositions()
	if err != nil {
		return page, err
	}
	if *r.After < 0 || *r.After > newest {
		return page, E(Invalid, "cursor_invalid", "This position was never given")
	}
	page.Next = newest
	if err = s.fillPage(view, who, r, &page); err != nil {
		return page, err
	}
	_, forgotten, err := view.EventPositions()
	if err == nil && *r.After < forgotten {
		refusal := E(Gone, "cursor_too_old", "Events after this position are not kept any more")
		refusal.Position = forgotten
		err = refusal
	}
	return page, err
}

// fillPage looks through the events up to page.Next, as far as one request should.
func (s *Service) fillPage(view Reader, who Principal, r EventsRequest, page *EventsPage) error {
	q := PositionQuery{OrganizationID: who.OrganizationID, After: *r.After, UpTo: page.Next, Limit: r.Limit + 1}
	if who.Party != Backend || len(r.Kinds) > 0 {
		q.Limit = eventsLooked
	}
	if who.Party == Visitor {
		q.VisitorID = who.VisitorID
	}
	events, err := view.EventsAfter(q)
	if err != nil {
		return err
	}
	if len(events) == q.Limit {
		page.Next, page.More = *events[len(events)-1].Position, true
	}
	seen, err := s.seen(view, who, r.Kinds, events)
	if err != nil {
		return err
	}
	if len(seen) > r.Limit {
		page.cut(seen[:r.Limit])
		seen = seen[:r.Limit]
	}
	return page.fill(view, seen)
}

// cut ends the page after the last of those that are in it.
func (page *EventsPage) cut(events []PastEvent) {
	page.Next, page.More = events[len(events)-1].Position, true
}

// seen picks what the caller may see and wants to.
func (s *Service) seen(view Reader, who Principal, kinds []models.EventKind, events []models.Event) (seen []PastEvent, err error) {
	events = slices.DeleteFunc(events, func(e models.Event) bool { return !wanted(kinds, e) })
	var known judgedBy
	if who.limited() {
		if known, err = judging(view, events); err != nil {
			return nil, err
		}
	}
	for _, e := range events {
		if channel := s.gate.seen(who, e, known); channel != "" {
			seen = append(seen, PastEvent{Position: *e.Position, ID: e.ID, Channel: channel})
		}
	}
	return seen, nil
}

func wanted(kinds []models.EventKind, e models.Event) bool {
	return len(kinds) == 0 || slices.Contains(kinds, e.Kind)
}

// fill reads what the events say, until there is enough of it.
func (page *EventsPage) fill(view Reader, seen []PastEvent) error {
	size := 0
	for some := range slices.Chunk(seen, payloadsRead) {
		ids := make([]int64, len(some))
		for i, e := range some {
			ids[i] = e.ID
		}
		payloads, err := view.EventPayloads(ids)
		if err != nil {
			return err
		}
		for _, e := range some {
			payload, there := payloads[e.ID]
			if !there {
				continue // deleted meanwhile
			}
			if size += len(payload); size > eventsBytes && len(page.Events) > 0 {
				page.cut(page.Events)
				return nil
			}
			e.Event = json.RawMessage(payload)
			page.Events = append(page.Events, e)
		}
	}
	return nil
}
