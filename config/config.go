// Package config reads Parley's settings once, at start, into a struct.
//
// It is the only package that knows viper, and only cmd/parley imports it: every
// other package receives its own small Config from there. Settings come from, in
// rising order, Default, the file, PARLEY_* environment variables and flags. What
// cannot be meant (an unknown key, a wrong type, an impossible value) is an error
// of one line, never a warning.
package config

import "time"

// Config holds every setting. The tag doc is what `parley config --defaults` prints
// above the key; a test keeps that output loading back to exactly Default().
type Config struct {
	HTTP        HTTP        `mapstructure:"http" doc:"The listener that serves everything: Bayeux, /chat, dashboard, widget."`
	Data        Data        `mapstructure:"data" doc:"Files that the server makes for itself."`
	Database    Database    `mapstructure:"database" doc:"Where conversations are kept."`
	Bayeux      Bayeux      `mapstructure:"bayeux" doc:"The Bayeux engine: what Faye and CometD clients connect to."`
	Chat        Chat        `mapstructure:"chat" doc:"The chat itself."`
	Attachments Attachments `mapstructure:"attachments" doc:"Files in messages."`
	Calls       Calls       `mapstructure:"calls" doc:"Calls by sound and picture between visitors and managers."`
	Webhooks    Webhooks    `mapstructure:"webhooks" doc:"Events that are sent to organisations' own servers."`
	Giosg       Giosg       `mapstructure:"giosg" doc:"The API for what was written for giosg, under /api/v5."`
	Limits      Limits      `mapstructure:"limits" doc:"How much one caller may ask for. Messages and conversations have theirs in chat, connections in http and bayeux."`
	Auth        Auth        `mapstructure:"auth" doc:"Who is who."`
	Cluster     Cluster     `mapstructure:"cluster" doc:"Several nodes. Not available in this version."`
	Metrics     Metrics     `mapstructure:"metrics" doc:"Prometheus metrics."`
	Log         Log         `mapstructure:"log" doc:"What is logged to standard error."`
}

// HTTP is the main listener.
type HTTP struct {
	Listen         string        `mapstructure:"listen" doc:"Address to listen on, host:port."`
	AllowedOrigins []string      `mapstructure:"allowed_origins" doc:"Origins of pages that may carry the widget, like https://example.com. \"*\" allows any.\nNo cookie carries authority on these routes."`
	TrustedProxies []string      `mapstructure:"trusted_proxies" doc:"Addresses or networks (CIDR) of reverse proxies whose X-Forwarded-For is believed."`
	TLS            TLS           `mapstructure:"tls" doc:"TLS on http.listen, when both files are named. They are read again when they change, and on SIGHUP."`
	MaxConnections int           `mapstructure:"max_connections" doc:"Most connections at a time, websockets included; more are closed at once. 0: any number."`
	Drain          time.Duration `mapstructure:"drain" doc:"How long a stopping server takes to let its clients go."`
	MaxBodyBytes   Bytes         `mapstructure:"max_body_bytes" doc:"Largest body of a request to /chat and to the dashboard's API; larger ones get 413."`
}

// TLS names a certificate. HTTP/2 comes with it; a proxy may speak HTTP/2 without TLS too.
type TLS struct {
	Cert string `mapstructure:"cert" doc:"PEM file of the certificate and those between it and its authority."`
	Key  string `mapstructure:"key" doc:"PEM file of its private key."`
}

// Data is the folder of generated files, such as the signing key.
type Data struct {
	Dir string `mapstructure:"dir" doc:"Folder for the signing key that is generated on the first start."`
}

// Database says where conversations are stored.
type Database struct {
	URL          URL `mapstructure:"url" doc:"sqlite://<path> (relative, or absolute with a third slash) or postgres://user:password@host/name."`
	MaxOpenConns int `mapstructure:"max_open_conns" doc:"Most connections to PostgreSQL at a time. SQLite does with the few that it needs."`
}

// Bayeux bounds the engine. Durations and sizes go into bayeux.Config as they are.
type Bayeux struct {
	Mounts           []string      `mapstructure:"mounts" doc:"Paths under which the engine answers."`
	Timeout          time.Duration `mapstructure:"timeout" doc:"How long a /meta/connect is held."`
	Interval         time.Duration `mapstructure:"interval" doc:"How long a client waits before its next /meta/connect."`
	Grace            time.Duration `mapstructure:"grace" doc:"How long a session outlives the end of its last connect. 0: the larger of 15s and half of timeout."`
	Sweep            time.Duration `mapstructure:"sweep" doc:"How often expired sessions are looked for."`
	MaxMessageBytes  Bytes         `mapstructure:"max_message_bytes" doc:"Largest request or frame."`
	MaxQueueMessages int           `mapstructure:"max_queue_messages" doc:"Most messages that wait for one client; one more ends its session."`
	MaxQueueBytes    Bytes         `mapstructure:"max_queue_bytes" doc:"Most bytes that wait for one client; more end its session."`
	MaxSubscriptions int           `mapstructure:"max_subscriptions" doc:"Most subscriptions of one client."`
	MaxSessionsPerIP int           `mapstructure:"max_sessions_per_ip" doc:"Most clients of one address (IPv6: of one /64 network), and as many websockets. 0: any number.\nEverybody behind one router is one address; so is everybody behind a proxy that http.trusted_proxies does not name."`
	HandshakesPerIP  float64       `mapstructure:"handshakes_per_second_per_ip" doc:"New clients a second of one address; five times as many at once. 0: any number."`
	MaxSockets       int           `mapstructure:"max_sockets" doc:"Most websockets and event streams together; more are refused with 503. 0: any number."`
	Ack              bool          `mapstructure:"ack" doc:"Whether CometD's ack extension is offered: events come again until the client has read them."`
	ActivityTimeout  time.Duration `mapstructure:"activity_timeout" doc:"How long a client may do nothing but keep its connection before its session is ended. 0: for ever."`
	MultipleClients  int           `mapstructure:"multiple_clients" doc:"Most long polls of one browser that are held over HTTP/1.1, told by a cookie; other tabs ask every two seconds.\n0: any number, and no cookie."`
	OpenChannels     []string      `mapstructure:"open_channels" doc:"Channel patterns that anyone may subscribe to and publish on, like /news/* or /**.\nThe chat's own channels keep their rules."`
	Channels         []Channel     `mapstructure:"channels" doc:"Rules about channels that are not the chat's, the most specific pattern first: the name, then /*, then the deepest /**.\nEach has a pattern; subscribe and publish: anyone, visitor, manager, backend, nobody, or a list of these; and if wanted\nhistory: {size: 100, age: 1h}, presence: true, join_leave: true, max_message_bytes: 4KiB.\nFrom the environment: a JSON list."`
	MaxHistoryBytes  Bytes         `mapstructure:"max_history_bytes" doc:"Most memory for the history of all channels together; the oldest goes first."`
}

// Chat holds the product's rules. Of the rates, 0 means no limit.
type Chat struct {
	Prefix            string        `mapstructure:"prefix" doc:"Path under which /chat is served a second time: /api/v1 adds /api/v1/chat. Empty: only /chat."`
	MaxMessagesCount  int           `mapstructure:"max_messages_count" doc:"Messages in a page of history when the request names no count."`
	MaxMessagesCap    int           `mapstructure:"max_messages_cap" doc:"Most messages in a page of history; larger counts are cut to it."`
	OfflineMessage    string        `mapstructure:"offline_message" doc:"What a visitor is told when nobody is on duty, unless the organisation has a text of its own."`
	DutyGrace         time.Duration `mapstructure:"duty_grace" doc:"How long a manager stays on duty after her last connection went."`
	ReassignAfter     time.Duration `mapstructure:"reassign_after" doc:"How long after she went off duty her conversations are given to others. 0: never."`
	IdleCloseAfter    time.Duration `mapstructure:"idle_close_after" doc:"How long nothing may happen in a conversation, reading included, before it is closed. 0: never."`
	TaskCloseAfter    time.Duration `mapstructure:"task_close_after" doc:"The same for conversations of the type task, those that wait too. 0: never. Those of the type external are never closed."`
	ReopenWithin      time.Duration `mapstructure:"reopen_within" doc:"How long after its end a conversation can be taken up again. 0: never."`
	MaxConversations  int           `mapstructure:"max_conversations" doc:"Open conversations of one manager; more wait in the queue. Organisations and managers may have limits of their own. 0: any number."`
	AnswerWithin      time.Duration `mapstructure:"answer_within" doc:"How long a conversation may wait for its manager's first answer before the next one is asked. Organisations may have their own. 0: for ever."`
	KeepAudit         time.Duration `mapstructure:"keep_audit" doc:"How long the audit log is kept: sign-ins, refusals, changes of keys and roles, exports, erasures. 0: for ever."`
	KeepEvents        time.Duration `mapstructure:"keep_events" doc:"How long what was published stays for clients who were away and ask for it (/chat/events, ext.replay). 0: for ever."`
	MessagesPerSecond float64       `mapstructure:"messages_per_second" doc:"Messages a second that one visitor, and one address, may post in the long run. 0: any number."`
	MessagesBurst     int           `mapstructure:"messages_burst" doc:"Messages that may come at once before that rate counts."`
	OpensPerMinute    int           `mapstructure:"opens_per_minute" doc:"Conversations a minute that one visitor, and one address, may ask for. 0: any number."`
}

// Auth says what is believed of callers.
type Auth struct {
	Keys     []Key  `mapstructure:"keys" doc:"Keys of tokens. The first that can sign signs; all verify, so a key is rotated by putting the new one first.\nEach has an id, an alg, and HS256: a secret of at least 32 bytes; EdDSA: a public_key and, to sign, a private_key,\nas PEM or base64. None: a key is generated into data.dir on the first start. From the environment: a JSON list."`
	Visitors string `mapstructure:"visitors" doc:"capability: knowing a visitor's or a conversation's id is enough. signed: visitors need a token everywhere."`
	Managers string `mapstructure:"managers" doc:"token: managers need a token. trusted: what a request says of its sender is believed; for closed networks only."`
	// VisitorTokenLife is of tokens that the server gives, MaxTokenLife of those that others decide about.
	VisitorTokenLife time.Duration `mapstructure:"visitor_token_life" doc:"How long the token of an anonymous visitor holds; the widget renews it in time."`
	MaxTokenLife     time.Duration `mapstructure:"max_token_life" doc:"How far ahead a token may end that was signed with a site secret, and the longest that a backend may ask for."`
	// LockoutAfter and LockoutFor are about sign-ins with a password.
	LockoutAfter int           `mapstructure:"lockout_after" doc:"Wrong passwords in a row, from one address, after which nobody can sign in to that account from there for a while;\nten times as many from anywhere lock it for all addresses from which nobody has signed in lately. 0: never."`
	LockoutFor   time.Duration `mapstructure:"lockout_for" doc:"How long that lasts."`

	SignatureExpiry time.Duration `mapstructure:"signature_expiry" doc:"How long a signed subscription (private_pub) may be begun after it was signed."`
}

// Cluster is what several nodes will need; see Validate.
type Cluster struct {
	NATSURL  URL      `mapstructure:"nats_url" doc:"NATS servers, comma separated."`
	Embedded Embedded `mapstructure:"embedded" doc:"A NATS server inside each node."`
}

// Embedded is the NATS server inside a node.
type Embedded struct {
	Enabled bool `mapstructure:"enabled" doc:"Whether to run it."`
}

// Metrics says where /metrics is.
type Metrics struct {
	Listen string `mapstructure:"listen" doc:"Own address for /metrics. Empty: on http.listen, for callers on this machine only."`
}

// Log is the logger's shape.
type Log struct {
	Level  string `mapstructure:"level" doc:"debug, info, warn or error."`
	Format string `mapstructure:"format" doc:"text, json, or auto: text on a terminal, JSON otherwise."`
}

// Values of settings that are one of a few words.
const (
	VisitorsCapability = "capability"
	VisitorsSigned     = "signed"
	ManagersToken      = "token"
	ManagersTrusted    = "trusted"
	FormatAuto         = "auto"
	FormatText         = "text"
	FormatJSON         = "json"
)

// Default returns the settings of a server that was told nothing.
// The caller owns the slices.
func Default() Config {
	return Config{
		HTTP: HTTP{
			Listen:         ":8080",
			AllowedOrigins: []string{"*"},
			TrustedProxies: []string{},
			Drain:          10 * time.Second,
			MaxBodyBytes:   64 << 10,
		},
		Data:     Data{Dir: "data"},
		Database: Database{URL: "sqlite://data/parley.db", MaxOpenConns: 20},
		Bayeux: Bayeux{
			Mounts:           []string{"/faye", "/bayeux", "/cometd"},
			Timeout:          25 * time.Second,
			Sweep:            time.Second,
			MaxMessageBytes:  1 << 20,
			MaxQueueMessages: 1000,
			MaxQueueBytes:    2 << 20,
			MaxSubscriptions: 500,
			MaxSessionsPerIP: 20_000,
			HandshakesPerIP:  2000,
			Ack:              true,
			OpenChannels:     []string{},
			Channels:         []Channel{},
			MaxHistoryBytes:  64 << 20,
		},
		Chat: Chat{
			MaxMessagesCount:  50,
			MaxMessagesCap:    500,
			OfflineMessage:    "chat_offline_message",
			DutyGrace:         30 * time.Second,
			ReassignAfter:     2 * time.Minute,
			IdleCloseAfter:    24 * time.Hour,
			TaskCloseAfter:    time.Hour,
			ReopenWithin:      24 * time.Hour,
			KeepEvents:        7 * 24 * time.Hour,
			KeepAudit:         365 * 24 * time.Hour,
			MessagesPerSecond: 5,
			MessagesBurst:     10,
			OpensPerMinute:    10,
		},
		Attachments: defaultAttachments(),
		Limits:      defaultLimits(),
		Auth:        Auth{Keys: []Key{}, Visitors: VisitorsCapability, Managers: ManagersToken, VisitorTokenLife: 30 * 24 * time.Hour, MaxTokenLife: 30 * 24 * time.Hour, LockoutAfter: 10, LockoutFor: 15 * time.Minute, SignatureExpiry: time.Hour},
		Calls:       defaultCalls(),
		Webhooks:    defaultWebhooks(),
		Giosg:       Giosg{VisitorCollectionChannel: true, ForgetVisitorsAfter: 90 * 24 * time.Hour},
		Log:         Log{Level: "info", Format: FormatAuto},
	}
}
