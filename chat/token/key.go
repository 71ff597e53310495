package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Algorithms of keys.
const (
	HS256 = "HS256"
	EdDSA = "EdDSA"
)

// MinSecret is the length in bytes below which a shared secret is refused (RFC 7518, section 3.2).
const MinSecret = 32

// Key signs or verifies. An EdDSA key without its private half only verifies.
type Key struct {
	ID        string
	Algorithm string
	Secret    []byte // HS256
	Public    ed25519.PublicKey
	Private   ed25519.PrivateKey
}

func (k Key) check() error {
	if strings.HasPrefix(k.ID, sitePrefix) {
		return fmt.Errorf("token: the key id %q is for site secrets", k.ID)
	}
	switch k.Algorithm {
	case HS256:
		if len(k.Secret) < MinSecret {
			return fmt.Errorf("token: the secret of key %q is shorter than %d bytes", k.ID, MinSecret)
		}
	case EdDSA:
		if len(k.Public) != ed25519.PublicKeySize || len(k.Private) != 0 && len(k.Private) != ed25519.PrivateKeySize {
			return fmt.Errorf("token: key %q is no Ed25519 key", k.ID)
		}
	default:
		return fmt.Errorf("token: key %q has the unknown algorithm %q", k.ID, k.Algorithm)
	}
	return nil
}

func (k Key) signing() any {
	if k.Algorithm == EdDSA {
		return k.Private
	}
	return k.Secret
}

func (k Key) verifying() any {
	if k.Algorithm == EdDSA {
		return k.Public
	}
	return k.Secret
}

func (k Key) signs() bool { return k.Algorithm == HS256 || len(k.Private) > 0 }

// keyFile is a generated key as it lies in the data folder.
type keyFile struct {
	ID        string `json:"id"`
	Algorithm string `json:"alg"`
	Secret    []byte `json:"secret"`
}

// LoadOrCreate reads the key in the file, or makes one that only the owner of the process can read. Processes
// that do so at once agree on one key.
func LoadOrCreate(path string) (Key, error) {
	raw, err := os.ReadFile(path) // #nosec G304 -- named by the settings
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return Key{}, err
		}
		raw, err = os.ReadFile(path) // #nosec G304 -- named by the settings
	}
	if err != nil {
		return Key{}, fmt.Errorf("token: %w", err)
	}
	var file keyFile
	if err := json.Unmarshal(raw, &file); err != nil {
		return Key{}, fmt.Errorf("token: the key file %s cannot be read", path)
	}
	key := Key{ID: file.ID, Algorithm: file.Algorithm, Secret: file.Secret}
	return key, key.check()
}

// create writes a complete file beside the place and links it there, unless somebody was faster.
func create(path string) error {
	secret := make([]byte, MinSecret)
	rand.Read(secret)                                                                        // never fails
	raw, err := json.Marshal(keyFile{ID: rand.Text()[:8], Algorithm: HS256, Secret: secret}) // #nosec G117 -- the file is where the secret is kept
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(raw)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if err := os.Link(temporary.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("token: %w", err)
	}
	return nil
}
