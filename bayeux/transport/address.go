package transport

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"parley/bayeux"
)

// Proxies are the networks of those whose X-Forwarded-For is believed.
type Proxies []netip.Prefix

// Client is where a request comes from: its peer, or what proxies that are
// trusted say; invalid for a pipe, or a socket of the file system. Of
// X-Forwarded-For, to which each proxy appends the peer that it saw, the last
// address counts that is no trusted proxy's own; anybody may have written what
// stands before it. No other header counts: a proxy that does not set it
// passes it on as it came.
func (p Proxies) Client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := plainAddr(peer.Addr())
	if p.trusts(addr) {
		if client, ok := p.forwarded(r.Header["X-Forwarded-For"]); ok {
			return client
		}
	}
	return addr
}

// plainAddr is an address in its one form, without a zone.
func plainAddr(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

func (p Proxies) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// forwarded finds the client in what proxies have written.
func (p Proxies) forwarded(lines []string) (client netip.Addr, ok bool) {
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			var item string
			if at := strings.LastIndexByte(rest, ','); at >= 0 {
				rest, item = rest[:at], rest[at+1:]
			} else {
				item, more = rest, false
			}
			addr, valid := readAddr(strings.TrimSpace(item))
			if !valid {
				return netip.Addr{}, false
			}
			if client, ok = addr, true; !p.trusts(client) {
				return client, true
			}
		}
	}
	return client, ok
}

// readAddr reads an address, with or without brackets and a port.
func readAddr(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		return plainAddr(withPort.Addr()), err == nil
	}
	return plainAddr(addr), true
}

func (h *Handler) source(r *http.Request) bayeux.Source {
	return bayeux.SourceOf(h.cfg.TrustedProxies.Client(r))
}

// Secure tells whether a proxy that is trusted says that the client came to it by TLS.
func (p Proxies) Secure(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && p.trusts(plainAddr(peer.Addr())) && r.Header.Get("X-Forwarded-Proto") == "https"
}
