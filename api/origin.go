package api

import (
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

// page notes for the gate which site's page calls. Our own pages are no site's: the browser says that they are of
// the same origin, or, an old one, their host is ours.
func page(c *gin.Context) {
	origin := c.GetHeader("Origin")
	if origin == "" || c.GetHeader("Sec-Fetch-Site") == "same-origin" {
		return
	}
	if u, err := url.Parse(origin); err == nil && u.Host != "" && strings.EqualFold(u.Host, c.Request.Host) {
		return
	}
	c.Request = c.Request.WithContext(chat.WithOrigin(c.Request.Context(), origin))
}
