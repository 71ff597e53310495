package chat

import (
	"context"

	"parley/models"
)

// RoomVisitorFacts are what is known of a visitor in a room.
type RoomVisitorFacts struct {
	models.RoomVisitor
	Room  models.Room
	About About
}

func roomVisitorFacts(room models.Room, v models.RoomVisitor) (RoomVisitorFacts, error) {
	about, err := AboutOf(v)
	return RoomVisitorFacts{RoomVisitor: v, Room: room, About: about}, err
}

// RoomVisitor tells what is known of a visitor in a room; visitor_not_found when she was never there. Who may know is
// settled before, by Gate.MayResource.
func (s *Service) RoomVisitor(ctx context.Context, room models.Room, visitorID string) (RoomVisitorFacts, error) {
	v, err := s.store.View(ctx).RoomVisitor(room.ID, visitorID)
	if err != nil {
		return RoomVisitorFacts{}, orNotFound(err, "visitor_not_found", "There is no visitor %s in this room", visitorID)
	}
	return roomVisitorFacts(room, v)
}

// OnlineVisitors lists who is in a room, in the order in which they came. Who may know is settled before.
func (s *Service) OnlineVisitors(ctx context.Context, room models.Room, q OnlineQuery) ([]RoomVisitorFacts, Page, error) {
	cut := PageQuery{Back: q.Back, Limit: q.Limit}.oneMore()
	if q.From != nil {
		cut.From = &Place{}
	}
	q.RoomID, q.Limit = room.ID, cut.Limit
	list, err := s.store.View(ctx).OnlineVisitors(q)
	if err != nil {
		return nil, Page{}, err
	}
	list, page := cutPage(list, cut)
	facts := make([]RoomVisitorFacts, len(list))
	for i, v := range list {
		if facts[i], err = roomVisitorFacts(room, v); err != nil {
			return nil, Page{}, err
		}
	}
	return facts, page, nil
}
