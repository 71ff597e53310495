package chat

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strconv"
	"strings"
)

// apiKeyPrefix tells keys from tokens: "pk_<id>_<secret>".
const apiKeyPrefix = "pk_"

// newAPIKey makes the key for a record; the secret has 130 bits.
func newAPIKey(id int64) string {
	return apiKeyPrefix + strconv.FormatInt(id, 10) + "_" + rand.Text()
}

func apiKeyID(key string) (int64, bool) {
	id, _, ok := strings.Cut(strings.TrimPrefix(key, apiKeyPrefix), "_")
	n, err := strconv.ParseInt(id, 10, 64)
	return n, ok && err == nil && n > 0
}

// hashSecret is for secrets that are random already, so a plain hash keeps them.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func sameSecret(hash, secret string) bool {
	return subtle.ConstantTimeCompare([]byte(hash), []byte(hashSecret(secret))) == 1
}
