package chat

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// spelled shows a span's intervals by their beginnings, with offset, and how long each is.
func spelled(s span) string {
	var list []string
	for i := range len(s.edges) - 1 {
		start := s.edges[i].Time().In(s.from.Location())
		list = append(list, start.Format("01-02T15:04-07:00")+" "+s.edges[i+1].Time().Sub(s.edges[i].Time()).String())
	}
	return strings.Join(list, ", ")
}

func TestSpan(t *testing.T) {
	long := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct{ zone, by, from, to, want string }{
		{"UTC", "day", "2026-02-27", "2026-03-01", "02-27T00:00+00:00 24h0m0s, 02-28T00:00+00:00 24h0m0s, 03-01T00:00+00:00 24h0m0s"},
		{"Europe/Berlin", "day", "2026-03-28", "2026-03-30", "03-28T00:00+01:00 24h0m0s, 03-29T00:00+01:00 23h0m0s, 03-30T00:00+02:00 24h0m0s"},
		{"Europe/Berlin", "day", "2026-10-24", "2026-10-26", "10-24T00:00+02:00 24h0m0s, 10-25T00:00+02:00 25h0m0s, 10-26T00:00+01:00 24h0m0s"},
		{"Europe/Berlin", "hour", "2026-10-25T01:00:00+02:00", "2026-10-25T04:00:00+01:00",
			"10-25T01:00+02:00 1h0m0s, 10-25T02:00+02:00 1h0m0s, 10-25T02:00+01:00 1h0m0s, 10-25T03:00+01:00 1h0m0s"},
		{"Europe/Berlin", "hour", "2026-03-29T01:00:00+01:00", "2026-03-29T04:00:00+02:00", "03-29T01:00+01:00 1h0m0s, 03-29T03:00+02:00 1h0m0s"},
		// No midnight: the day began at one o'clock.
		{"America/Sao_Paulo", "day", "2018-11-03", "2018-11-05", "11-03T00:00-03:00 24h0m0s, 11-04T01:00-02:00 23h0m0s, 11-05T00:00-02:00 24h0m0s"},
		{"America/Sao_Paulo", "hour", "2018-11-03T22:00:00-03:00", "2018-11-04T02:00:00-02:00", "11-03T22:00-03:00 1h0m0s, 11-03T23:00-03:00 1h0m0s, 11-04T01:00-02:00 1h0m0s"},
		{"America/Sao_Paulo", "day", "2018-02-17", "2018-02-18", "02-17T00:00-02:00 25h0m0s, 02-18T00:00-03:00 24h0m0s"},
		{"America/Sao_Paulo", "hour", "2018-02-17T22:00:00-02:00", "2018-02-18T01:00:00-03:00",
			"02-17T22:00-02:00 1h0m0s, 02-17T23:00-02:00 1h0m0s, 02-17T23:00-03:00 1h0m0s, 02-18T00:00-03:00 1h0m0s"},
		// Midnight twice: the day began with the first.
		{"America/Havana", "day", "2026-10-31", "2026-11-02", "10-31T00:00-04:00 24h0m0s, 11-01T00:00-04:00 25h0m0s, 11-02T00:00-05:00 24h0m0s"},
		{"America/Havana", "day", "2026-03-07", "2026-03-08", "03-07T00:00-05:00 24h0m0s, 03-08T01:00-04:00 23h0m0s"},
		{"Asia/Kolkata", "hour", "2026-06-01T10:15:00+05:30", "2026-06-01T12:00:00+05:30", "06-01T10:15+05:30 45m0s, 06-01T11:00+05:30 1h0m0s"},
		{"Asia/Kolkata", "day", "2026-06-01", "2026-06-01", "06-01T00:00+05:30 24h0m0s"},
		{"Australia/Lord_Howe", "day", "2026-04-05", "2026-04-05", "04-05T00:00+11:00 24h30m0s"},
		{"Australia/Lord_Howe", "hour", "2026-04-05T01:00:00+11:00", "2026-04-05T03:00:00+10:30",
			"04-05T01:00+11:00 1h0m0s, 04-05T01:30+10:30 30m0s, 04-05T02:00+10:30 1h0m0s"},
		{"Australia/Lord_Howe", "hour", "2026-10-04T01:00:00+10:30", "2026-10-04T04:00:00+11:00",
			"10-04T01:00+10:30 1h0m0s, 10-04T02:30+11:00 30m0s, 10-04T03:00+11:00 1h0m0s"},
		// A day that an island skipped has no interval.
		{"Pacific/Apia", "day", "2011-12-29", "2011-12-31", "12-29T00:00-10:00 24h0m0s, 12-31T00:00+14:00 24h0m0s"},
		{"Europe/Berlin", "week", "2026-03-25", "2026-04-06", "03-25T00:00+01:00 119h0m0s, 03-30T00:00+02:00 168h0m0s, 04-06T00:00+02:00 24h0m0s"},
		{"Europe/Berlin", "month", "2026-03-01", "2026-04-02", "03-01T00:00+01:00 743h0m0s, 04-01T00:00+02:00 48h0m0s"},
		{"Europe/Berlin", "total", "2026-03-01", "2026-04-02", "03-01T00:00+01:00 791h0m0s"},
		{"Europe/Berlin", "total", "2026-03-01T00:00:00 01:00", "2026-03-01T00:00:00.500Z", "03-01T00:00+01:00 1h0m0.5s"},
	} {
		s, err := readSpan(NumbersQuery{From: test.from, To: test.to, By: test.by}, test.zone, long)
		if err != nil || spelled(s) != test.want {
			t.Errorf("%s by %s from %s to %s:\n got %s, %v\nwant %s", test.zone, test.by, test.from, test.to, spelled(s), err, test.want)
		}
	}
}

func TestSpanDefaults(t *testing.T) {
	now := time.Date(2026, 3, 30, 22, 30, 0, 0, time.UTC) // the 31st in Berlin
	s, err := readSpan(NumbersQuery{}, "Europe/Berlin", now)
	if err != nil || s.by != "day" || len(s.edges) != 8 || s.from.Format(time.RFC3339) != "2026-03-25T00:00:00+01:00" || s.to.Format(time.RFC3339) != "2026-04-01T00:00:00+02:00" {
		t.Errorf("%+v, %v", s, err)
	}
	// What has not begun has no interval; the range stays as it was asked for.
	s, err = readSpan(NumbersQuery{By: "hour", From: "2026-03-31", TimeZone: "Europe/Berlin"}, "UTC", now)
	if err != nil || spelled(s) != "03-31T00:00+02:00 1h0m0s" || s.to.Format(time.RFC3339) != "2026-04-01T00:00:00+02:00" {
		t.Errorf("%s to %s, %v", spelled(s), s.to, err)
	}
	s, err = readSpan(NumbersQuery{From: "2027-01-01", To: "2027-01-02"}, "UTC", now)
	if err != nil || len(s.edges) != 1 {
		t.Errorf("the future has %d edges, %v", len(s.edges), err)
	}
	s, err = readSpan(NumbersQuery{To: "2026-02-28"}, "UTC", now)
	if err != nil || s.from.Format(time.DateOnly) != "2026-02-22" {
		t.Errorf("a week to the 28th begins %s, %v", s.from, err)
	}
}

func TestSpanRefused(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		q    NumbersQuery
		code string
	}{
		{NumbersQuery{By: "minute"}, "by_invalid"},
		{NumbersQuery{From: "yesterday"}, "from_invalid"},
		{NumbersQuery{From: "2026-02-30"}, "from_invalid"},
		{NumbersQuery{From: "1969-12-31"}, "from_invalid"},
		{NumbersQuery{To: "9999-12-31"}, "to_invalid"},
		{NumbersQuery{To: "2026-06-01T12:00:00"}, "to_invalid"},
		{NumbersQuery{From: "2026-06-02", To: "2026-06-01"}, "range_invalid"},
		{NumbersQuery{From: "2026-06-01T12:00:00Z", To: "2026-06-01T12:00:00Z"}, "range_invalid"},
		{NumbersQuery{From: "2025-01-01", To: "2026-02-05"}, "range_too_long"},
		{NumbersQuery{From: "2026-03-01", To: "2026-05-02", By: "hour"}, "range_too_long"},
		{NumbersQuery{TimeZone: "Mars/Olympus"}, "time_zone_invalid"},
		{NumbersQuery{TimeZone: "Local"}, "time_zone_invalid"},
		{NumbersQuery{TimeZone: "../../etc/passwd"}, "time_zone_invalid"},
	} {
		_, err := readSpan(test.q, "UTC", now)
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Code != test.code {
			t.Errorf("%+v: %v, want %s", test.q, err, test.code)
		}
	}
	for _, q := range []NumbersQuery{{From: "2025-01-01", To: "2026-02-04"}, {From: "2026-03-01", To: "2026-05-01", By: "hour"}} {
		if _, err := readSpan(q, "Europe/Berlin", now); err != nil {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// TestEveryDay walks through the clocks that were ever set oddly: days and hours go on, and begin where they should.
func TestEveryDay(t *testing.T) {
	for _, zone := range []string{
		"Africa/Cairo", "Africa/Monrovia", "America/Havana", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll",
		"Asia/Amman", "Asia/Kathmandu", "Asia/Pyongyang", "Asia/Tehran", "Atlantic/Azores", "Australia/Lord_Howe",
		"Europe/Berlin", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kwajalein",
	} {
		where, err := timeZone(zone)
		if err != nil {
			t.Fatal(err)
		}
		before := dayStart(1971, 1, 0, where)
		for day := time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2035; day = day.AddDate(0, 0, 1) {
			start := dayStart(day.Year(), day.Month(), day.Day(), where)
			skipped := start.Format(time.DateOnly) != day.Format(time.DateOnly)
			if start.Before(before) || skipped && start.Sub(before) > 24*time.Hour || start.Sub(before) > 26*time.Hour {
				t.Fatalf("%s: after %s comes %s for %s", zone, before, start, day.Format(time.DateOnly))
			}
			if sameOffset(before, start) && day.YearDay()%16 != 0 { // a day like the others
				before = start
				continue
			}
			for at := before; at.Before(start); {
				next := nextHour(at)
				if d := next.Sub(at); d <= 0 || d > time.Hour || next.Minute() != 0 && sameOffset(at, next) {
					t.Fatalf("%s: after %s the clock shows %s", zone, at, next)
				}
				at = next
			}
			before = start
		}
	}
}

func sameOffset(a, b time.Time) bool {
	_, one := a.Zone()
	_, other := b.Zone()
	return one == other
}
