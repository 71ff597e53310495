package api

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

// cors lets pages of the allowed origins read the answers, and answers preflights. Credentials are allowed as
// Faye's and CometD's browser clients ask for them; no cookie means anything on these routes.
func cors(allowed []string) gin.HandlerFunc {
	any := slices.Contains(allowed, "*")
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Add("Vary", "Origin")
		origin := c.GetHeader("Origin")
		if origin == "" || !any && !slices.Contains(allowed, origin) {
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Expose-Headers", "X-Total-Count, X-Has-More, X-Request-ID, Retry-After")
		if c.Request.Method != http.MethodOptions {
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		h.Set("Access-Control-Max-Age", "86400")
		h.Add("Vary", "Access-Control-Request-Headers")
		if asked := c.GetHeader("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
		}
	}
}

// sameOrigin refuses what another page makes a browser send to the dashboard's API, reading included: its answers are
// for scripts of our own pages, and have tokens in them.
func sameOrigin() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		site := c.GetHeader("Sec-Fetch-Site")
		if protection.Check(c.Request) != nil || site == "same-site" || site == "cross-site" {
			fail(c, chat.E(chat.Forbidden, "cross_origin", "The dashboard's API answers its own pages only"))
		}
	}
}

// private keeps answers out of caches.
func private(c *gin.Context) { c.Header("Cache-Control", "no-store") }
