package chat

import (
	"cmp"
	"slices"

	"parley/models"
)

// change is a conversation more, or less, that a manager has open.
type change struct {
	at      models.Time
	manager int64
	by      int
}

// held keeps what of it lies in the range and has passed.
func (t *tally) held(manager int64, from, to models.Time) {
	if t.only != 0 && manager != t.only {
		return
	}
	from = max(from, models.At(t.span.from))
	to = min(to, models.At(t.span.to), t.now)
	if from < to {
		t.changes = append(t.changes, change{from, manager, 1}, change{to, manager, -1})
	}
}

// load counts, once everything is known, how many conversations were open at a time.
func (t *tally) load() {
	// At the same moment what ends comes first: one that changes hands is one.
	slices.SortFunc(t.changes, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	sweep(t.changes, t.span.edges, t.perManager, t.cell)
	whole := []models.Time{models.At(t.span.from), models.At(t.span.to)}
	sweep(t.changes, whole, false, func(int, int64) *cell { return &t.whole })
	t.changes = nil
}

// gauge counts the open conversations of a manager, or of everybody.
type gauge struct {
	open  int
	since models.Time // when it was last read
}

// read adds what was open since the last reading.
func (g *gauge) read(c *cell, at models.Time) {
	c.loadMS += int64(g.open) * int64(at-g.since)
	g.since = at
}

// sweep goes through sorted changes, all within the edges, and files times and peaks in the cells. Everything that
// begins ends.
func sweep(changes []change, edges []models.Time, perManager bool, cellOf func(interval int, manager int64) *cell) {
	gauges, i := map[int64]*gauge{}, 0
	for _, c := range changes {
		for ; edges[i+1] < c.at || edges[i+1] == c.at && c.by > 0; i++ {
			for manager, g := range gauges {
				g.read(cellOf(i, manager), edges[i+1])
				next := cellOf(i+1, manager)
				next.Load.Peak = max(next.Load.Peak, g.open)
			}
		}
		if !perManager {
			c.manager = 0
		}
		g := gauges[c.manager]
		if g == nil {
			g = &gauge{since: c.at}
			gauges[c.manager] = g
		}
		row := cellOf(i, c.manager)
		g.read(row, c.at)
		g.open += c.by
		row.Load.Peak = max(row.Load.Peak, g.open)
		if g.open == 0 {
			delete(gauges, c.manager)
		}
	}
}
