package api

import (
	"context"
	"net"
	"net/http"
	"slices"
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
		_ = c.Error(err) // the log tells why; strangers learn of the kind alone
		c.JSON(http.StatusServiceUnavailable, notReady{Reason: chat.ReasonOf(err)})
		return
	}
	c.JSON(http.StatusOK, gin.H{"ready": true})
}

// notReady is the answer of a server that should get no requests; no reason: see its log.
type notReady struct {
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"`
}

// forwardedHeaders are what proxies add, one or the other.
var forwardedHeaders = []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"}

// local serves metrics to callers on this machine. Behind a proxy on the same machine everybody comes from
// there, so whatever was forwarded is refused.
func (h health) local(c *gin.Context) {
	host, _, err := net.SplitHostPort(c.Request.RemoteAddr)
	ip := net.ParseIP(host)
	forwarded := slices.ContainsFunc(forwardedHeaders, func(name string) bool { return c.GetHeader(name) != "" })
	if err != nil || ip == nil || !ip.IsLoopback() || forwarded {
		fail(c, chat.E(chat.NotFound, "not_found", "There is nothing here"))
		return
	}
	h.metrics.ServeHTTP(c.Writer, c.Request)
}
