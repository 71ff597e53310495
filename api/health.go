package api

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

// health tells machines how the server is.
type health struct {
	ready   func(context.Context) error
	metrics http.Handler
}

func (health) alive(c *gin.Context) { c.String(http.StatusOK, "ok\n") }

// readyTime is how long the parts have to answer.
const readyTime = 3 * time.Second

func (h health) readiness(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyTime)
	defer cancel()
	if err := h.ready(ctx); err != nil {
		_ = c.Error(err) // the log tells why; strangers need not know
		c.JSON(http.StatusServiceUnavailable, gin.H{"ready": false})
		return
	}
	c.JSON(http.StatusOK, gin.H{"ready": true})
}

// local serves metrics to callers on this machine. Behind a proxy on the same machine everybody comes from
// there, so whatever was forwarded is refused.
func (h health) local(c *gin.Context) {
	host, _, err := net.SplitHostPort(c.Request.RemoteAddr)
	ip := net.ParseIP(host)
	if err != nil || ip == nil || !ip.IsLoopback() || c.GetHeader("X-Forwarded-For") != "" || c.GetHeader("Forwarded") != "" {
		fail(c, chat.E(chat.NotFound, "not_found", "There is nothing here"))
		return
	}
	h.metrics.ServeHTTP(c.Writer, c.Request)
}
