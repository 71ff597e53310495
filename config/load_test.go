package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/config"
)

// file writes a parley.yaml and returns options that read it and nothing else.
func file(t *testing.T, yaml string) config.Options {
	t.Helper()
	name := filepath.Join(t.TempDir(), "parley.yaml")
	if err := os.WriteFile(name, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Options{File: name}
}

func alone(t *testing.T) config.Options { return config.Options{Dirs: []string{t.TempDir()}} }

func TestNothingGivenIsDefault(t *testing.T) {
	got, err := config.Load(alone(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := config.Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestLaterSourcesWin(t *testing.T) {
	o := file(t, "http: {listen: ':1', drain: 1}\nlog: {level: warn}\nbayeux: {timeout: 1s}\ndata: {dir: d1}\n")
	o.Defaults = map[string]string{"http.listen": ":0", "log.format": "json", "data.dir": "d0"}
	o.Environ = []string{"PARLEY_HTTP_LISTEN=:2", "PARLEY_LOG_LEVEL=error", "PARLEY_DATA_DIR=", "HOME=/", "PARLEYX=1"}
	o.Flags = map[string]string{"http.listen": ":3"}
	c, err := config.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ got, want any }{
		{c.HTTP.Listen, ":3"},                                // flag
		{c.Log.Level, "error"},                               // environment
		{c.HTTP.Drain, time.Second},                          // file
		{c.Bayeux.Timeout, time.Second},                      // file
		{c.Data.Dir, "d1"},                                   // an empty variable is none
		{c.Log.Format, "json"},                               // the caller's default
		{c.Chat.OfflineMessage, "chat_offline_message"},      // ours
		{c.Bayeux.Mounts[2], "/cometd"},                      // ours, beside a key from the file
		{c.Database.URL.Reveal(), "sqlite://data/parley.db"}, // ours
	} {
		if row.got != row.want {
			t.Errorf("got %v, want %v", row.got, row.want)
		}
	}
}

func TestFileIsSearchedInOrder(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	write := func(dir, text string) {
		if err := os.WriteFile(filepath.Join(dir, "parley.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The binary beside it has nearly the same name.
	if err := os.WriteFile(filepath.Join(first, "parley"), []byte("\x7fELF"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(second, "log: {level: warn}")
	o := config.Options{Dirs: []string{first, second}}
	if c, err := config.Load(o); err != nil || c.Log.Level != "warn" {
		t.Errorf("only the second: level %q, error %v", c.Log.Level, err)
	}
	write(first, "log: {level: error}")
	if c, err := config.Load(o); err != nil || c.Log.Level != "error" {
		t.Errorf("both: level %q, error %v", c.Log.Level, err)
	}
}

func TestEveryKeyCanComeFromTheEnvironment(t *testing.T) {
	values := map[string]string{
		"http.listen": "127.0.0.1:9", "http.allowed_origins": "https://a.example, https://b.example", "http.trusted_proxies": "10.0.0.0/8",
		"http.drain": "3", "http.max_body_bytes": "1KiB", "data.dir": "/d", "database.url": "postgres://u:p@h/n", "database.max_open_conns": "7",
		"bayeux.mounts": "/x", "bayeux.timeout": "1.5", "bayeux.interval": "1s", "bayeux.grace": "2s", "bayeux.sweep": "3s",
		"bayeux.max_message_bytes": "2KiB", "bayeux.max_queue_messages": "3", "bayeux.max_queue_bytes": "4KiB", "bayeux.max_subscriptions": "5",
		"http.tls.cert": "cert.pem", "http.tls.key": "key.pem", "http.max_connections": "13",
		"bayeux.max_sessions_per_ip": "14", "bayeux.handshakes_per_second_per_ip": "0.25", "bayeux.max_sockets": "15",
		"bayeux.ack": "false", "bayeux.activity_timeout": "1h", "bayeux.multiple_clients": "2",
		"bayeux.open_channels": "/news/*", "bayeux.channels": `[{"pattern":"/a","subscribe":"anyone","publish":"nobody"}]`,
		"bayeux.max_history_bytes": "1MiB", "chat.prefix": "/api/v1", "chat.max_messages_count": "6", "chat.max_messages_cap": "70",
		"chat.offline_message": "gone", "chat.duty_grace": "8", "chat.reassign_after": "9", "chat.idle_close_after": "10", "chat.task_close_after": "11", "chat.keep_events": "604801", "chat.keep_audit": "604802",
		"chat.reopen_within": "3601", "chat.max_conversations": "4", "chat.answer_within": "90s",
		"chat.messages_per_second": "0.5", "chat.messages_burst": "11", "chat.opens_per_minute": "12",
		"limits.reads_per_second_per_ip": "21", "limits.files_per_second_per_ip": "51", "limits.misses_per_second_per_ip": "2.5",
		"limits.bayeux_requests_per_second_per_ip": "9000", "limits.per_second_per_visitor": "51", "limits.per_second_per_key": "2001",
		"limits.per_second_per_organization": "9001",
		"attachments.url":                    "s3://files?region=eu", "attachments.max_bytes": "5MiB", "attachments.max_per_message": "3",
		"attachments.types": "image/png, image/gif", "attachments.bytes_per_hour": "20MiB",
		"webhooks.allow_private": "true", "webhooks.allowed_networks": "10.0.0.0/8, 192.168.1.1", "webhooks.ports": "443, 8443",
		"webhooks.timeout": "3", "webhooks.workers": "5", "webhooks.workers_per_webhook": "2", "webhooks.give_up_after": "1h",
		"webhooks.max_attempts": "7", "webhooks.disable_after": "2h", "webhooks.max_queue": "99", "webhooks.keep": "3h",
		"calls.ring_for": "31s", "calls.stun": "stun:a:1, stun:b:2", "calls.turn": "turns:c:3", "calls.turn_secret": "hush", "calls.turn_life": "90m",
		"webhooks.keep_count": "98", "webhooks.offline_after": "45s",
		"giosg.public_url": "https://chat.example.com", "giosg.visitor_collection_channel": "false",
		"giosg.geo_city_database": "city.mmdb", "giosg.geo_organization_database": "asn.mmdb", "giosg.forget_visitors_after": "94h",
		"auth.keys":     `[{"id":"k","alg":"HS256","secret":"0123456789abcdef0123456789abcdef"}]`,
		"auth.visitors": "signed", "auth.managers": "trusted", "auth.lockout_after": "3", "auth.lockout_for": "91s", "auth.signature_expiry": "92s", "auth.visitor_token_life": "92h", "auth.max_token_life": "93h", "metrics.listen": ":9", "log.level": "debug", "log.format": "text",
		// Parsed, though Validate refuses them for now.
		"cluster.nats_url": "nats://h:4222", "cluster.embedded.enabled": "true",
	}
	for _, name := range config.Names() {
		t.Run(name, func(t *testing.T) {
			value, known := values[name]
			if !known {
				t.Fatal("no value for this key here: add one")
			}
			o := alone(t)
			o.Environ = []string{"PARLEY_" + strings.ToUpper(strings.ReplaceAll(name, ".", "_")) + "=" + value}
			c, err := config.Load(o)
			if strings.HasPrefix(name, "cluster.") {
				if err == nil || err.Error() != name+": cluster is not available in this version" {
					t.Errorf("error %v", err)
				}
				return
			}
			if strings.HasPrefix(name, "http.tls.") { // one without the other
				if err == nil || err.Error() != "http.tls: cert and key belong together" {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(c, config.Default()) {
				t.Error("the variable changed nothing")
			}
		})
	}
}

func TestFormsOfValues(t *testing.T) {
	for _, row := range []struct {
		yaml string
		got  func(config.Config) any
		want any
	}{
		{"bayeux: {timeout: 25}", func(c config.Config) any { return c.Bayeux.Timeout }, 25 * time.Second},
		{"bayeux: {timeout: 0.5}", func(c config.Config) any { return c.Bayeux.Timeout }, 500 * time.Millisecond},
		{"bayeux: {timeout: '90'}", func(c config.Config) any { return c.Bayeux.Timeout }, 90 * time.Second},
		{"bayeux: {timeout: 1m30s}", func(c config.Config) any { return c.Bayeux.Timeout }, 90 * time.Second},
		{"http: {max_body_bytes: 65537}", func(c config.Config) any { return c.HTTP.MaxBodyBytes }, config.Bytes(65537)},
		{"http: {max_body_bytes: 1MiB}", func(c config.Config) any { return c.HTTP.MaxBodyBytes }, config.Bytes(1 << 20)},
		{"http: {max_body_bytes: 2 kb}", func(c config.Config) any { return c.HTTP.MaxBodyBytes }, config.Bytes(2000)},
		{"http: {allowed_origins: []}", func(c config.Config) any { return len(c.HTTP.AllowedOrigins) }, 0},
		{"http: {allowed_origins: 'http://a, http://b'}", func(c config.Config) any { return c.HTTP.AllowedOrigins[1] }, "http://b"},
		{"bayeux: {open_channels: '[\"/a\"]'}", func(c config.Config) any { return c.Bayeux.OpenChannels[0] }, "/a"},
		{"chat: {messages_per_second: 0}", func(c config.Config) any { return c.Chat.MessagesPerSecond }, 0.0},
		{"HTTP:\n  Listen: ':1'", func(c config.Config) any { return c.HTTP.Listen }, ":1"},
		{"http.listen: ':1'", func(c config.Config) any { return c.HTTP.Listen }, ":1"},
		{"http:\nlog:\n  level: warn", func(c config.Config) any { return c.HTTP.Listen + c.Log.Level }, ":8080warn"},
		{"http:\n  listen:", func(c config.Config) any { return c.HTTP.Listen }, ":8080"},
		{"", func(c config.Config) any { return c.HTTP.Listen }, ":8080"},
		{"auth: {keys: [{id: a, alg: HS256, secret: 0123456789abcdef0123456789abcdeX}]}",
			func(c config.Config) any { return c.Auth.Keys[0].Secret.Reveal() }, "0123456789abcdef0123456789abcdeX"},
	} {
		c, err := config.Load(file(t, row.yaml))
		if err != nil {
			t.Errorf("%s: %v", row.yaml, err)
		} else if got := row.got(c); got != row.want {
			t.Errorf("%s: got %v, want %v", row.yaml, got, row.want)
		}
	}
}

// Every refusal is one line, names the key, and shows no secret.
func TestRefusedFiles(t *testing.T) {
	for _, row := range []struct{ yaml, want string }{
		{"http: {lissten: ':1'}", "http.lissten: unknown key; the nearest known one is http.listen"},
		{"bayeux: {max_queue: 1}", "bayeux.max_queue: unknown key; the nearest known one is bayeux.max_queue_bytes"},
		{"databse: {url: x}", "databse.url: unknown key; the nearest known one is database.url"},
		{"http: {listen: {a: b}}", "http.listen.a: unknown key; the nearest known one is http.listen"},
		{"http: 5", "http is a section of settings, not a value"},
		{"cluster: {embedded: true}", "cluster.embedded is a section of settings, not a value"},
		{"http: {listen: {}}", `http.listen: {} is not a string`},
		{"http: {listen: 8080}", `http.listen: 8080 is not a string`},
		{"http: {drain: soon}", `http.drain: "soon" is not a duration (like 30s, 2m, or a number of seconds)`},
		{"http: {drain: .inf}", `http.drain: "+Inf" is not a duration (like 30s, 2m, or a number of seconds)`},
		{"http: {max_body_bytes: 1.5}", `http.max_body_bytes: 1.5 is not a size (like 65536, 64KiB or 1MiB)`},
		{"http: {max_body_bytes: 99999999999GiB}", `is not a size`},
		{"http: {allowed_origins: 5}", `http.allowed_origins: 5 is not a list of strings`},
		{"http: {allowed_origins: [5]}", `http.allowed_origins: [5] is not a list of strings`},
		{"chat: {max_messages_count: many}", `chat.max_messages_count: "many" is not a whole number`},
		{"chat: {max_messages_count: 1.5}", `chat.max_messages_count: 1.5 is not a whole number`},
		{"chat: {messages_per_second: fast}", `chat.messages_per_second: "fast" is not a number`},
		{"cluster: {embedded: {enabled: perhaps}}", `cluster.embedded.enabled: "perhaps" is not true or false`},
		{"database: {url: [hunter2]}", `database.url: *** is not a string`},
		{"auth: {keys: hunter2}", `auth.keys: *** is not a list of keys`},
		{"auth: {keys: [hunter2]}", `auth.keys: *** is not a list of keys`},
		{"auth: {keys: [{id: a, sekret: hunter2}]}", `auth.keys[0].sekret: unknown key; the nearest known one is secret`},
		{"auth: {keys: [{id: a, alg: HS256, secret: {hunter2: 1}}]}", `auth.keys[0].secret: the value is not a string`},
		{"auth: {keys: [{id: 5}]}", `auth.keys[0].id: the value is not a string`},
		{"http: {listen: ':1', listen: ':2'}", "already defined"},
		{"http: [", "yaml"},
		{"- a\n- b", "yaml"},
		{"\tx", "yaml"},
	} {
		_, err := config.Load(file(t, row.yaml))
		if err == nil {
			t.Errorf("%s: loaded", row.yaml)
			continue
		}
		text := err.Error()
		if !strings.Contains(text, row.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", row.yaml, text, row.want)
		}
		if strings.Contains(text, "\n") || strings.Contains(text, "hunter2") {
			t.Errorf("%s: the error has several lines or a secret: %s", row.yaml, text)
		}
		if !strings.Contains(text, "parley.yaml: ") {
			t.Errorf("%s: the error does not name the file: %s", row.yaml, text)
		}
	}
}

func TestRefusedSources(t *testing.T) {
	for _, row := range []struct {
		options config.Options
		want    string
	}{
		{config.Options{File: "/nowhere/p.yaml"}, "/nowhere/p.yaml: no such file"},
		{config.Options{Environ: []string{"PARLEY_HTTP_LISTN=:1"}}, "environment: PARLEY_HTTP_LISTN: unknown key; the nearest known one is PARLEY_HTTP_LISTEN"},
		{config.Options{Environ: []string{"PARLEY_HTTP_PORT=8080"}}, "environment: PARLEY_HTTP_PORT: unknown key"},
		{config.Options{Environ: []string{"PARLEY_HTTP_DRAIN=x"}}, `PARLEY_HTTP_DRAIN: http.drain: "x" is not a duration`},
		{config.Options{Environ: []string{"PARLEY_AUTH_KEYS=[{hunter2"}}, "PARLEY_AUTH_KEYS: auth.keys: *** is not a list of keys"},
		{config.Options{Environ: []string{"PARLEY_HTTP_ALLOWED_ORIGINS=[a"}}, `is not a list of strings`},
		{config.Options{Environ: []string{"PARLEY_DATABASE_URL=mysql://u:hunter2@h"}}, `database.url: "mysql://u:***@h" must begin with`},
		{config.Options{Flags: map[string]string{"log.levle": "info"}}, "flag: log.levle: unknown key; the nearest known one is log.level"},
		{config.Options{Flags: map[string]string{"http.drain": "x"}}, `flag: http.drain: "x" is not a duration`},
	} {
		if row.options.File == "" {
			row.options.Dirs = []string{t.TempDir()}
		}
		_, err := config.Load(row.options)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got  %v\nwant %s", err, row.want)
		}
	}
}

// Kubernetes describes Services in the environment. One called parley must not stop the server.
func TestKubernetesVariablesAreNotSettings(t *testing.T) {
	o := alone(t)
	o.Environ = []string{
		"PARLEY_SERVICE_HOST=10.0.0.1", "PARLEY_SERVICE_PORT=80", "PARLEY_SERVICE_PORT_HTTP=80",
		"PARLEY_PORT=tcp://10.0.0.1:80", "PARLEY_PORT_80_TCP=tcp://10.0.0.1:80", "PARLEY_PORT_80_TCP_PROTO=tcp",
		"PARLEY_PORT_80_TCP_PORT=80", "PARLEY_PORT_80_TCP_ADDR=10.0.0.1", "PARLEY_WEB_PORT=tcp://10.0.0.2:80",
	}
	if _, err := config.Load(o); err != nil {
		t.Error(err)
	}
}
