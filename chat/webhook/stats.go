package webhook

import (
	"sync/atomic"
	"time"

	"parley/models"
)

type counters struct {
	delivered, failed, refused, givenUp, disabled atomic.Int64
	queue, oldest                                 atomic.Int64
}

func (c *counters) count(r result) {
	switch {
	case r.ok():
		c.delivered.Add(1)
	case r.problem == errAddress.Error() || r.problem == errPort.Error():
		c.refused.Add(1)
	default:
		c.failed.Add(1)
	}
}

// Stats are the sender's figures. Delivered, Failed and Refused (for their address) count requests, GivenUp deliveries,
// Disabled webhooks that answered 410 or failed for too long; Queue and Age are of all nodes together, a few seconds
// old.
type Stats struct {
	Delivered, Failed, Refused, GivenUp, Disabled int64
	Running                                       int64
	Queue                                         int64
	Age                                           time.Duration
}

// Stats reads them.
func (s *Sender) Stats() Stats {
	s.mu.Lock()
	running := int64(s.running)
	s.mu.Unlock()
	age := time.Duration(0)
	if oldest := s.stats.oldest.Load(); oldest != 0 {
		age = max(0, now().Time().Sub(models.Time(oldest).Time()))
	}
	return Stats{
		Delivered: s.stats.delivered.Load(), Failed: s.stats.failed.Load(), Refused: s.stats.refused.Load(),
		GivenUp: s.stats.givenUp.Load(), Disabled: s.stats.disabled.Load(), Running: running,
		Queue: s.stats.queue.Load(), Age: age,
	}
}
