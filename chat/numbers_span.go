package chat

import (
	"sort"
	"strings"
	"time"

	"parley/models"
)

// span is a range in a time zone, cut into intervals: edges[i] to edges[i+1], the first edge being from. Intervals
// that have not begun are left out, so the last edge may lie before to.
type span struct {
	from, to time.Time
	by       string
	edges    []models.Time
}

const (
	// maxHourDays and maxDays bound a range, for hours and for longer intervals.
	maxHourDays = 62
	maxDays     = 400
	defaultDays = 7
	maxZoneName = 64
)

// readSpan reads the range that a question is about.
func readSpan(q NumbersQuery, zone string, now time.Time) (span, error) {
	if q.TimeZone != "" {
		zone = q.TimeZone
	}
	where, err := timeZone(zone)
	if err != nil {
		return span{}, err
	}
	s := span{by: q.By}
	if s.by == "" {
		s.by = "day"
	}
	next, known := following[s.by]
	if !known {
		return span{}, E(Invalid, "by_invalid", "by is hour, day, week, month or total")
	}
	if s.from, s.to, err = readRange(q, now.In(where)); err != nil {
		return span{}, err
	}
	days := maxDays
	if s.by == "hour" {
		days = maxHourDays
	}
	if s.from.AddDate(0, 0, days).Before(s.to) {
		return span{}, E(Unprocessable, "range_too_long", "By %s, a range has at most %d days", s.by, days)
	}
	s.edges = cut(s.from, s.to, now, next)
	return s, nil
}

func timeZone(name string) (*time.Location, error) {
	where, err := time.LoadLocation(name)
	if err != nil || name == "Local" || len(name) > maxZoneName {
		return nil, E(Invalid, "time_zone_invalid", "The time zone is an IANA name, such as Europe/Berlin")
	}
	return where, nil
}

func readRange(q NumbersQuery, now time.Time) (from, to time.Time, err error) {
	tomorrow := dayAfter(now, 1)
	if to, err = readEdge(q.To, "to", tomorrow, 1); err != nil {
		return from, to, err
	}
	weekBefore := dayAfter(to.Add(-time.Nanosecond), 1-defaultDays)
	if from, err = readEdge(q.From, "from", weekBefore, 0); err != nil {
		return from, to, err
	}
	if !from.Before(to) {
		return from, to, E(Invalid, "range_invalid", "The range ends before it begins")
	}
	return from, to, nil
}

// readEdge reads a date, moved by days, or a moment. A plus sign that became a space on the way is put right.
func readEdge(text, name string, otherwise time.Time, days int) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	where := otherwise.Location()
	if date, err := time.Parse(time.DateOnly, text); err == nil && countable(date) {
		return dayStart(date.Year(), date.Month(), date.Day()+days, where), nil
	}
	moment, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1))
	if err != nil || !countable(moment) {
		return time.Time{}, E(Invalid, name+"_invalid", "%s is a date (2026-03-29) or a moment (2026-03-29T12:00:00+02:00)", name)
	}
	return moment.In(where).Truncate(time.Millisecond), nil
}

// countable leaves out the years that clocks, or JSON, cannot show.
func countable(at time.Time) bool { return at.Year() >= 1970 && at.Year() < 9999 }

// cut puts an edge at the beginning of every interval that begins before both to and now, and one at the end of
// the last.
func cut(from, to, now time.Time, next func(time.Time) time.Time) []models.Time {
	edges := []models.Time{models.At(from)}
	for at := from; at.Before(to) && !at.After(now); {
		until := next(at)
		if !until.After(at) {
			panic("chat: an interval of no length at " + at.String()) // rather than more and more of them
		}
		if at = until; at.After(to) {
			at = to
		}
		edges = append(edges, models.At(at))
	}
	return edges
}

// interval finds the one that a moment lies in.
func (s span) interval(at models.Time) (int, bool) {
	i := sort.Search(len(s.edges), func(i int) bool { return s.edges[i] > at }) - 1
	return i, i >= 0 && i < len(s.edges)-1
}

// following tells, for each kind of interval, where the next one begins.
var following = map[string]func(time.Time) time.Time{
	"hour":  nextHour,
	"day":   func(at time.Time) time.Time { return dayAfter(at, 1) },
	"week":  func(at time.Time) time.Time { return dayAfter(at, 7-(int(at.Weekday())+6)%7) },
	"month": func(at time.Time) time.Time { return dayStart(at.Year(), at.Month()+1, 1, at.Location()) },
	"total": func(time.Time) time.Time { return endOfTime },
}

var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func dayAfter(at time.Time, days int) time.Time {
	return dayStart(at.Year(), at.Month(), at.Day()+days, at.Location())
}

// dayStart is the first moment of a day. Where the clock skips midnight, or all of the day, that is when it has;
// where midnight comes twice, the first.
func dayStart(year int, month time.Month, day int, where *time.Location) time.Time {
	at := time.Date(year, month, day, 0, 0, 0, 0, where)
	if wanted := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); at.Format(time.DateOnly) < wanted.Format(time.DateOnly) {
		_, at = at.ZoneBounds()
		return at
	}
	began, _ := at.ZoneBounds()
	if began.IsZero() {
		return at
	}
	_, after := at.Zone()
	_, before := began.Add(-time.Nanosecond).Zone()
	if first := at.Add(time.Duration(after-before) * time.Second); first.Before(began) && first.Before(at) {
		return first
	}
	return at
}

// nextHour is when the clock next shows a full hour, or is set: an hour that comes twice is two, and the rest of
// one that the clock cuts short is one of its own.
func nextHour(at time.Time) time.Time {
	past := time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
	full := at.Add(time.Hour - past)
	_, set := at.ZoneBounds()
	if set.IsZero() || !set.Before(full) {
		return full
	}
	_, before := at.Zone()
	if _, after := set.Zone(); after == before {
		return full // it only has another name
	}
	return set
}
