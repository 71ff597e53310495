package giosg

import (
	"net/http"

	"parley/chat"
)

func (a *API) organizationRoutes() {
	a.on(http.MethodGet, chat.ResourceOrganization, a.organization)
	a.on(http.MethodPut, chat.ResourceOrganization, a.changeOrganization)
	a.on(http.MethodPatch, chat.ResourceOrganization, a.changeOrganization)
}

func (a *API) organization(c *call) error {
	facts, err := c.service().OrganizationFacts(c.Context(), c.found.Organization)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, OrganizationJSON(facts))
}

func (a *API) changeOrganization(c *call) error {
	var changes chat.OrganizationChanges
	given, err := c.read(fields{"name": &changes.Name})
	if err != nil {
		return err
	}
	if c.Method == http.MethodPut && !given["name"] {
		return required("name")
	}
	if c.found.Organization, err = c.service().ChangeOrganization(c.Context(), c.principal, changes); err != nil {
		return err
	}
	return a.organization(c)
}
