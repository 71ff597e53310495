package chat

import (
	"context"
	"slices"
	"time"

	"parley/models"
)

// Who may do what with people. Everybody of an organisation sees its team. An admin, and an API key with the scope
// people, may do everything in it; a supervisor may change shifts, leave, time zones and limits; a manager may change her own
// name, picture and password and sign herself out. Nobody learns of another organisation's people. Nothing of
// this is believed without a token, where managers are trusted neither.

// Colleague is a manager as those of her organisation see her.
type Colleague struct {
	ID        int64            `json:"id"`
	UUID      string           `json:"uuid"`
	Name      string           `json:"name"`
	Role      models.Role      `json:"role"`
	AvatarURL *string          `json:"avatar_url"`
	DutyState models.DutyState `json:"duty_state"`
	// Live: a session of hers listens for new conversations. OnDuty: they may come to her. Verdict tells why, or
	// why not.
	Live    bool    `json:"live"`
	OnDuty  bool    `json:"on_duty"`
	Verdict Verdict `json:"verdict"`
	// Open counts her open conversations, Limit bounds them; 0: without limit.
	Open  int `json:"open"`
	Limit int `json:"limit"`
	// MaxConversations is her own bound; null: the organisation's.
	MaxConversations *int         `json:"max_conversations"`
	TimeZone         string       `json:"time_zone"`
	SeenAt           *models.Time `json:"seen_at"`
	CreatedAt        models.Time  `json:"created_at"`
	// Email is for admins and herself, LockedUntil for admins: until when wrong passwords lock her account, for
	// some source at least.
	Email       string       `json:"email,omitempty"`
	LockedUntil *models.Time `json:"locked_until,omitempty"`
}

// insider refuses whoever belongs to no organisation's team, and keys without the scope people.
func insider(p Principal) error {
	switch p.Party {
	case Manager, Backend:
		return p.demand(models.ScopePeople)
	case Stranger:
		return tokenMissing()
	}
	return forbidden("This is for the organisation's own people")
}

func adminsOnly(p Principal) error {
	if err := insider(p); err != nil || p.administers() {
		return err
	}
	return forbidden("Only admins may do this")
}

func supervisorsOnly(p Principal) error {
	if err := insider(p); err != nil || p.administers() || p.supervises() {
		return err
	}
	return forbidden("Only supervisors and admins may do this")
}

// colleague finds a manager of the caller's organisation. Others are not found.
func colleague(r Reader, p Principal, id int64) (models.Manager, error) {
	m, err := r.Manager(id)
	if err == nil && m.OrganizationID != p.OrganizationID {
		m, err = models.Manager{}, ErrNoRecord
	}
	return m, orNotFound(err, "manager_not_found", "There is no manager %d", id)
}

// withColleague changes a manager of the caller's organisation, whose people are locked meanwhile: two admins
// cannot dismiss each other at once.
func (s *Service) withColleague(ctx context.Context, p Principal, id int64, fn func(Tx, *models.Manager) error) error {
	if err := insider(p); err != nil {
		return err
	}
	defer s.Stir() // it may change who gets what waits
	return s.update(ctx, func(tx Tx) error {
		if _, err := colleague(tx, p, id); err != nil {
			return err
		}
		if _, err := tx.LockOrganization(p.OrganizationID); err != nil {
			return err
		}
		m, err := lockManager(tx, id)
		if err != nil {
			return err
		}
		return fn(tx, &m)
	})
}

// Team lists the managers of the caller's organisation.
func (s *Service) Team(ctx context.Context, p Principal) ([]Colleague, error) {
	if err := insider(p); err != nil {
		return nil, err
	}
	r := s.store.View(ctx)
	o, err := r.Organization(p.OrganizationID)
	if err != nil {
		return nil, err
	}
	candidates, err := s.candidates(r, o, now())
	if err != nil {
		return nil, err
	}
	locks, err := s.locks(r, p, candidates)
	if err != nil {
		return nil, err
	}
	team := make([]Colleague, len(candidates))
	for i, c := range candidates {
		team[i] = s.viewColleague(p, c)
		if until, locked := locks[accountOf(c.Manager.Email)]; locked {
			team[i].LockedUntil = &until
		}
	}
	return team, nil
}

// locks tells an admin which accounts are locked.
func (s *Service) locks(r Reader, p Principal, candidates []Candidate) (map[string]models.Time, error) {
	if !p.administers() {
		return nil, nil
	}
	accounts := make([]string, len(candidates))
	for i, c := range candidates {
		accounts[i] = accountOf(c.Manager.Email)
	}
	tries, err := r.LoginLocks(accounts, now())
	locks := map[string]models.Time{}
	for _, t := range tries {
		locks[t.Account] = max(locks[t.Account], *t.LockedUntil)
	}
	return locks, err
}

func (s *Service) viewColleague(p Principal, c Candidate) Colleague {
	m := c.Manager
	view := Colleague{
		ID: m.ID, UUID: m.UUID, Name: m.Name, Role: m.Role, AvatarURL: m.AvatarURL, DutyState: m.DutyState,
		Live: c.Live, OnDuty: c.OnDuty(now(), s.cfg.DutyGrace), Verdict: c.judge(now(), s.cfg.DutyGrace), Open: c.Open, Limit: c.Limit,
		MaxConversations: m.MaxConversations, TimeZone: m.TimeZone, SeenAt: m.SeenAt, CreatedAt: m.CreatedAt,
	}
	if p.administers() || p.is(m.ID) {
		view.Email = m.Email
	}
	return view
}

// Colleague reads one manager of the caller's organisation.
func (s *Service) Colleague(ctx context.Context, p Principal, id int64) (Colleague, error) {
	team, err := s.Team(ctx, p)
	if err != nil {
		return Colleague{}, err
	}
	i := slices.IndexFunc(team, func(c Colleague) bool { return c.ID == id })
	if i < 0 {
		return Colleague{}, E(NotFound, "manager_not_found", "There is no manager %d", id)
	}
	return team[i], nil
}

// Hire adds a manager to the caller's organisation. Name and Email must be set; the role is manager unless it
// is.
func (s *Service) Hire(ctx context.Context, p Principal, c ManagerChanges, password string) (Colleague, error) {
	if err := adminsOnly(p); err != nil {
		return Colleague{}, err
	}
	c.Name.Set, c.Email.Set = true, true
	if err := c.clean(); err != nil {
		return Colleague{}, err
	}
	if err := validPassword(password); err != nil {
		return Colleague{}, err
	}
	hash := hashPassword(password)
	var m models.Manager
	err := s.update(ctx, func(tx Tx) error {
		if _, err := tx.LockOrganization(p.OrganizationID); err != nil {
			return err
		}
		team, err := tx.Managers(p.OrganizationID)
		if err != nil {
			return err
		}
		if len(team) >= maxTeam {
			return E(Conflict, "team_full", "An organisation has at most %d managers", maxTeam)
		}
		m, err = newManager(ctx, tx, p, p.OrganizationID, c, hash)
		return err
	})
	if err != nil {
		return Colleague{}, err
	}
	return s.Colleague(ctx, p, m.ID)
}

// maxTeam bounds what is decided and listed at once.
const maxTeam = 2000

// mayChange tells whether p may make these changes to a manager.
func mayChange(p Principal, managerID int64, c ManagerChanges) error {
	switch {
	case p.administers():
		return nil
	case c.Email.Set || c.Role.Set:
		return forbidden("Only admins change addresses and roles")
	case (c.Name.Set || c.AvatarURL.Set) && !p.is(managerID):
		return forbidden("Only admins change others' names and pictures")
	case (c.TimeZone.Set || c.MaxConversations.Set) && !p.supervises():
		return forbidden("Only supervisors and admins change time zones and limits")
	}
	return nil
}

// ChangeColleague changes a manager of the caller's organisation.
func (s *Service) ChangeColleague(ctx context.Context, p Principal, id int64, c ManagerChanges) (Colleague, error) {
	err := s.withColleague(ctx, p, id, func(tx Tx, m *models.Manager) error {
		if err := mayChange(p, id, c); err != nil {
			return err
		}
		if err := c.clean(); err != nil {
			return err
		}
		if c.Role.Set && c.Role.To != models.RoleAdmin {
			if err := notLastAdmin(tx, *m); err != nil {
				return err
			}
		}
		return changeManager(ctx, tx, p, m, c)
	})
	if err != nil {
		return Colleague{}, err
	}
	return s.Colleague(ctx, p, id)
}

// notLastAdmin refuses what would leave an organisation without an admin. The organisation is locked.
func notLastAdmin(tx Tx, m models.Manager) error {
	if m.Role != models.RoleAdmin {
		return nil
	}
	team, err := tx.Managers(m.OrganizationID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(team, func(other models.Manager) bool { return other.Role == models.RoleAdmin && other.ID != m.ID }) {
		return E(Conflict, "last_admin", "%s is the organisation's only admin", m.Name)
	}
	return nil
}

// Dismiss lets a manager of the caller's organisation leave.
func (s *Service) Dismiss(ctx context.Context, p Principal, id int64) error {
	return s.withColleague(ctx, p, id, func(tx Tx, m *models.Manager) error {
		if err := adminsOnly(p); err != nil {
			return err
		}
		if err := notLastAdmin(tx, *m); err != nil {
			return err
		}
		return retire(ctx, tx, p, *m)
	})
}

// PasswordChange gives a manager another password.
type PasswordChange struct {
	ManagerID int64
	// Old is needed of a manager for herself.
	Old, New string
	// Source is where the call comes from: who guesses old passwords is locked out as at the sign-in.
	Source string
	// Keep is the secret of the sign-in that goes on; empty for none.
	Keep string
}

// ChangePassword sets a password and ends the manager's other sign-ins, her tokens and live subscriptions. She
// herself needs the old one; an admin, for others, does not.
func (s *Service) ChangePassword(ctx context.Context, p Principal, c PasswordChange) (models.Manager, error) {
	if err := insider(p); err != nil {
		return models.Manager{}, err
	}
	m, err := colleague(s.store.View(ctx), p, c.ManagerID)
	if err != nil {
		return m, err
	}
	own := p.is(m.ID)
	if !own && !p.administers() {
		return m, forbidden("Only admins change others' passwords")
	}
	if err := validPassword(c.New); err != nil {
		return m, err
	}
	if own {
		if err := s.provePassword(ctx, m, c.Old, c.Source); err != nil {
			return m, err
		}
	}
	hash, keep, proved := hashPassword(c.New), "", m.PasswordHash
	if c.Keep != "" {
		keep = hashSecret(c.Keep)
	}
	err = s.withColleague(ctx, p, m.ID, func(tx Tx, today *models.Manager) error {
		if own && today.PasswordHash != proved {
			return passwordWrong()
		}
		m = *today
		return setPassword(ctx, tx, p, &m, hash, keep)
	})
	return m, err
}

func passwordWrong() *Error { return E(Forbidden, "password_wrong", "The old password is wrong") }

// provePassword counts wrong ones as the sign-in does.
func (s *Service) provePassword(ctx context.Context, m models.Manager, password, source string) error {
	a := newAttempt(m.Email, "own password "+source)
	if _, err := s.beginLogin(ctx, a); err != nil {
		return err
	}
	_, err := s.checkLogin(ctx, m.Email, password)
	if KindOf(err) == Unauthenticated {
		return passwordWrong()
	}
	return err
}

// SignOutEverywhere ends all sign-ins, tokens and live subscriptions of the caller, or, for admins, of a
// colleague.
func (s *Service) SignOutEverywhere(ctx context.Context, p Principal, id int64) error {
	return s.withColleague(ctx, p, id, func(tx Tx, m *models.Manager) error {
		if !p.is(id) && !p.administers() {
			return forbidden("Only admins sign others out")
		}
		return signOutEverywhere(ctx, tx, p, m)
	})
}

// UnlockColleague lets a manager sign in again whose account wrong passwords have locked.
func (s *Service) UnlockColleague(ctx context.Context, p Principal, id int64) error {
	return s.withColleague(ctx, p, id, func(tx Tx, m *models.Manager) error {
		if err := adminsOnly(p); err != nil {
			return err
		}
		return unlock(ctx, tx, p, *m)
	})
}

// validZone lets names of the time zone database pass. "Local" is a zone, too, but another on each machine.
func validZone(name string) error {
	if name != "" && name != "Local" && plain(name) && len(name) <= maxName {
		if _, err := time.LoadLocation(name); err == nil {
			return nil
		}
	}
	return E(Invalid, "time_zone_invalid", "%q is no time zone like Europe/Berlin or UTC", name)
}
