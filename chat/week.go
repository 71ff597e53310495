package chat

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"parley/models"
)

// RosterReader reads the schedules that people keep.
type RosterReader interface {
	// ShiftsOf and LeavesOf list a manager's, Holidays an organisation's, in order of time.
	ShiftsOf(managerID int64) ([]models.Shift, error)
	LeavesOf(managerID int64) ([]models.Leave, error)
	Holidays(organizationID int64) ([]models.Holiday, error)
}

// RosterTx changes them.
type RosterTx interface {
	// ReplaceShifts puts these in place of all shifts of a manager.
	ReplaceShifts(managerID int64, shifts []models.Shift) error
	CreateLeave(l *models.Leave) error
	// DeleteLeave and DeleteHoliday tell whether there was one.
	DeleteLeave(managerID, id int64) (bool, error)
	CreateHoliday(h *models.Holiday) error
	DeleteHoliday(organizationID, id int64) (bool, error)
}

// Bounds of schedules.
const (
	maxShifts   = 50
	maxLeaves   = 200
	maxHolidays = 500
	dayMinutes  = 24 * 60
)

// Hours is a weekly shift as people write it: a weekday counted from Sunday, 0, and times of the clock. An end
// that is not after the start lies on the next day; "24:00" is midnight at the end of the day.
type Hours struct {
	Weekday int    `json:"weekday"`
	From    string `json:"from"`
	To      string `json:"to"`
}

// Week is when a manager works, in a time zone: her own, or the organisation's. Without any hours she works
// whenever she listens.
type Week struct {
	ManagerID int64   `json:"manager_id"`
	TimeZone  string  `json:"time_zone"`
	Shifts    []Hours `json:"shifts"`
}

// ParseClock reads a time of the clock, "09:00" to "24:00", as minutes from midnight.
func ParseClock(text string) (int, bool) {
	if text == "24:00" {
		return dayMinutes, true
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil && len(text) == len("15:04")
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

func (h Hours) shift(managerID int64) (models.Shift, error) {
	starts, ok1 := ParseClock(h.From)
	ends, ok2 := ParseClock(h.To)
	if ends == 0 {
		ends = dayMinutes
	}
	if !ok1 || !ok2 || starts == dayMinutes || starts == ends || h.Weekday < 0 || h.Weekday > 6 {
		return models.Shift{}, E(Invalid, "shift_invalid", "A shift has a weekday, 0 (Sunday) to 6, and different times from and to, as in 09:00")
	}
	return models.Shift{ManagerID: managerID, Weekday: h.Weekday, Starts: starts, Ends: ends}, nil
}

// readShifts checks a whole week: no two shifts at the same time, over midnight and over the end of the week too.
func readShifts(managerID int64, week []Hours) ([]models.Shift, error) {
	if len(week) > maxShifts {
		return nil, E(Invalid, "shifts_too_many", "A week has at most %d shifts", maxShifts)
	}
	shifts := make([]models.Shift, len(week))
	for i, hours := range week {
		var err error
		if shifts[i], err = hours.shift(managerID); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(shifts, func(a, b models.Shift) int {
		return cmp.Or(cmp.Compare(a.Weekday, b.Weekday), cmp.Compare(a.Starts, b.Starts))
	})
	for i, shift := range shifts {
		next := (i + 1) % len(shifts)
		begins := shifts[next].Weekday*dayMinutes + shifts[next].Starts
		if next <= i {
			begins += 7 * dayMinutes
		}
		ends := shift.Weekday*dayMinutes + shift.Ends
		if shift.Ends <= shift.Starts {
			ends += dayMinutes
		}
		if begins < ends {
			return nil, E(Invalid, "shifts_overlap", "Two shifts overlap: one ends at %s, the next begins at %s", clock(shift.Ends), clock(shifts[next].Starts))
		}
	}
	return shifts, nil
}

func setShifts(tx Tx, m *models.Manager, shifts []models.Shift, zone Change[string]) error {
	if zone.Set {
		m.TimeZone = zone.To
		if err := tx.SaveManager(*m); err != nil {
			return err
		}
	}
	return tx.ReplaceShifts(m.ID, shifts)
}

func cleanZone(zone Change[string]) error {
	if !zone.Set || zone.To == "" {
		return nil
	}
	return validZone(zone.To)
}

func weekOf(r Reader, m models.Manager) (Week, error) {
	zone, err := zoneOf(r, m)
	if err != nil {
		return Week{}, err
	}
	shifts, err := r.ShiftsOf(m.ID)
	week := Week{ManagerID: m.ID, TimeZone: zone, Shifts: make([]Hours, len(shifts))}
	for i, shift := range shifts {
		week.Shifts[i] = Hours{Weekday: shift.Weekday, From: clock(shift.Starts), To: clock(shift.Ends)}
	}
	return week, err
}

// zoneOf is the time zone that a manager's schedule is meant in.
func zoneOf(r Reader, m models.Manager) (string, error) {
	if m.TimeZone != "" {
		return m.TimeZone, nil
	}
	o, err := r.Organization(m.OrganizationID)
	return o.TimeZone, err
}

// Week reads a colleague's shifts.
func (s *Service) Week(ctx context.Context, p Principal, managerID int64) (Week, error) {
	if err := insider(p); err != nil {
		return Week{}, err
	}
	r := s.store.View(ctx)
	m, err := colleague(r, p, managerID)
	if err != nil {
		return Week{}, err
	}
	return weekOf(r, m)
}

// SetWeek puts these shifts in place of all of a colleague's, and sets her time zone if one is given.
func (s *Service) SetWeek(ctx context.Context, p Principal, managerID int64, week []Hours, zone Change[string]) (w Week, err error) {
	err = s.withColleague(ctx, p, managerID, func(tx Tx, m *models.Manager) error {
		if err := supervisorsOnly(p); err != nil {
			return err
		}
		w, err = setWeek(tx, m, week, zone)
		return err
	})
	return w, err
}

func setWeek(tx Tx, m *models.Manager, week []Hours, zone Change[string]) (Week, error) {
	shifts, err := readShifts(m.ID, week)
	if err != nil {
		return Week{}, err
	}
	if err := cleanZone(zone); err != nil {
		return Week{}, err
	}
	if err := setShifts(tx, m, shifts, zone); err != nil {
		return Week{}, err
	}
	return weekOf(tx, *m)
}

// Week reads a manager's shifts.
func (a *Admin) Week(ctx context.Context, managerID int64) (Week, error) {
	m, err := a.Manager(ctx, managerID)
	if err != nil {
		return Week{}, err
	}
	return weekOf(a.store.View(ctx), m)
}

// SetWeek puts these shifts in place of all of a manager's, and sets her time zone if one is given.
func (a *Admin) SetWeek(ctx context.Context, managerID int64, week []Hours, zone Change[string]) (w Week, err error) {
	_, err = a.withManager(ctx, managerID, func(tx Tx, m *models.Manager) error {
		w, err = setWeek(tx, m, week, zone)
		return err
	})
	return w, err
}
