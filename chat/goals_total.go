package chat

import (
	"context"
	"time"

	"parley/models"
)

// mayGoals lets an organisation's own people, and keys for visitors or figures, see its goals.
func mayGoals(p Principal) error {
	if err := mayRooms(p); err != nil {
		return err
	}
	if p.allows(models.ScopeVisitors) {
		return nil
	}
	return p.demand(models.ScopeNumbers)
}

// GoalTotals is how often a goal was reached on each day.
type GoalTotals struct {
	Goal     models.Goal
	TimeZone string
	// From is the first day, To the last.
	From, To string
	Days     []GoalDay
	Total    GoalDay
}

// GoalDay is a day's. Its date is empty where it is of all days.
type GoalDay struct {
	Date  string
	Count int64
	// Value is the values' sum, to three decimals.
	Value float64
}

// GoalTotals counts for those who see figures. from and to are days in the organisation's time zone, the second one
// included; empty: the last week. Days that have not begun are left out.
func (s *Service) GoalTotals(ctx context.Context, p Principal, uuid, from, to string) (GoalTotals, error) {
	totals, err := s.goalTotals(ctx, p, uuid, from, to)
	if err != nil {
		return GoalTotals{}, err
	}
	return totals[0], nil
}

// AllGoalTotals is GoalTotals of all goals of the caller's organisation.
func (s *Service) AllGoalTotals(ctx context.Context, p Principal, from, to string) ([]GoalTotals, error) {
	return s.goalTotals(ctx, p, "", from, to)
}

func (s *Service) goalTotals(ctx context.Context, p Principal, uuid, from, to string) ([]GoalTotals, error) {
	if _, err := s.gate.mayNumbers(ctx, p, Sender{}, 0); err != nil {
		return nil, err
	}
	r := s.store.View(ctx)
	o, err := r.Organization(p.OrganizationID)
	if err != nil {
		return nil, err
	}
	goals, only, err := goalsToCount(r, o.ID, uuid)
	if err != nil {
		return nil, err
	}
	span, err := readDays(from, to, o.TimeZone)
	if err != nil {
		return nil, err
	}
	counts, err := r.GoalCounts(o.ID, only, models.At(span.from), models.At(span.to))
	if err != nil {
		return nil, err
	}
	totals := make([]GoalTotals, len(goals))
	byID := make(map[int64]*GoalTotals, len(goals))
	for i, g := range goals {
		totals[i] = newGoalTotals(g, o.TimeZone, span)
		byID[g.ID] = &totals[i]
	}
	for _, c := range counts {
		day, ok := span.interval(c.Quarter)
		if t := byID[c.GoalID]; t != nil && ok {
			t.Days[day].add(c)
			t.Total.add(c)
		}
	}
	for i := range totals {
		totals[i].round()
	}
	return totals, nil
}

// goalsToCount finds the one goal, or all; only is its number, or 0.
func goalsToCount(r GoalReader, organizationID int64, uuid string) (goals []models.Goal, only int64, err error) {
	if uuid == "" {
		goals, err = r.Goals(organizationID)
		return goals, 0, err
	}
	g, err := goalOf(r, organizationID, uuid)
	return []models.Goal{g}, g.ID, err
}

// readDays reads a range of whole days.
func readDays(from, to, zone string) (span, error) {
	for name, text := range map[string]string{"from": from, "to": to} {
		if _, err := time.Parse(time.DateOnly, text); text != "" && err != nil {
			return span{}, E(Invalid, name+"_invalid", "%s is a date (2026-03-29)", name)
		}
	}
	return readSpan(NumbersQuery{From: from, To: to, By: "day"}, zone, time.Now())
}

func newGoalTotals(g models.Goal, zone string, days span) GoalTotals {
	t := GoalTotals{
		Goal: g, TimeZone: zone, From: days.from.Format(time.DateOnly), To: days.to.Add(-time.Nanosecond).Format(time.DateOnly),
		Days: make([]GoalDay, len(days.edges)-1),
	}
	for i := range t.Days {
		t.Days[i].Date = days.edges[i].Time().In(days.from.Location()).Format(time.DateOnly)
	}
	return t
}

func (d *GoalDay) add(c GoalCount) {
	d.Count += c.Count
	d.Value += c.Value
}

func (t *GoalTotals) round() {
	t.Total.Value = rounded(t.Total.Value)
	for i := range t.Days {
		t.Days[i].Value = rounded(t.Days[i].Value)
	}
}
