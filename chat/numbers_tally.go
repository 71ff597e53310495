package chat

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"parley/models"
)

// tally files facts under their interval and, where asked, their manager.
type tally struct {
	span span
	now  models.Time
	// only is whose facts count; 0: everybody's.
	only       int64
	perManager bool

	cells   map[cellKey]*cell
	whole   cell
	changes []change
}

// cellKey has manager 0 for nobody, and for everybody where managers do not matter.
type cellKey struct {
	interval int
	manager  int64
}

// cell is a row that is being counted.
type cell struct {
	NumbersRow
	responses, handlings []int64
	// loadMS is the sum of the times in which managers had conversations open.
	loadMS int64
}

func newTally(s span, now models.Time, only int64, perManager bool) *tally {
	return &tally{span: s, now: now, only: only, perManager: perManager, cells: map[cellKey]*cell{}}
}

// count has a fact counted in its row and in the total, unless it lies outside or is somebody else's.
func (t *tally) count(at models.Time, manager int64, change func(*cell)) {
	if t.only != 0 && manager != t.only {
		return
	}
	i, inside := t.span.interval(at)
	if !inside {
		return
	}
	change(t.cell(i, manager))
	change(&t.whole)
}

func (t *tally) cell(interval int, manager int64) *cell {
	if !t.perManager {
		manager = 0
	}
	key := cellKey{interval, manager}
	c := t.cells[key]
	if c == nil {
		c = &cell{}
		t.cells[key] = c
	}
	return c
}

func (t *tally) episode(e episode) {
	if e.openedAt == 0 {
		if e.closed {
			t.count(e.closedAt, e.closedBy, func(c *cell) { c.Closed++ })
		}
		return
	}
	t.count(e.openedAt, e.first, func(c *cell) {
		c.Conversations++
		if e.left {
			c.Left++
		}
		if e.missed(t.now) {
			c.Missed++
		}
	})
	if e.answered && !e.begun {
		t.count(e.openedAt, e.answeredBy, func(c *cell) {
			c.Answered++
			if !e.left {
				c.responses = append(c.responses, between(e.openedAt, e.answeredAt))
			}
		})
	}
	if e.closed {
		t.count(e.closedAt, e.closedBy, func(c *cell) {
			c.Closed++
			if e.handled() {
				c.handlings = append(c.handlings, between(e.givenAt, e.closedAt))
			}
		})
	}
}

// missed tells whether nobody answered: any more, or in time.
func (e episode) missed(now models.Time) bool {
	return !e.answered && !e.begun && (e.closed || e.openedAt.Add(missedAfter) < now)
}

// handled tells whether a manager had it and did something with it.
func (e episode) handled() bool { return e.first != 0 && (e.answered || e.begun) }

// between is never negative, although nodes' clocks may differ.
func between(from, to models.Time) int64 { return max(0, int64(to-from)) }

func (t *tally) passed(from, to int64, at models.Time) {
	t.count(at, from, func(c *cell) { c.TransfersOut++ })
	if to != 0 {
		t.count(at, to, func(c *cell) { c.TransfersIn++ })
	}
}

func (t *tally) unanswered(manager int64, at models.Time) {
	t.count(at, manager, func(c *cell) { c.Unanswered++ })
}

func (t *tally) rated(manager int64, r Rating) {
	t.count(r.At, manager, func(c *cell) { c.Ratings.Distribution[r.Value-1]++ })
}

// numbers finishes the rows.
func (t *tally) numbers(q NumbersQuery, names map[int64]string) Numbers {
	n := Numbers{
		From: t.span.from, To: t.span.to, TimeZone: t.span.from.Location().String(), By: t.span.by, Group: "none",
		Rows: []NumbersRow{}, Total: t.whole.row(t.span.from, t.span.to, t.now),
	}
	if q.ManagerID != 0 {
		n.ManagerID = &q.ManagerID
	}
	if t.perManager {
		n.Group = "manager"
	} else {
		for i := range len(t.span.edges) - 1 {
			t.cell(i, 0)
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(t.cells), cellKey.compare) {
		row := t.cells[key].row(t.edge(key.interval), t.edge(key.interval+1), t.now)
		if name, known := names[key.manager]; known {
			row.ManagerID, row.ManagerName = &key.manager, &name
		}
		n.Rows = append(n.Rows, row)
	}
	return n
}

// compare puts managers in the order of their ids, and nobody last.
func (k cellKey) compare(other cellKey) int {
	return cmp.Or(cmp.Compare(k.interval, other.interval), cmp.Compare(uint64(k.manager)-1, uint64(other.manager)-1)) // #nosec G115 -- 0 wraps, to come last
}

func (t *tally) edge(i int) time.Time { return t.span.edges[i].Time().In(t.span.from.Location()) }

func (c *cell) row(start, end time.Time, now models.Time) NumbersRow {
	row := c.NumbersRow
	row.Start, row.End = start, end
	row.FirstResponse, row.Handling = spread(c.responses), spread(c.handlings)
	sum := 0
	for i, n := range row.Ratings.Distribution {
		row.Ratings.Count += n
		sum += n * (i + 1)
	}
	if row.Ratings.Count > 0 {
		average := rounded(float64(sum) / float64(row.Ratings.Count))
		row.Ratings.Average = &average
	}
	if passed := min(now, models.At(end)) - models.At(start); passed > 0 {
		row.Load.Average = rounded(float64(c.loadMS) / float64(passed))
	}
	return row
}

// rounded keeps three decimals.
func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }

// spread sorts the durations it is given.
func spread(durations []int64) Spread {
	slices.Sort(durations)
	return Spread{Count: len(durations), MedianMS: percentile(durations, 50), P90MS: percentile(durations, 90)}
}

// percentile is the smallest value that p per cent of the sorted ones do not exceed; nil when there are none.
func percentile(sorted []int64, p int) *int64 {
	if len(sorted) == 0 {
		return nil
	}
	return &sorted[(len(sorted)*p+99)/100-1]
}
