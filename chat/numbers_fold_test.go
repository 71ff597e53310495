package chat

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/models"
)

// script reads transitions, a line each: conversation, minute, action, from, to, as in
// "1 0 opened none assigned:7"; an actor may follow.
func script(t *testing.T, text string) (list []models.Transition) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(text)) {
		var conversation, minute int64
		var action, from, to, actor string
		if n, err := fmt.Sscan(line, &conversation, &minute, &action, &from, &to, &actor); n < 5 {
			t.Fatalf("%q: %v", line, err)
		}
		step := models.Transition{ConversationID: conversation, Action: models.Action(action), ActorType: actor, CreatedAt: models.Time(minute * 60_000)}
		step.FromState, step.FromManagerID = placeOf(from)
		step.ToState, step.ManagerID = placeOf(to)
		list = append(list, step)
	}
	return list
}

func placeOf(text string) (models.State, *int64) {
	state, manager, given := strings.Cut(text, ":")
	if !given {
		return models.State(state), nil
	}
	var id int64
	_, _ = fmt.Sscan(manager, &id)
	return models.State(state), &id
}

// factsInWords notes facts in words.
type factsInWords []string

func minute(at models.Time) int64 { return int64(at) / 60_000 }

func (f *factsInWords) note(format string, args ...any) {
	*f = append(*f, fmt.Sprintf(format, args...))
}

func (f *factsInWords) episode(e episode) {
	words := fmt.Sprintf("episode %d first %d", minute(e.openedAt), e.first)
	if e.left {
		words += " left"
	}
	if e.begun {
		words += " begun"
	}
	if e.answered {
		words += fmt.Sprintf(" answered %d by %d", minute(e.answeredAt), e.answeredBy)
	}
	if e.closed {
		words += fmt.Sprintf(" closed %d by %d", minute(e.closedAt), e.closedBy)
	}
	f.note("%s", words)
}

func (f *factsInWords) held(manager int64, from, to models.Time) {
	f.note("%d held %d-%d", manager, minute(from), minute(to))
}

func (f *factsInWords) passed(from, to int64, at models.Time) {
	f.note("%d passed to %d at %d", from, to, minute(at))
}

func (f *factsInWords) unanswered(manager int64, at models.Time) {
	f.note("%d let pass at %d", manager, minute(at))
}

func (f *factsInWords) rated(manager int64, r Rating) { f.note("%d rated %d", manager, r.Value) }

func TestFold(t *testing.T) {
	for _, test := range []struct{ name, script, want string }{
		{"one that goes well", `
			1 0 opened none assigned:7 visitor
			1 2 answered assigned:7 assigned:7 manager
			1 9 closed assigned:7 closed:7 manager
			1 10 rated closed:7 closed:7 visitor`,
			"7 held 0-9; episode 0 first 7 answered 2 by 7 closed 9 by 7; 7 rated 4"},
		{"a rating that was changed counts once", `
			1 0 opened none assigned:7
			1 9 closed assigned:7 closed:7
			1 8 rated closed:7 closed:7
			1 10 rated closed:7 closed:7`,
			"7 held 0-9; episode 0 first 7 closed 9 by 7; 7 rated 4"},
		{"out of the queue, and back, and to another", `
			2 0 opened none waiting
			2 1 assigned waiting assigned:7
			2 3 unanswered assigned:7 assigned:8
			2 5 queued assigned:8 waiting
			2 6 claimed waiting assigned:9
			2 7 answered assigned:9 assigned:9
			2 8 answered assigned:9 assigned:9
			2 10 transferred assigned:9 assigned:7
			2 11 taken_over assigned:7 assigned:8
			2 20 idle_closed assigned:8 closed:8`,
			"7 held 1-3; 7 let pass at 3; 8 held 3-5; 8 passed to 0 at 5; 9 held 6-10; 9 passed to 7 at 10; " +
				"7 held 10-11; 7 passed to 8 at 11; 8 held 11-20; episode 0 first 7 answered 7 by 9 closed 20 by 8"},
		{"left, and closed from the queue", `
			3 0 left none waiting
			3 4 unanswered waiting waiting
			3 5 closed waiting closed`,
			"0 let pass at 4; episode 0 first 0 left closed 5 by 0"},
		{"two lives", `
			4 0 opened none assigned:7
			4 1 closed assigned:7 closed:7
			4 30 reopened closed:7 waiting
			4 31 assigned waiting assigned:8
			4 33 answered assigned:8 assigned:8`,
			"7 held 0-1; episode 0 first 7 closed 1 by 7; 8 held 31-60; episode 30 first 8 answered 33 by 8"},
		{"what a supervisor takes out of the queue is no transfer", `
			5 0 opened none waiting
			5 1 transferred waiting assigned:7
			5 2 taken_over assigned:7 assigned:7`,
			"7 held 1-60; episode 0 first 7"},
		{"begun by a manager", `
			6 0 opened none assigned:7 manager
			6 3 closed assigned:7 closed:7 visitor`,
			"7 held 0-3; episode 0 first 7 begun closed 3 by 7"},
		{"claimed after it was reopened", `
			4 0 reopened closed:7 waiting
			4 2 claimed waiting assigned:8`,
			"8 held 2-60; episode 0 first 8 answered 2 by 8"},
		{"older than the record", `
			7 5 answered assigned:7 assigned:7
			7 8 closed assigned:7 closed:7
			8 6 closed assigned:9 closed:9
			9 6 rated closed:7 closed:7`,
			"7 held 5-8; episode 0 first 7 answered 5 by 7 closed 8 by 7; episode 0 first 0 closed 6 by 9"},
		{"one conversation does not leak into the next", `
			10 0 opened none assigned:7
			11 1 opened none assigned:7
			11 2 closed assigned:7 closed:7`,
			"7 held 0-60; episode 0 first 7; 7 held 1-2; episode 1 first 7 closed 2 by 7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got factsInWords
			f := newFold(&got, map[int64]Rating{1: {4, 10 * 60_000}}, 60*60_000)
			for _, step := range script(t, test.script) {
				f.add(step)
			}
			f.end()
			if words := strings.Join(got, "; "); words != test.want {
				t.Errorf("\n got %s\nwant %s", words, test.want)
			}
		})
	}
}

// countScript runs a script through fold and tally.
func countScript(t *testing.T, q NumbersQuery, now time.Time, ratings map[int64]Rating, text string) Numbers {
	t.Helper()
	s, err := readSpan(q, "UTC", now)
	if err != nil {
		t.Fatal(err)
	}
	count := newTally(s, models.At(now), q.ManagerID, q.PerManager)
	f := newFold(count, ratings, models.At(now))
	for _, step := range script(t, text) {
		f.add(step)
	}
	f.end()
	count.load()
	return count.numbers(q, map[int64]string{7: "Anna", 8: "Boris"})
}

const day = `
	1 -30 opened none assigned:7
	1 -28 answered assigned:7 assigned:7
	1 30 closed assigned:7 closed:7
	2 10 opened none waiting
	2 20 assigned waiting assigned:8
	2 40 answered assigned:8 assigned:8
	2 90 transferred assigned:8 assigned:7
	2 150 closed assigned:7 closed:7
	3 30 opened none assigned:7
	3 50 closed assigned:7 closed:7
	4 70 left none waiting
	4 80 claimed waiting assigned:8 manager
	4 170 answered assigned:8 assigned:8
	5 175 opened none waiting`

func TestTally(t *testing.T) {
	now := time.Unix(0, 0).UTC().Add(3 * time.Hour)
	n := countScript(t, NumbersQuery{From: "1970-01-01", To: "1970-01-01", By: "hour"}, now, nil, day)
	if len(n.Rows) != 4 { // the fourth has just begun
		t.Fatalf("%d rows", len(n.Rows))
	}
	type figures struct {
		conversations, left, answered, missed, closed, in, out int
		response, handling                                     string
		average                                                float64
		peak                                                   int
	}
	for i, want := range []figures{
		// 30 minutes of 1, 40 of 2 and 20 of 3 were somebody's.
		{2, 0, 1, 1, 2, 0, 0, "1: 30 30", "1: 60 60", 1.5, 2},
		{1, 1, 1, 0, 0, 1, 1, "0: - -", "0: - -", 1.667, 2},
		{1, 0, 0, 0, 1, 0, 0, "0: - -", "1: 130 130", 1.5, 2},
		{0, 0, 0, 0, 0, 0, 0, "0: - -", "0: - -", 0, 0},
	} {
		r := n.Rows[i]
		got := figures{r.Conversations, r.Left, r.Answered, r.Missed, r.Closed, r.TransfersIn, r.TransfersOut,
			inMinutes(r.FirstResponse), inMinutes(r.Handling), r.Load.Average, r.Load.Peak}
		if got != want {
			t.Errorf("hour %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
	if n.Total.Conversations != 4 || n.Total.Load.Peak != 2 || n.Total.Load.Average != 1.556 || n.Total.Handling.Count != 2 {
		t.Errorf("total %+v", n.Total)
	}
	later := countScript(t, NumbersQuery{From: "1970-01-01", To: "1970-01-01", By: "total"}, now.Add(11*time.Minute), nil, day)
	if later.Total.Missed != 2 || !reflect.DeepEqual(later.Rows[0], later.Total) {
		t.Errorf("who waits for more than 15 minutes is missed: %+v", later.Total)
	}
}

func inMinutes(s Spread) string {
	if s.MedianMS == nil {
		return fmt.Sprintf("%d: - -", s.Count)
	}
	return fmt.Sprintf("%d: %d %d", s.Count, *s.MedianMS/60_000, *s.P90MS/60_000)
}

func TestTallyPerManager(t *testing.T) {
	now := time.Unix(0, 0).UTC().Add(4 * time.Hour)
	ratings := map[int64]Rating{1: {Value: 2, At: 31 * 60_000}, 3: {Value: 5, At: 51 * 60_000}}
	rated := day + "\n1 31 rated closed:7 closed:7\n3 51 rated closed:7 closed:7"
	text := sortedScript(rated)
	n := countScript(t, NumbersQuery{From: "1970-01-01", To: "1970-01-01", By: "total", PerManager: true}, now, ratings, text)
	if len(n.Rows) != 3 || *n.Rows[0].ManagerName != "Anna" || *n.Rows[1].ManagerID != 8 || n.Rows[2].ManagerID != nil {
		t.Fatalf("%+v", n.Rows)
	}
	anna, boris, nobody := n.Rows[0], n.Rows[1], n.Rows[2]
	if anna.Conversations != 1 || anna.Missed != 1 || anna.Closed != 3 || anna.TransfersIn != 1 || anna.Handling.Count != 2 ||
		*anna.Ratings.Average != 3.5 || anna.Ratings.Distribution != [5]int{0, 1, 0, 0, 1} || anna.Load.Peak != 1 {
		t.Errorf("Anna %+v", anna)
	}
	if boris.Conversations != 2 || boris.Left != 1 || boris.Answered != 2 || boris.FirstResponse.Count != 1 || boris.TransfersOut != 1 || boris.Ratings.Average != nil {
		t.Errorf("Boris %+v", boris)
	}
	if nobody.Conversations != 1 || nobody.Missed != 1 || nobody.Load.Peak != 0 {
		t.Errorf("nobody %+v", nobody)
	}
	for name, of := range map[string]func(NumbersRow) int{
		"conversations": func(r NumbersRow) int { return r.Conversations },
		"answered":      func(r NumbersRow) int { return r.Answered },
		"missed":        func(r NumbersRow) int { return r.Missed },
		"closed":        func(r NumbersRow) int { return r.Closed },
		"ratings":       func(r NumbersRow) int { return r.Ratings.Count },
		"load":          func(r NumbersRow) int { return int(r.Load.Average*1000 + 0.5) },
	} {
		if sum := of(anna) + of(boris) + of(nobody); sum-of(n.Total) > 1 || of(n.Total)-sum > 1 || name != "load" && sum != of(n.Total) {
			t.Errorf("%s: the managers have %d together, the total is %d", name, sum, of(n.Total))
		}
	}
	hers := countScript(t, NumbersQuery{From: "1970-01-01", To: "1970-01-01", By: "total", ManagerID: 8}, now, ratings, text)
	boris.ManagerID, boris.ManagerName = nil, nil
	if !reflect.DeepEqual(hers.Total, boris) || *hers.ManagerID != 8 {
		t.Errorf("asked for alone Boris has\n%+v, else\n%+v", hers.Total, boris)
	}
}

// sortedScript puts lines in the order of their conversations.
func sortedScript(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.SortStableFunc(lines, func(a, b string) int {
		return strings.Compare(strings.Fields(a)[0], strings.Fields(b)[0])
	})
	return strings.Join(lines, "\n")
}

func TestPercentile(t *testing.T) {
	for _, test := range []struct {
		durations   []int64
		median, p90 int64
	}{
		{[]int64{5}, 5, 5},
		{[]int64{9, 1}, 1, 9},
		{[]int64{3, 1, 2}, 2, 3},
		{[]int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 5, 9},
		{[]int64{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 6, 10},
	} {
		if s := spread(test.durations); *s.MedianMS != test.median || *s.P90MS != test.p90 || s.Count != len(test.durations) {
			t.Errorf("%v: %d, %d", test.durations, *s.MedianMS, *s.P90MS)
		}
	}
	if s := spread(nil); s.MedianMS != nil || s.P90MS != nil {
		t.Errorf("nothing has a median: %+v", s)
	}
}

// TestLoadAgainstMinutes compares the sweep with counting, minute by minute.
func TestLoadAgainstMinutes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		s, err := readSpan(NumbersQuery{From: "1970-01-01T00:00:00Z", To: "1970-01-01T05:00:00Z", By: "hour"}, "UTC", time.Unix(1e6, 0))
		if err != nil {
			t.Fatal(err)
		}
		count := newTally(s, 1e12, 0, true)
		const minutes = 5 * 60
		open := map[int64]*[minutes]int{7: {}, 8: {}}
		for range random.IntN(12) {
			manager, from := int64(7+random.IntN(2)), random.IntN(minutes+60)-30
			to := from + random.IntN(150)
			count.held(manager, models.Time(from*60_000), models.Time(to*60_000))
			for m := max(from, 0); m < min(to, minutes); m++ {
				open[manager][m]++
			}
		}
		count.load()
		for manager, each := range open {
			for hour := range 5 {
				part := each[hour*60 : hour*60+60]
				sum := 0
				for _, n := range part {
					sum += n
				}
				got := count.cell(hour, manager)
				if got.loadMS != int64(sum)*60_000 || got.Load.Peak != slices.Max(part) {
					t.Fatalf("manager %d, hour %d: %d ms, peak %d; want %d, %d", manager, hour, got.loadMS, got.Load.Peak, sum*60_000, slices.Max(part))
				}
			}
		}
	}
}
