package webhook

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"parley/chat"
	"parley/models"
)

const (
	// pollInterval finds what became due, and what other processes queued.
	pollInterval = time.Second
	// leaseMargin is how much longer than a request a claim lasts: for noting what came of it.
	leaseMargin = 10 * time.Second
	// noteTimeout bounds that.
	noteTimeout = 5 * time.Second
	// slowedAfter is how long a webhook may fail before it has one worker only.
	slowedAfter = time.Minute
)

// Sender sends what is queued.
type Sender struct {
	store  chat.Store
	cfg    Config
	client *http.Client
	wake   chan struct{} // holds one; never closed
	stats  counters

	requests sync.WaitGroup
	mu       sync.Mutex
	running  int
	busy     map[int64]*load // webhooks with requests under way
}

// load is what is under way to one webhook, and how much may be.
type load struct{ running, limit int }

// NewSender makes a sender.
func NewSender(store chat.Store, cfg Config) *Sender {
	cfg = cfg.withDefaults()
	return &Sender{store: store, cfg: cfg, client: cfg.client(), wake: make(chan struct{}, 1), busy: map[int64]*load{}}
}

// Wake tells the sender that something was queued. It never blocks.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run sends until ctx ends; then what is under way may end within Config.Drain. What does not is sent again by whoever
// runs next.
func (s *Sender) Run(ctx context.Context) error {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var tidying sync.WaitGroup
	tidying.Go(func() { s.tidyUp(ctx) })
	poll := time.NewTicker(s.cfg.poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		if err := s.dispatch(ctx, sending); err != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("looking for webhook deliveries failed", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-poll.C:
		}
	}
	cutOff := time.AfterFunc(s.cfg.Drain, stop)
	defer cutOff.Stop()
	s.requests.Wait()
	tidying.Wait()
	s.client.CloseIdleConnections()
	return nil
}

// dispatch starts requests for what is due, as long as there are workers.
func (s *Sender) dispatch(ctx, sending context.Context) error {
	for ctx.Err() == nil {
		free, full := s.places()
		if free == 0 {
			return nil
		}
		ids, err := s.store.View(ctx).DueWebhooks(now(), full, free)
		if err != nil || len(ids) == 0 {
			return err
		}
		any := false
		for _, id := range ids {
			n, err := s.start(ctx, sending, id)
			if err != nil {
				return err
			}
			any = any || n > 0
		}
		if !any {
			return nil // another node has them
		}
	}
	return nil
}

// places tells how many workers are free, and which webhooks have as many as they may.
func (s *Sender) places() (free int, full []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, l := range s.busy {
		if l.running >= l.limit {
			full = append(full, id)
		}
	}
	return s.cfg.Workers - s.running, full
}

// start claims some of a webhook's deliveries and starts their requests. Only one goroutine calls it.
func (s *Sender) start(ctx, sending context.Context, id int64) (int, error) {
	var w models.Webhook
	var claimed []models.Delivery
	limit := s.cfg.WorkersEach
	err := s.store.Update(ctx, func(tx chat.Tx) (err error) {
		claimed, limit = nil, s.cfg.WorkersEach
		if w, err = tx.LockWebhook(id); errors.Is(err, chat.ErrNoRecord) || err == nil && !w.Enabled {
			return nil
		}
		if err != nil {
			return err
		}
		at := now()
		if w.FailingSince != nil && w.FailingSince.Add(slowedAfter) <= at {
			limit = 1
		}
		if room := s.room(id, limit); room > 0 {
			claimed, err = tx.ClaimDeliveries(id, at, at.Add(s.cfg.Timeout+leaseMargin), room)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	s.take(id, len(claimed), limit)
	for _, d := range claimed {
		s.requests.Go(func() {
			defer s.leave(id)
			s.deliver(sending, w, d)
		})
	}
	return len(claimed), nil
}

// room is how many more requests the webhook may have now.
func (s *Sender) room(id int64, limit int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.busy[id]; l != nil {
		limit -= l.running
	}
	return min(limit, s.cfg.Workers-s.running)
}

func (s *Sender) take(id int64, n, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.busy[id]
	if l == nil {
		if n == 0 {
			return
		}
		l = &load{}
		s.busy[id] = l
	}
	l.running, l.limit = l.running+n, limit
	s.running += n
}

func (s *Sender) leave(id int64) {
	s.mu.Lock()
	l := s.busy[id]
	l.running--
	s.running--
	if l.running == 0 {
		delete(s.busy, id)
	}
	s.mu.Unlock()
	s.Wake()
}
