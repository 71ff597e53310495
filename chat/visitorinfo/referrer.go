package visitorinfo

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"parley/chat"
)

// sources are known hosts, some with a path.
type sources map[string]source

type source struct {
	Medium string `json:"medium"`
	Source string `json:"source"`
}

func readSources(list []byte) (sources, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var known sources
	if err := json.Unmarshal(list, &known); err != nil {
		return nil, fmt.Errorf("visitorinfo: list of referrers: %w", err)
	}
	return known, nil
}

// Kinds of pages that somebody may come from.
const (
	internal = "internal"
	website  = "website"
)

// Referrer tells what kind of page an address is of. own are the hosts of the visitor's organisation.
func (s *Scout) Referrer(address string, own []string) chat.Referrer {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return chat.Referrer{}
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	r := chat.Referrer{Hostname: host, Medium: website}
	for _, home := range own {
		if within(host, home) {
			r.Medium = internal
			return r
		}
	}
	if found, ok := s.sources.find(host, u.Path); ok {
		r.Source = found.Source
		switch found.Medium {
		case "search", "social", "email":
			r.Medium = found.Medium
		}
	}
	return r
}

// within tells whether host is home, or below it; "www" is no part of what a home is called.
func within(host, home string) bool {
	home = strings.TrimPrefix(strings.ToLower(home), "www.")
	return home != "" && (host == home || strings.HasSuffix(host, "."+home))
}

// find looks for a host, with its path first, and for those above it.
func (s sources) find(host, path string) (source, bool) {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	for name := host; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
		for _, key := range []string{name + path, name + "/" + first, name} {
			if found, ok := s[key]; ok {
				return found, true
			}
		}
	}
	return source{}, false
}
