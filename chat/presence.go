package chat

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"parley/models"
)

// Presence notes which managers listen on the service channel. Its methods fit the Bayeux engine's monitor by
// shape, and are called before a subscription is acknowledged: who has the answer is on duty.
type Presence struct {
	store  Store
	node   string
	logger *slog.Logger
	// came is called when a manager listens or does not any more.
	came func()

	mu   sync.Mutex
	live map[string]int64 // session → manager, as the engine told
	// unsure is set when a note failed: the store may know other sessions than live.
	unsure bool
}

// NewPresence makes the notes of one node.
func NewPresence(store Store, node string, logger *slog.Logger) *Presence {
	return &Presence{store: store, node: node, logger: logger, came: func() {}, live: map[string]int64{}}
}

// Notify has fn called whenever a manager came or went. It must not block. Set it
// before anybody can come.
func (p *Presence) Notify(fn func()) { p.came = fn }

// Start ends the sessions that an earlier run of this node left behind. Their managers keep their grace from
// now on: a restart signs nobody off.
func (p *Presence) Start(ctx context.Context) error {
	return p.store.Update(ctx, func(tx Tx) error {
		left, err := tx.DutySessions(p.node)
		if err != nil {
			return err
		}
		return presenceChange(tx, managersOf(left), func() error { return tx.EndDutySessions(p.node, now()) })
	})
}

// Subscribed notes a manager who listens for new conversations.
func (p *Presence) Subscribed(ctx context.Context, session string, who any, channel string) {
	manager, ok := who.(Principal)
	if !ok || manager.Party != Manager || channel != dutyChannel {
		return
	}
	p.mu.Lock()
	p.live[session] = manager.ManagerID
	p.mu.Unlock()
	p.note(ctx, manager, func(tx Tx) error {
		return presenceChange(tx, []int64{manager.ManagerID}, func() error { return p.add(tx, session, manager.ManagerID) })
	})
}

// Unsubscribed notes that she does not any more.
func (p *Presence) Unsubscribed(ctx context.Context, session string, who any, channel string) {
	manager, ok := who.(Principal)
	if !ok || manager.Party != Manager || channel != dutyChannel {
		return
	}
	p.mu.Lock()
	delete(p.live, session)
	p.mu.Unlock()
	p.note(ctx, manager, func(tx Tx) error {
		return presenceChange(tx, []int64{manager.ManagerID}, func() error { return tx.EndDutySession(session, now()) })
	})
}

// managersOf lists whose sessions these are.
func managersOf(sessions []models.DutySession) (ids []int64) {
	for _, s := range sessions {
		ids = append(ids, s.ManagerID)
	}
	return ids
}

func (p *Presence) add(tx Tx, session string, managerID int64) error {
	return tx.AddDutySession(models.DutySession{SessionID: session, ManagerID: managerID, Node: p.node, Since: now()})
}

// notePatience is how long a note may take. It is made good later.
const notePatience = 10 * time.Second

// note writes even when the connection that caused it is gone.
func (p *Presence) note(ctx context.Context, manager Principal, fn func(Tx) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notePatience)
	defer cancel()
	if err := p.store.Update(ctx, fn); err != nil {
		p.logger.Error("duty presence was not noted", "manager", manager.String(), "error", err)
		p.mu.Lock()
		p.unsure = true
		p.mu.Unlock()
	}
	p.came()
}

// Run makes good what could not be noted, until ctx ends.
func (p *Presence) Run(ctx context.Context) error {
	tick := time.NewTicker(careInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := p.reconcile(ctx); err != nil && ctx.Err() == nil {
				p.logger.Error("duty presence was not made good", "error", err)
			}
		}
	}
}

// reconcile brings the store's sessions of this node in line with the engine's, after a note failed.
func (p *Presence) reconcile(ctx context.Context) error {
	p.mu.Lock()
	live, unsure := maps.Clone(p.live), p.unsure
	p.unsure = false
	p.mu.Unlock()
	if !unsure {
		return nil
	}
	err := p.store.Update(ctx, func(tx Tx) error {
		noted, err := tx.DutySessions(p.node)
		if err != nil {
			return err
		}
		concerned := append(managersOf(noted), slices.Collect(maps.Values(live))...)
		return presenceChange(tx, concerned, func() error { return p.align(tx, noted, maps.Clone(live)) })
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	// Who came or went meanwhile was noted by herself, perhaps before this: another look is cheap.
	p.unsure = p.unsure || err != nil || !maps.Equal(live, p.live)
	return err
}

// align ends the noted sessions that are not live, and notes the live ones that are missing.
func (p *Presence) align(tx Tx, noted []models.DutySession, missing map[string]int64) error {
	for _, s := range noted {
		if _, live := missing[s.SessionID]; live {
			delete(missing, s.SessionID)
			continue
		}
		if err := tx.EndDutySession(s.SessionID, now()); err != nil {
			return err
		}
	}
	for session, manager := range missing {
		if err := p.add(tx, session, manager); err != nil {
			return err
		}
	}
	return nil
}

// Duty is a manager's state of duty.
type Duty struct {
	ManagerID int64            `json:"manager_id"`
	State     models.DutyState `json:"state"`
	// Live: a session of hers listens on the service channel. OnDuty: new conversations may come to her.
	Live   bool `json:"live"`
	OnDuty bool `json:"on_duty"`
	// Verdict is why, or why not.
	Verdict Verdict `json:"verdict"`
	// Open counts her open conversations, Limit bounds them; 0: without limit.
	Open  int `json:"open"`
	Limit int `json:"limit"`
}

// Duty reads the caller's own state.
func (s *Service) Duty(ctx context.Context, p Principal, claimed Sender) (Duty, error) {
	p, err := s.gate.self(ctx, p, claimed)
	if err != nil {
		return Duty{}, err
	}
	return s.duty(s.store.View(ctx), p)
}

// SetDuty turns the caller's duty switch.
func (s *Service) SetDuty(ctx context.Context, p Principal, claimed Sender, state models.DutyState) (Duty, error) {
	p, err := s.gate.self(ctx, p, claimed)
	if err != nil {
		return Duty{}, err
	}
	if !state.Settable() {
		return Duty{}, E(Invalid, "state_invalid", "The state of duty is on, paused or off")
	}
	if err := s.turnDuty(ctx, p.ManagerID, state); err != nil {
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
	o, err := r.Organization(p.OrganizationID)
	if err != nil {
		return Duty{}, err
	}
	candidates, err := s.candidates(r, o, now())
	if err != nil {
		return Duty{}, err
	}
	for _, c := range candidates {
		if c.Manager.ID == p.ManagerID {
			return Duty{
				ManagerID: c.Manager.ID, State: c.Manager.DutyState, Live: c.Live, OnDuty: c.OnDuty(now(), s.cfg.DutyGrace),
				Verdict: c.judge(now(), s.cfg.DutyGrace), Open: c.Open, Limit: c.Limit,
			}, nil
		}
	}
	return Duty{}, tokenInvalid() // she left
}
