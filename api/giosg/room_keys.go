package giosg

import (
	"net/http"

	"parley/chat"
	"parley/models"
)

func (a *API) roomKeyRoutes() {
	a.on(http.MethodGet, chat.ResourceRoomKeys, a.roomKeys)
	a.on(http.MethodPost, chat.ResourceRoomKeys, a.createRoomKey)
	a.on(http.MethodDelete, chat.ResourceRoomKey, a.deleteRoomKey)
}

// roomKeyJSON is a key that visitors' data is signed with. A secret shows once, when it is made.
type roomKeyJSON struct {
	ID        string             `json:"id"`
	RoomID    string             `json:"room_id"`
	Name      string             `json:"name"`
	Kind      models.RoomKeyKind `json:"kind"`
	Key       *string            `json:"key"`
	CreatedAt models.Time        `json:"created_at"`
}

func (c *call) roomKeyJSON(k models.RoomKey) any {
	view := roomKeyJSON{ID: k.UUID, RoomID: c.found.Room.UUID, Name: k.Name, Kind: k.Kind, CreatedAt: k.CreatedAt}
	if k.Key != "" {
		view.Key = &k.Key
	}
	return view
}

// roomKeys lists a room's, in one page: there are ten at most.
func (a *API) roomKeys(c *call) error {
	all, err := c.service().RoomKeys(c.Context(), c.principal, c.found.Room)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, list{Results: views(all, c.roomKeyJSON)})
}

func (a *API) createRoomKey(c *call) error {
	var r chat.RoomKeyRequest
	if _, err := c.read(fields{"name": &r.Name, "kind": &r.Kind, "key": &r.Key}); err != nil {
		return err
	}
	k, err := c.service().CreateRoomKey(c.Context(), c.principal, c.found.Room, r)
	if err != nil {
		return err
	}
	c.Header().Set("Cache-Control", "no-store")
	return c.reply(http.StatusCreated, c.roomKeyJSON(k))
}

func (a *API) deleteRoomKey(c *call) error {
	err := c.service().DeleteRoomKey(c.Context(), c.principal, c.found.Room, c.resource.Key)
	return c.done(http.StatusNoContent, nil, err)
}
