package chat_test

import (
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

const minute = time.Minute

func at(text string) models.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return models.At(t)
}

// someone is a manager who listens; change makes her different.
func someone(id int64, change ...func(*chat.Candidate)) chat.Candidate {
	c := chat.Candidate{Manager: models.Manager{ID: id, Name: string(rune('A' + id - 1)), DutyState: models.DutyAuto}, Live: true}
	for _, fn := range change {
		fn(&c)
	}
	return c
}

func open(n int) func(*chat.Candidate)          { return func(c *chat.Candidate) { c.Open = n } }
func limit(n int) func(*chat.Candidate)         { return func(c *chat.Candidate) { c.Limit = n } }
func away(v chat.Verdict) func(*chat.Candidate) { return func(c *chat.Candidate) { c.Away = v } }
func switched(s models.DutyState) func(*chat.Candidate) {
	return func(c *chat.Candidate) { c.Manager.DutyState = s }
}
func assignedAt(t models.Time) func(*chat.Candidate) {
	return func(c *chat.Candidate) { c.Manager.LastAssignedAt = &t }
}
func seen(t models.Time) func(*chat.Candidate) {
	return func(c *chat.Candidate) { c.Live, c.Manager.SeenAt = false, &t }
}

func TestDecide(t *testing.T) {
	now := at("2026-03-02T12:00:00Z")
	list := func(c ...chat.Candidate) []chat.Candidate { return c }
	for name, test := range map[string]struct {
		q       chat.Question
		outcome chat.Outcome
		manager int64
		rule    chat.Rule
	}{
		"nobody at all":                 {chat.Question{}, chat.Nobody, 0, chat.RuleNobody},
		"the only one":                  {chat.Question{Candidates: list(someone(1))}, chat.Given, 1, chat.RuleOnlyOne},
		"fewest open":                   {chat.Question{Candidates: list(someone(1, open(2)), someone(2, open(1)))}, chat.Given, 2, chat.RuleLeastLoaded},
		"equal load: longest idle":      {chat.Question{Candidates: list(someone(1, assignedAt(9)), someone(2, assignedAt(8)))}, chat.Given, 2, chat.RuleLongestIdle},
		"never assigned is longest":     {chat.Question{Candidates: list(someone(1, assignedAt(9)), someone(2))}, chat.Given, 2, chat.RuleLongestIdle},
		"all equal: lowest id":          {chat.Question{Candidates: list(someone(2), someone(1))}, chat.Given, 1, chat.RuleLongestIdle},
		"previous before load":          {chat.Question{Candidates: list(someone(1, open(5)), someone(2)), Previous: 1}, chat.Given, 1, chat.RulePrevious},
		"previous is at her limit":      {chat.Question{Candidates: list(someone(1, open(5), limit(5)), someone(2)), Previous: 1}, chat.Given, 2, chat.RuleOnlyOne},
		"previous is away":              {chat.Question{Candidates: list(someone(1, away(chat.OffShift)), someone(2)), Previous: 1}, chat.Given, 2, chat.RuleOnlyOne},
		"round robin ignores load":      {chat.Question{Strategy: models.RoundRobin, Candidates: list(someone(1, open(5), assignedAt(1)), someone(2, assignedAt(2)))}, chat.Given, 1, chat.RuleRoundRobin},
		"round robin keeps the limit":   {chat.Question{Strategy: models.RoundRobin, Candidates: list(someone(1, open(5), limit(5), assignedAt(1)), someone(2, assignedAt(2)), someone(3, assignedAt(3)))}, chat.Given, 2, chat.RuleRoundRobin},
		"broadcast chooses nobody":      {chat.Question{Strategy: models.Broadcast, Candidates: list(someone(1), someone(2)), Previous: 1}, chat.Queued, 0, chat.RuleBroadcast},
		"broadcast to nobody":           {chat.Question{Strategy: models.Broadcast, Candidates: list(someone(1, switched(models.DutyOff)))}, chat.Nobody, 0, chat.RuleNobody},
		"all at their limit":            {chat.Question{Candidates: list(someone(1, open(1), limit(1)), someone(2, open(3), limit(3)))}, chat.Queued, 0, chat.RuleAllAtLimit},
		"above a lowered limit":         {chat.Question{Candidates: list(someone(1, open(3), limit(1)))}, chat.Queued, 0, chat.RuleAllAtLimit},
		"paused and off":                {chat.Question{Candidates: list(someone(1, switched(models.DutyPaused)), someone(2, switched(models.DutyOff)))}, chat.Nobody, 0, chat.RuleNobody},
		"on means on only if she hears": {chat.Question{Candidates: list(someone(1, switched(models.DutyOn), func(c *chat.Candidate) { c.Live = false }))}, chat.Nobody, 0, chat.RuleNobody},
		"within the grace":              {chat.Question{Grace: minute, Candidates: list(someone(1, seen(now.Add(-59*time.Second))))}, chat.Given, 1, chat.RuleOnlyOne},
		"after the grace":               {chat.Question{Grace: minute, Candidates: list(someone(1, seen(now.Add(-minute))))}, chat.Nobody, 0, chat.RuleNobody},
		"tried are not asked again":     {chat.Question{Candidates: list(someone(1), someone(2, open(9))), Tried: []int64{1}}, chat.Given, 2, chat.RuleOnlyOne},
		"all were tried":                {chat.Question{Candidates: list(someone(1), someone(2)), Tried: []int64{1, 2}}, chat.Nobody, 0, chat.RuleAllTried},
		"tried, and one is full":        {chat.Question{Candidates: list(someone(1), someone(2, open(1), limit(1))), Tried: []int64{1}}, chat.Queued, 0, chat.RuleAllAtLimit},
		"tried is not previous":         {chat.Question{Candidates: list(someone(1), someone(2)), Previous: 1, Tried: []int64{1}}, chat.Given, 2, chat.RuleOnlyOne},
	} {
		t.Run(name, func(t *testing.T) {
			test.q.Now = now
			d := chat.Decide(test.q)
			if d.Outcome != test.outcome || d.ManagerID != test.manager || d.Rule != test.rule {
				t.Errorf("%s %d by %s, want %s %d by %s", d.Outcome, d.ManagerID, d.Rule, test.outcome, test.manager, test.rule)
			}
			if len(d.Considered) != len(test.q.Candidates) {
				t.Errorf("%d considered of %d", len(d.Considered), len(test.q.Candidates))
			}
		})
	}
}

// TestDecideGivesOnlyToTheEligible tries every combination of what may be wrong with three managers.
func TestDecideGivesOnlyToTheEligible(t *testing.T) {
	kinds := []func(*chat.Candidate){
		func(*chat.Candidate) {}, open(3), func(c *chat.Candidate) { c.Open, c.Limit = 1, 1 },
		away(chat.OffShift), away(chat.OnLeave), switched(models.DutyPaused), func(c *chat.Candidate) { c.Live = false },
	}
	for _, strategy := range []models.Strategy{models.LeastLoaded, models.RoundRobin, models.Broadcast} {
		for i := range len(kinds) * len(kinds) * len(kinds) * 4 {
			n := i
			q := chat.Question{Now: 1, Strategy: strategy}
			for id := int64(1); id <= 3; id++ {
				q.Candidates = append(q.Candidates, someone(id, kinds[n%len(kinds)]))
				n /= len(kinds)
			}
			q.Previous = int64(n)
			d := chat.Decide(q)
			eligible := 0
			for _, c := range d.Considered {
				if c.Verdict == chat.Eligible {
					eligible++
				}
				if d.Outcome == chat.Given && c.ManagerID == d.ManagerID && c.Verdict != chat.Eligible {
					t.Fatalf("given to %+v: %+v", c, q)
				}
			}
			if want := eligible > 0 && strategy != models.Broadcast; (d.Outcome == chat.Given) != want {
				t.Fatalf("%s with %d eligible: %+v", d.Outcome, eligible, q)
			}
		}
	}
}

func TestShifts(t *testing.T) {
	const mon, sat, sun = 1, 6, 0
	nine := models.Shift{ManagerID: 1, Weekday: mon, Starts: 9 * 60, Ends: 18 * 60}
	night := models.Shift{ManagerID: 1, Weekday: sat, Starts: 22 * 60, Ends: 6 * 60}
	for _, test := range []struct {
		name, zone, own string
		shift           models.Shift
		at              string
		want            chat.Verdict
	}{
		{"begins", "Europe/Berlin", "", nine, "2026-03-02T08:00:00Z", ""},
		{"a minute before", "Europe/Berlin", "", nine, "2026-03-02T07:59:59Z", chat.OffShift},
		{"ends", "Europe/Berlin", "", nine, "2026-03-02T17:00:00Z", chat.OffShift},
		{"another day", "Europe/Berlin", "", nine, "2026-03-03T10:00:00Z", chat.OffShift},
		{"in summer time it begins an hour earlier", "Europe/Berlin", "", nine, "2026-03-30T07:00:00Z", ""},
		{"and ends an hour earlier", "Europe/Berlin", "", nine, "2026-03-30T16:00:00Z", chat.OffShift},
		{"her own zone wins", "Europe/Berlin", "America/New_York", nine, "2026-03-02T08:30:00Z", chat.OffShift},
		{"there it is morning", "Europe/Berlin", "America/New_York", nine, "2026-03-02T14:30:00Z", ""},
		{"half an hour's zone", "Asia/Kolkata", "", nine, "2026-03-02T03:30:00Z", ""},
		{"half an hour's zone, before", "Asia/Kolkata", "", nine, "2026-03-02T03:29:00Z", chat.OffShift},
		{"over midnight, before it", "Europe/Berlin", "", night, "2026-03-28T21:30:00Z", ""},
		{"over midnight, into the day of 23 hours", "Europe/Berlin", "", night, "2026-03-29T00:59:00Z", ""},
		{"after the hour that is missing", "Europe/Berlin", "", night, "2026-03-29T01:00:00Z", ""},
		{"and its end by the clock on the wall", "Europe/Berlin", "", night, "2026-03-29T04:00:00Z", chat.OffShift},
		{"the hour that comes twice, first", "Europe/Berlin", "", models.Shift{ManagerID: 1, Weekday: sun, Starts: 120, Ends: 180}, "2026-10-25T00:30:00Z", ""},
		{"the hour that comes twice, again", "Europe/Berlin", "", models.Shift{ManagerID: 1, Weekday: sun, Starts: 120, Ends: 180}, "2026-10-25T01:30:00Z", ""},
		{"and is over then", "Europe/Berlin", "", models.Shift{ManagerID: 1, Weekday: sun, Starts: 120, Ends: 180}, "2026-10-25T02:00:00Z", chat.OffShift},
		{"the whole day", "UTC", "", models.Shift{ManagerID: 1, Weekday: mon, Starts: 0, Ends: 1440}, "2026-03-02T23:59:59Z", ""},
		{"a zone that nobody knows is UTC", "Mars/Base", "", nine, "2026-03-02T09:00:00Z", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := chat.Schedules{Shifts: map[int64][]models.Shift{1: {test.shift}}}
			got := s.Away(models.Manager{ID: 1, TimeZone: test.own}, models.Organization{TimeZone: test.zone}, at(test.at))
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestHolidaysAndLeave(t *testing.T) {
	s := chat.Schedules{
		Holidays: []models.Holiday{{Day: "2026-12-25"}},
		Leaves:   map[int64][]models.Leave{1: {{StartsAt: at("2026-03-02T12:00:00Z"), EndsAt: at("2026-03-02T14:00:00Z")}}},
	}
	auckland := models.Organization{TimeZone: "Pacific/Auckland"}
	for _, test := range []struct {
		manager int64
		at      string
		want    chat.Verdict
	}{
		{1, "2026-03-02T11:59:59Z", ""}, {1, "2026-03-02T12:00:00Z", chat.OnLeave}, {1, "2026-03-02T14:00:00Z", ""},
		{2, "2026-03-02T12:00:00Z", ""},
		{2, "2026-12-24T10:59:59Z", ""}, {2, "2026-12-24T11:00:00Z", chat.OnHoliday}, // 13 hours ahead
		{2, "2026-12-25T10:59:59Z", chat.OnHoliday}, {2, "2026-12-25T11:00:00Z", ""},
	} {
		if got := s.Away(models.Manager{ID: test.manager}, auckland, at(test.at)); got != test.want {
			t.Errorf("manager %d at %s: %q, want %q", test.manager, test.at, got, test.want)
		}
	}
}
