package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
)

// sitePrefix begins the kid of tokens that a site secret signed: "site_<id>". No key of the server has such an id.
const sitePrefix = "site_"

// siteClaims are what a site's own backend signs: sub, exp, iat, and if it likes name, email, attributes, the only
// channels that the token is for, and org and role, which change nothing.
type siteClaims struct {
	jwt.RegisteredClaims
	Role         string               `json:"role"`
	Organization int64                `json:"org"`
	Name         chat.Change[*string] `json:"name"`
	Email        chat.Change[*string] `json:"email"`
	Attributes   json.RawMessage      `json:"attributes"`
	Channels     *[]string            `json:"channels"`
}

// SiteSecret reads the kid in the token's header.
func (r *Keyring) SiteSecret(token string) (id int64, says bool) {
	head, _, ok := strings.Cut(token, ".")
	if !ok || len(token) > maxToken {
		return 0, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(head)
	var header struct {
		KeyID string `json:"kid"`
	}
	if err != nil || json.Unmarshal(raw, &header) != nil {
		return 0, false
	}
	digits, says := strings.CutPrefix(header.KeyID, sitePrefix)
	if id, err = strconv.ParseInt(digits, 10, 64); err != nil || id < 1 || strconv.FormatInt(id, 10) != digits {
		id = 0
	}
	return id, says
}

// VerifySite checks signature and times.
func (r *Keyring) VerifySite(token, secret string) (chat.Claims, error) {
	var c siteClaims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return []byte(secret), nil },
		jwt.WithValidMethods([]string{HS256}), jwt.WithExpirationRequired())
	if err != nil {
		return chat.Claims{}, err
	}
	if c.Subject == "" || len(secret) < MinSecret {
		return chat.Claims{}, errors.New("token: no subject")
	}
	verified := chat.Claims{
		Subject: c.Subject, Role: c.Role, OrganizationID: c.Organization, ExpiresAt: c.ExpiresAt.Time,
		Identity: chat.Identity{Name: c.Name, Email: c.Email, Attributes: c.Attributes},
	}
	if c.Channels != nil {
		verified.Channels = append([]string{}, *c.Channels...)
	}
	if c.IssuedAt != nil {
		verified.IssuedAt = c.IssuedAt.Time
	}
	return verified, nil
}
