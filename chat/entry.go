package chat

import (
	"context"
	"errors"

	"parley/models"
)

// Entry is what a list of a chat's messages holds: a message, or that a manager came or went.
type Entry struct {
	Message    *models.Message
	Attendance *models.Attendance
}

// messagePlaces is added to messages' ids in places, so that who comes with a message is before it.
const messagePlaces = 1 << 62

// Place is where the entry stands in its list. It goes by when something was said, and not by the messages' ids alone,
// which tell nothing of when somebody came.
func (e Entry) Place() Place {
	if e.Message != nil {
		return Place{At: e.Message.CreatedAt, ID: e.Message.ID + messagePlaces}
	}
	return Place{At: e.Attendance.CreatedAt, ID: e.Attendance.ID}
}

// UUID names the entry to clients.
func (e Entry) UUID() string {
	if e.Message != nil {
		return e.Message.UUID
	}
	return e.Attendance.UUID
}

// EntryReader reads a chat's messages with its members' coming and going.
type EntryReader interface {
	// Entries reads a page of a conversation's, in the order of their places.
	Entries(conversationID int64, q PageQuery) ([]Entry, error)
	// AttendanceByUUID finds one of the conversation's. uuid is one, in lower case.
	AttendanceByUUID(conversationID int64, uuid string) (models.Attendance, error)
	// MessagesByID reads messages without their files.
	MessagesByID(ids []int64) (map[int64]models.Message, error)
	// ManagersByID reads managers, those who left too.
	ManagersByID(ids []int64) (map[int64]models.Manager, error)
}

// Entries lists a chat's messages. Whoever the gate lets see the chat may see them all.
func (s *Service) Entries(ctx context.Context, c models.Conversation, q PageQuery) ([]Entry, Page, error) {
	q = q.oneMore()
	list, err := s.store.View(ctx).Entries(c.ID, q)
	if err != nil {
		return nil, Page{}, err
	}
	list, page := cutPage(list, q)
	return list, page, nil
}

// Entry finds one of a chat's messages.
func (s *Service) Entry(ctx context.Context, c models.Conversation, uuid string) (Entry, error) {
	uuid, ok := lowerUUID(uuid)
	if !ok {
		return Entry{}, entryNotFound()
	}
	view := s.store.View(ctx)
	m, err := view.MessageByUUID(c.ID, uuid)
	if err == nil {
		return Entry{Message: &m}, nil
	}
	if !errors.Is(err, ErrNoRecord) {
		return Entry{}, err
	}
	a, err := view.AttendanceByUUID(c.ID, uuid)
	if errors.Is(err, ErrNoRecord) {
		err = entryNotFound()
	}
	return Entry{Attendance: &a}, err
}

func entryNotFound() *Error { return E(NotFound, "message_not_found", "There is no such message") }

// MessageFacts is an entry with what it shows beside itself.
type MessageFacts struct {
	Entry
	Organization models.Organization
	Chat         models.Conversation
	Room         models.Room
	// Sender is the manager who wrote, came or went, as she is now; nil: the visitor.
	Sender  *models.Manager
	Visitor models.Visitor
	// Face is what the room calls the visitor.
	Face Face
	// Answered is the message whose button was pressed; nil: none was, or the message has gone.
	Answered *models.Message
}

// MessageFacts reads what a chat's entries show.
func (s *Service) MessageFacts(ctx context.Context, c models.Conversation, entries ...Entry) ([]MessageFacts, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	view := s.store.View(ctx)
	managers, answered, err := around(view, entries)
	if err != nil {
		return nil, err
	}
	base := MessageFacts{Chat: c}
	if base.Organization, err = view.Organization(c.OrganizationID); err != nil {
		return nil, err
	}
	if base.Visitor, err = view.Visitor(c.VisitorID); err != nil {
		return nil, err
	}
	if base.Face, err = faceOf(view, c); err != nil {
		return nil, err
	}
	if base.Room, err = RoomOf(view, c); err != nil {
		return nil, err
	}
	list := make([]MessageFacts, len(entries))
	for i, e := range entries {
		f := base
		f.Entry = e
		if m, ok := managers[e.managerID()]; ok {
			f.Sender = &m
		}
		if m, ok := answered[e.answers()]; ok && m.ConversationID == c.ID {
			f.Answered = &m
		}
		list[i] = f
	}
	return list, nil
}

// around reads the managers who speak in entries, and the messages that were answered by pressing a button.
func around(view Reader, entries []Entry) (map[int64]models.Manager, map[int64]models.Message, error) {
	managerIDs, messageIDs := map[int64]bool{}, map[int64]bool{}
	for _, e := range entries {
		managerIDs[e.managerID()], messageIDs[e.answers()] = true, true
	}
	managers, err := view.ManagersByID(idsOf(managerIDs))
	if err != nil {
		return nil, nil, err
	}
	answered, err := view.MessagesByID(idsOf(messageIDs))
	return managers, answered, err
}

func idsOf(set map[int64]bool) []int64 {
	delete(set, 0)
	list := make([]int64, 0, len(set))
	for id := range set {
		list = append(list, id)
	}
	return list
}

// managerID is whose entry it is; 0: the visitor's.
func (e Entry) managerID() int64 {
	switch {
	case e.Attendance != nil:
		return e.Attendance.ManagerID
	case e.Message.ManagerID != nil:
		return *e.Message.ManagerID
	}
	return 0
}

// answers is the message whose button was pressed; 0: none.
func (e Entry) answers() int64 {
	if e.Message == nil || e.Message.Type != models.MessageAction {
		return 0
	}
	if r := e.Message.Extras().Response; r != nil {
		return r.MessageID
	}
	return 0
}
