package bayeux

import "sync/atomic"

// Stats are gauges and counters since the start.
type Stats struct {
	Sessions      int64 // now
	Subscriptions int64 // now
	Held          int64 // connects held now
	Kept          int64 // publications in the history now
	KeptBytes     int64 // what they take, about

	Handshakes   int64
	Crowded      int64 // handshakes refused for the limits of one source
	Hurried      int64 // handshakes, subscribes and publishes refused because they came too fast
	Publications int64 // by clients and by the server
	Deliveries   int64 // events put into queues
	Duplicates   int64 // publishes answered again without publishing
	Disconnected int64 // sessions ended by their client
	Expired      int64
	Idle         int64 // sessions ended because their client did nothing
	Overflows    int64 // sessions ended because their queue was full
	Replaced     int64 // held connects displaced by newer ones
	Revoked      int64 // subscriptions ended by a review
	Replays      int64 // subscribes that asked for what they missed
}

type counters struct {
	held, handshakes, crowded, hurried, publications, deliveries, duplicates,
	disconnected, expired, idle, overflows, replaced, revoked, replays atomic.Int64
}

// Stats returns the figures as they stand.
func (srv *Server) Stats() Stats {
	srv.reg.mu.RLock()
	subs := srv.reg.count
	srv.reg.mu.RUnlock()
	srv.mu.RLock()
	sessions := len(srv.sessions)
	srv.mu.RUnlock()
	c := &srv.count
	kept, keptBytes := srv.history.size()
	return Stats{
		Kept: int64(kept), KeptBytes: int64(keptBytes), Replays: c.replays.Load(),
		Sessions: int64(sessions), Subscriptions: int64(subs), Held: c.held.Load(),
		Handshakes: c.handshakes.Load(), Crowded: c.crowded.Load(), Hurried: c.hurried.Load(), Publications: c.publications.Load(),
		Deliveries: c.deliveries.Load(), Duplicates: c.duplicates.Load(),
		Disconnected: c.disconnected.Load(), Expired: c.expired.Load(), Idle: c.idle.Load(),
		Overflows: c.overflows.Load(), Replaced: c.replaced.Load(), Revoked: c.revoked.Load(),
	}
}
