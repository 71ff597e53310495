package chat

import (
	"slices"
	"sync"
	"time"

	"parley/models"
)

// Schedules are an organisation's holidays and its managers' shifts and leave.
type Schedules struct {
	Holidays []models.Holiday
	Shifts   map[int64][]models.Shift // by manager
	Leaves   map[int64][]models.Leave // by manager
}

// Away tells why a manager does not work at a moment; empty: she does. Shifts are hours of the clock on the wall
// in her own time zone, so a day with 23 or 25 hours needs no thought; holidays are days of the organisation's.
func (s Schedules) Away(m models.Manager, o models.Organization, at models.Time) Verdict {
	if s.holiday(o, at) {
		return OnHoliday
	}
	for _, leave := range s.Leaves[m.ID] {
		if leave.StartsAt <= at && at < leave.EndsAt {
			return OnLeave
		}
	}
	shifts := s.Shifts[m.ID]
	if len(shifts) == 0 {
		return ""
	}
	zone := m.TimeZone
	if zone == "" {
		zone = o.TimeZone
	}
	local := at.Time().In(Zone(zone))
	if slices.ContainsFunc(shifts, func(shift models.Shift) bool { return within(shift, local) }) {
		return ""
	}
	return OffShift
}

func (s Schedules) holiday(o models.Organization, at models.Time) bool {
	if len(s.Holidays) == 0 {
		return false
	}
	day := at.Time().In(Zone(o.TimeZone)).Format(time.DateOnly)
	return slices.ContainsFunc(s.Holidays, func(h models.Holiday) bool { return h.Day == day })
}

// within tells whether a local time lies in a shift. One that ends at or before its start goes on after midnight.
func within(shift models.Shift, local time.Time) bool {
	minute := local.Hour()*60 + local.Minute()
	today := int(local.Weekday())
	if shift.Starts < shift.Ends {
		return today == shift.Weekday && shift.Starts <= minute && minute < shift.Ends
	}
	return today == shift.Weekday && minute >= shift.Starts ||
		today == (shift.Weekday+1)%7 && minute < shift.Ends
}

// zones keeps the time zones that were found, since finding one reads a file: a few hundred at most.
var zones sync.Map

// Zone finds a time zone by its IANA name; what is not known is UTC.
func Zone(name string) *time.Location {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, zone)
	return zone
}
