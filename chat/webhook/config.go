package webhook

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"parley/models"
)

// Config is the settings; zero fields take the defaults that are named.
type Config struct {
	// AllowPrivate lets requests go to loopback, private and carriers' NAT addresses; AllowedNetworks to whatever is in
	// them, link-local addresses included.
	AllowPrivate    bool
	AllowedNetworks []netip.Prefix
	// Ports are those that requests may go to; none: all.
	Ports []uint16
	// Timeout is for a whole request, its answer included (10 s).
	Timeout time.Duration
	// Workers is how many requests may be under way at a time (64), WorkersEach how many to one webhook (4).
	Workers, WorkersEach int
	// GiveUpAfter and MaxAttempts end a delivery (72 h, 40), DisableAfter a webhook (120 h).
	GiveUpAfter, DisableAfter time.Duration
	MaxAttempts               int
	// MaxQueue bounds what waits for one webhook (20,000).
	MaxQueue int
	// Keep and KeepCount bound what is remembered of finished deliveries, for each webhook (7 days, 10,000).
	Keep      time.Duration
	KeepCount int
	// OfflineAfter is how long a message may stay unread before its recipient is said to be away (30 s).
	OfflineAfter time.Duration
	// Reached tells whether the recipient of a message is there; nil: what was not read was not seen.
	Reached func(ctx context.Context, m models.Message) (bool, error)
	// Drain is how long requests may go on when the sender is to stop (5 s).
	Drain time.Duration
	// Resolver finds addresses; nil: the system's.
	Resolver *net.Resolver
	// Giosg is the format of that name; nil: what is in it is not sent.
	Giosg  Format
	Logger *slog.Logger

	// Of tests.
	transport http.RoundTripper
	poll      time.Duration
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Workers, c.WorkersEach = cmp.Or(c.Workers, 64), cmp.Or(c.WorkersEach, 4)
	c.GiveUpAfter, c.DisableAfter = cmp.Or(c.GiveUpAfter, 72*time.Hour), cmp.Or(c.DisableAfter, 120*time.Hour)
	c.MaxAttempts, c.MaxQueue = cmp.Or(c.MaxAttempts, 40), cmp.Or(c.MaxQueue, 20_000)
	c.Keep, c.KeepCount = cmp.Or(c.Keep, 7*24*time.Hour), cmp.Or(c.KeepCount, 10_000)
	c.OfflineAfter, c.Drain = cmp.Or(c.OfflineAfter, 30*time.Second), cmp.Or(c.Drain, 5*time.Second)
	c.poll = cmp.Or(c.poll, pollInterval)
	if c.Reached == nil {
		c.Reached = func(context.Context, models.Message) (bool, error) { return false, nil }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.transport == nil {
		c.transport = c.newTransport()
	}
	return c
}

func now() models.Time { return models.At(time.Now()) }
