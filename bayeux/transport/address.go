package transport

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"parley/bayeux"
)

// source is where a request comes from: its peer, or what proxies that are
// trusted say. Of X-Forwarded-For, to which each proxy appends the peer that
// it saw, the last address counts that is no trusted proxy's own; anybody may
// have written what stands before it.
func (h *Handler) source(r *http.Request) bayeux.Source {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return 0 // a pipe, or a socket of the file system
	}
	addr := peer.Addr().Unmap()
	if h.trusted(addr) {
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip"} {
			if client, ok := h.forwarded(r.Header[name]); ok {
				return bayeux.SourceOf(client)
			}
		}
	}
	return bayeux.SourceOf(addr)
}

func (h *Handler) trusted(addr netip.Addr) bool {
	addr = addr.WithZone("")
	return slices.ContainsFunc(h.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// forwarded finds the client in what proxies have written.
func (h *Handler) forwarded(lines []string) (client netip.Addr, ok bool) {
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			var item string
			if at := strings.LastIndexByte(rest, ','); at >= 0 {
				rest, item = rest[:at], rest[at+1:]
			} else {
				item, more = rest, false
			}
			addr, err := netip.ParseAddr(strings.TrimSpace(item))
			if err != nil {
				return netip.Addr{}, false
			}
			if client, ok = addr.Unmap(), true; !h.trusted(client) {
				return client, true
			}
		}
	}
	return client, ok
}
