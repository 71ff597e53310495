package chat

import "parley/models"

// opening is which conversation somebody asks for.
type opening struct {
	// place is the room's; named: somebody said which.
	place int64
	named bool
	kind  models.ChatType
	// resume: one of this type that is open goes on. Of those of the type visitor it does in any case.
	resume bool
	// wait: the conversation waits when nobody is on duty, too.
	wait bool
}

// opening settles the room, which is named by its uuid or token.
func (s *Service) opening(r RoomReader, organizationID int64, room string, o opening) (opening, error) {
	if room == "" {
		o.named = o.kind != models.ChatVisitor
		return o, nil
	}
	found, err := RoomByName(r, organizationID, room)
	o.place, o.named = found.Place(), true
	return o, err
}

// existing finds the open conversation that is asked for: that of the room, and where none was named that of the main
// room, or the latest of any. It is ErrNoRecord when a new one is to begin.
func (o opening) existing(r Reader, visitorID string) (models.Conversation, error) {
	switch {
	case !o.named:
		return r.OpenConversation(visitorID)
	case o.kind != models.ChatVisitor && !o.resume:
		return models.Conversation{}, ErrNoRecord
	}
	return r.OpenInRoom(visitorID, o.place, o.kind)
}

// maxSideChats bounds how many open conversations a visitor has beside those of the type visitor.
const maxSideChats = 50

// begin makes the conversation, which is not stored yet.
func (o opening) begin(r Reader, organizationID int64, visitorID string, at models.Time) (models.Conversation, error) {
	c := models.Conversation{
		ID: newConversationID(), UUID: newUUID(), OrganizationID: organizationID, VisitorID: visitorID,
		RoomID: o.place, ChatType: o.kind, Status: models.StatusOpen, CreatedAt: at, UpdatedAt: at,
	}
	if o.kind == models.ChatVisitor {
		return c, nil
	}
	open, err := r.OpenConversations(visitorID)
	beside := 0
	for _, other := range open {
		if other.ChatType != models.ChatVisitor {
			beside++
		}
	}
	if err == nil && beside >= maxSideChats {
		err = E(Conflict, "too_many_chats", "The visitor has %d open chats beside the ordinary ones", beside)
	}
	return c, err
}

// roomUUID is how clients know the room of a conversation; nil: the main room.
func roomUUID(r RoomReader, c models.Conversation) (*string, error) {
	if c.RoomID == 0 {
		return nil, nil
	}
	room, err := r.Room(c.RoomID)
	return &room.UUID, err
}
