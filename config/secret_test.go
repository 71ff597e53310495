package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"parley/config"
)

func TestNoPrinterShowsASecret(t *testing.T) {
	c := config.Default()
	c.Database.URL = "postgres://parley:hunter2@db/parley?sslpassword=hunter2"
	c.Auth.Keys = []config.Key{{ID: "main", Alg: "HS256", Secret: "hunter2", PrivateKey: "hunter2"}}
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var asYAML, text, structured bytes.Buffer
	if err := c.Write(&asYAML); err != nil {
		t.Fatal(err)
	}
	key, url := c.Auth.Keys[0], c.Database.URL
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "config", c, "key", key, "secret", key.Secret, "url", url)
	slog.New(slog.NewJSONHandler(&structured, nil)).Info("x", "config", c, "key", key, "secret", key.Secret, "url", url)
	printed := []string{string(asJSON), asYAML.String(), text.String(), structured.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c), fmt.Sprintf(verb, key.Secret), fmt.Sprintf(verb, url))
	}
	for _, p := range printed {
		for _, trace := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2")} {
			if strings.Contains(p, trace) {
				t.Errorf("a secret is in %s", p)
			}
		}
	}
	if key.Secret.Reveal() != "hunter2" || !strings.Contains(url.Reveal(), "hunter2") {
		t.Error("Reveal does not reveal")
	}
}

func TestURLHidesOnlyPasswords(t *testing.T) {
	for _, row := range []struct{ url, want string }{
		{"sqlite://data/parley.db", "sqlite://data/parley.db"},
		{"postgres://h/d", "postgres://h/d"},
		{"postgres://u@h/d", "postgres://u@h/d"},
		{"postgres://u:p@h:5432/d?sslmode=require", "postgres://u:***@h:5432/d?sslmode=require"},
		{"postgres://u:p@ss/w:rd@h/d", "postgres://u:***@h/d"},
		{"postgres://u:p?x@h/d?y=1", "postgres://u:***@h/d?y=1"},
		{"postgres://h/d?password=p&user=a@b", "postgres://***@b"},
		{"postgres://h/d?user=u&password=p&x=1", "postgres://h/d?user=u&password=***&x=1"},
		{"postgres://h/d?p%61ssword=p", "postgres://h/d?p%61ssword=***"},
		{"nats://a:b@h1,nats://c:d@h2", "nats://a:***@h2"},
		{"host=h password=p", "***"},
		{"nonsense", "nonsense"},
		{"", ""},
	} {
		if got := config.URL(row.url).String(); got != row.want {
			t.Errorf("%s: got %s, want %s", row.url, got, row.want)
		}
	}
}
