package transport_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"parley/bayeux/transport"
)

// What stands before the last address that no trusted proxy has is anybody's word.
func TestClientAddress(t *testing.T) {
	trusted := transport.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, row := range []struct{ name, peer, forwarded, want string }{
		{"nobody in between", "192.0.2.1:5", "", "192.0.2.1"},
		{"nobody trusted", "192.0.2.1:5", "203.0.113.7", "192.0.2.1"},
		{"a neighbour of the trusted", "11.0.0.1:5", "203.0.113.7", "11.0.0.1"},
		{"a proxy", "10.0.0.1:5", "203.0.113.7", "203.0.113.7"},
		{"a proxy that says nothing", "10.0.0.1:5", "", "10.0.0.1"},
		{"a proxy over IPv6", "[fd00::1]:5", "203.0.113.7", "203.0.113.7"},
		{"a proxy over IPv4 in IPv6", "[::ffff:10.0.0.1]:5", "203.0.113.7", "203.0.113.7"},
		{"a chain", "10.0.0.1:5", "203.0.113.7, 10.0.0.9, 10.0.0.8", "203.0.113.7"},
		{"a chain that was made up", "10.0.0.1:5", "1.1.1.1, 10.0.0.9, 203.0.113.7", "203.0.113.7"},
		{"a made up trusted one before", "10.0.0.1:5", "10.0.0.9, 203.0.113.7, 10.0.0.8", "203.0.113.7"},
		{"a line of its own, made up", "10.0.0.1:5", "1.1.1.1\n203.0.113.7", "203.0.113.7"},
		{"all trusted", "10.0.0.1:5", "10.0.0.9, 10.0.0.8", "10.0.0.9"},
		{"IPv6", "10.0.0.1:5", "2001:db8::7", "2001:db8::7"},
		{"IPv6 in brackets", "10.0.0.1:5", "[2001:db8::7]", "2001:db8::7"},
		{"IPv6 and a port", "10.0.0.1:5", "[2001:db8::7]:4711", "2001:db8::7"},
		{"IPv6 with a zone", "10.0.0.1:5", "fe80::1%eth0", "fe80::1"},
		{"IPv4 in IPv6", "10.0.0.1:5", "::ffff:203.0.113.7", "203.0.113.7"},
		{"trusted, in IPv6", "10.0.0.1:5", "203.0.113.7, ::ffff:10.0.0.9", "203.0.113.7"},
		{"a port", "10.0.0.1:5", "203.0.113.7:4711", "203.0.113.7"},
		{"ports in a chain", "10.0.0.1:5", "203.0.113.7:4711,10.0.0.9:80", "203.0.113.7"},
		{"nonsense", "10.0.0.1:5", "somebody", "10.0.0.1"},
		{"nonsense last", "10.0.0.1:5", "203.0.113.7, unknown", "10.0.0.1"},
		{"nonsense before", "10.0.0.1:5", "'; DROP TABLE, 203.0.113.7", "203.0.113.7"},
		{"nothing between commas", "10.0.0.1:5", "203.0.113.7,,", "10.0.0.1"},
		{"too large a number", "10.0.0.1:5", "999.0.113.7", "10.0.0.1"},
		{"an octal", "10.0.0.1:5", "010.0.113.7", "10.0.0.1"},
		{"very long", "10.0.0.1:5", strings.Repeat("1.1.1.1,", 2000) + "203.0.113.7", "203.0.113.7"},
		{"a pipe", "@", "203.0.113.7", "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: row.peer, Header: http.Header{
			"Forwarded": {"for=1.2.3.4"}, "X-Real-Ip": {"1.2.3.4"}, "X-Client-Ip": {"1.2.3.4"}, "Cf-Connecting-Ip": {"1.2.3.4"},
			"True-Client-Ip": {"1.2.3.4"}, "Via": {"1.1 1.2.3.4"},
		}}
		if row.forwarded != "" {
			r.Header["X-Forwarded-For"] = strings.Split(row.forwarded, "\n")
		}
		if got := trusted.Client(r).String(); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}
