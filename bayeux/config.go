package bayeux

import (
	"log/slog"
	"time"
)

// Config sets a Server up. The zero value works; zero fields take the
// defaults named here.
type Config struct {
	Timeout  time.Duration // how long a connect is held at most: 25 s
	Interval time.Duration // advised pause between connects: 0
	Grace    time.Duration // life of a session without a held connect, beyond Interval: max(15 s, Timeout/2)
	Sweep    time.Duration // how late an expiry may be noticed: 1 s; holds end within a tenth of it
	Burst    time.Duration // how long a long-poll gathers more after its first event: 1 ms; negative for none

	MaxMessageBytes  int // one request body or frame: 1 MiB
	MaxBatch         int // messages in one: 1000
	MaxDepth         int // of JSON: 64
	MaxIDBytes       int // of a message's id as JSON: 256
	MaxChannelBytes  int // 256
	MaxChannelDepth  int // segments: 16
	MaxQueueMessages int // events waiting for one session: 1000
	MaxQueueBytes    int // of these: 2 MiB
	MaxSubscriptions int // of one session: 500
	MaxSessions      int // 0 for no limit

	// Of one Source, if transports name it; 0 for no limit. Everybody behind one
	// NAT is one source.
	MaxSessionsPerSource        int
	HandshakesPerSecondBySource float64 // five seconds' worth may come at once
	RequestsPerSecondBySource   float64 // to subscribe, unsubscribe and publish; so may these

	// BrowserPolls is how many polls of one browser, which its cookie
	// BAYEUX_BROWSER tells, are held at a time over HTTP/1.1; further ones are
	// answered at once, with CometD's advice multiple-clients and to come back
	// every two seconds. 0 is no limit, and no cookie.
	BrowserPolls int

	// Activity is how long a client may send nothing but connects before its
	// session is ended; 0 is for ever. With ActivityBoth it counts as well what
	// the client is sent.
	Activity     time.Duration
	ActivityBoth bool

	ExtensionTimeout   time.Duration // how long one may think about a message: 5 s
	ExtensionsFailOpen bool          // a message passes an extension that fails

	WithoutAck     bool // refuse the ack extension
	StrictChannels bool // only the characters of the specification, without CometD's " #+.{}"
	// ServicePublish puts what clients publish under /service, and no Handler
	// serves, to the Policy like any other publication. Otherwise it is refused.
	ServicePublish bool

	MaxHistoryBytes int // of all that Rules keep: 64 MiB
	MaxReplay       int // publications that a subscriber gets of a Replayer's channel: 500, and half of the room in its queue

	// Display names somebody for others, in presence and to operators. nil:
	// String, and "anonymous" for a stranger. What it says must not be anybody's
	// key to anything.
	Display func(who any) string

	Policy     Policy             // nil: everything but /meta and /service is allowed
	Monitor    Monitor            // nil: nobody listens
	Backplane  Backplane          // nil: a single node
	Rules      []Rule             // what is kept and announced of channels; New panics on what CheckRules refuses
	Replayer   Replayer           // nil: only what Rules keep can be asked for again
	Services   map[string]Handler // by channel or pattern under /service; exact names first, then the deepest pattern
	Extensions []Extension        // see messages come and go, in this order
	Logger     *slog.Logger       // nil: slog.Default
}

func orElse[T int | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (c *Config) fill() {
	orElse(&c.Timeout, 25*time.Second)
	orElse(&c.Grace, max(15*time.Second, c.Timeout/2))
	orElse(&c.Sweep, time.Second)
	if c.Burst == 0 {
		c.Burst = time.Millisecond
	}
	orElse(&c.ExtensionTimeout, 5*time.Second)
	orElse(&c.MaxMessageBytes, 1<<20)
	orElse(&c.MaxBatch, 1000)
	orElse(&c.MaxDepth, 64)
	orElse(&c.MaxIDBytes, 256)
	orElse(&c.MaxChannelBytes, 256)
	orElse(&c.MaxChannelDepth, 16)
	orElse(&c.MaxQueueMessages, 1000)
	orElse(&c.MaxQueueBytes, 2<<20)
	orElse(&c.MaxSubscriptions, 500)
	orElse(&c.MaxHistoryBytes, 64<<20)
	orElse(&c.MaxReplay, 500)
	c.ActivityBoth = c.ActivityBoth && c.Activity > 0
	if c.Policy == nil {
		c.Policy = openPolicy{}
	}
	if c.Backplane == nil {
		c.Backplane = alone{}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

func (c *Config) limits() Limits {
	return Limits{Messages: c.MaxBatch, Depth: c.MaxDepth, IDBytes: c.MaxIDBytes, ChannelBytes: c.MaxChannelBytes}
}
