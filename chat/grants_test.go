package chat

import (
	"slices"
	"strings"
	"testing"
)

func TestGrants(t *testing.T) {
	for _, row := range []struct {
		pattern, channel string
		want             bool
	}{
		{"/api/v5/orgs/o", "/api/v5/orgs/o", true},
		{"/api/v5/orgs/o", "/api/v5/orgs/o/rooms", false},
		{"/api/v5/orgs/o/rooms", "/api/v5/orgs/o", false},
		{"/api/v5/orgs/*", "/api/v5/orgs/o", true},
		{"/api/v5/orgs/*", "/api/v5/orgs", false},
		{"/api/v5/orgs/*", "/api/v5/orgs/", false},
		{"/api/v5/orgs/*", "/api/v5/orgs/o/rooms", false},
		{"/api/v5/orgs/*/rooms", "/api/v5/orgs/o/rooms", true},
		{"/api/v5/*/*/rooms/*", "/api/v5/orgs/o/rooms/r", true},
		{"/api/v5/**", "/api/v5/orgs/o/rooms", true},
		{"/api/v5/**", "/api/v5", false},
		{"/api/v5/**/rooms", "/api/v5/orgs/rooms", false}, // ** is at the end only
		{"/**", "/api/v5/orgs/o", true},
		// Patterns, too, must lie within.
		{"/api/v5/orgs/o/*", "/api/v5/orgs/o/*", true},
		{"/api/v5/orgs/o/*", "/api/v5/orgs/o/**", false},
		{"/api/v5/orgs/o/rooms", "/api/v5/orgs/o/*", false},
		{"/api/v5/orgs/o/**", "/api/v5/orgs/o/rooms/**", true},
		{"/api/v5/orgs/o/rooms/**", "/api/v5/orgs/o/**", false},
	} {
		if got := grants(row.pattern, row.channel); got != row.want {
			t.Errorf("%s, %s: %v", row.pattern, row.channel, got)
		}
	}
}

func TestGrantedChannels(t *testing.T) {
	if text, ok := grantedChannels(nil); text != "" || !ok || !(Principal{}).hasChannel("/x") {
		t.Error("no list bounds something")
	}
	none, ok := grantedChannels([]string{})
	if p := (Principal{Channels: none}); !ok || none == "" || p.hasChannel("/x") || len(p.ChannelList()) != 0 || p.ChannelList() == nil {
		t.Errorf("an empty list: %q", none)
	}
	list := []string{"/a/*", "/b/**"}
	text, ok := grantedChannels(list)
	p := Principal{Channels: text}
	if !ok || !slices.Equal(p.ChannelList(), list) || !p.hasChannel("/a/x") || !p.hasChannel("/b/x/y") || p.hasChannel("/c") {
		t.Errorf("%q", text)
	}
	for _, bad := range [][]string{{"a"}, {""}, {"/a\n/b"}, make([]string, 101), {"/" + strings.Repeat("x", 9000)}} {
		if _, ok := grantedChannels(bad); ok {
			t.Errorf("%.40q was taken", bad)
		}
	}
}
