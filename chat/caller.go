package chat

import (
	"context"
	"net/netip"
	"sync"
)

// Caller is what is known of a call beside what it asks: where it comes from and, once the gate has seen its
// credentials, who makes it.
type Caller struct {
	// Address is what limits count by; empty when nobody knows. IP is the caller's own, past proxies that are trusted.
	Address string
	IP      netip.Addr

	mu        sync.Mutex
	principal Principal
}

// Principal is who proved to make the call; a stranger as long as nobody did.
func (c *Caller) Principal() Principal {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.principal
}

func (c *Caller) proved(p Principal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.principal = p
}

type callerKey struct{}

// WithCaller notes on whose behalf the context's calls are made.
func WithCaller(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// callerOf is never nil.
func callerOf(ctx context.Context) *Caller {
	if c, ok := ctx.Value(callerKey{}).(*Caller); ok {
		return c
	}
	return &Caller{}
}

// IPOf is the caller's address; the zero value when nobody knows.
func IPOf(ctx context.Context) netip.Addr { return callerOf(ctx).IP }

// AddressOf is what limits count a call by; empty when nobody knows.
func AddressOf(ctx context.Context) string { return callerOf(ctx).Address }
