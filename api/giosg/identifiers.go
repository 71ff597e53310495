package giosg

import (
	"net/http"

	"parley/chat"
	"parley/models"
)

func (a *API) identifierRoutes() {
	a.on(http.MethodGet, chat.ResourceIdentifiers, a.identifiers)
	a.on(http.MethodGet, chat.ResourceIdentifier, a.identifier)
	a.onPublic(http.MethodPut, chat.ResourceIdentifier, a.setIdentifier)
}

// identifierJSON is what a site calls a visitor.
type identifierJSON struct {
	Identifier string      `json:"identifier"`
	VisitorID  string      `json:"visitor_id"`
	CreatedAt  models.Time `json:"created_at"`
	UpdatedAt  models.Time `json:"updated_at"`
}

func viewIdentifier(i models.VisitorIdentifier) identifierJSON {
	return identifierJSON{i.Identifier, i.VisitorID, i.CreatedAt, i.UpdatedAt}
}

// namedJSON adds the rooms that know her.
type namedJSON struct {
	identifierJSON
	RoomIDs []string `json:"room_ids"`
}

// identifiers lists those of a visitor, ?visitor_id=, what was said last first.
func (a *API) identifiers(c *call) error {
	id := c.query.Get("visitor_id")
	if id == "" {
		return required("visitor_id")
	}
	all, err := c.service().IdentifiersOf(c.Context(), c.principal, id)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, list{Results: views(all, func(i models.VisitorIdentifier) any { return viewIdentifier(i) })})
}

func (a *API) identifier(c *call) error {
	named, err := c.service().Identifier(c.Context(), c.principal, c.resource.Key)
	if err != nil {
		return err
	}
	answer := namedJSON{identifierJSON: viewIdentifier(named.VisitorIdentifier), RoomIDs: make([]string, len(named.Rooms))}
	for i, room := range named.Rooms {
		answer.RoomIDs[i] = room.UUID
	}
	return c.reply(http.StatusOK, answer)
}

func (a *API) setIdentifier(c *call) error {
	i, err := c.service().SetIdentifier(c.Context(), c.principal, c.found.Organization.ID, c.found.VisitorID, c.resource.Key)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, viewIdentifier(i))
}
