package bayeux

import "strings"

// The meta channels. Requests are told apart by these exact names and nothing
// else: Faye's CVE-2020-11020 was a prefix match.
const (
	MetaHandshake   = "/meta/handshake"
	MetaConnect     = "/meta/connect"
	MetaDisconnect  = "/meta/disconnect"
	MetaSubscribe   = "/meta/subscribe"
	MetaUnsubscribe = "/meta/unsubscribe"
)

const (
	strictByte byte = 1 << iota // Bayeux 1.0 specification and Faye
	unionByte                   // strict, and what CometD lets through
)

var nameByte = func() (t [128]byte) {
	for c := range t {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if letter || strings.ContainsRune("-_!~()$@", rune(c)) {
			t[c] = strictByte | unionByte
		} else if strings.ContainsRune(" #+.{}", rune(c)) {
			t[c] = unionByte
		}
	}
	return t
}()

// ValidName reports whether s names one channel: no wildcard, no empty
// segment, no trailing slash. strict leaves out the characters that only
// CometD allows.
func ValidName(s string, strict bool) bool {
	if len(s) < 2 || s[0] != '/' || s[len(s)-1] == '/' {
		return false
	}
	want := unionByte
	if strict {
		want = strictByte
	}
	for i := 1; i < len(s); i++ {
		c := s[i]
		if c == '/' {
			if s[i-1] == '/' {
				return false
			}
		} else if c >= 128 || nameByte[c]&want == 0 {
			return false
		}
	}
	return true
}

// ValidPattern reports whether s is a name, or a pattern whose last segment
// is * or **.
func ValidPattern(s string, strict bool) bool {
	base, kind := splitPattern(s)
	if kind == exact {
		return ValidName(s, strict)
	}
	return base == "" || ValidName(base, strict)
}

// Expand lists what a subscriber may have subscribed to in order to receive
// channel, in Faye's order: of /a/b/c it is /**, /a/b/c, /a/b/*, /a/**, /a/b/**.
// The wildcards at the root do not cover /meta and /service.
func Expand(channel string) []string {
	var out []string
	if !reserved(channel) {
		out = append(out, "/**")
	}
	out = append(out, channel)
	last := strings.LastIndexByte(channel, '/')
	if last > 0 || !reserved(channel) {
		out = append(out, channel[:last]+"/*")
	}
	for i := 1; i < len(channel); i++ {
		if channel[i] == '/' {
			out = append(out, channel[:i]+"/**")
		}
	}
	return out
}

// Covers reports whether pattern matches channel.
func Covers(pattern, channel string) bool {
	base, kind := splitPattern(pattern)
	if kind == exact {
		return pattern == channel
	}
	if base == "" && reserved(channel) {
		return false
	}
	rest, ok := strings.CutPrefix(channel, base+"/")
	return ok && rest != "" && (kind == deep || strings.IndexByte(rest, '/') < 0)
}

type patternKind uint8

const (
	exact  patternKind = iota
	single             // base/*
	deep               // base/**
)

func splitPattern(s string) (base string, kind patternKind) {
	if b, ok := strings.CutSuffix(s, "/**"); ok {
		return b, deep
	}
	if b, ok := strings.CutSuffix(s, "/*"); ok {
		return b, single
	}
	return s, exact
}

func reserved(channel string) bool { return isMeta(channel) || isService(channel) }

func isMeta(channel string) bool { return under(channel, "/meta") }

func isService(channel string) bool { return under(channel, "/service") }

func under(channel, top string) bool {
	rest, ok := strings.CutPrefix(channel, top)
	return ok && (rest == "" || rest[0] == '/')
}

func depthOf(channel string) int { return strings.Count(channel, "/") }
