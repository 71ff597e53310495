package bayeux

import (
	"context"
	"time"
)

// Pacer is what a Policy may have besides. It is asked, once the Policy has
// said yes, before somebody shakes hands (scope "") or does n things within a
// scope: subscribes to n patterns, or publishes. wait is how long there is no
// room for that, 0 to go on; what it lets through it has counted. Reviews are
// not asked about.
type Pacer interface {
	Pace(ctx context.Context, who any, scope string, n int) (wait time.Duration)
}

// soon refuses the source of a request if it has asked for too much already.
func (srv *Server) soon(l *Link, n int, about ...string) *Error {
	if _, ok := srv.asks.take(l.From, srv.now(), n); !ok {
		srv.count.hurried.Add(1)
		return ErrTooFast.With(about...)
	}
	return nil
}

// paced asks the Pacer.
func (srv *Server) paced(ctx context.Context, who any, scope string, n int) (wait time.Duration, ok bool) {
	if srv.pacer == nil {
		return 0, true
	}
	wait = srv.pacer.Pace(ctx, who, scope, n)
	if wait > 0 {
		srv.count.hurried.Add(1)
	}
	return wait, wait <= 0
}

// pacedGrants asks it about subscriptions, scope by scope.
func (srv *Server) pacedGrants(ctx context.Context, who any, grants []grant) *Error {
	if srv.pacer == nil {
		return nil
	}
	for i := 0; i < len(grants); {
		first := i
		for i < len(grants) && grants[i].scope == grants[first].scope {
			i++
		}
		if _, ok := srv.paced(ctx, who, grants[first].scope, i-first); !ok {
			return ErrTooFast.With(grants[first].pattern)
		}
	}
	return nil
}
