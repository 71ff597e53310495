package chat

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"parley/models"
)

// Plain is the signing algorithm of variables without a signature.
const Plain = "plain"

// maxSubmitted bounds what a page submits of its visitor at a time, in bytes.
const maxSubmitted = 64 << 10

// Values are variables by their keys; each value is JSON as it was written.
type Values map[string]json.RawMessage

// SigningKeys are what the signatures of a room's visitors' data are checked with.
type SigningKeys struct {
	// Keys are tried in turn, so that they can be changed while old pages are still open.
	Keys []models.RoomKey
	// Checksums lets md5 and sha1 pass, which old sites use. They tell neither types nor where a value ends: who may
	// choose a part of what is signed can have it read as something else.
	Checksums bool
}

// DataVerifier checks what a site has signed of its visitor. Refusals are of the kind Invalid.
type DataVerifier interface {
	// VerifyData opens what was submitted: a string with a JWT for HS256 to HS512 and RS256 to RS512, an object with
	// its checksum for md5 and sha1. Any other algorithm, Plain too, is refused. What belongs to the signature (exp,
	// iat, nbf; _checksum, _exp) is not among the values. A signature says neither whose the data is nor in which
	// room: whoever has seen it can submit it for herself.
	VerifyData(submitted json.RawMessage, algorithm string, keys SigningKeys, at time.Time) (Values, error)
}

// The refusals of signed data. ErrDataShape is for what is no object of keys and values.
var (
	ErrDataShape     = E(Invalid, "variables_invalid", "Variables are an object of keys and values, or a string for a JWT; at most %d bytes", maxSubmitted)
	ErrDataUnsigned  = E(Invalid, "signature_missing", "This room takes signed data only")
	ErrDataAlgorithm = E(Invalid, "signing_algorithm_invalid", "signing_algorithm is plain, HS256, HS384, HS512, RS256, RS384, RS512, or, where the room takes them, sha1 or md5")
	ErrDataSignature = E(Invalid, "signature_invalid", "The signature is missing or wrong")
	ErrDataExpired   = E(Invalid, "signature_expired", "The signature has expired, or is not valid yet")
)

// ParseValues reads one JSON object. A key that comes twice is refused: it would be two values under one signature.
func ParseValues(raw []byte) (Values, error) {
	if len(raw) > maxSubmitted || !utf8.Valid(raw) {
		return nil, ErrDataShape
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, ErrDataShape
	}
	values := Values{}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return nil, ErrDataShape
		}
		if _, twice := values[key]; twice {
			return nil, ErrDataShape
		}
		values[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, ErrDataShape
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrDataShape
	}
	return values, nil
}

// Bounds of an RSA key, in bits.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// ParseSigningKey reads a public key of RSA in PEM, of 2048 bits at least.
func ParseSigningKey(text string) (*rsa.PublicKey, error) {
	refused := E(Invalid, "key_invalid", "A public key is RSA of %d to %d bits, in PEM (BEGIN PUBLIC KEY)", minRSABits, maxRSABits)
	block, rest := pem.Decode([]byte(text))
	if block == nil || strings.TrimSpace(string(rest)) != "" {
		return nil, refused
	}
	var parsed any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	}
	key, ok := parsed.(*rsa.PublicKey)
	if err != nil || !ok || key.N.BitLen() < minRSABits || key.N.BitLen() > maxRSABits {
		return nil, refused
	}
	return key, nil
}
