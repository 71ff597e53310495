package chat

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"parley/models"
)

// Absence asks for leave: from a moment to a moment, or whole days, the last one included, in the manager's time
// zone.
type Absence struct {
	StartsAt, EndsAt models.Time
	// FromDay and ToDay are dates as in "2026-12-24"; they go before the moments.
	FromDay, ToDay string
	Reason         string
}

const (
	maxReason  = 200
	maxAbsence = 3 * 366 * 24 * time.Hour
)

func (a Absence) leave(r Reader, m models.Manager) (models.Leave, error) {
	l := models.Leave{ManagerID: m.ID, StartsAt: a.StartsAt, EndsAt: a.EndsAt, Reason: strings.TrimSpace(a.Reason)}
	if a.FromDay != "" || a.ToDay != "" {
		name, err := zoneOf(r, m)
		if err != nil {
			return l, err
		}
		from, err1 := time.ParseInLocation(time.DateOnly, a.FromDay, Zone(name))
		to, err2 := time.ParseInLocation(time.DateOnly, a.ToDay, Zone(name))
		if err1 != nil || err2 != nil {
			return l, leaveInvalid()
		}
		l.StartsAt, l.EndsAt = models.At(from), models.At(to.AddDate(0, 0, 1))
	}
	if l.StartsAt <= 0 || l.EndsAt <= l.StartsAt || l.EndsAt > l.StartsAt.Add(maxAbsence) || l.EndsAt > latest {
		return l, leaveInvalid()
	}
	if !plain(l.Reason) || utf8.RuneCountInString(l.Reason) > maxReason {
		return l, E(Invalid, "reason_invalid", "A reason has at most %d characters, on one line", maxReason)
	}
	return l, nil
}

// latest keeps times within what every reader of ISO dates understands: the year 9999.
var latest = models.At(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))

func leaveInvalid() *Error {
	return E(Invalid, "leave_invalid", "A leave has times starts_at and ends_at, or dates from and to, one after the other and at most three years apart")
}

func addLeave(tx Tx, m models.Manager, a Absence) (models.Leave, error) {
	l, err := a.leave(tx, m)
	if err != nil {
		return l, err
	}
	all, err := tx.LeavesOf(m.ID)
	if err != nil {
		return l, err
	}
	if len(all) >= maxLeaves {
		return l, E(Conflict, "leaves_full", "A manager has at most %d leaves noted", maxLeaves)
	}
	return l, tx.CreateLeave(&l)
}

func removeLeave(tx Tx, managerID, id int64) error {
	found, err := tx.DeleteLeave(managerID, id)
	if err == nil && !found {
		err = E(NotFound, "leave_not_found", "There is no leave %d", id)
	}
	return err
}

// Absences lists a colleague's leave. Its reasons are for herself and those who supervise.
func (s *Service) Absences(ctx context.Context, p Principal, managerID int64) ([]models.Leave, error) {
	if err := insider(p); err != nil {
		return nil, err
	}
	r := s.store.View(ctx)
	if _, err := colleague(r, p, managerID); err != nil {
		return nil, err
	}
	all, err := r.LeavesOf(managerID)
	if !p.administers() && !p.supervises() && !p.is(managerID) {
		for i := range all {
			all[i].Reason = ""
		}
	}
	return all, err
}

// AddAbsence notes a colleague's leave.
func (s *Service) AddAbsence(ctx context.Context, p Principal, managerID int64, a Absence) (l models.Leave, err error) {
	err = s.withColleague(ctx, p, managerID, func(tx Tx, m *models.Manager) error {
		if err := supervisorsOnly(p); err != nil {
			return err
		}
		l, err = addLeave(tx, *m, a)
		return err
	})
	return l, err
}

// RemoveAbsence takes a colleague's leave back.
func (s *Service) RemoveAbsence(ctx context.Context, p Principal, managerID, id int64) error {
	return s.withColleague(ctx, p, managerID, func(tx Tx, m *models.Manager) error {
		if err := supervisorsOnly(p); err != nil {
			return err
		}
		return removeLeave(tx, m.ID, id)
	})
}

// Leaves lists a manager's leave.
func (a *Admin) Leaves(ctx context.Context, managerID int64) ([]models.Leave, error) {
	if _, err := a.Manager(ctx, managerID); err != nil {
		return nil, err
	}
	return a.store.View(ctx).LeavesOf(managerID)
}

// AddLeave notes a manager's leave.
func (a *Admin) AddLeave(ctx context.Context, managerID int64, absence Absence) (l models.Leave, err error) {
	_, err = a.withManager(ctx, managerID, func(tx Tx, m *models.Manager) error {
		l, err = addLeave(tx, *m, absence)
		return err
	})
	return l, err
}

// DeleteLeave takes a manager's leave back.
func (a *Admin) DeleteLeave(ctx context.Context, managerID, id int64) error {
	_, err := a.withManager(ctx, managerID, func(tx Tx, m *models.Manager) error { return removeLeave(tx, m.ID, id) })
	return err
}
