package giosg

import (
	"net/http"

	"parley/chat"
	"parley/models"
)

func (a *API) goalRoutes() {
	a.on(http.MethodGet, chat.ResourceGoals, a.goals)
	a.on(http.MethodPost, chat.ResourceGoals, a.createGoal)
	a.on(http.MethodGet, chat.ResourceGoal, a.goal)
	a.on(http.MethodPut, chat.ResourceGoal, a.changeGoal)
	a.on(http.MethodPatch, chat.ResourceGoal, a.changeGoal)
	a.on(http.MethodDelete, chat.ResourceGoal, a.deleteGoal)
	a.on(http.MethodPost, chat.ResourceGoalMatches, a.convert)
	a.on(http.MethodGet, chat.ResourceGoalTotals, a.goalTotals)
	a.onPublic(http.MethodPost, chat.ResourceGoalMatches, a.matchGoal)
}

type goalJSON struct {
	ID             string      `json:"id"`
	OrganizationID string      `json:"organization_id"`
	Name           string      `json:"name"`
	Value          float64     `json:"value"`
	CreatedAt      models.Time `json:"created_at"`
	UpdatedAt      models.Time `json:"updated_at"`
}

func (c *call) goalJSON(g models.Goal) any {
	return goalJSON{g.UUID, c.found.Organization.UUID, g.Name, g.Value, g.CreatedAt, g.UpdatedAt}
}

// goals lists an organisation's, in one page: there are 200 at most.
func (a *API) goals(c *call) error {
	all, err := c.service().Goals(c.Context(), c.principal)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, list{Results: views(all, c.goalJSON)})
}

func (a *API) goal(c *call) error {
	g, err := c.service().Goal(c.Context(), c.principal, c.resource.Key)
	return c.replyGoal(http.StatusOK, g, err)
}

func (c *call) replyGoal(status int, g models.Goal, err error) error {
	if err != nil {
		return err
	}
	return c.reply(status, c.goalJSON(g))
}

func (a *API) createGoal(c *call) error {
	var changes chat.GoalChanges
	if err := c.need(fields{"name": &changes.Name, "value": &changes.Value}, "name"); err != nil {
		return err
	}
	g, err := c.service().CreateGoal(c.Context(), c.principal, changes)
	return c.replyGoal(http.StatusCreated, g, err)
}

func (a *API) changeGoal(c *call) error {
	if _, err := c.service().Goal(c.Context(), c.principal, c.resource.Key); err != nil {
		return err // before the body is judged
	}
	var changes chat.GoalChanges
	if _, err := c.read(fields{"name": &changes.Name, "value": &changes.Value}); err != nil {
		return err
	}
	g, err := c.service().ChangeGoal(c.Context(), c.principal, c.resource.Key, changes)
	return c.replyGoal(http.StatusOK, g, err)
}

func (a *API) deleteGoal(c *call) error {
	return c.done(http.StatusNoContent, nil, c.service().DeleteGoal(c.Context(), c.principal, c.resource.Key))
}

// matchJSON is that a visitor reached a goal.
type matchJSON struct {
	ID        string      `json:"id"`
	GoalID    string      `json:"goal_id"`
	VisitorID string      `json:"visitor_id"`
	Value     float64     `json:"value"`
	CreatedAt models.Time `json:"created_at"`
}

// replyMatch answers 200 for one that is known.
func (c *call) replyMatch(goal string, m models.GoalMatch, isNew bool, err error) error {
	if err != nil {
		return err
	}
	status := http.StatusOK
	if isNew {
		status = http.StatusCreated
	}
	view := matchJSON{ID: m.UUID, GoalID: goal, Value: m.Value, CreatedAt: m.CreatedAt}
	if m.VisitorID != nil {
		view.VisitorID = *m.VisitorID
	}
	return c.reply(status, view)
}

// matchGoal takes what a page says.
func (a *API) matchGoal(c *call) error {
	var goal string
	var value *float64
	if err := c.need(fields{"goal_id": &goal, "value": &value}, "goal_id"); err != nil {
		return err
	}
	m, isNew, err := c.service().MatchGoal(c.Context(), c.principal, c.found.Organization.ID, c.found.VisitorID, goal, value)
	return c.replyMatch(goal, m, isNew, err)
}

// convert takes what a backend reports.
func (a *API) convert(c *call) error {
	var conversion chat.Conversion
	_, err := c.read(fields{
		"visitor_id": &conversion.VisitorID, "identifier": &conversion.Identifier, "id": &conversion.ID, "value": &conversion.Value,
	})
	if err != nil {
		return err
	}
	m, isNew, err := c.service().Convert(c.Context(), c.principal, c.resource.Key, conversion)
	return c.replyMatch(c.resource.Key, m, isNew, err)
}

type goalTotalsJSON struct {
	GoalID   string    `json:"goal_id"`
	Name     string    `json:"name"`
	TimeZone string    `json:"time_zone"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Days     []any     `json:"days"`
	Total    totalJSON `json:"total"`
}

type totalJSON struct {
	Count int64   `json:"count"`
	Value float64 `json:"value"`
}

type goalDayJSON struct {
	Date string `json:"date"`
	totalJSON
}

// goalTotals counts for one goal, or for each in a list.
func (a *API) goalTotals(c *call) error {
	from, to := c.query.Get("from"), c.query.Get("to")
	if c.resource.Key == "" {
		all, err := c.service().AllGoalTotals(c.Context(), c.principal, from, to)
		if err != nil {
			return err
		}
		return c.reply(http.StatusOK, list{Results: views(all, viewTotals)})
	}
	t, err := c.service().GoalTotals(c.Context(), c.principal, c.resource.Key, from, to)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, viewTotals(t))
}

func viewTotals(t chat.GoalTotals) any {
	return goalTotalsJSON{
		GoalID: t.Goal.UUID, Name: t.Goal.Name, TimeZone: t.TimeZone, From: t.From, To: t.To, Total: totalJSON{t.Total.Count, t.Total.Value},
		Days: views(t.Days, func(d chat.GoalDay) any { return goalDayJSON{d.Date, totalJSON{d.Count, d.Value}} }),
	}
}
