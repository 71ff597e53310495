package chat

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

// Cost of a password hash: argon2id with 19 MiB, two passes, one lane, which OWASP's password storage advice
// names as its minimum.
const (
	passwordMemory = 19 * 1024
	passwordPasses = 2
	passwordLanes  = 1
	passwordKey    = 32
	// MinPassword and MaxPassword bound a password in bytes.
	MinPassword = 8
	MaxPassword = 256
)

// hashing bounds the memory that concurrent sign-ins take.
var hashing = make(chan struct{}, 4)

func derive(password string, salt []byte, memory, passes uint32, lanes uint8, size uint32) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, size)
}

// hashPassword returns the PHC form: parameters, salt and hash.
func hashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails
	sum := derive(password, salt, passwordMemory, passwordPasses, passwordLanes, passwordKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, passwordMemory, passwordPasses,
		passwordLanes, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// nobodysPassword is compared when there is no such manager, so that both refusals take the same time.
var nobodysPassword = sync.OnceValue(func() string { return hashPassword(rand.Text()) })

// samePassword tells whether hash is password's. A hash that cannot be read is nobody's.
func samePassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || lanes == 0 || passes == 0 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	sum, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(sum) == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(sum, derive(password, salt, memory, passes, lanes, uint32(len(sum)))) == 1 // #nosec G115 -- some bytes of a hash
}
