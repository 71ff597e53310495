package chat

import (
	"context"

	"parley/models"
)

// ChatReader reads conversations as lists of chats have them.
type ChatReader interface {
	// Chats lists conversations of an organisation, each with its place in the list.
	Chats(q ChatQuery) ([]ListedChat, error)
	// ChatMessages tells of each conversation what was written in it. What came of itself, such as a button that was
	// pressed, does not count.
	ChatMessages(conversationIDs []int64) (map[int64]ChatMessages, error)
	// InRoom tells which of the conversations have their visitor in their room now.
	InRoom(list []models.Conversation, mainRoom int64) (map[int64]bool, error)
}

// ChatQuery asks for a page of an organisation's conversations, in the order in which they began; a manager's in that in
// which she came to them. What is the zero value asks for all.
type ChatQuery struct {
	OrganizationID int64
	// Place is the room's; nil: any.
	Place     *int64
	VisitorID string
	// ManagerID: those that she has or takes or took part in. RoutedTo: open ones that she has, or that wait for anybody.
	ManagerID, RoutedTo int64
	// Participating is asked of ManagerID.
	Ended, Waiting, Participating *bool
	PageQuery
}

// ListedChat is a conversation and where it stands in a list.
type ListedChat struct {
	models.Conversation
	Place Place
}

// ChatMessages is what was written in a conversation.
type ChatMessages struct {
	Visitor, Managers int
	// VisitorAt is when the visitor wrote first.
	VisitorAt *models.Time
}

// Chats lists the conversations that a path of chats names, with what the gate has found of it and let the caller have.
func (s *Service) Chats(ctx context.Context, via Via, f Found, q ChatQuery) ([]ChatFacts, Page, error) {
	q.OrganizationID, q.PageQuery = f.Organization.ID, q.oneMore()
	if f.Room.ID != 0 {
		place := f.Room.Place()
		q.Place = &place
	}
	q.VisitorID = f.VisitorID
	switch via {
	case ViaUser:
		q.ManagerID = f.User.ID
	case ViaRouted:
		q.RoutedTo = f.User.ID
	}
	r := s.store.View(ctx)
	list, err := r.Chats(q)
	if err != nil {
		return nil, Page{}, err
	}
	list, page := cutPage(list, q.PageQuery)
	facts, err := chatFacts(r, f.Organization, list)
	return facts, page, err
}

// Chat tells of one conversation that the gate has found.
func (s *Service) Chat(ctx context.Context, f Found) (ChatFacts, error) {
	return chatOf(s.store.View(ctx), f.Organization, f.Chat)
}

// ChatNow reads a conversation anew and tells of it; an organisation's feed does, for what has changed.
func (s *Service) ChatNow(ctx context.Context, id int64) (ChatFacts, error) {
	r := s.store.View(ctx)
	c, err := r.Conversation(id)
	if err != nil {
		return ChatFacts{}, orNotFound(err, "conversation_not_found", "There is no conversation %d", id)
	}
	o, err := r.Organization(c.OrganizationID)
	if err != nil {
		return ChatFacts{}, err
	}
	return chatOf(r, o, c)
}

func chatOf(r Reader, o models.Organization, c models.Conversation) (ChatFacts, error) {
	facts, err := chatFacts(r, o, []ListedChat{{Conversation: c}})
	if err != nil {
		return ChatFacts{}, err
	}
	return facts[0], nil
}
