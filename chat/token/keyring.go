package token

import (
	"errors"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// Keyring signs with its first key that can and verifies with all. It is safe for concurrent use.
type Keyring struct {
	keys   []Key
	signer *Key
}

var _ chat.Verifier = (*Keyring)(nil)

// NewKeyring checks the keys; their ids must differ.
func NewKeyring(keys ...Key) (*Keyring, error) {
	r := &Keyring{keys: keys}
	seen := map[string]bool{}
	for i, k := range keys {
		if err := k.check(); err != nil {
			return nil, err
		}
		if k.ID == "" || seen[k.ID] {
			return nil, errors.New("token: each key needs an id of its own")
		}
		seen[k.ID] = true
		if r.signer == nil && k.signs() {
			r.signer = &keys[i]
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("token: there is no key")
	}
	return r, nil
}

// claims are what a token carries: sub, role, org, exp, iat. Role is "visitor", "operator" or a manager's role. It may
// have the API key that asked for it, and the only channels that it is for; a visitor's has renew when its holder may
// have another for it.
type claims struct {
	jwt.RegisteredClaims
	Role         string `json:"role"`
	Organization int64  `json:"org,omitempty"`
	Key          int64  `json:"key,omitempty"`
	Renew        bool   `json:"renew,omitempty"`
	// Channels is nil when there is no list; an empty one grants nothing.
	Channels *[]string `json:"channels,omitempty"`
}

// CanSign tells whether there is a key that signs.
func (r *Keyring) CanSign() bool { return r.signer != nil }

// Manager signs a manager's token. One that is signed in the second of her sign-out says the next: times in
// tokens are full seconds.
func (r *Keyring) Manager(m models.Manager, ttl time.Duration) (string, time.Time, error) {
	c := claims{Role: string(m.Role), Organization: m.OrganizationID}
	c.Subject = strconv.FormatInt(m.ID, 10)
	return r.sign(c, m.TokensValidFrom.Time(), ttl)
}

// Bounded signs a manager's token for channels that match one of the patterns, and nothing else. keyID is the API key
// that bounds her, too; 0: none.
func (r *Keyring) Bounded(m models.Manager, keyID int64, channels []string, ttl time.Duration) (string, time.Time, error) {
	channels = append([]string{}, channels...)
	c := claims{Role: string(m.Role), Organization: m.OrganizationID, Key: keyID, Channels: &channels}
	c.Subject = strconv.FormatInt(m.ID, 10)
	return r.sign(c, m.TokensValidFrom.Time(), ttl)
}

// Visitor signs a visitor's token. organizationID 0 leaves the organisation to the visitor's record.
func (r *Keyring) Visitor(id string, organizationID int64, ttl time.Duration) (string, time.Time, error) {
	return r.Grant(chat.Grant{VisitorID: id, OrganizationID: organizationID}, ttl)
}

// Grant signs a visitor's token.
func (r *Keyring) Grant(g chat.Grant, ttl time.Duration) (string, time.Time, error) {
	if !models.ValidVisitorID(g.VisitorID) {
		return "", time.Time{}, errors.New("token: a visitor's id is 1 to 64 of A-Z a-z 0-9 _ -")
	}
	c := claims{Role: string(chat.Visitor), Organization: g.OrganizationID, Key: g.KeyID, Renew: g.Renewable}
	c.Subject = g.VisitorID
	return r.sign(c, g.NotBefore.Time(), ttl)
}

// Operator signs the token of whoever runs the server.
func (r *Keyring) Operator(ttl time.Duration) (string, time.Time, error) {
	c := claims{Role: string(chat.Operator)}
	c.Subject = string(chat.Operator)
	return r.sign(c, time.Time{}, ttl)
}

// sign says the times: of now, or of notBefore when that is later.
func (r *Keyring) sign(c claims, notBefore time.Time, ttl time.Duration) (string, time.Time, error) {
	if r.signer == nil {
		return "", time.Time{}, errors.New("token: no key can sign; all are public")
	}
	if ttl <= 0 {
		return "", time.Time{}, errors.New("token: a token lives longer than nothing")
	}
	issued := time.Now()
	expires := issued.Add(ttl).Truncate(time.Second)
	if issued.Before(notBefore) {
		issued = notBefore
	}
	c.IssuedAt, c.ExpiresAt = jwt.NewNumericDate(issued), jwt.NewNumericDate(expires)
	t := jwt.NewWithClaims(jwt.GetSigningMethod(r.signer.Algorithm), c)
	t.Header["kid"] = r.signer.ID
	signed, err := t.SignedString(r.signer.signing())
	return signed, expires, err
}

// maxToken bounds what is looked at.
const maxToken = 8 << 10

// Verify checks signature and times. The token's kid chooses the key; without one all are tried.
func (r *Keyring) Verify(token string) (chat.Claims, error) {
	if len(token) > maxToken {
		return chat.Claims{}, errors.New("token: too long")
	}
	err := errors.New("token: no key fits")
	for _, k := range r.keys {
		var c claims
		if c, err = k.verify(token); err == nil {
			verified := chat.Claims{
				Subject: c.Subject, Role: c.Role, OrganizationID: c.Organization, ExpiresAt: c.ExpiresAt.Time,
				KeyID: c.Key, Renewable: c.Renew,
			}
			if c.Channels != nil {
				verified.Channels = append([]string{}, *c.Channels...)
			}
			if c.IssuedAt != nil {
				verified.IssuedAt = c.IssuedAt.Time
			}
			return verified, nil
		}
	}
	return chat.Claims{}, err
}

var errOtherKey = errors.New("token: signed with another key")

func (k Key) verify(token string) (claims, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		if kid, given := t.Header["kid"]; given && kid != k.ID {
			return nil, errOtherKey
		}
		return k.verifying(), nil
	}, jwt.WithValidMethods([]string{k.Algorithm}), jwt.WithExpirationRequired())
	if err == nil && c.Subject == "" {
		err = errors.New("token: no subject")
	}
	return c, err
}
