package chat

import (
	"math"

	"parley/models"
)

// GoalReader reads what organisations want visitors to do, and how often they did.
type GoalReader interface {
	// Goals lists an organisation's that were not deleted, by rising id.
	Goals(organizationID int64) ([]models.Goal, error)
	// GoalByUUID finds one that was not deleted.
	GoalByUUID(uuid string) (models.Goal, error)
	// Goal finds one that was deleted, too.
	Goal(id int64) (models.Goal, error)
	// GoalCounts counts an organisation's matches from one moment to another by goal and quarter of an hour; of the one
	// goal, or of all for 0.
	GoalCounts(organizationID, goalID int64, from, to models.Time) ([]GoalCount, error)
	// GoalMatchPage lists a visitor's, by rising id after one.
	GoalMatchPage(visitorID string, after int64, limit int) ([]models.GoalMatch, error)
	// LatestSession is the session in which a visitor was last seen; "" if none is known.
	LatestSession(visitorID string) (string, error)
}

// GoalTx changes it.
type GoalTx interface {
	CreateGoal(g *models.Goal) error
	// SaveGoal keeps name, value, and when it was changed or deleted.
	SaveGoal(g models.Goal) error
	// CreateGoalMatch tells whether it is new. If the visitor has reached the goal in the session before, it reads that
	// match.
	CreateGoalMatch(m *models.GoalMatch) (bool, error)
}

// GoalCount is how often a goal was reached in a quarter of an hour, and the values' sum.
type GoalCount struct {
	GoalID  int64
	Quarter models.Time
	Count   int64
	Value   float64
}

const (
	// maxGoals bounds how many an organisation has at a time.
	maxGoals = 200
	// maxGoalValue bounds what one is worth.
	maxGoalValue = 1e12
)

func validGoalValue(value float64) error {
	if math.IsNaN(value) || value < 0 || value > maxGoalValue {
		return E(Invalid, "value_invalid", "A value is a number from 0 to %.0f", float64(maxGoalValue))
	}
	return nil
}

// GoalChanges are what may be said of a goal.
type GoalChanges struct {
	Name  Change[string]
	Value Change[float64]
}

// clean checks what is set and brings it into the form in which it is kept.
func (c *GoalChanges) clean() (err error) {
	if c.Name.Set {
		if c.Name.To, err = validName(c.Name.To); err != nil {
			return err
		}
	}
	return validGoalValue(c.Value.To)
}
