package chat

import (
	"context"
	"log/slog"

	"parley/models"
)

// Presence notes which managers listen on the service channel. Its methods fit the Bayeux engine's monitor by
// shape, and are called before a subscription is acknowledged: who has the answer is on duty.
type Presence struct {
	store  Store
	node   string
	logger *slog.Logger
}

// NewPresence makes the notes of one node.
func NewPresence(store Store, node string, logger *slog.Logger) *Presence {
	return &Presence{store: store, node: node, logger: logger}
}

// Start ends the sessions that an earlier run of this node left behind. Their managers keep their grace from
// now on: a restart signs nobody off.
func (p *Presence) Start(ctx context.Context) error {
	return p.store.Update(ctx, func(tx Tx) error { return tx.EndDutySessions(p.node, now()) })
}

// Subscribed notes a manager who listens for new conversations.
func (p *Presence) Subscribed(ctx context.Context, session string, who any, channel string) {
	manager, ok := who.(Principal)
	if !ok || manager.Party != Manager || channel != dutyChannel {
		return
	}
	p.note(ctx, manager, func(tx Tx) error {
		return tx.AddDutySession(models.DutySession{SessionID: session, ManagerID: manager.ManagerID, Node: p.node, Since: now()})
	})
}

// Unsubscribed notes that she does not any more.
func (p *Presence) Unsubscribed(ctx context.Context, session string, who any, channel string) {
	manager, ok := who.(Principal)
	if !ok || manager.Party != Manager || channel != dutyChannel {
		return
	}
	p.note(ctx, manager, func(tx Tx) error { return tx.EndDutySession(session, now()) })
}

// note writes even when the connection that caused it is gone.
func (p *Presence) note(ctx context.Context, manager Principal, fn func(Tx) error) {
	if err := p.store.Update(context.WithoutCancel(ctx), fn); err != nil {
		p.logger.Error("duty presence was not noted", "manager", manager.String(), "error", err)
	}
}

// Duty is a manager's state of duty.
type Duty struct {
	ManagerID int64            `json:"manager_id"`
	State     models.DutyState `json:"state"`
	// Live: a session of hers listens on the service channel. OnDuty: new conversations may come to her.
	Live   bool `json:"live"`
	OnDuty bool `json:"on_duty"`
}

// Duty reads the caller's own state.
func (s *Service) Duty(ctx context.Context, p Principal) (Duty, error) {
	if err := managersOnly(p); err != nil {
		return Duty{}, err
	}
	return s.duty(s.store.View(ctx), p)
}

// SetDuty turns the caller's duty switch.
func (s *Service) SetDuty(ctx context.Context, p Principal, state models.DutyState) (Duty, error) {
	if err := managersOnly(p); err != nil {
		return Duty{}, err
	}
	if !state.Settable() {
		return Duty{}, E(Invalid, "state_invalid", "The state of duty is on, paused or off")
	}
	err := s.store.Update(ctx, func(tx Tx) error { return tx.SetDutyState(p.ManagerID, state) })
	if err != nil {
		return Duty{}, err
	}
	return s.duty(s.store.View(ctx), p)
}

func managersOnly(p Principal) error {
	switch p.Party {
	case Manager:
		return nil
	case Stranger:
		return tokenMissing()
	}
	return forbidden("Only managers are on duty")
}

func (s *Service) duty(r Reader, p Principal) (Duty, error) {
	candidates, err := r.Candidates(p.OrganizationID)
	if err != nil {
		return Duty{}, err
	}
	for _, c := range candidates {
		if c.Manager.ID == p.ManagerID {
			return Duty{
				ManagerID: c.Manager.ID, State: c.Manager.DutyState, Live: c.Live, OnDuty: c.OnDuty(now(), s.cfg.DutyGrace),
			}, nil
		}
	}
	return Duty{}, tokenInvalid() // she left
}
