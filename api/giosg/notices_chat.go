package giosg

import (
	"slices"

	"parley/chat"
	"parley/models"
)

var chatKinds = []chat.ResourceKind{chat.ResourceChats, chat.ResourceChat}

// chat tells of the conversation on its own channels and those of all lists that it is in.
func (h *happening) chat(action string, attributes ...string) notice {
	return notice{
		kinds: chatKinds, action: action, id: h.conversation.UUID, names: h.names, identity: []string{"id"}, attributes: attributes,
		only: h.listed, view: h.chatView,
	}
}

// listed: of the lists that users have of their own chats those of members alone.
func (h *happening) listed(p chat.ResourcePath) (bool, error) {
	if p.Via != chat.ViaUser {
		return true, nil
	}
	members, err := h.members()
	return slices.Contains(members, p.User), err
}

// members are the users who take part in the conversation, or did.
func (h *happening) members() (uuids []string, err error) {
	all, err := h.reader.Memberships(h.conversation.ID)
	for _, m := range all[h.conversation.ID] {
		if m.ManagerID == 0 || err != nil {
			continue
		}
		var uuid string
		uuid, err = h.Teller.names.user(h.reader, m.ManagerID)
		uuids = append(uuids, uuid)
	}
	return uuids, err
}

func isRouted(p chat.ResourcePath) (bool, error) { return p.Via == chat.ViaRouted, nil }

// routed tells that the conversation came into the lists of what is routed to users, which are of open ones, or left
// them.
func (h *happening) routed(action string) notice {
	n := h.chat(action)
	n.kinds, n.only = []chat.ResourceKind{chat.ResourceChats}, isRouted
	return n
}

// stepped: a conversation began, ended, or changed hands.
func (h *happening) stepped() ([]notice, error) {
	ev, err := h.says()
	if err != nil || ev.Transition == nil {
		return nil, err
	}
	ended := []string{"is_ended", "ended_at", "is_waiting", "is_pending", "updated_at"}
	switch ev.Transition.Action {
	case models.ActionOpened, models.ActionLeft:
		visitor := h.membership(0, chat.ResourceAdded)
		return append([]notice{h.chat(chat.ResourceAdded)}, visitor...), nil
	case models.ActionClosed, models.ActionIdleClosed:
		return []notice{h.chat(chat.ResourceChanged, ended...), h.routed(chat.ResourceRemoved)}, nil
	case models.ActionReopened:
		return []notice{h.chat(chat.ResourceChanged, ended...), h.routed(chat.ResourceAdded)}, nil
	case models.ActionRated:
		return nil, nil
	}
	return []notice{h.chat(chat.ResourceChanged, "is_waiting", "waiting_started_at", "is_pending", "updated_at")}, nil
}

// gone: a conversation was removed for good. Whose lists it was in is not known any more; who was erased hears nothing.
func (h *happening) gone() (list []notice, err error) {
	h.conversation = models.Conversation{UUID: h.changed.UUID, OrganizationID: h.event.OrganizationID, RoomID: h.changed.RoomID}
	h.names.Chat, h.names.Visitor = h.changed.UUID, ""
	if h.names.Rooms, err = h.Teller.names.place(h.reader, h.conversation); err != nil {
		return nil, err
	}
	n := h.chat(chat.ResourceRemoved)
	n.only = nil
	return []notice{n}, nil
}

// tagged: how many tags a conversation has changed.
func (h *happening) tagged() ([]notice, error) {
	return []notice{h.chat(chat.ResourceChanged, "tag_count", "updated_at")}, nil
}

// said: a message came, was changed or taken back.
func (h *happening) said() ([]notice, error) {
	ev, err := h.says()
	if err != nil || ev.Message == nil {
		return nil, err
	}
	m, err := h.reader.Message(ev.Message.ID)
	if err != nil {
		return nil, err
	}
	if h.event.Action != "created" {
		return []notice{h.message(m, chat.ResourceChanged, "message", "attachments", "is_deleted", "edited_at", "sensitive_data_purged_at")}, nil
	}
	counts := []string{
		"message_count", "user_message_count", "visitor_message_count", "has_messages", "has_user_messages", "has_visitor_messages",
		"is_real_conversation", "is_waiting", "waiting_started_at", "updated_at",
	}
	if m.SenderType == models.SenderVisitor {
		counts = slices.DeleteFunc(counts, func(name string) bool { return name == "user_message_count" || name == "has_user_messages" })
	} else {
		counts = slices.DeleteFunc(counts, func(name string) bool { return name == "visitor_message_count" || name == "has_visitor_messages" })
	}
	list := []notice{h.message(m, chat.ResourceAdded), h.chat(chat.ResourceChanged, counts...)}
	sender := int64(0)
	if m.ManagerID != nil {
		sender = *m.ManagerID
	}
	return append(list, h.membership(sender, chat.ResourceChanged, "message_count", "updated_at")...), nil
}

func (h *happening) message(m models.Message, action string, attributes ...string) notice {
	n := h.among(m.UUID, action, func(public bool) (any, error) { return h.messageView(m, public) })
	n.attributes = attributes
	return n
}

// among is what shows among the conversation's messages.
func (h *happening) among(uuid, action string, view func(public bool) (any, error)) notice {
	n := notice{
		kinds: []chat.ResourceKind{chat.ResourceMessages, chat.ResourceMessage}, action: action, id: uuid, names: h.names,
		identity: []string{"id"}, view: view,
	}
	n.names.Key = uuid
	return n
}

// attended: a member came or went.
func (h *happening) attended() ([]notice, error) {
	return []notice{h.among(h.changed.UUID, chat.ResourceAdded, func(public bool) (any, error) {
		return h.attendanceView(h.changed.UUID, public)
	})}, nil
}
