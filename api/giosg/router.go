package giosg

import (
	"net/http"
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

// permissionLife is how long a socket's token holds; a client asks for another before.
const permissionLife = 30 * time.Minute

func (a *API) routerRoutes() {
	a.on(http.MethodGet, chat.ResourceRouter, a.messagerouter)
}

type routerJSON struct {
	URL             string      `json:"url"`
	PermissionToken string      `json:"permission_token"`
	ExpiresAt       models.Time `json:"expires_at"`
	ExpiresIn       int         `json:"expires_in"`
}

// messagerouter tells where sockets are opened, and gives a token for them: for the caller's channels, and no longer
// than her own credentials hold.
func (a *API) messagerouter(c *call) error {
	life := permissionLife
	if !c.until.IsZero() {
		life = min(life, time.Until(c.until))
	}
	channels := c.principal.ChannelList()
	if channels == nil {
		channels = []string{chat.ResourcePrefix + "**"}
	}
	token, expires, err := a.cfg.Tokens.Bounded(c.found.User, c.principal.KeyID, channels, max(life, time.Second))
	if err != nil {
		return err
	}
	base := "ws" + strings.TrimPrefix(a.cfg.BaseURL(c.Request), "http")
	return c.reply(http.StatusOK, routerJSON{
		URL: base + a.cfg.SocketPath, PermissionToken: token, ExpiresAt: models.At(expires), ExpiresIn: int(time.Until(expires).Round(time.Second).Seconds()),
	})
}
