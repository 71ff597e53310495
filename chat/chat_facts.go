package chat

import (
	"errors"

	"parley/models"
)

// ChatFacts is what is told of a conversation in giosg's form. All of it is read, and nothing kept, so that nothing is
// written for it when somebody posts.
type ChatFacts struct {
	models.Conversation
	// Place is where it stands in the list that it was read for.
	Place        Place
	Organization models.Organization
	Room         models.Room
	Messages     ChatMessages
	// Managers counts the managers who are members, or were; PresentManagers those who take part and are there.
	Managers, PresentManagers int
	// JoinedAt is when the first of them became one.
	JoinedAt *models.Time
	// VisitorPresent: she is in the room, and has not left the conversation.
	VisitorPresent bool
	Tags           int
}

// Waiting tells whether the visitor has written and nobody has come to her yet.
func (f ChatFacts) Waiting() bool {
	return f.Status == models.StatusOpen && f.Messages.VisitorAt != nil && f.Managers == 0
}

// WaitingSince is when she began to wait, if she ever did: with her first message, unless a manager was there before.
func (f ChatFacts) WaitingSince() *models.Time {
	if at := f.Messages.VisitorAt; at != nil && (f.JoinedAt == nil || *at < *f.JoinedAt) {
		return at
	}
	return nil
}

// chatFacts reads what is told of conversations of one organisation, a query for each kind of thing.
func chatFacts(r Reader, o models.Organization, list []ListedChat) ([]ChatFacts, error) {
	if len(list) == 0 {
		return []ChatFacts{}, nil
	}
	ids := make([]int64, len(list))
	conversations := make([]models.Conversation, len(list))
	for i, c := range list {
		ids[i], conversations[i] = c.ID, c.Conversation
	}
	main, err1 := r.MainRoom(o.ID)
	rooms, err2 := roomsOf(r, conversations, main)
	messages, err3 := r.ChatMessages(ids)
	members, err4 := r.Memberships(ids...)
	inRoom, err5 := r.InRoom(conversations, main.ID)
	tags, err6 := r.Tags(ids...)
	present, err7 := r.Present(takingPart(members))
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		return nil, err
	}
	facts := make([]ChatFacts, len(list))
	for i, c := range list {
		facts[i] = ChatFacts{
			Conversation: c.Conversation, Place: c.Place, Organization: o, Room: rooms[c.RoomID],
			Messages: messages[c.ID], VisitorPresent: inRoom[c.ID], Tags: len(tags[c.ID]),
		}
		facts[i].count(members[c.ID], present)
	}
	return facts, nil
}

// count takes the members into account; they come in the order in which they became some.
func (f *ChatFacts) count(members []models.Membership, present map[int64]bool) {
	for _, m := range members {
		if m.ManagerID == 0 {
			f.VisitorPresent = f.VisitorPresent && m.Participating
			continue
		}
		if f.JoinedAt == nil {
			at := m.CreatedAt
			f.JoinedAt = &at
		}
		f.Managers++
		if m.Participating && present[m.ManagerID] {
			f.PresentManagers++
		}
	}
}

// takingPart lists the managers among members who take part.
func takingPart(members map[int64][]models.Membership) (ids []int64) {
	seen := map[int64]bool{}
	for _, list := range members {
		for _, m := range list {
			if m.ManagerID != 0 && m.Participating && !seen[m.ManagerID] {
				seen[m.ManagerID] = true
				ids = append(ids, m.ManagerID)
			}
		}
	}
	return ids
}

// roomsOf files the rooms of conversations by the number that conversations have of them.
func roomsOf(r RoomReader, list []models.Conversation, main models.Room) (map[int64]models.Room, error) {
	var ids []int64
	seen := map[int64]bool{0: true}
	for _, c := range list {
		if !seen[c.RoomID] {
			seen[c.RoomID] = true
			ids = append(ids, c.RoomID)
		}
	}
	rooms, err := r.RoomsByID(ids)
	if err != nil {
		return nil, err
	}
	rooms[0] = main
	return rooms, nil
}
