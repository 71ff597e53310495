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
	// Open counts her open conversations.
	Open int
}

// OnDuty tells whether a new conversation may be given to c at now: the switch is not off or paused, and she
// listens, or did until less than grace ago.
func (c Candidate) OnDuty(now models.Time, grace time.Duration) bool {
	if c.Manager.DutyState != models.DutyAuto && c.Manager.DutyState != models.DutyOn {
		return false
	}
	if c.Live {
		return true
	}
	return c.Manager.SeenAt != nil && now < c.Manager.SeenAt.Add(grace)
}

// Choose picks the counterpart of a new conversation: the visitor's previous one if she is on duty, else who
// has the fewest open conversations, else who has waited longest for one, else the lowest id. It reports
// false when nobody is on duty. It is the only place that decides.
func Choose(candidates []Candidate, previous int64, now models.Time, grace time.Duration) (models.Manager, bool) {
	onDuty := slices.DeleteFunc(slices.Clone(candidates), func(c Candidate) bool { return !c.OnDuty(now, grace) })
	if len(onDuty) == 0 {
		return models.Manager{}, false
	}
	best := slices.MinFunc(onDuty, func(a, b Candidate) int {
		return cmp.Or(
			-compareBool(a.Manager.ID == previous, b.Manager.ID == previous),
			cmp.Compare(a.Open, b.Open),
			cmp.Compare(lastAssigned(a), lastAssigned(b)),
			cmp.Compare(a.Manager.ID, b.Manager.ID),
		)
	})
	return best.Manager, true
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

func lastAssigned(c Candidate) models.Time {
	if c.Manager.LastAssignedAt == nil {
		return 0
	}
	return *c.Manager.LastAssignedAt
}
