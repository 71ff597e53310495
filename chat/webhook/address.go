package webhook

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
)

// errAddress is what an endpoint's admin is told of an address that is not dialled. It does not name the address: what
// a name stands for inside of the server's network is nobody's business.
var errAddress = errors.New("address_refused: the host's address is private, loopback, link-local or otherwise not public")

var errPort = errors.New("port_refused: requests to this port are not allowed")

// addresses says what may be dialled.
type addresses struct {
	private bool
	allowed []netip.Prefix
	ports   []uint16
}

// control looks at what is really dialled, whatever name it came from. It fits net.Dialer.
func (a addresses) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return errAddress
	}
	if len(a.ports) > 0 && !slices.Contains(a.ports, target.Port()) {
		return errPort
	}
	if !a.may(target.Addr()) {
		return errAddress
	}
	return nil
}

// may tells whether the address may be dialled: it is public, or the settings say so. An address that carries another,
// as those do that translate between the protocols, is judged by both.
func (a addresses) may(addr netip.Addr) bool {
	addr = addr.WithZone("").Unmap()
	inner, carries := carried(addr)
	if carries {
		return a.may(inner)
	}
	if within(a.allowed, addr) {
		return true
	}
	if a.private && within(privateNetworks, addr) {
		return true
	}
	if addr.Is6() && !globalUnicast.Contains(addr) {
		return false
	}
	return !within(privateNetworks, addr) && !within(specialNetworks, addr)
}

func within(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func networks(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

var (
	// privateNetworks are what allow_private is about.
	privateNetworks = networks(
		"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", // the last is carriers' NAT
		"::1/128", "fc00::/7",
	)
	// specialNetworks are never public, and only a network's own name in allowed_networks opens them: clouds keep
	// their metadata there. IANA's registries of special-purpose addresses, and an address of Azure's.
	specialNetworks = networks(
		"0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
		"192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
		"240.0.0.0/4", "168.63.129.16/32",
		"2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "fd00:ec2::254/128",
	)
	globalUnicast = netip.MustParsePrefix("2000::/3")

	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
	// compatible is the oldest way to write an IPv4 address as an IPv6 one; :: and ::1 are no such.
	compatible = netip.MustParsePrefix("::/96")
)

// carried is the IPv4 address within an IPv6 one.
func carried(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return addr, false
	}
	b := addr.As16()
	switch {
	case nat64.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	case compatible.Contains(addr) && addr != netip.IPv6Unspecified() && addr != netip.IPv6Loopback():
		return netip.AddrFrom4([4]byte(b[12:16])), true
	}
	return addr, false
}
