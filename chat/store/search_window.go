package store

import (
	"strconv"

	"parley/models"
)

// Documents have words for the windows of time that they lie in. With them a search looks through a stretch of time
// and no further.

const (
	// A window of a level is 1<<level milliseconds wide: from a minute to 50 days.
	lowestLevel, highestLevel, levelStep = 16, 32, 4
)

func windowMark(level int, n int64) string {
	return "w" + strconv.Itoa(level) + "." + strconv.FormatInt(n, 36)
}

// windowsAt are the windows that a time lies in.
func windowsAt(at int64) []string {
	var list []string
	for level := lowestLevel; level <= highestLevel; level += levelStep {
		list = append(list, windowMark(level, at>>level))
	}
	return list
}

// windowsBetween are windows that cover a stretch of time, the narrowest of which most are enough, and when the
// first begins. Of the widest there may be more.
func windowsBetween(start, end int64, most int64) (list []string, begin int64) {
	level := lowestLevel
	for level < highestLevel && end>>level-start>>level >= most {
		level += levelStep
	}
	for n := start >> level; n <= end>>level; n++ {
		list = append(list, windowMark(level, n))
	}
	return list, start >> level << level
}

// A searchWalk goes down from a place to the first that a search may find. Its first step is span milliseconds wide,
// and each of the others about as wide as all before it: so the last, which may find more than is wanted and take
// longer than there was patience, costs about as much as the others together.
type searchWalk struct {
	span, high, first int64
	// windows is how many a step asks for at most.
	windows int64
}

// searchStep is a stretch of places, the first included, the last not, and windows that cover it.
type searchStep struct {
	windows   []string
	low, high int64
}

func (w searchWalk) steps() []searchStep {
	var steps []searchStep
	for high, span := w.high, max(w.span, 1<<lowestLevel); high > w.first; span = timeOf(w.high) - timeOf(high) {
		windows, start := windowsBetween(max(timeOf(high)-span, timeOf(w.first)), timeOf(high), w.windows)
		step := searchStep{windows, max(placeAt(models.Time(start)), w.first), high}
		steps, high = append(steps, step), step.low
	}
	return steps
}
