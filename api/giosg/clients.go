package giosg

import (
	"encoding/json"
	"math"
	"net/http"
	"time"

	"parley/chat"
	"parley/models"
)

func (a *API) clientRoutes() {
	a.on(http.MethodGet, chat.ResourceClients, a.clients)
	a.on(http.MethodPost, chat.ResourceClients, a.addClient)
	a.on(http.MethodGet, chat.ResourceClient, a.client)
	a.on(http.MethodPut, chat.ResourceClient, a.refreshClient)
	a.on(http.MethodPatch, chat.ResourceClient, a.refreshClient)
	a.on(http.MethodDelete, chat.ResourceClient, a.endClient)
}

func (c *call) showClient(client models.UserClient) any {
	return ClientJSON(client, c.found.User, time.Now())
}

// clients lists a user's in one page: there are few.
func (a *API) clients(c *call) error {
	all, err := c.service().Clients(c.Context(), c.principal, c.found.User.ID)
	if err != nil {
		return err
	}
	return listed(c, all, chat.Page{}, func(models.UserClient) chat.Place { return chat.Place{} }, c.showClient)
}

func (a *API) client(c *call) error {
	client, err := c.service().Client(c.Context(), c.principal, c.found.User.ID, c.resource.Key)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, c.showClient(client))
}

// clientChanges reads for how long a client counts, in seconds, under either name.
func (c *call) clientChanges() (changes chat.ClientChanges, err error) {
	var now, before *float64
	var properties json.RawMessage
	given, err := c.read(fields{"presence_expires_in": &now, "expires_in": &before, "properties": &properties})
	if err != nil {
		return changes, err
	}
	if now == nil {
		now = before
	}
	if now != nil {
		if math.IsNaN(*now) || *now < 0 || *now > 1e9 {
			return changes, invalid("presence_expires_in", "This is not a valid value.")
		}
		changes.ExpiresIn = chat.To(time.Duration(*now * float64(time.Second)).Truncate(time.Millisecond))
	}
	if given["properties"] && string(properties) != "null" {
		changes.Properties = chat.To(properties)
	}
	return changes, nil
}

func (a *API) addClient(c *call) error {
	changes, err := c.clientChanges()
	if err != nil {
		return err
	}
	client, err := c.service().AddClient(c.Context(), c.principal, c.found.User.ID, changes)
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, c.showClient(client))
}

// refreshClient is a sign of life: 201 when the client had expired.
func (a *API) refreshClient(c *call) error {
	changes, err := c.clientChanges()
	if err != nil {
		return err
	}
	client, revived, err := c.service().RefreshClient(c.Context(), c.principal, c.found.User.ID, c.resource.Key, changes)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if revived {
		status = http.StatusCreated
	}
	return c.reply(status, c.showClient(client))
}

func (a *API) endClient(c *call) error {
	err := c.service().EndClient(c.Context(), c.principal, c.found.User.ID, c.resource.Key)
	return c.done(http.StatusNoContent, nil, err)
}
