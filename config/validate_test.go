package config_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"parley/config"
)

func TestDefaultIsValid(t *testing.T) {
	if err := config.Default().Validate(); err != nil {
		t.Error(err)
	}
}

var (
	one  = []string{"anyone"}
	open = config.Channel{Pattern: "/open", Subscribe: one, Publish: one}
)

func rules(list ...config.Channel) func(*config.Config) {
	return func(c *config.Config) { c.Bayeux.Channels = list }
}

func with(change func(*config.Channel)) config.Channel {
	c := open
	change(&c)
	return c
}

func TestImpossibleValues(t *testing.T) {
	secret := config.Secret(strings.Repeat("s", 32))
	for _, row := range []struct {
		name   string
		change func(*config.Config)
		want   string
	}{
		{"no port", func(c *config.Config) { c.HTTP.Listen = "localhost" }, "http.listen: "},
		{"no address", func(c *config.Config) { c.HTTP.Listen = "" }, "http.listen: "},
		{"port too high", func(c *config.Config) { c.HTTP.Listen = ":65536" }, "http.listen: "},
		{"port by name", func(c *config.Config) { c.HTTP.Listen = ":http" }, "http.listen: "},
		{"origin with path", func(c *config.Config) { c.HTTP.AllowedOrigins = []string{"https://a.example/"} }, "http.allowed_origins: "},
		{"origin without scheme", func(c *config.Config) { c.HTTP.AllowedOrigins = []string{"a.example"} }, "http.allowed_origins: "},
		{"origin with star", func(c *config.Config) { c.HTTP.AllowedOrigins = []string{"https://*.example"} }, "http.allowed_origins: "},
		{"certificate without key", func(c *config.Config) { c.HTTP.TLS.Cert = "cert.pem" }, "http.tls: cert and key belong together"},
		{"key without certificate", func(c *config.Config) { c.HTTP.TLS.Key = "key.pem" }, "http.tls: cert and key belong together"},
		{"connections below none", func(c *config.Config) { c.HTTP.MaxConnections = -1 }, "http.max_connections: "},
		{"sessions of an address below none", func(c *config.Config) { c.Bayeux.MaxSessionsPerIP = -1 }, "bayeux.max_sessions_per_ip: "},
		{"handshakes below none", func(c *config.Config) { c.Bayeux.HandshakesPerIP = -1 }, "bayeux.handshakes_per_second_per_ip: "},
		{"sockets below none", func(c *config.Config) { c.Bayeux.MaxSockets = -1 }, "bayeux.max_sockets: "},
		{"proxy by name", func(c *config.Config) { c.HTTP.TrustedProxies = []string{"proxy"} }, "http.trusted_proxies: "},
		{"proxy with bad mask", func(c *config.Config) { c.HTTP.TrustedProxies = []string{"10.0.0.0/33"} }, "http.trusted_proxies: "},
		{"negative drain", func(c *config.Config) { c.HTTP.Drain = -1 }, "http.drain: "},
		{"no body", func(c *config.Config) { c.HTTP.MaxBodyBytes = 0 }, "http.max_body_bytes: "},
		{"visitors forgotten before they come", func(c *config.Config) { c.Giosg.ForgetVisitorsAfter = -time.Hour }, "giosg.forget_visitors_after: "},
		{"files nowhere", func(c *config.Config) { c.Attachments.URL = "/var/files" }, "attachments.url: "},
		{"files in no folder", func(c *config.Config) { c.Attachments.URL = "file://" }, "attachments.url: "},
		{"files in no bucket", func(c *config.Config) { c.Attachments.URL = "s3://?region=x" }, "attachments.url: "},
		{"all files", func(c *config.Config) { c.Attachments.Types = []string{"image/*"} }, "attachments.types: "},
		{"files with scripts", func(c *config.Config) { c.Attachments.Types = []string{"image/svg+xml"} }, "attachments.types: image/svg+xml is never taken"},
		{"files of nothing", func(c *config.Config) { c.Attachments.MaxBytes = 0 }, "attachments.max_bytes: "},
		{"messages of no files", func(c *config.Config) { c.Attachments.MaxPerMessage = 0 }, "attachments.max_per_message: "},
		{"fewer files than none", func(c *config.Config) { c.Attachments.BytesPerHour = -1 }, "attachments.bytes_per_hour: "},
		{"no folder", func(c *config.Config) { c.Data.Dir = " " }, "data.dir: "},
		{"other database", func(c *config.Config) { c.Database.URL = "mysql://h/d" }, "database.url: "},
		{"no scheme", func(c *config.Config) { c.Database.URL = "data/parley.db" }, "database.url: "},
		{"no database", func(c *config.Config) { c.Database.URL = "" }, "database.url: "},
		{"no path", func(c *config.Config) { c.Database.URL = "sqlite://" }, "database.url: "},
		{"raw password", func(c *config.Config) { c.Database.URL = "postgres://u:hunter2%@h/d" }, "database.url: not a valid URL"},
		{"no connections", func(c *config.Config) { c.Database.MaxOpenConns = 0 }, "database.max_open_conns: "},
		{"no mounts", func(c *config.Config) { c.Bayeux.Mounts = nil }, "bayeux.mounts: "},
		{"relative mount", func(c *config.Config) { c.Bayeux.Mounts = []string{"faye"} }, "bayeux.mounts: "},
		{"mount with slash", func(c *config.Config) { c.Bayeux.Mounts = []string{"/faye/"} }, "bayeux.mounts: "},
		{"mount with dots", func(c *config.Config) { c.Bayeux.Mounts = []string{"/a/../faye"} }, "bayeux.mounts: "},
		{"mount with star", func(c *config.Config) { c.Bayeux.Mounts = []string{"/*x"} }, "bayeux.mounts: "},
		{"mount at root", func(c *config.Config) { c.Bayeux.Mounts = []string{"/"} }, "bayeux.mounts: "},
		{"mount twice", func(c *config.Config) { c.Bayeux.Mounts = []string{"/faye", "/faye"} }, "bayeux.mounts: /faye collides with /faye"},
		{"mount within another", func(c *config.Config) { c.Bayeux.Mounts = []string{"/faye", "/faye/x"} }, "bayeux.mounts: /faye/x collides"},
		{"mount on chat", func(c *config.Config) { c.Bayeux.Mounts = []string{"/chat"} }, "bayeux.mounts: /chat collides"},
		{"mount under api", func(c *config.Config) { c.Bayeux.Mounts = []string{"/api/faye"} }, "bayeux.mounts: /api/faye collides with /api"},
		{"mount on prefix", func(c *config.Config) { c.Chat.Prefix = "/v1"; c.Bayeux.Mounts = []string{"/v1"} }, "bayeux.mounts: /v1 collides"},
		{"mount whose script is the widget's second", func(c *config.Config) { c.Bayeux.Mounts = []string{"/widget-more"} }, "bayeux.mounts: /widget-more.js collides with /widget-more.js"},
		{"mount whose script is the widget", func(c *config.Config) { c.Bayeux.Mounts = []string{"/widget"} }, "bayeux.mounts: /widget.js collides with /widget.js"},
		{"no timeout", func(c *config.Config) { c.Bayeux.Timeout = 0 }, "bayeux.timeout: "},
		{"negative interval", func(c *config.Config) { c.Bayeux.Interval = -time.Second }, "bayeux.interval: -1s is less than 0s"},
		{"negative grace", func(c *config.Config) { c.Bayeux.Grace = -1 }, "bayeux.grace: "},
		{"no sweep", func(c *config.Config) { c.Bayeux.Sweep = 0 }, "bayeux.sweep: "},
		{"no message", func(c *config.Config) { c.Bayeux.MaxMessageBytes = 0 }, "bayeux.max_message_bytes: "},
		{"no queue", func(c *config.Config) { c.Bayeux.MaxQueueMessages = 0 }, "bayeux.max_queue_messages: 0 is less than 1"},
		{"no queue bytes", func(c *config.Config) { c.Bayeux.MaxQueueBytes = -5 }, "bayeux.max_queue_bytes: "},
		{"negative activity", func(c *config.Config) { c.Bayeux.ActivityTimeout = -1 }, "bayeux.activity_timeout: "},
		{"negative clients", func(c *config.Config) { c.Bayeux.MultipleClients = -1 }, "bayeux.multiple_clients: "},
		{"no subscriptions", func(c *config.Config) { c.Bayeux.MaxSubscriptions = 0 }, "bayeux.max_subscriptions: "},
		{"star inside", func(c *config.Config) { c.Bayeux.OpenChannels = []string{"/a/*/b"} }, "bayeux.open_channels: "},
		{"relative channel", func(c *config.Config) { c.Bayeux.OpenChannels = []string{"a"} }, "bayeux.open_channels: "},
		{"empty segment", func(c *config.Config) { c.Bayeux.OpenChannels = []string{"/a//b"} }, "bayeux.open_channels: "},
		{"meta", func(c *config.Config) { c.Bayeux.OpenChannels = []string{"/meta/**"} }, "bayeux.open_channels: "},
		{"service", func(c *config.Config) { c.Bayeux.OpenChannels = []string{"/service/*"} }, "bayeux.open_channels: "},
		{"rule without pattern", rules(config.Channel{}), "bayeux.channels[0]: pattern is missing"},
		{"rule about the chat", rules(config.Channel{Pattern: "/conversations/*"}), "bayeux.channels[0]: /conversations/* cannot have a rule"},
		{"rule about a family", rules(config.Channel{Pattern: "/notifications"}), "bayeux.channels[0]: /notifications cannot"},
		{"rule about services", rules(config.Channel{Pattern: "/service/x"}), "bayeux.channels[0]: /service/x cannot"},
		{"rule about meta", rules(config.Channel{Pattern: "/meta/**"}), "bayeux.channels[0]: /meta/** cannot"},
		{"rule with star inside", rules(config.Channel{Pattern: "/a/*/b"}), "bayeux.channels[0]: "},
		{"rule without subscribers", rules(config.Channel{Pattern: "/a"}), "bayeux.channels[0]: subscribe is missing"},
		{"rule without publishers", rules(config.Channel{Pattern: "/a", Subscribe: one}), "bayeux.channels[0]: publish is missing"},
		{"rule for whom", rules(config.Channel{Pattern: "/a", Subscribe: one, Publish: []string{"all"}}), `publish: "all" is not one of anyone`},
		{"two rules", rules(open, open), "bayeux.channels[1]: a second rule about /open"},
		{"history without size", rules(with(func(c *config.Channel) { c.History.Age = 1 })), "an age needs a size"},
		{"negative history", rules(with(func(c *config.Channel) { c.History.Size = -1 })), "cannot be negative"},
		{"negative messages", rules(with(func(c *config.Channel) { c.MaxMessageBytes = -1 })), "max_message_bytes"},
		{"no history at all", func(c *config.Config) { c.Bayeux.MaxHistoryBytes = 0 }, "bayeux.max_history_bytes: "},
		{"mount on admin", func(c *config.Config) { c.Bayeux.Mounts = []string{"/admin/x"} }, "bayeux.mounts: /admin/x collides"},
		{"bad prefix", func(c *config.Config) { c.Chat.Prefix = "api" }, "chat.prefix: "},
		{"prefix on chat", func(c *config.Config) { c.Chat.Prefix = "/chat" }, "chat.prefix: /chat collides"},
		{"prefix on v5", func(c *config.Config) { c.Chat.Prefix = "/api/v5" }, "chat.prefix: /api/v5 collides"},
		{"no page", func(c *config.Config) { c.Chat.MaxMessagesCount = 0 }, "chat.max_messages_count: "},
		{"page above cap", func(c *config.Config) { c.Chat.MaxMessagesCount = 501 }, "chat.max_messages_count: 501 is more than"},
		{"no text", func(c *config.Config) { c.Chat.OfflineMessage = "" }, "chat.offline_message: "},
		{"duty grace", func(c *config.Config) { c.Chat.DutyGrace = -1 }, "chat.duty_grace: "},
		{"reassign", func(c *config.Config) { c.Chat.ReassignAfter = -1 }, "chat.reassign_after: "},
		{"tasks", func(c *config.Config) { c.Chat.TaskCloseAfter = -1 }, "chat.task_close_after: "},
		{"idle", func(c *config.Config) { c.Chat.IdleCloseAfter = -1 }, "chat.idle_close_after: "},
		{"rate", func(c *config.Config) { c.Chat.MessagesPerSecond = -1 }, "chat.messages_per_second: "},
		{"burst", func(c *config.Config) { c.Chat.MessagesBurst = 0 }, "chat.messages_burst: "},
		{"opens", func(c *config.Config) { c.Chat.OpensPerMinute = -1 }, "chat.opens_per_minute: "},
		{"visitors", func(c *config.Config) { c.Auth.Visitors = "open" }, `auth.visitors: "open" is not one of capability, signed`},
		{"lock-out", func(c *config.Config) { c.Auth.LockoutAfter = -1 }, "auth.lockout_after: "},
		{"visitors' tokens for no time", func(c *config.Config) { c.Auth.VisitorTokenLife = 0 }, "auth.visitor_token_life: "},
		{"tokens for no time", func(c *config.Config) { c.Auth.MaxTokenLife = 0 }, "auth.max_token_life: "},
		{"lock-out for no time", func(c *config.Config) { c.Auth.LockoutFor = 0 }, "auth.lockout_for: "},
		{"signatures for no time", func(c *config.Config) { c.Auth.SignatureExpiry = 0 }, "auth.signature_expiry: "},
		{"managers", func(c *config.Config) { c.Auth.Managers = "" }, "auth.managers: "},
		{"key without id", func(c *config.Config) { c.Auth.Keys = []config.Key{{Alg: "HS256", Secret: secret}} }, "auth.keys[0]: id is missing"},
		{"key twice", func(c *config.Config) {
			k := config.Key{ID: "a", Alg: "HS256", Secret: secret}
			c.Auth.Keys = []config.Key{k, k}
		}, `auth.keys[1]: a second key with id "a"`},
		{"alg none", func(c *config.Config) { c.Auth.Keys = []config.Key{{ID: "a", Alg: "none"}} }, `auth.keys[0]: alg must be HS256 or EdDSA, not "none"`},
		{"short secret", func(c *config.Config) { c.Auth.Keys = []config.Key{{ID: "a", Alg: "HS256", Secret: "short"}} }, "at least 32 bytes"},
		{"nats", func(c *config.Config) { c.Cluster.NATSURL = "nats://h" }, "cluster is not available in this version"},
		{"embedded", func(c *config.Config) { c.Cluster.Embedded.Enabled = true }, "cluster is not available in this version"},
		{"metrics", func(c *config.Config) { c.Metrics.Listen = "9090" }, "metrics.listen: "},
		{"level", func(c *config.Config) { c.Log.Level = "loud" }, "log.level: "},
		{"format", func(c *config.Config) { c.Log.Format = "xml" }, "log.format: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := config.Default()
			row.change(&c)
			err := c.Validate()
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("got %v, want %s", err, row.want)
			}
			if text := err.Error(); strings.Contains(text, "\n") || strings.Contains(text, "hunter2") || strings.Contains(text, "short") {
				t.Errorf("several lines or a secret: %s", text)
			}
		})
	}
}

func TestPossibleValues(t *testing.T) {
	for name, change := range map[string]func(*config.Config){
		"any free port":      func(c *config.Config) { c.HTTP.Listen = "[::1]:0" },
		"origins":            func(c *config.Config) { c.HTTP.AllowedOrigins = []string{"https://a.example:8443", "http://localhost"} },
		"no origins":         func(c *config.Config) { c.HTTP.AllowedOrigins = nil },
		"proxies":            func(c *config.Config) { c.HTTP.TrustedProxies = []string{"127.0.0.1", "::1", "10.0.0.0/8", "fd00::/8"} },
		"at once":            func(c *config.Config) { c.HTTP.Drain = 0 },
		"absolute":           func(c *config.Config) { c.Database.URL = "sqlite:///var/lib/parley.db" },
		"postgresql":         func(c *config.Config) { c.Database.URL = "postgresql://h/d?sslmode=disable" },
		"socket":             func(c *config.Config) { c.Database.URL = "postgres:///d?host=/run/postgresql" },
		"open":               func(c *config.Config) { c.Bayeux.OpenChannels = []string{"/**", "/news/*", "/a/b"} },
		"deep mount":         func(c *config.Config) { c.Bayeux.Mounts = []string{"/x/y/faye", "/fayes"} },
		"prefix":             func(c *config.Config) { c.Chat.Prefix = "/api/v1" },
		"prefix on no mount": func(c *config.Config) { c.Chat.Prefix = "/faye2" },
		"no limits":          func(c *config.Config) { c.Chat.MessagesPerSecond, c.Chat.OpensPerMinute = 0, 0 },
		"never":              func(c *config.Config) { c.Chat.ReassignAfter, c.Chat.IdleCloseAfter = 0, 0 },
		"own metrics":        func(c *config.Config) { c.Metrics.Listen = "127.0.0.1:9090" },
	} {
		c := config.Default()
		change(&c)
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEd25519Keys(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	_, other, _ := ed25519.GenerateKey(nil)
	pkix, _ := x509.MarshalPKIXPublicKey(public)
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(private)
	publicPEM := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}))
	privatePEM := config.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	b64 := base64.StdEncoding.EncodeToString
	for _, row := range []struct {
		name         string
		key          config.Key
		valid, signs bool
	}{
		{"PEM", config.Key{PublicKey: publicPEM, PrivateKey: privatePEM}, true, true},
		{"public PEM", config.Key{PublicKey: publicPEM}, true, false},
		{"private PEM", config.Key{PrivateKey: privatePEM}, true, true},
		{"base64", config.Key{PublicKey: b64(public), PrivateKey: config.Secret(b64(private))}, true, true},
		{"seed", config.Key{PrivateKey: config.Secret(b64(private.Seed()))}, true, true},
		{"base64url", config.Key{PublicKey: base64.RawURLEncoding.EncodeToString(public)}, true, false},
		{"nothing", config.Key{}, false, false},
		{"secret too", config.Key{PublicKey: publicPEM, Secret: "s"}, false, false},
		{"not a pair", config.Key{PublicKey: publicPEM, PrivateKey: config.Secret(b64(other))}, false, true},
		{"too short", config.Key{PublicKey: b64(public[:31])}, false, false},
		{"private as public", config.Key{PublicKey: b64(private)}, false, false},
		{"halves of two keys", config.Key{PrivateKey: config.Secret(b64(append(private.Seed(), other.Public().(ed25519.PublicKey)...)))}, false, true},
		{"words", config.Key{PublicKey: "not a key"}, false, false},
		{"other PEM", config.Key{PublicKey: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}, false, false},
	} {
		row.key.ID, row.key.Alg = "k", config.EdDSA
		c := config.Default()
		c.Auth.Keys = []config.Key{row.key}
		if err := c.Validate(); (err == nil) != row.valid {
			t.Errorf("%s: %v", row.name, err)
		}
		if row.key.CanSign() != row.signs {
			t.Errorf("%s: CanSign is %v", row.name, row.key.CanSign())
		}
		if !row.valid {
			continue
		}
		gotPublic, gotPrivate, err := row.key.Ed25519()
		if err != nil || !gotPublic.Equal(public) || row.signs && !gotPrivate.Equal(private) {
			t.Errorf("%s: other keys came out (%v)", row.name, err)
		}
	}
}
