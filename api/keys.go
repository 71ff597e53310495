package api

import (
	"net/http"

	"parley/chat"
	"parley/models"
)

func (a *conversationAPI) keys(c call) {
	keys, err := a.service.APIKeys(c.Request.Context(), c.principal)
	c.reply(http.StatusOK, "keys", keys, err)
}

func (c call) keyChanges(maxBody int64) (ch chat.KeyChanges, err error) {
	return ch, c.read(maxBody, fields{"name": &ch.Name, "scopes": &ch.Scopes, "manager_id": &ch.ManagerID})
}

// createdKey is a key's record and, this once, the key itself.
type createdKey struct {
	models.APIKey
	Key string `json:"key"`
}

func (a *conversationAPI) makeKey(c call) {
	ch, err := c.keyChanges(a.maxBody)
	var created createdKey
	if err == nil {
		created.APIKey, created.Key, err = a.service.CreateAPIKey(c.Request.Context(), c.principal, ch)
	}
	c.reply(http.StatusCreated, "key", created, err)
}

func (c call) keyID() (int64, error) { return pathID(c.Context, "key_id", "apikey_not_found") }

func (a *conversationAPI) changeKey(c call) {
	id, err := c.keyID()
	var ch chat.KeyChanges
	if err == nil {
		ch, err = c.keyChanges(a.maxBody)
	}
	var k models.APIKey
	if err == nil {
		k, err = a.service.ChangeAPIKey(c.Request.Context(), c.principal, id, ch)
	}
	c.reply(http.StatusOK, "key", k, err)
}

func (a *conversationAPI) deleteKey(c call) {
	id, err := c.keyID()
	if err == nil {
		err = a.service.DeleteAPIKey(c.Request.Context(), c.principal, id)
	}
	c.reply(http.StatusNoContent, "", nil, err)
}
