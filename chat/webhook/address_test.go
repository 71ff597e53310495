package webhook

import (
	"errors"
	"net/netip"
	"testing"
)

func TestAddresses(t *testing.T) {
	strict := addresses{}
	private := addresses{private: true}
	named := addresses{allowed: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("169.254.7.0/24"), netip.MustParsePrefix("fd12::/16")}}
	for _, row := range []struct {
		address                string
		strict, private, named bool
	}{
		{"93.184.215.14", true, true, true},
		{"1.1.1.1", true, true, true},
		{"2606:4700:4700::1111", true, true, true},
		{"127.0.0.1", false, true, false},
		{"127.255.255.254", false, true, false},
		{"::ffff:127.0.0.1", false, true, false},
		{"::ffff:7f00:1", false, true, false},
		{"::1", false, true, false},
		{"0.0.0.0", false, false, false},
		{"0.1.2.3", false, false, false},
		{"::", false, false, false},
		{"::ffff:0.0.0.0", false, false, false},
		{"::127.0.0.1", false, true, false},
		{"::7f00:1", false, true, false},
		{"10.0.0.1", false, true, false},
		{"10.1.2.3", false, true, true},
		{"::ffff:10.1.2.3", false, true, true},
		{"172.16.0.1", false, true, false},
		{"172.31.255.255", false, true, false},
		{"172.32.0.1", true, true, true},
		{"192.168.1.1", false, true, false},
		{"100.64.0.1", false, true, false},
		{"100.127.255.255", false, true, false},
		{"100.128.0.1", true, true, true},
		{"169.254.169.254", false, false, false}, // metadata
		{"169.254.7.7", false, false, true},
		{"::ffff:169.254.169.254", false, false, false},
		{"168.63.129.16", false, false, false}, // Azure's
		{"192.0.0.192", false, false, false},   // Oracle's
		{"100.100.100.200", false, true, false},
		{"fd00:ec2::254", false, true, false},
		{"fd12::5", false, true, true},
		{"fe80::1", false, false, false},
		{"fe80::1%eth0", false, false, false},
		{"fec0::1", false, false, false},
		{"fc00::1", false, true, false},
		{"64:ff9b::7f00:1", false, true, false},                       // NAT64 of 127.0.0.1
		{"64:ff9b::a9fe:a9fe", false, false, false},                   // of 169.254.169.254
		{"64:ff9b::a01:203", false, true, true},                       // of 10.1.2.3
		{"64:ff9b::5db8:d70e", true, true, true},                      // of 93.184.215.14
		{"64:ff9b:1::7f00:1", false, false, false},                    // NAT64 within a network
		{"2002:7f00:1::1", false, true, false},                        // 6to4 of 127.0.0.1
		{"2002:a9fe:a9fe::", false, false, false},                     // of 169.254.169.254
		{"2002:5db8:d70e::1", true, true, true},                       // of 93.184.215.14
		{"2001:0:4136:e378:8000:63bf:3fff:fdd2", false, false, false}, // Teredo
		{"2001:db8::1", false, false, false},
		{"3fff::1", false, false, false},
		{"5f00::1", false, false, false},
		{"4000::1", false, false, false},
		{"100::1", false, false, false},
		{"224.0.0.1", false, false, false},
		{"239.1.2.3", false, false, false},
		{"ff02::1", false, false, false},
		{"ff0e::1", false, false, false},
		{"240.0.0.1", false, false, false},
		{"255.255.255.255", false, false, false},
		{"192.0.2.1", false, false, false},
		{"198.51.100.1", false, false, false},
		{"203.0.113.1", false, false, false},
		{"198.18.0.1", false, false, false},
		{"192.88.99.1", false, false, false},
	} {
		addr := netip.MustParseAddr(row.address)
		for name, test := range map[string]struct {
			of   addresses
			want bool
		}{"strict": {strict, row.strict}, "private": {private, row.private}, "named": {named, row.named}} {
			if got := test.of.may(addr); got != test.want {
				t.Errorf("%s, %s: %t", row.address, name, got)
			}
		}
	}
}

func TestControl(t *testing.T) {
	ports := addresses{ports: []uint16{443, 8443}}
	for address, want := range map[string]error{
		"93.184.215.14:443": nil, "93.184.215.14:80": errPort, "127.0.0.1:443": errAddress, "[::ffff:127.0.0.1]:443": errAddress,
		"[fe80::1%eth0]:443": errAddress, "localhost:443": errAddress, "": errAddress, "/run/socket": errAddress,
	} {
		if err := ports.control("tcp", address, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
	}
}
