package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

const hidden = "***"

// Secret is text that no printer shows: fmt, JSON, YAML and slog all write ***.
// An empty one prints as nothing, so that its absence can be seen.
type Secret string

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format keeps every verb from the text, also %x and %#v.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText serves encoding/json and every other text encoder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML serves the YAML packages.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// URL is an address that may hold a password. Printers show it without.
type URL string

// Reveal returns the address with its password.
func (u URL) Reveal() string { return string(u) }

// Scheme is what stands before ://, in lower case.
func (u URL) Scheme() string {
	scheme, _, found := strings.Cut(string(u), "://")
	if !found {
		return ""
	}
	return strings.ToLower(scheme)
}

// String hides the password wherever it may stand. It does not rely on the address
// being well-formed: of a malformed one rather too much is hidden.
func (u URL) String() string {
	scheme, rest, found := strings.Cut(string(u), "://")
	if !found {
		if strings.Contains(string(u), "@") || strings.Contains(string(u), "=") {
			return hidden
		}
		return string(u)
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		user, _, hasPassword := strings.Cut(rest[:at], ":")
		if strings.ContainsAny(user, "?/") { // not a name: the @ stands in the query
			user = hidden
		} else if hasPassword {
			user += ":" + hidden
		}
		rest = user + rest[at:]
	}
	rest, query, hasQuery := strings.Cut(rest, "?")
	if hasQuery {
		rest += "?" + hideInQuery(query)
	}
	return scheme + "://" + rest
}

// hideInQuery covers the parameters of PostgreSQL addresses that carry secrets.
func hideInQuery(query string) string {
	params := strings.Split(query, "&")
	for i, param := range params {
		name, _, _ := strings.Cut(param, "=")
		if plain, err := url.QueryUnescape(name); err != nil || strings.Contains(strings.ToLower(plain), "password") {
			params[i] = name + "=" + hidden
		}
	}
	return strings.Join(params, "&")
}

// Format keeps every verb from the password.
func (u URL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// LogValue implements slog.LogValuer.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText serves encoding/json and every other text encoder.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// MarshalYAML serves the YAML packages.
func (u URL) MarshalYAML() (any, error) { return u.String(), nil }
