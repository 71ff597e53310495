package bayeux

import (
	"context"
	"time"
)

// Policy decides what clients may do. It is asked outside all locks, by many
// goroutines at once, and may take its time. It speaks plain types, so that
// an implementation need not import this package.
//
// who is what Identify returned: opaque here, compared with ==, nil for a
// stranger. An error means that it could not be decided; the client hears
// 500::Internal server error and nothing changes; of one with a method
// Unavailable() bool that returns true, 503::Unavailable at the moment.
type Policy interface {
	// Identify reads the credentials in a message's ext, JSON without what is
	// the protocol's own (ack, binary, replay, timesync), nil when absent. ok with a nil who: there are none. ok false: there are
	// some, and they are bad. until is when they end, zero for never. ext is
	// not to be kept: its bytes are used again.
	Identify(ctx context.Context, ext []byte) (who any, until time.Time, ok bool, err error)

	// Subscribe: channel is a name or a pattern, and whoever is let in by a
	// pattern sees everything that it covers. scope stays with the
	// subscription: it receives publications of that scope, and one of scope
	// "" receives all. Origin tells of ctx which site's page asks; when the
	// server asks again by itself, nobody does.
	Subscribe(ctx context.Context, who any, channel string) (scope string, ok bool, err error)

	// Publish: a remote client wants to publish; scope is what the
	// publication carries. A stranger without a session is asked for too.
	Publish(ctx context.Context, who any, channel string) (scope string, ok bool, err error)
}

type originKey struct{}

// Origin is that of the page whose client asks the Policy, as in
// "https://example.com"; "" for a program, a page of the server's own host,
// and a script tag, which names none.
func Origin(ctx context.Context) string {
	origin, _ := ctx.Value(originKey{}).(string)
	return origin
}

type addressKey struct{}

// InAddress reports whether what the Policy is asked about stood in the
// address of a request, as callback-polling has it: proxies and browsers keep
// addresses, with whatever secret is in them.
func InAddress(ctx context.Context) bool { return ctx.Value(addressKey{}) != nil }

// asking is ctx for what the Policy is asked on behalf of the link.
func (l *Link) asking(ctx context.Context) context.Context {
	if l == nil {
		return ctx
	}
	if l.Origin != "" {
		ctx = context.WithValue(ctx, originKey{}, l.Origin)
	}
	if l.InAddress {
		ctx = context.WithValue(ctx, addressKey{}, true)
	}
	return ctx
}

type reviewKey struct{}

// Reviewing tells of ctx that the Policy is asked again about a subscription
// which it has allowed before.
func Reviewing(ctx context.Context) bool { return ctx.Value(reviewKey{}) != nil }

// openPolicy lets everybody do everything but under /meta and /service. It
// stands in for a nil Config.Policy.
type openPolicy struct{}

func (openPolicy) Identify(context.Context, []byte) (any, time.Time, bool, error) {
	return nil, time.Time{}, true, nil
}

func (openPolicy) Subscribe(_ context.Context, _ any, channel string) (string, bool, error) {
	return "", !reserved(channel), nil
}

func (openPolicy) Publish(_ context.Context, _ any, channel string) (string, bool, error) {
	return "", !reserved(channel), nil
}
