package chattest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chat/chattest"
	"parley/chat/token"
	"parley/models"
)

// failing is a test that keeps what it is told.
type failing struct {
	testing.TB
	cleanups []func()
	told     []string
}

func (f *failing) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }
func (f *failing) Errorf(format string, args ...any) {
	f.told = append(f.told, fmt.Sprintf(format, args...))
}

// TestSecretsInLogsAreFound: a test fails whose server logs a secret, by its form or by being known, and no other.
func TestSecretsInLogsAreFound(t *testing.T) {
	keys, err := token.NewKeyring(token.Key{ID: "k", Algorithm: token.HS256, Secret: []byte(strings.Repeat("s", 32))})
	if err != nil {
		t.Fatal(err)
	}
	signed, _, err := keys.Manager(models.Manager{ID: 7, OrganizationID: 1, Role: models.RoleAdmin}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	chattest.Secret("correct horse battery", "short")
	chattest.SecretsIn([]byte(`{"key":{"id":1,"key":"made-of-letters"},"list":[{"password":"another-secret"}],"name":"not-a-secret-at-all"}`))
	for text, want := range map[string]string{
		"nothing to see":                            "",
		"name=not-a-secret-at-all short":            "",
		`msg="http request" query="token=` + signed: "a token",
		"key pk_12_ABCDEFGHIJKLMNOPQRSTUVWXYZ":      "an API key",
		"request_id=ABCDEFGHIJKLMNOPQRSTUVWXYZ":     "",
		"x whsec_0123456789abcdef0123456789abcdef":  "a webhook's secret",
		"hash $argon2id$v=19":                       "a password's hash",
		"body: correct horse battery":               "a known secret",
		"made-of-letters":                           "a known secret",
		"another-secret":                            "a known secret",
	} {
		f := &failing{}
		logger := chattest.Logger(f)
		logger.Debug(text)
		for _, fn := range f.cleanups {
			fn()
		}
		if told := strings.Join(f.told, "; "); (want == "") != (told == "") || !strings.Contains(told, want) {
			t.Errorf("%q: told %q, want %q", text, told, want)
		}
		if told := strings.Join(f.told, "; "); strings.Contains(told, signed) || strings.Contains(told, "correct horse") {
			t.Errorf("the secret itself is told: %s", told)
		}
	}
}
