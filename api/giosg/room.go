package giosg

import (
	"net/http"

	"parley/chat"
	"parley/models"
)

func (a *API) roomRoutes() {
	a.on(http.MethodGet, chat.ResourceRooms, a.rooms)
	a.on(http.MethodGet, chat.ResourceRoom, a.room)
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
