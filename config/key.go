package config

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Algorithms of a Key.
const (
	HS256 = "HS256"
	EdDSA = "EdDSA"
)

// minSecret is what RFC 7518 asks of an HS256 key: as long as the hash.
const minSecret = 32

// Key signs or verifies tokens. Its algorithm is fixed, whatever a token says of itself.
type Key struct {
	ID         string `mapstructure:"id"`
	Alg        string `mapstructure:"alg"`
	Secret     Secret `mapstructure:"secret"`
	PublicKey  string `mapstructure:"public_key"`
	PrivateKey Secret `mapstructure:"private_key"`
}

// CanSign tells whether the key holds what signing needs.
func (k Key) CanSign() bool { return k.Alg == HS256 || k.PrivateKey != "" }

// Ed25519 returns the two halves of an EdDSA key; private is nil for one that only verifies.
// PEM is PKIX and PKCS #8; base64 is of the raw 32 bytes (a private key: the seed, or
// seed and public key, 64 bytes).
func (k Key) Ed25519() (public ed25519.PublicKey, private ed25519.PrivateKey, err error) {
	if k.PrivateKey != "" {
		if private, err = parsePrivate(k.PrivateKey.Reveal()); err != nil {
			return nil, nil, fmt.Errorf("private_key %w", err)
		}
		public = private.Public().(ed25519.PublicKey)
	}
	if k.PublicKey != "" {
		given, err := parsePublic(k.PublicKey)
		if err != nil {
			return nil, nil, fmt.Errorf("public_key %w", err)
		}
		if public != nil && !public.Equal(given) {
			return nil, nil, errors.New("public_key and private_key do not belong together")
		}
		public = given
	}
	if public == nil {
		return nil, nil, errors.New("an EdDSA key needs a public_key or a private_key")
	}
	return public, private, nil
}

var errNotEd25519 = errors.New("is not an Ed25519 key in PEM or base64")

func parsePublic(text string) (ed25519.PublicKey, error) {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if public, ok := key.(ed25519.PublicKey); err == nil && ok {
			return public, nil
		}
		return nil, errNotEd25519
	}
	raw, err := decode64(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, errNotEd25519
	}
	return raw, nil
}

func parsePrivate(text string) (ed25519.PrivateKey, error) {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if private, ok := key.(ed25519.PrivateKey); err == nil && ok {
			return private, nil
		}
		return nil, errNotEd25519
	}
	raw, err := decode64(text)
	if err != nil || len(raw) != ed25519.SeedSize && len(raw) != ed25519.PrivateKeySize {
		return nil, errNotEd25519
	}
	private := ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize])
	if len(raw) == ed25519.PrivateKeySize && !private.Equal(ed25519.PrivateKey(raw)) {
		return nil, errNotEd25519
	}
	return private, nil
}

// decode64 takes both alphabets of base64, padded or not.
func decode64(text string) ([]byte, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	return base64.RawStdEncoding.DecodeString(text)
}

func (k Key) validate() error {
	switch k.Alg {
	case HS256:
		if len(k.Secret) < minSecret {
			return fmt.Errorf("secret of an HS256 key must have at least %d bytes", minSecret)
		}
		if k.PublicKey != "" || k.PrivateKey != "" {
			return errors.New("an HS256 key has a secret only, no public_key or private_key")
		}
		return nil
	case EdDSA:
		if k.Secret != "" {
			return errors.New("an EdDSA key has no secret")
		}
		_, _, err := k.Ed25519()
		return err
	}
	return fmt.Errorf("alg must be %s or %s, not %q", HS256, EdDSA, k.Alg)
}
