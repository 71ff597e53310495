package chat

import (
	"context"

	"parley/models"
)

// NumbersNow is what happens in an organisation at a moment.
type NumbersNow struct {
	At models.Time `json:"at"`
	// Waiting counts the conversations that nobody has, LongestWaitMS is how long the first of them has waited;
	// nil when none does.
	Waiting       int    `json:"waiting"`
	LongestWaitMS *int64 `json:"longest_wait_ms"`
	// Open counts the conversations that managers have.
	Open int `json:"open"`
	// OnDuty counts the managers who answer visitors now.
	OnDuty   int          `json:"on_duty"`
	Managers []ManagerNow `json:"managers"`
}

// ManagerNow is one manager of it.
type ManagerNow struct {
	ID     int64            `json:"id"`
	Name   string           `json:"name"`
	State  models.DutyState `json:"state"`
	Live   bool             `json:"live"`
	OnDuty bool             `json:"on_duty"`
	Open   int              `json:"open"`
	// Limit bounds Open; nil: without limit.
	Limit *int `json:"limit"`
}

// NumbersNow tells those who supervise, and backends, what happens now.
func (s *Service) NumbersNow(ctx context.Context, p Principal, claimed Sender) (NumbersNow, error) {
	p, err := s.gate.mayNumbers(ctx, p, claimed, 0)
	if err != nil {
		return NumbersNow{}, err
	}
	r, at := s.store.View(ctx), now()
	o, err := r.Organization(p.OrganizationID)
	if err != nil {
		return NumbersNow{}, err
	}
	candidates, err := s.candidates(r, o, at)
	if err != nil {
		return NumbersNow{}, err
	}
	n := NumbersNow{At: at, Managers: make([]ManagerNow, len(candidates))}
	for i, c := range candidates {
		n.Managers[i] = ManagerNow{
			ID: c.Manager.ID, Name: c.Manager.Name, State: c.Manager.DutyState, Live: c.Live,
			OnDuty: c.OnDuty(at, s.cfg.DutyGrace), Open: c.Open,
		}
		if c.Limit > 0 {
			n.Managers[i].Limit = &c.Limit
		}
		if n.Managers[i].OnDuty {
			n.OnDuty++
		}
		n.Open += c.Open
	}
	waiting, since, err := r.QueueNow(o.ID)
	n.Waiting = waiting
	if since != nil {
		wait := between(*since, at)
		n.LongestWaitMS = &wait
	}
	return n, err
}
