package giosg

import (
	"net/http"

	"parley/chat"
)

func (a *API) organizationRoutes() {
	a.on(http.MethodGet, chat.ResourceOrganization, a.organization)
}

func (a *API) organization(c *call) error {
	facts, err := c.service().OrganizationFacts(c.Context(), c.found.Organization)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, OrganizationJSON(facts))
}
