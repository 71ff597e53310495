package giosg

import (
	"net/http"

	"parley/chat"
	"parley/models"
)

func (a *API) roomRoutes() {
	a.on(http.MethodGet, chat.ResourceRooms, a.rooms)
	a.on(http.MethodPost, chat.ResourceRooms, a.createRoom)
	a.on(http.MethodGet, chat.ResourceRoom, a.room)
	a.on(http.MethodPut, chat.ResourceRoom, a.changeRoom)
	a.on(http.MethodPatch, chat.ResourceRoom, a.changeRoom)
	a.on(http.MethodDelete, chat.ResourceRoom, a.deleteRoom)
}

// rooms lists an organisation's. None is shared with others.
func (a *API) rooms(c *call) error {
	q, err := c.page(false)
	if err != nil {
		return err
	}
	shared, err := c.flag("is_shared")
	if err != nil {
		return err
	}
	if id := c.query.Get("organization_id"); shared != nil && *shared || id != "" && id != c.found.Organization.UUID {
		return c.reply(http.StatusOK, list{Results: []any{}})
	}
	rooms, page, err := c.service().Rooms(c.Context(), c.principal, chat.RoomQuery{Deleted: c.resource.Deleted, PageQuery: q})
	if err != nil {
		return err
	}
	facts, err := c.service().RoomFacts(c.Context(), c.found.Organization, rooms...)
	if err != nil {
		return err
	}
	return listed(c, facts, page, func(f chat.RoomFacts) chat.Place { return chat.Place{At: f.Room.CreatedAt, ID: f.Room.ID} }, RoomJSON)
}

func (a *API) room(c *call) error { return c.replyRoom(http.StatusOK, c.found.Room) }

func (c *call) replyRoom(status int, room models.Room) error {
	facts, err := c.service().RoomFacts(c.Context(), c.found.Organization, room)
	if err != nil {
		return err
	}
	return c.reply(status, RoomJSON(facts[0]))
}

// roomChanges reads what may be said of a room. PUT and POST need its name.
func (c *call) roomChanges() (ch chat.RoomChanges, err error) {
	given, err := c.read(fields{
		"name": &ch.Name, "language_code": &ch.LanguageCode, "domain": &ch.Domain,
		"is_visitor_data_signature_required": &ch.SignaturesRequired, "is_checksum_accepted": &ch.Checksums,
	})
	if err == nil && c.Method != http.MethodPatch && !given["name"] {
		err = required("name")
	}
	return ch, err
}

func (a *API) createRoom(c *call) error {
	changes, err := c.roomChanges()
	if err != nil {
		return err
	}
	room, err := c.service().CreateRoom(c.Context(), c.principal, changes)
	if err != nil {
		return err
	}
	return c.replyRoom(http.StatusCreated, room)
}

func (a *API) changeRoom(c *call) error {
	changes, err := c.roomChanges()
	if err != nil {
		return err
	}
	room, err := c.service().ChangeRoom(c.Context(), c.principal, c.found.Room.UUID, changes)
	if err != nil {
		return err
	}
	return c.replyRoom(http.StatusOK, room)
}

func (a *API) deleteRoom(c *call) error {
	if err := c.service().DeleteRoom(c.Context(), c.principal, c.found.Room.UUID); err != nil {
		return err
	}
	return c.reply(http.StatusNoContent, nil)
}
