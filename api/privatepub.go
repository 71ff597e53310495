package api

import (
	"net/http"

	"parley/chat"
)

func (a *conversationAPI) privatePub(c call) {
	v, err := a.service.PrivatePub(c.Request.Context(), c.principal)
	c.reply(http.StatusOK, "private_pub", v, err)
}

func (a *conversationAPI) setPrivatePub(c call) {
	secret := ""
	err := c.read(a.maxBody, fields{"secret": &secret})
	var v chat.PrivatePubView
	if err == nil {
		v, err = a.service.SetPrivatePub(c.Request.Context(), c.principal, secret)
	}
	c.reply(http.StatusOK, "private_pub", v, err)
}

func (a *conversationAPI) deletePrivatePub(c call) {
	err := a.service.DeletePrivatePub(c.Request.Context(), c.principal)
	c.reply(http.StatusNoContent, "", nil, err)
}
