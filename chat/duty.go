package chat

import (
	"cmp"
	"slices"
	"time"

	"parley/models"
)

// Candidate is a manager with what duty is decided by.
type Candidate struct {
	Manager models.Manager
	// Live: a session of hers listens on the service channel now.
	Live bool
	// Open counts her open conversations, Limit bounds them; 0: without limit.
	Open, Limit int
	// Away tells why she does not work now; empty: she does.
	Away Verdict
}

// Verdict is why a manager may be given a conversation, or not.
type Verdict string

// Verdicts. The first is the only good one.
const (
	Eligible     Verdict = "eligible"
	NotListening Verdict = "not_listening"
	SwitchedOff  Verdict = "off"
	Paused       Verdict = "paused"
	OnHoliday    Verdict = "holiday"
	OnLeave      Verdict = "on_leave"
	OffShift     Verdict = "off_shift"
	// AlreadyTried: she had the conversation and did not answer, or vanished.
	AlreadyTried Verdict = "tried"
	AtLimit      Verdict = "at_limit"
)

// judge tells whether c may be given a conversation at now.
func (c Candidate) judge(now models.Time, grace time.Duration) Verdict {
	switch {
	case c.Manager.DutyState == models.DutyOff:
		return SwitchedOff
	case c.Manager.DutyState == models.DutyPaused:
		return Paused
	case !c.Live && (c.Manager.SeenAt == nil || now >= c.Manager.SeenAt.Add(grace)):
		return NotListening
	case c.Away != "":
		return c.Away
	case c.Limit > 0 && c.Open >= c.Limit:
		return AtLimit
	}
	return Eligible
}

// OnDuty tells whether visitors are answered by c at now: the switch is not off or paused, she works, and she
// listens, or did until less than grace ago. Who has as much as she takes is on duty, too.
func (c Candidate) OnDuty(now models.Time, grace time.Duration) bool {
	verdict := c.judge(now, grace)
	return verdict == Eligible || verdict == AtLimit
}

// Question asks duty who should have a conversation.
type Question struct {
	Now      models.Time
	Strategy models.Strategy
	// Grace is how long a manager stays on duty after her last session ended.
	Grace      time.Duration
	Candidates []Candidate
	// Previous is the visitor's previous counterpart, 0 for none.
	Previous int64
	// Tried had the conversation already: they let it wait, or vanished.
	Tried []int64
}

// Outcome is what duty decided.
type Outcome string

// Outcomes.
const (
	// Given to a manager.
	Given Outcome = "assigned"
	// Queued: somebody is on duty, but none can be given it now.
	Queued Outcome = "queued"
	// Nobody is on duty, or whoever is was tried.
	Nobody Outcome = "nobody"
)

// Rule is what settled a decision.
type Rule string

// Rules of duty.
const (
	RulePrevious    Rule = "previous_counterpart"
	RuleOnlyOne     Rule = "only_one"
	RuleLeastLoaded Rule = "least_loaded"
	RuleLongestIdle Rule = "longest_idle"
	RuleRoundRobin  Rule = "round_robin"
	RuleBroadcast   Rule = "broadcast"
	RuleAllAtLimit  Rule = "all_at_limit"
	RuleAllTried    Rule = "all_tried"
	RuleNobody      Rule = "nobody_on_duty"
)

// Decision is what duty answers, with all that led to it. Its JSON is kept with the conversation's transition.
type Decision struct {
	Outcome   Outcome         `json:"outcome"`
	ManagerID int64           `json:"manager_id,omitempty"`
	Rule      Rule            `json:"rule"`
	Strategy  models.Strategy `json:"strategy"`
	// Considered are all managers of the organisation.
	Considered []Considered `json:"considered"`
}

// Considered is one manager in a decision.
type Considered struct {
	ManagerID int64   `json:"manager_id"`
	Name      string  `json:"name"`
	Verdict   Verdict `json:"verdict"`
	// Open counts her open conversations, Limit bounds them (0: without limit).
	Open           int          `json:"open,omitempty"`
	Limit          int          `json:"limit,omitempty"`
	LastAssignedAt *models.Time `json:"last_assigned_at,omitempty"`
}

// manager is who was chosen; nil: nobody.
func (d Decision) manager() *int64 {
	if d.Outcome != Given {
		return nil
	}
	return &d.ManagerID
}

// Decide is the only place that chooses who gets a conversation. It looks at nothing but the question: the
// same question always has the same answer. The visitor's previous counterpart comes first, then the strategy;
// what it leaves equal goes to who has waited longest for a conversation, then to the lowest id.
func Decide(q Question) Decision {
	d := Decision{Strategy: q.Strategy, Considered: make([]Considered, len(q.Candidates))}
	var eligible []Candidate
	var full, tried int
	for i, c := range q.Candidates {
		verdict := c.judge(q.Now, q.Grace)
		if (verdict == Eligible || verdict == AtLimit) && slices.Contains(q.Tried, c.Manager.ID) {
			verdict = AlreadyTried
		}
		switch verdict {
		case Eligible:
			eligible = append(eligible, c)
		case AtLimit:
			full++
		case AlreadyTried:
			tried++
		}
		d.Considered[i] = Considered{
			ManagerID: c.Manager.ID, Name: c.Manager.Name, Verdict: verdict,
			Open: c.Open, Limit: c.Limit, LastAssignedAt: c.Manager.LastAssignedAt,
		}
	}
	switch {
	case len(eligible) > 0 && q.Strategy == models.Broadcast:
		d.Outcome, d.Rule = Queued, RuleBroadcast
	case len(eligible) > 0:
		d.Outcome = Given
		d.ManagerID, d.Rule = pick(eligible, q)
	case full > 0:
		d.Outcome, d.Rule = Queued, RuleAllAtLimit
	case tried > 0:
		d.Outcome, d.Rule = Nobody, RuleAllTried
	default:
		d.Outcome, d.Rule = Nobody, RuleNobody
	}
	return d
}

// pick chooses among managers who are all eligible, and names what made the difference.
func pick(eligible []Candidate, q Question) (int64, Rule) {
	if q.Previous != 0 && slices.ContainsFunc(eligible, func(c Candidate) bool { return c.Manager.ID == q.Previous }) {
		return q.Previous, RulePrevious
	}
	if len(eligible) == 1 {
		return eligible[0].Manager.ID, RuleOnlyOne
	}
	slices.SortFunc(eligible, func(a, b Candidate) int {
		load := 0
		if q.Strategy != models.RoundRobin {
			load = cmp.Compare(a.Open, b.Open)
		}
		return cmp.Or(load, cmp.Compare(lastAssigned(a), lastAssigned(b)), cmp.Compare(a.Manager.ID, b.Manager.ID))
	})
	best := eligible[0]
	switch {
	case q.Strategy == models.RoundRobin:
		return best.Manager.ID, RuleRoundRobin
	case best.Open < eligible[1].Open:
		return best.Manager.ID, RuleLeastLoaded
	default:
		return best.Manager.ID, RuleLongestIdle
	}
}

func lastAssigned(c Candidate) models.Time {
	if c.Manager.LastAssignedAt == nil {
		return 0
	}
	return *c.Manager.LastAssignedAt
}
