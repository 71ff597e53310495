package giosg

import (
	"net/http"

	"parley/chat"
)

func (a *API) userRoutes() {
	a.on(http.MethodGet, chat.ResourceMe, a.user)
	a.on(http.MethodGet, chat.ResourceUser, a.user)
}

// private tells whether the caller sees users' addresses.
func (c *call) private(managerID int64) bool {
	return c.principal.Administers() || c.principal.Party == chat.Manager && c.principal.ManagerID == managerID
}

func (a *API) user(c *call) error {
	facts, err := c.service().User(c.Context(), c.found.Organization, c.found.User)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, UserJSON(facts, c.private(facts.User.ID)))
}
