package chattest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// What no log may have. Some secrets are told by their form, in whatever test they were made: tokens, API keys and the
// secrets of webhooks. Others, such as passwords and cookies, look like anything: those are made known.
var (
	formsOfSecrets = map[string]*regexp.Regexp{
		"a token":            regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}`),
		"an API key":         regexp.MustCompile(`pk_[0-9]+_[A-Z2-7]{16,}`),
		"a webhook's secret": regexp.MustCompile(`whsec_[A-Za-z0-9+/=_-]{16,}`),
		"a password's hash":  regexp.MustCompile(`\$argon2id\$`),
		"a private key":      regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`),
	}
	knownSecrets = struct {
		sync.Mutex
		list map[string]bool
	}{list: map[string]bool{}}
)

// shortestSecret is how long a text must be to be looked for: shorter ones are found everywhere.
const shortestSecret = 8

// Secret makes texts known that no log may have, for all tests of the process from now on.
func Secret(texts ...string) {
	knownSecrets.Lock()
	defer knownSecrets.Unlock()
	for _, text := range texts {
		if len(text) >= shortestSecret {
			knownSecrets.list[text] = true
		}
	}
}

// secretFields are the names under which requests and answers have secrets.
var secretFields = []string{"token", "key", "secret", "password", "old_password", "auth_token", "signature"}

// SecretsIn makes known what a JSON document has under the names of secrets. What is no JSON has none.
func SecretsIn(document []byte) {
	var value any
	if json.Unmarshal(document, &value) == nil {
		secretsIn(value)
	}
}

func secretsIn(value any) {
	switch v := value.(type) {
	case []any:
		for _, inner := range v {
			secretsIn(inner)
		}
	case map[string]any:
		for name, inner := range v {
			if text, is := inner.(string); is && slices.Contains(secretFields, name) {
				Secret(text)
			}
			secretsIn(inner)
		}
	}
}

// FindSecrets names the secrets that a text has, by their kind, each with where it stands.
func FindSecrets(text string) (found []string) {
	for kind, form := range formsOfSecrets {
		if at := form.FindStringIndex(text); at != nil {
			found = append(found, fmt.Sprintf("%s: %s", kind, around(text, at[0], at[1])))
		}
	}
	knownSecrets.Lock()
	defer knownSecrets.Unlock()
	for secret := range knownSecrets.list {
		if at := strings.Index(text, secret); at >= 0 {
			found = append(found, "a known secret: "+around(text, at, at+len(secret)))
		}
	}
	slices.Sort(found)
	return found
}

// around shows the line before a secret, and of itself the beginning alone.
func around(text string, from, to int) string {
	begin := max(strings.LastIndexByte(text[:from], '\n')+1, from-200)
	return text[begin:min(from+4, to)] + "…"
}

// LogBuffer is what a test's server logs.
type LogBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (b *LogBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *LogBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Log is a place for the log of a test's server. The test fails when a secret is in it at the end.
func Log(tb testing.TB) *LogBuffer {
	b := &LogBuffer{}
	tb.Cleanup(func() {
		for _, secret := range FindSecrets(b.String()) {
			tb.Errorf("the log has %s", secret)
		}
	})
	return b
}

// Logger writes everything, debugging included, to a Log of its own.
func Logger(tb testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(Log(tb), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
