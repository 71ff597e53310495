package giosg

import (
	"slices"

	"parley/chat"
	"parley/models"
)

// mostOpen bounds the conversations in which it is told that somebody came or went.
const mostOpen = 500

// cameToChats tells in a visitor's open conversations that she came into their room, or went. What is told is read when it
// is told, as all is, and so nothing is kept for it when she comes.
func (h *happening) cameToChats() (list []notice, err error) {
	if h.event.Action == chat.ResourceChanged {
		return nil, nil
	}
	open, err := h.reader.OpenConversations(h.event.VisitorID)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	room, err := h.reader.Room(h.changed.RoomID)
	if err != nil {
		return nil, err
	}
	for _, c := range open {
		if c.OrganizationID != h.event.OrganizationID || c.RoomID != room.Place() {
			continue
		}
		notices, err := h.inChat(c).there(0)
		if err != nil {
			return nil, err
		}
		list = append(list, notices...)
	}
	return list, nil
}

// serves tells in the open conversations in which a user takes part that she came or went.
func (h *happening) serves() (list []notice, err error) {
	if h.event.Action != chat.ResourceChanged || !slices.Contains(h.changed.Attributes, "is_present") {
		return nil, nil
	}
	yes, no := true, false
	open, err := h.reader.Chats(chat.ChatQuery{
		OrganizationID: h.event.OrganizationID, ManagerID: h.changed.ManagerID, Participating: &yes, Ended: &no,
		PageQuery: chat.PageQuery{Newest: true, Limit: mostOpen},
	})
	for _, c := range open {
		notices, err := h.inChat(c.Conversation).there(h.changed.ManagerID)
		if err != nil {
			return nil, err
		}
		list = append(list, notices...)
	}
	return list, err
}

// inChat is the same happening, as it is told in a conversation.
func (h *happening) inChat(c models.Conversation) *happening {
	own := *h
	own.conversation, own.event.ConversationID = c, &c.ID
	own.names.Chat, own.names.Visitor = c.UUID, c.VisitorID
	return &own
}

// there tells of a member's presence: manager 0 is the visitor.
func (h *happening) there(managerID int64) (list []notice, err error) {
	if h.names.Rooms, err = h.Teller.names.place(h.reader, h.conversation); err != nil {
		return nil, err
	}
	who := []string{"present_visitor_member_count", "present_visitor_participant_count"}
	if managerID != 0 {
		who = []string{"present_user_member_count", "present_user_participant_count"}
	}
	list = append(h.membership(managerID, chat.ResourceChanged, "is_present"),
		h.chat(chat.ResourceChanged, append(who, "present_member_count", "present_participant_count")...))
	for i := range list {
		list[i].conversation = h.conversation
	}
	return list, nil
}
