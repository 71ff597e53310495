package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Validate refuses values that cannot be meant. Its error names the first such key.
func (c Config) Validate() error {
	for _, check := range []func() error{
		c.HTTP.validate, c.Data.validate, c.Database.validate, c.Bayeux.validate, c.Chat.validate, c.Attachments.validate, c.Calls.validate, c.Webhooks.validate, c.Limits.validate,
		c.validatePaths, c.Giosg.validate, c.Auth.validate, c.Cluster.validate, c.Metrics.validate, c.Log.validate,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (h HTTP) validate() error {
	for _, origin := range h.AllowedOrigins {
		if err := validateOrigin(origin); err != nil {
			return fmt.Errorf("http.allowed_origins: %w", err)
		}
	}
	for _, proxy := range h.TrustedProxies {
		_, addrErr := netip.ParseAddr(proxy)
		_, prefixErr := netip.ParsePrefix(proxy)
		if addrErr != nil && prefixErr != nil {
			return fmt.Errorf("http.trusted_proxies: %q is neither an IP address nor a network like 10.0.0.0/8", proxy)
		}
	}
	if (h.TLS.Cert == "") != (h.TLS.Key == "") {
		return errors.New("http.tls: cert and key belong together")
	}
	return cmp.Or(
		validateListen("http.listen", h.Listen),
		atLeast("http.max_connections", h.MaxConnections, 0),
		atLeast("http.drain", h.Drain, 0),
		atLeast("http.max_body_bytes", h.MaxBodyBytes, 1),
	)
}

func (d Data) validate() error { return notEmpty("data.dir", d.Dir) }

func (d Database) validate() error {
	switch d.URL.Scheme() {
	case "sqlite":
		if _, file, _ := strings.Cut(d.URL.Reveal(), "://"); file == "" || strings.HasPrefix(file, "?") {
			return errors.New("database.url: sqlite:// needs a path, like sqlite://data/parley.db")
		}
	case "postgres", "postgresql":
		if _, err := url.Parse(d.URL.Reveal()); err != nil {
			// The parser's own text would quote the password.
			return errors.New("database.url: not a valid URL (special characters in a password must be percent-encoded)")
		}
	default:
		return fmt.Errorf("database.url: %q must begin with sqlite:// or postgres://", d.URL.String())
	}
	return atLeast("database.max_open_conns", d.MaxOpenConns, 1)
}

func (b Bayeux) validate() error {
	for _, pattern := range b.OpenChannels {
		if err := validatePattern(pattern); err != nil {
			return fmt.Errorf("bayeux.open_channels: %w", err)
		}
	}
	return cmp.Or(
		b.validateChannels(),
		atLeast("bayeux.max_history_bytes", b.MaxHistoryBytes, 1),
		atLeast("bayeux.timeout", b.Timeout, time.Millisecond),
		atLeast("bayeux.interval", b.Interval, 0),
		atLeast("bayeux.grace", b.Grace, 0),
		atLeast("bayeux.sweep", b.Sweep, time.Millisecond),
		atLeast("bayeux.max_message_bytes", b.MaxMessageBytes, 1),
		atLeast("bayeux.max_queue_messages", b.MaxQueueMessages, 1),
		atLeast("bayeux.max_queue_bytes", b.MaxQueueBytes, 1),
		atLeast("bayeux.max_subscriptions", b.MaxSubscriptions, 1),
		atLeast("bayeux.max_sessions_per_ip", b.MaxSessionsPerIP, 0),
		atLeast("bayeux.handshakes_per_second_per_ip", b.HandshakesPerIP, 0),
		atLeast("bayeux.max_sockets", b.MaxSockets, 0),
		atLeast("bayeux.activity_timeout", b.ActivityTimeout, 0),
		atLeast("bayeux.multiple_clients", b.MultipleClients, 0),
	)
}

func (c Chat) validate() error {
	if c.MaxMessagesCount > c.MaxMessagesCap {
		return fmt.Errorf("chat.max_messages_count: %d is more than chat.max_messages_cap, %d", c.MaxMessagesCount, c.MaxMessagesCap)
	}
	return cmp.Or(
		atLeast("chat.max_messages_count", c.MaxMessagesCount, 1),
		notEmpty("chat.offline_message", c.OfflineMessage),
		atLeast("chat.duty_grace", c.DutyGrace, 0),
		atLeast("chat.reassign_after", c.ReassignAfter, 0),
		atLeast("chat.idle_close_after", c.IdleCloseAfter, 0),
		atLeast("chat.task_close_after", c.TaskCloseAfter, 0),
		atLeast("chat.reopen_within", c.ReopenWithin, 0),
		atLeast("chat.answer_within", c.AnswerWithin, 0),
		atLeast("chat.max_conversations", c.MaxConversations, 0),
		atLeast("chat.keep_events", c.KeepEvents, 0),
		atLeast("chat.keep_audit", c.KeepAudit, 0),
		atLeast("chat.messages_per_second", c.MessagesPerSecond, 0),
		atLeast("chat.messages_burst", c.MessagesBurst, 1),
		atLeast("chat.opens_per_minute", c.OpensPerMinute, 0),
	)
}

func (a Auth) validate() error {
	seen := map[string]bool{}
	for i, key := range a.Keys {
		switch {
		case key.ID == "":
			return fmt.Errorf("auth.keys[%d]: id is missing", i)
		case seen[key.ID]:
			return fmt.Errorf("auth.keys[%d]: a second key with id %q", i, key.ID)
		}
		seen[key.ID] = true
		if err := key.validate(); err != nil {
			return fmt.Errorf("auth.keys[%d]: %w", i, err)
		}
	}
	return cmp.Or(
		oneOf("auth.visitors", a.Visitors, VisitorsCapability, VisitorsSigned),
		oneOf("auth.managers", a.Managers, ManagersToken, ManagersTrusted),
		atLeast("auth.lockout_after", a.LockoutAfter, 0),
		atLeast("auth.lockout_for", a.LockoutFor, time.Second),
		atLeast("auth.signature_expiry", a.SignatureExpiry, time.Second),
		atLeast("auth.visitor_token_life", a.VisitorTokenLife, time.Minute),
		atLeast("auth.max_token_life", a.MaxTokenLife, time.Minute),
	)
}

func (c Cluster) validate() error {
	if c.NATSURL != "" {
		return errors.New("cluster.nats_url: cluster is not available in this version")
	}
	if c.Embedded.Enabled {
		return errors.New("cluster.embedded.enabled: cluster is not available in this version")
	}
	return nil
}

func (m Metrics) validate() error {
	if m.Listen == "" {
		return nil
	}
	return validateListen("metrics.listen", m.Listen)
}

func (l Log) validate() error {
	return cmp.Or(
		oneOf("log.level", l.Level, "debug", "info", "warn", "error"),
		oneOf("log.format", l.Format, FormatAuto, FormatText, FormatJSON),
	)
}

func atLeast[T cmp.Ordered](key string, value, least T) error {
	if value >= least { // also refuses NaN
		return nil
	}
	return fmt.Errorf("%s: %v is less than %v", key, value, least)
}

func notEmpty(key, value string) error {
	if strings.TrimSpace(value) == "" {
		return fmt.Errorf("%s: must not be empty", key)
	}
	return nil
}

func oneOf(key, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return fmt.Errorf("%s: %q is not one of %s", key, value, strings.Join(words, ", "))
}

func validateListen(key, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s: %q is not host:port (like :8080 or 127.0.0.1:8080)", key, address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%s: %q is not a port from 0 to 65535", key, port)
	}
	return nil
}

func validateOrigin(origin string) error {
	if origin == "*" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Host == "" || strings.Contains(u.Host, "*") || origin != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%q is neither * nor an origin like https://example.com", origin)
	}
	return nil
}

// validatePattern checks a Bayeux channel or pattern: * and ** stand at the end only.
// The /meta and /service families belong to the protocol and to the chat.
func validatePattern(pattern string) error {
	segments := strings.Split(pattern, "/")
	last := len(segments) - 1
	if len(segments) < 2 || segments[0] != "" {
		return fmt.Errorf("%q is not a channel pattern like /news/* or /**", pattern)
	}
	if segments[1] == "meta" || segments[1] == "service" {
		return fmt.Errorf("%q cannot be opened: /meta and /service are not anybody's", pattern)
	}
	for i, segment := range segments[1:] {
		wild := strings.Contains(segment, "*")
		if segment == "" || strings.ContainsAny(segment, " \t\r\n?#%") || wild && (i+1 != last || segment != "*" && segment != "**") {
			return fmt.Errorf("%q is not a channel pattern like /news/* or /**", pattern)
		}
	}
	return nil
}

// reserved are the paths that the server itself answers, now or by design.
var reserved = []string{
	"/admin", "/channels", "/chat", "/api", "/003", "/dashboard", "/demo", "/widget.js", "/widget-more.js", "/live", "/live2",
	"/healthz", "/readyz", "/metrics", "/openapi.yaml",
}

func (c Config) validatePaths() error {
	taken := slices.Clone(reserved)
	if prefix := c.Chat.Prefix; prefix != "" {
		if err := validatePath(prefix); err != nil {
			return fmt.Errorf("chat.prefix: %w", err)
		}
		// Not /api itself: /api/v1 was the usual place. /api/v5 is another API's.
		others := append(slices.DeleteFunc(slices.Clone(reserved), func(p string) bool { return p == "/api" }), "/api/v5")
		if other, clash := overlapping(prefix, others); clash {
			return fmt.Errorf("chat.prefix: %s collides with %s", prefix, other)
		}
		taken = append(taken, prefix+"/chat")
	}
	if len(c.Bayeux.Mounts) == 0 {
		return errors.New("bayeux.mounts: at least one path is needed")
	}
	for _, mount := range c.Bayeux.Mounts {
		if err := validatePath(mount); err != nil {
			return fmt.Errorf("bayeux.mounts: %w", err)
		}
		script := mount + ".js" // where Faye's browser client is
		for _, place := range []string{mount, script} {
			if other, clash := overlapping(place, taken); clash {
				return fmt.Errorf("bayeux.mounts: %s collides with %s", place, other)
			}
		}
		taken = append(taken, mount, script)
	}
	return nil
}

func validatePath(p string) error {
	if !strings.HasPrefix(p, "/") || p == "/" || path.Clean(p) != p || strings.ContainsAny(p, " \t\r\n?#%*:{}\\") {
		return fmt.Errorf("%q is not a clean absolute path like /faye", p)
	}
	return nil
}

// overlapping finds one of the others that is p, lies under p or has p under it.
func overlapping(p string, others []string) (string, bool) {
	for _, other := range others {
		if strings.HasPrefix(p+"/", other+"/") || strings.HasPrefix(other+"/", p+"/") {
			return other, true
		}
	}
	return "", false
}
