package api

import (
	"net/http"
	"net/netip"

	"github.com/gin-gonic/gin"
)

const clientKey = "client"

// located notes where a call comes from. It is the one place that decides this.
func located(client func(*http.Request) netip.Addr) gin.HandlerFunc {
	if client == nil {
		client = peer
	}
	return func(c *gin.Context) { c.Set(clientKey, client(c.Request)) }
}

func peer(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr) // or none
	return at.Addr().Unmap()
}

func clientOf(c *gin.Context) netip.Addr {
	addr, _ := c.Value(clientKey).(netip.Addr)
	return addr
}

// address is what a caller's limits are counted by. Of IPv6 it is the network that a customer gets.
func address(c *gin.Context) string {
	ip := clientOf(c)
	if ip.Is6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
