package giosg

import (
	"slices"

	"parley/chat"
)

var presence = []string{"is_participating", "is_present"}

// membership tells of a member's, manager 0 being the visitor: in the chat's list, where it is known by the member, and
// in the member's own, where it is known by the chat.
func (h *happening) membership(managerID int64, action string, attributes ...string) []notice {
	member, err := h.of(managerID)
	if err != nil {
		return nil // whoever is not known any more
	}
	view := func(public bool) (any, error) { return h.membershipView(managerID, public) }
	inChat := notice{
		kinds: []chat.ResourceKind{chat.ResourceMemberships, chat.ResourceMembership}, action: action, id: member, names: h.names,
		identity: []string{"member_id", "chat_id"}, attributes: attributes, view: view,
	}
	inChat.names.Key = member
	own := inChat
	own.kinds, own.id = []chat.ResourceKind{chat.ResourceOwnMemberships, chat.ResourceOwnMembership}, h.conversation.UUID
	own.names.Key, own.names.Users = "", nil
	if managerID == 0 {
		own.only = func(p chat.ResourcePath) (bool, error) { return p.Public, nil }
	} else {
		own.names.Users, own.names.Visitor = []string{member}, ""
	}
	return []notice{inChat, own}
}

// joined: somebody became a member, or takes part again or no more, or types.
func (h *happening) joined() ([]notice, error) {
	id, action := h.changed.ManagerID, h.event.Action
	list := h.membership(id, action, h.changed.Attributes...)
	counted := action != chat.ResourceChanged || slices.ContainsFunc(h.changed.Attributes, func(name string) bool { return slices.Contains(presence, name) })
	if !counted {
		return list, nil
	}
	if action == chat.ResourceAdded && id != 0 {
		hers, err := h.herChats(id)
		if err != nil {
			return nil, err
		}
		list = append([]notice{hers}, list...)
	}
	return append(list, h.chat(chat.ResourceChanged,
		"member_count", "user_member_count", "visitor_member_count", "present_member_count", "present_user_member_count", "present_visitor_member_count",
		"present_participant_count", "present_user_participant_count", "present_visitor_participant_count", "is_waiting", "updated_at")), nil
}

// herChats tells that the conversation came into the list of a user's chats.
func (h *happening) herChats(managerID int64) (notice, error) {
	user, err := h.of(managerID)
	n := h.chat(chat.ResourceAdded)
	n.names.Users = []string{user}
	n.only = func(p chat.ResourcePath) (bool, error) { return p.Via == chat.ViaUser, nil }
	return n, err
}

// identified: it became known who a visitor is, and so what her conversation's members call her.
func (h *happening) identified() ([]notice, error) {
	if h.event.ConversationID == nil {
		return nil, nil
	}
	return h.membership(0, chat.ResourceChanged, "member_name", "member_public_name", "member_avatar"), nil
}
