package store

import (
	"time"

	"parley/chat"
	"parley/models"
)

// Schedules reads holidays a day around the moment, since which day it is depends on where.
func (r reader) Schedules(organizationID int64, at models.Time) (chat.Schedules, error) {
	s := chat.Schedules{Shifts: map[int64][]models.Shift{}, Leaves: map[int64][]models.Leave{}}
	day := func(days int) string { return at.Time().AddDate(0, 0, days).Format(time.DateOnly) }
	var err error
	s.Holidays, err = all[models.Holiday](r.db.Where("organization_id = ? AND day BETWEEN ? AND ?", organizationID, day(-1), day(1)))
	if err != nil {
		return s, err
	}
	ours := "manager_id IN (SELECT id FROM managers WHERE organization_id = ? AND deleted_at IS NULL)"
	shifts, err := all[models.Shift](r.db.Where(ours, organizationID).Order("id"))
	if err != nil {
		return s, err
	}
	for _, shift := range shifts {
		s.Shifts[shift.ManagerID] = append(s.Shifts[shift.ManagerID], shift)
	}
	leaves, err := all[models.Leave](r.db.Where(ours+" AND starts_at <= ? AND ends_at > ?", organizationID, at, at))
	for _, leave := range leaves {
		s.Leaves[leave.ManagerID] = append(s.Leaves[leave.ManagerID], leave)
	}
	return s, err
}
