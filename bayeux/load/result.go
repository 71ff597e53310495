package load

import "time"

// Result is what came of a run.
type Result struct {
	Opening   time.Duration `json:"opening_ns"`    // until all sessions were subscribed
	Published time.Duration `json:"publishing_ns"` // how long was published

	Messages   int64 `json:"messages"`     // that were sent
	Refused    int64 `json:"refused"`      // of them
	Deliveries int64 `json:"deliveries"`   // that arrived
	Lost       int64 `json:"lost"`         // that were due and did not
	Duplicated int64 `json:"duplicated"`   // that arrived again
	Disordered int64 `json:"out_of_order"` // that arrived after a later one of the same publisher and channel

	SessionsLost int    `json:"sessions_lost"`
	Fault        string `json:"fault,omitempty"` // of the first of them

	Rate    float64 `json:"deliveries_per_second"`
	Latency Latency `json:"latency"`

	Idle   Memory  `json:"idle"` // sessions open, nothing published
	Server *Server `json:"server,omitempty"`
}

// Latency is the time from publish to delivery.
type Latency struct {
	P50  time.Duration `json:"p50_ns"`
	P90  time.Duration `json:"p90_ns"`
	P99  time.Duration `json:"p99_ns"`
	P999 time.Duration `json:"p999_ns"`
	Max  time.Duration `json:"max_ns"`
}

// Memory of a process; zero if there is none to look at.
type Memory struct {
	RSS int64 `json:"rss_bytes"`
}

// Server is what the run took of a server on this machine.
type Server struct {
	PID            int           `json:"pid"`
	CPU            time.Duration `json:"cpu_ns"` // while publishing and settling
	CPUPerDelivery time.Duration `json:"cpu_per_delivery_ns"`
	RSS            int64         `json:"rss_bytes"` // at the end
}

// OK reports whether every message arrived, once and in order, and every
// session lived.
func (r Result) OK() bool {
	return r.Lost == 0 && r.Duplicated == 0 && r.Disordered == 0 && r.Refused == 0 && r.SessionsLost == 0
}

func (r *Result) add(run *run, w *process) {
	t := run.tally
	run.mu.Lock()
	r.SessionsLost = run.lost
	if run.failed != nil {
		r.Fault = run.failed.Error()
	}
	run.mu.Unlock()
	r.Messages, r.Refused = t.published.Load(), t.unsuccessful.Load()
	r.Deliveries, r.Duplicated, r.Disordered = t.delivered.Load(), t.doubled.Load(), t.disordered.Load()
	r.Lost = t.due.Load() - r.Deliveries
	if r.Published > 0 {
		r.Rate = float64(r.Deliveries) / r.Published.Seconds()
	}
	p := t.percentiles(0.5, 0.9, 0.99, 0.999, 1)
	r.Latency = Latency{p[0], p[1], p[2], p[3], p[4]}
	if w.pid != 0 {
		r.Server = &Server{PID: w.pid, CPU: w.cpu, RSS: w.memory().RSS}
		if r.Deliveries > 0 {
			r.Server.CPUPerDelivery = w.cpu / time.Duration(r.Deliveries)
		}
	}
}
