package giosg

import (
	"parley/chat"
	"parley/models"
)

// What resources look like now. Who has none of that to be shown is told nothing.

func (h *happening) organizationView() (any, error) {
	o, err := h.within()
	if err != nil {
		return nil, err
	}
	facts, err := h.service.OrganizationFacts(h.ctx, o)
	return OrganizationJSON(facts), err
}

func (h *happening) roomView(id int64, public bool) (any, error) {
	o, err := h.within()
	if err != nil {
		return nil, err
	}
	room, err := h.reader.Room(id)
	if err != nil {
		return nil, err
	}
	facts, err := h.service.RoomFacts(h.ctx, o, room)
	if err != nil {
		return nil, err
	}
	if public {
		return PublicRoomJSON(facts[0]), nil
	}
	return RoomJSON(facts[0]), nil
}

func (h *happening) userFacts(id int64) (facts chat.UserFacts, err error) {
	o, err := h.within()
	if err != nil {
		return facts, err
	}
	m, err := h.reader.FormerManager(id)
	if err != nil {
		return facts, err
	}
	return h.service.User(h.ctx, o, m)
}

// userView is without her address: whoever of her organisation listens sees it.
func (h *happening) userView(id int64, public bool) (any, error) {
	facts, err := h.userFacts(id)
	if err != nil {
		return nil, err
	}
	if public {
		return PublicUserJSON(facts), nil
	}
	return UserJSON(facts, false), nil
}

// online tells whether chats may come to a user.
func (h *happening) online(id int64) (bool, error) {
	facts, err := h.userFacts(id)
	return facts.Online, err
}

func (h *happening) chatView(public bool) (any, error) {
	o, err := h.within()
	if err != nil {
		return nil, err
	}
	facts, err := h.service.Chat(h.ctx, chat.Found{Organization: o, Chat: h.conversation})
	if err != nil {
		return nil, err
	}
	if public {
		return PublicChatJSON(facts), nil
	}
	return ChatJSON(facts), nil
}

func (h *happening) messageView(m models.Message, public bool) (any, error) {
	return h.entryView(chat.Entry{Message: &m}, public)
}

func (h *happening) attendanceView(uuid string, public bool) (any, error) {
	a, err := h.reader.AttendanceByUUID(h.conversation.ID, uuid)
	if err != nil {
		return nil, err
	}
	return h.entryView(chat.Entry{Attendance: &a}, public)
}

func (h *happening) entryView(e chat.Entry, public bool) (any, error) {
	facts, err := h.service.MessageFacts(h.ctx, h.conversation, e)
	if err != nil {
		return nil, err
	}
	return MessageJSON(facts[0], public), nil
}

func (h *happening) membershipView(managerID int64, public bool) (any, error) {
	facts, err := h.service.MemberNow(h.ctx, *h.event.ConversationID, managerID)
	if chat.KindOf(err) == chat.NotFound {
		err = chat.ErrNoRecord
	}
	if err != nil {
		return nil, err
	}
	return MemberJSON(facts, public), nil
}

// visitorView is a visitor in a room, as users or she herself see her.
func (h *happening) visitorView(roomID int64, public bool) (any, error) {
	v, err := h.reader.RoomVisitor(roomID, h.names.Visitor)
	if err != nil {
		return nil, err
	}
	room, err := h.reader.Room(roomID)
	if err != nil {
		return nil, err
	}
	if public {
		return StayJSON(chat.Stay{Room: room, VisitorID: v.VisitorID}), nil
	}
	about, err := chat.AboutOf(v)
	return RoomVisitorJSON(chat.RoomVisitorFacts{RoomVisitor: v, Room: room, About: about}), err
}

func (h *happening) variableView() (any, error) {
	o, err := h.within()
	if err != nil {
		return nil, err
	}
	room, err := h.reader.Room(h.changed.RoomID)
	if err != nil {
		return nil, err
	}
	v, err := h.reader.Variable(room.ID, h.event.VisitorID, h.changed.Key)
	if err != nil {
		return nil, err
	}
	return VariableJSON(v, room, o), nil
}
