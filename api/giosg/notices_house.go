package giosg

import (
	"slices"

	"parley/chat"
	"parley/models"
)

// visited: a visitor came into a room, changed there, or went.
func (h *happening) visited() ([]notice, error) {
	if err := h.in(h.changed.RoomID); err != nil {
		return nil, err
	}
	team := notice{
		kinds:  []chat.ResourceKind{chat.ResourceOnlineVisitors, chat.ResourceOnlineVisitor, chat.ResourceRoomVisitors, chat.ResourceRoomVisitor},
		action: h.event.Action, id: h.names.Visitor, names: h.names, identity: []string{"id"}, attributes: h.changed.Attributes,
		view: func(public bool) (any, error) { return h.visitorView(h.changed.RoomID, public) },
		only: func(p chat.ResourcePath) (bool, error) { return !p.Public, nil }, // visitors hear nothing of each other
	}
	own := team
	own.kinds = []chat.ResourceKind{chat.ResourceRoomVisitor}
	own.only = func(p chat.ResourcePath) (bool, error) { return p.Public, nil }
	inChats, err := h.cameToChats()
	return append([]notice{team, own}, inChats...), err
}

// described: a visitor's variable was set or removed.
func (h *happening) described() ([]notice, error) {
	if err := h.in(h.changed.RoomID); err != nil {
		return nil, err
	}
	n := notice{
		kinds: []chat.ResourceKind{chat.ResourceVariables, chat.ResourceVariable}, action: h.event.Action, id: h.changed.Key,
		names: h.names, identity: []string{"key"}, attributes: h.changed.Attributes,
		view: func(bool) (any, error) { return h.variableView() },
		only: func(p chat.ResourcePath) (bool, error) { return !p.Public, nil },
	}
	n.names.Key = h.changed.Key
	return []notice{n}, nil
}

// furnished: a room was made, changed or deleted.
func (h *happening) furnished() ([]notice, error) {
	n, err := h.room(h.changed.RoomID, h.event.Action, h.changed.Attributes...)
	return []notice{n}, err
}

func (h *happening) room(id int64, action string, attributes ...string) (notice, error) {
	called, err := h.Teller.names.room(h.reader, id)
	if err != nil {
		return notice{}, err
	}
	n := notice{
		kinds: []chat.ResourceKind{chat.ResourceRooms, chat.ResourceRoom}, action: action, id: called[0], names: h.names,
		identity: []string{"id"}, attributes: attributes, view: func(public bool) (any, error) { return h.roomView(id, public) },
	}
	n.names.Rooms = called
	return n, nil
}

// rooms lists the rooms that are there.
func (h *happening) rooms() ([]models.Room, error) {
	return h.reader.Rooms(chat.RoomQuery{OrganizationID: h.event.OrganizationID, PageQuery: chat.PageQuery{Limit: mostRooms}})
}

// mostRooms is more than an organisation may have.
const mostRooms = 2000

// manned: the first of an organisation's managers came, or the last one left.
func (h *happening) manned() ([]notice, error) {
	list := []notice{h.organizationNotice("is_online", "is_present")}
	rooms, err := h.rooms()
	for _, room := range rooms {
		n, err := h.room(room.ID, chat.ResourceChanged, "is_online", "is_humans_online")
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, err
}

// organized: an organisation's attributes changed.
func (h *happening) organized() ([]notice, error) {
	return []notice{h.organizationNotice(h.changed.Attributes...)}, nil
}

func (h *happening) organizationNotice(attributes ...string) notice {
	return notice{
		kinds: []chat.ResourceKind{chat.ResourceOrganization}, action: chat.ResourceChanged, id: h.names.Organization, names: h.names,
		identity: []string{"id"}, attributes: attributes, view: func(bool) (any, error) { return h.organizationView() },
	}
}

// hired: a user was made, changed, came, went or left for good.
func (h *happening) hired() ([]notice, error) {
	user, err := h.of(h.changed.ManagerID)
	if err != nil {
		return nil, err
	}
	n := notice{
		kinds: []chat.ResourceKind{chat.ResourceUsers, chat.ResourceUser}, action: h.event.Action, id: user, names: h.names,
		identity: []string{"id"}, attributes: h.changed.Attributes, view: func(bool) (any, error) { return h.userView(h.changed.ManagerID, false) },
	}
	n.names.Users = []string{user}
	shown, err := h.shown(user)
	if err != nil {
		return nil, err
	}
	inChats, err := h.serves()
	return append(append([]notice{n}, shown...), inChats...), err
}

// shown tells visitors of the user whom they may meet, if they may and did not before, or the other way round.
func (h *happening) shown(user string) ([]notice, error) {
	action := h.event.Action
	if action != chat.ResourceRemoved {
		online, err := h.online(h.changed.ManagerID)
		turned := action == chat.ResourceAdded || slices.Contains(h.changed.Attributes, "is_online")
		switch {
		case err != nil:
			return nil, err
		case online && turned:
			action = chat.ResourceAdded
		case turned && action == chat.ResourceChanged:
			action = chat.ResourceRemoved
		case !online:
			return nil, nil
		}
	}
	rooms, err := h.rooms()
	if err != nil {
		return nil, err
	}
	n := notice{
		kinds: []chat.ResourceKind{chat.ResourceOnlineUsers}, action: action, id: user, names: h.names,
		identity: []string{"id"}, attributes: []string{"public_name", "avatar"},
		view: func(bool) (any, error) { return h.userView(h.changed.ManagerID, true) },
	}
	n.names.Rooms = nil
	for _, room := range rooms {
		n.names.Rooms = append(n.names.Rooms, room.UUID, room.Token)
	}
	return []notice{n}, nil
}
