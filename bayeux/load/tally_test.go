package load

import (
	"fmt"
	"testing"
)

func TestPlace(t *testing.T) {
	for _, row := range []struct {
		numbers                        []int
		delivered, doubled, disordered int64
	}{
		{[]int{0, 1, 2}, 3, 0, 0},
		{[]int{0, 0, 1, 1, 1}, 2, 3, 0},
		{[]int{0, 2, 1, 3}, 4, 0, 1},
		{[]int{3, 0, 1, 2, 2}, 4, 1, 3},
		{[]int{0, 5}, 2, 0, 0},
	} {
		tally, s := newTally(1, 1, 1), &sequence{absent: map[int]struct{}{}}
		for _, n := range row.numbers {
			tally.place(s, n)
		}
		if d, two, late := tally.delivered.Load(), tally.doubled.Load(), tally.disordered.Load(); d != row.delivered || two != row.doubled || late != row.disordered {
			t.Errorf("%v: delivered %d, doubled %d, out of order %d", row.numbers, d, two, late)
		}
	}
}

func TestSeeOnlyItsOwn(t *testing.T) {
	tally := newTally(1, 1, 1)
	var a arrivals
	own := tally.payload(0, 0, 100)
	if len(own) != 100 {
		t.Errorf("%d bytes", len(own))
	}
	for _, data := range []string{own, `"other 0 0 0 0 x"`, `{"a":1}`, `""`, ``, fmt.Sprintf(`"%s 0 0 zero 0 x"`, tally.run), fmt.Sprintf(`"%s 0"`, tally.run)} {
		tally.see(&a, []byte(data))
	}
	if n := tally.delivered.Load(); n != 1 {
		t.Errorf("%d delivered", n)
	}
}
