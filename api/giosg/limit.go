package giosg

import (
	"net/http"

	"parley/chat"
)

// limits bound what comes from one address for strangers and visitors, as /chat's do. What each visitor, key and
// organisation may do is the gate's to count.
type limits struct{ opens, posts, reads, misses, denied *chat.Limiter }

// How many seconds' worth may come at once. Who asks for what is not there is guessing; many people may be behind an
// address, so credentials that are not good count ten times less.
const (
	readsBurst  = 10
	missesBurst = 30
	denials     = 10
)

func newLimits(l chat.Limits) limits {
	of := func(perSecond, seconds float64) *chat.Limiter {
		return chat.NewLimiter(perSecond, int(perSecond*seconds))
	}
	return limits{
		opens: l.Opens(), posts: l.Posts(), reads: of(l.ReadsPerSecond, readsBurst),
		misses: of(l.MissesPerSecond, missesBurst), denied: of(l.MissesPerSecond*denials, missesBurst),
	}
}

// of tells what a route counts as: chats that begin as conversations, and messages as messages. Pages ask for tokens each
// time that they are loaded; how many visitors are new is counted where they are made.
func (l limits) of(r route) *chat.Limiter {
	switch {
	case r.method != http.MethodPost:
		return l.reads
	case r.kind == chat.ResourceChats:
		return l.opens
	case r.kind == chat.ResourceMessages:
		return l.posts
	}
	return l.reads
}

// limited counts a call by its address before anything is looked up. Managers and backends are spared.
func (c *call) limited(at route, next func() error) error {
	if c.principal.Party == chat.Manager || c.principal.Party == chat.Backend {
		return next()
	}
	from := chat.AddressOf(c.Context())
	if err := c.api.limits.misses.Check(from); err != nil {
		return err
	}
	if err := c.api.limits.of(at).Take(from); err != nil {
		return err
	}
	err := next()
	if kind := chat.KindOf(err); kind == chat.NotFound || kind == chat.Unauthenticated {
		_ = c.api.limits.misses.Take(from) // the next call hears of it
	}
	return err
}
