package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// VerifyData checks what a site signed of a visitor, with the keys of a room and none of the ring's own.
func (r *Keyring) VerifyData(submitted json.RawMessage, algorithm string, keys chat.SigningKeys, at time.Time) (chat.Values, error) {
	switch algorithm {
	case "HS256", "HS384", "HS512", "RS256", "RS384", "RS512":
		return openToken(submitted, algorithm, keys.Keys, at)
	case "md5", "sha1":
		if keys.Checksums {
			return openChecksum(submitted, algorithm, keys.Keys, at)
		}
	}
	return nil, chat.ErrDataAlgorithm
}

// openToken opens a compact JWS whose payload is the values. The header's algorithm is the one that was asked for, and
// the key is of a kind for it: a public key taken for a secret would let everybody sign.
func openToken(submitted json.RawMessage, algorithm string, keys []models.RoomKey, at time.Time) (chat.Values, error) {
	var token string
	if json.Unmarshal(submitted, &token) != nil {
		return nil, chat.ErrDataShape
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{algorithm}), jwt.WithTimeFunc(func() time.Time { return at }))
	failure := chat.ErrDataSignature
	for _, k := range keys {
		key, ok := tokenKey(k, algorithm)
		if !ok {
			continue
		}
		parsed, err := parser.Parse(token, func(*jwt.Token) (any, error) { return key, nil })
		switch {
		case err == nil && parsed.Header["crit"] == nil: // what must be understood is not
			return payload(token)
		case errors.Is(err, jwt.ErrTokenExpired), errors.Is(err, jwt.ErrTokenNotValidYet):
			failure = chat.ErrDataExpired
		}
	}
	return nil, failure
}

func tokenKey(k models.RoomKey, algorithm string) (key any, ok bool) {
	if strings.HasPrefix(algorithm, "HS") {
		return []byte(k.Key), k.Kind == models.RoomSecret && k.Key != ""
	}
	if k.Kind != models.RoomPublicKey {
		return nil, false
	}
	public, err := chat.ParseSigningKey(k.Key)
	return public, err == nil
}

// payload takes the values out of a token that was checked, from its text, so that numbers stay as they were written.
func payload(token string) (chat.Values, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		return nil, chat.ErrDataShape
	}
	values, err := chat.ParseValues(raw)
	for _, claim := range []string{"exp", "iat", "nbf"} {
		delete(values, claim)
	}
	return values, err
}
