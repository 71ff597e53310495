package chat

import (
	"context"
	"time"

	"parley/models"
)

// NumbersReader reads what figures are counted from.
type NumbersReader interface {
	// Steps hands over the transitions of every conversation of the organisation that was open at some time
	// in [from, to) or was rated since, whole lives, a conversation after the other, each from its oldest step.
	// Visitor, actor's id, note and decision are left out. An error of each ends the reading and is returned.
	Steps(organizationID int64, from, to models.Time, each func(models.Transition) error) error
	// Ratings lists the ratings given in [from, to), by conversation.
	Ratings(organizationID int64, from, to models.Time) (map[int64]Rating, error)
	// QueueNow counts the open conversations that nobody has, and tells since when the first of them waits.
	QueueNow(organizationID int64) (waiting int, since *models.Time, err error)
	// ManagerNames names all managers that the organisation has or had.
	ManagerNames(organizationID int64) (map[int64]string, error)
}

// Rating is a visitor's, 1 to 5.
type Rating struct {
	Value int
	At    models.Time
}

// NumbersQuery asks for figures. All fields but the last two are as people write them; empty ones take defaults.
type NumbersQuery struct {
	// From and To bound the range. A date is a day in the time zone, and as To includes that day; a moment
	// (RFC 3339) is itself, and To is not included. Default: today and the six days before.
	From, To string
	// By is hour, day (default), week (from Monday), month or total.
	By string
	// TimeZone is an IANA name; default: the organisation's.
	TimeZone string
	// ManagerID leaves out what is not hers; 0: everybody.
	ManagerID int64
	// PerManager makes a row for each manager.
	PerManager bool
}

// Numbers are figures of an organisation.
//
// An episode is the life of a conversation from its opening, or its reopening, to its close. It counts
//
//   - as a conversation where it began, for the first manager who had it;
//   - as left where it began, when it was left as a message for when somebody comes;
//   - as answered where it began, for the manager who answered first;
//   - as missed where it began, for the first manager who had it: it was closed without any answer, or has been
//     waiting for one longer than 15 minutes. An answer that comes later still makes it an answered one;
//   - as closed where it ended, for the manager who had it then.
//
// A conversation that a manager began waits for nobody: it is neither answered nor missed. First response is from
// the episode's beginning to the first answer, where it began, for the manager who gave it; messages that were left
// are not in it, since nobody was there to answer. Handling is from when a manager first had it to the close, where
// it ended, for the manager who closed; only what was answered is in it. Unanswered, transfers (taking over and
// handing on what a vanished manager left included) and ratings count when they happen. A manager who puts a
// conversation back into the queue has transferred it out. Load counts the open conversations that managers have,
// over the part of the interval that has passed.
//
// What nobody had, or nobody's was, is in a row with manager_id null, so that the rows of all managers add up to
// the total; only medians, percentiles and peaks do not. What happened before transitions were recorded counts
// nowhere.
type Numbers struct {
	// From and To show the range in the time zone; To is not included.
	From      time.Time    `json:"from"`
	To        time.Time    `json:"to"`
	TimeZone  string       `json:"time_zone"`
	By        string       `json:"by"`
	Group     string       `json:"group"` // manager or none
	ManagerID *int64       `json:"manager_id"`
	Rows      []NumbersRow `json:"rows"`
	// Total is of the whole range.
	Total NumbersRow `json:"total"`
}

// NumbersRow is the figures of one interval, [Start, End); Start has begun. Without managers there is a row for
// each interval, with managers for each in which there is something to tell.
type NumbersRow struct {
	Start         time.Time `json:"start"`
	End           time.Time `json:"end"`
	ManagerID     *int64    `json:"manager_id"`
	ManagerName   *string   `json:"manager_name"`
	Conversations int       `json:"conversations"`
	Left          int       `json:"left"`
	Answered      int       `json:"answered"`
	Missed        int       `json:"missed"`
	Closed        int       `json:"closed"`
	// Unanswered counts how often the time passed that a manager had to answer in.
	Unanswered    int     `json:"unanswered"`
	TransfersIn   int     `json:"transfers_in"`
	TransfersOut  int     `json:"transfers_out"`
	FirstResponse Spread  `json:"first_response"`
	Handling      Spread  `json:"handling"`
	Ratings       Ratings `json:"ratings"`
	Load          Load    `json:"load"`
}

// Spread describes durations, in milliseconds, by nearest rank: each is one that occurred. Nil when there are none.
type Spread struct {
	Count    int    `json:"count"`
	MedianMS *int64 `json:"median_ms"`
	P90MS    *int64 `json:"p90_ms"`
}

// Ratings counts them: Distribution[0] is how many gave 1. Average is nil when there are none.
type Ratings struct {
	Count        int      `json:"count"`
	Average      *float64 `json:"average"`
	Distribution [5]int   `json:"distribution"`
}

// Load is how many open conversations managers had at a time.
type Load struct {
	Average float64 `json:"average"`
	Peak    int     `json:"peak"`
}

const (
	// missedAfter is how long an unanswered conversation waits before it counts as missed.
	missedAfter = 15 * time.Minute
	// maxNumbersSteps and maxNumbersRows bound what one question may read and answer.
	maxNumbersSteps = 3_000_000
	maxNumbersRows  = 20_000
	// countingPlaces is how many questions are counted at a time, countingWait how long others wait for a place.
	countingPlaces = 2
	countingWait   = 5 * time.Second
)

// Numbers counts figures for those who supervise, for backends, and for a manager about herself.
func (s *Service) Numbers(ctx context.Context, p Principal, claimed Sender, q NumbersQuery) (Numbers, error) {
	p, err := s.gate.mayNumbers(ctx, p, claimed, q.ManagerID)
	if err != nil {
		return Numbers{}, err
	}
	r := s.store.View(ctx)
	o, err := r.Organization(p.OrganizationID)
	if err != nil {
		return Numbers{}, err
	}
	names, err := r.ManagerNames(o.ID)
	if err != nil {
		return Numbers{}, err
	}
	if _, known := names[q.ManagerID]; q.ManagerID != 0 && !known {
		return Numbers{}, E(NotFound, "manager_not_found", "There is no manager %d", q.ManagerID)
	}
	at := time.Now()
	span, err := readSpan(q, o.TimeZone, at)
	if err != nil {
		return Numbers{}, err
	}
	free, err := s.countingPlace(ctx)
	if err != nil {
		return Numbers{}, err
	}
	defer free()
	count := newTally(span, models.At(at), q.ManagerID, q.PerManager)
	if err := count.read(r, o.ID); err != nil {
		return Numbers{}, err
	}
	return count.numbers(q, names), nil
}

// countingPlace keeps figures, which take work, from taking all of it.
func (s *Service) countingPlace(ctx context.Context) (free func(), err error) {
	wait := time.NewTimer(countingWait)
	defer wait.Stop()
	select {
	case s.counting <- struct{}{}:
		return func() { <-s.counting }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		return nil, &Error{Kind: TooMany, Code: "numbers_busy", Text: "Other figures are being counted", RetryAfter: countingWait}
	}
}

func tooMuchToCount() *Error {
	return E(Unprocessable, "range_too_large", "This is too much for one answer: ask for a shorter range or longer intervals")
}

// read folds what the store has into the tally.
func (t *tally) read(r NumbersReader, organizationID int64) error {
	ratings, err := r.Ratings(organizationID, models.At(t.span.from), models.At(t.span.to))
	if err != nil {
		return err
	}
	fold, steps := newFold(t, ratings, t.now), 0
	err = r.Steps(organizationID, models.At(t.span.from), models.At(t.span.to), func(step models.Transition) error {
		if steps++; steps > maxNumbersSteps || len(t.cells) > maxNumbersRows {
			return tooMuchToCount()
		}
		fold.add(step)
		return nil
	})
	if err != nil {
		return err
	}
	fold.end()
	t.load()
	if len(t.cells) > maxNumbersRows {
		return tooMuchToCount()
	}
	return nil
}
