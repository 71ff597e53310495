package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/config"
)

func TestDefaultsFileLoadsBack(t *testing.T) {
	var text strings.Builder
	if err := config.WriteDefaults(&text); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(file(t, text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if want := config.Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, name := range config.Names() {
		if config.Doc(name) == "" {
			t.Errorf("%s has no comment", name)
		}
		leaf := name[strings.LastIndexByte(name, '.')+1:]
		if !strings.Contains(text.String(), " "+leaf+": ") {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestEffectiveSettingsLoadBack(t *testing.T) {
	want := config.Default()
	want.HTTP.Listen = "[::1]:0"
	want.HTTP.AllowedOrigins = []string{"https://a.example", "http://b.example"}
	want.HTTP.MaxBodyBytes = 65537
	want.HTTP.Drain = 1500 * time.Millisecond
	want.Chat.OfflineMessage = "Nobody: \"here\" # now\n'тут' - <b> \\ \u2028 {x}"
	want.Chat.IdleCloseAfter = 90 * time.Minute
	want.Chat.MessagesPerSecond = 0.25
	want.Bayeux.Mounts = []string{"/faye"}
	want.Bayeux.Channels = []config.Channel{
		{Pattern: "/news/**", Subscribe: []string{"anyone"}, Publish: []string{"manager", "backend"}, Presence: true},
		{
			Pattern: "/a-{b}", Subscribe: []string{"nobody"}, Publish: []string{"visitor"},
			History: config.History{Size: 100, Age: 90 * time.Minute}, JoinLeave: true, MaxMessageBytes: 4096,
		},
	}
	var text strings.Builder
	if err := want.Write(&text); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(file(t, text.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestKeysPrintWithoutSecrets(t *testing.T) {
	c := config.Default()
	c.Auth.Keys = []config.Key{{ID: "a", Alg: "HS256", Secret: "hunter2"}, {ID: "b", Alg: "EdDSA", PublicKey: "x"}}
	var text strings.Builder
	if err := c.Write(&text); err != nil {
		t.Fatal(err)
	}
	want := `  keys:
    - id: "a"
      alg: "HS256"
      secret: "***"
    - id: "b"
      alg: "EdDSA"
      public_key: "x"
`
	if !strings.Contains(text.String(), want) {
		t.Errorf("got\n%s", text.String())
	}
}

func FuzzLoadFile(f *testing.F) {
	f.Add("http: {listen: ':1'}")
	f.Add("auth: {keys: [{id: a, alg: HS256, secret: s}]}")
	f.Add("bayeux:\n  timeout: 1e400\n")
	f.Fuzz(func(t *testing.T, yaml string) {
		c, err := config.Load(file(t, yaml))
		if err == nil {
			if err := c.Validate(); err != nil {
				t.Errorf("Load let an impossible value through: %v", err)
			}
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("several lines: %q", err)
		}
	})
}
