package bayeux

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func ids(list []Stored) (out []int64) {
	for _, st := range list {
		out = append(out, st.ID)
	}
	return out
}

func keepOne(h *history, channel, scope string, size int, age time.Duration, now time.Time) int64 {
	ev := newNumbered(channel, []byte(`1`), h.number())
	h.add(scope, ev, Retention{size, age}, now)
	return ev.ID
}

func TestHistoryByScope(t *testing.T) {
	now := time.UnixMicro(100)
	h := newHistory(1<<20, now)
	for i := range 6 {
		keepOne(h, "/a", []string{"x", "y", ""}[i%3], 10, 0, now)
	}
	for scope, want := range map[string][]int64{
		"x": {101, 104}, "y": {102, 105}, "z": nil, "": {101, 102, 103, 104, 105, 106},
	} {
		if got := ids(h.read("/a", scope, 0, now)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", scope, got, want)
		}
	}
	if got := ids(h.read("/a", "", 103, now)); !slices.Equal(got, []int64{104, 105, 106}) {
		t.Error(got)
	}
}

// Channels on which nothing happens any more lose what is too old without
// being asked about.
func TestHistoryForgetsIdleChannels(t *testing.T) {
	now := time.Now()
	h := newHistory(1<<20, now)
	for i := range 100 {
		keepOne(h, fmt.Sprint("/idle/", i), "", 5, time.Minute, now)
	}
	now = now.Add(2 * time.Minute)
	for range 60 {
		keepOne(h, "/busy", "", 5, time.Minute, now)
	}
	if len(h.logs) != 1 || h.count != 5 {
		t.Errorf("%d channels, %d publications", len(h.logs), h.count)
	}
}

// TestHistoryModel compares with a list of everything.
func TestHistoryModel(t *testing.T) {
	type entry struct {
		id             int64
		channel, scope string
		at             time.Time
		bytes          int
	}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		now := time.UnixMicro(1_000_000)
		const limit, size, age = 5000, 4, time.Minute
		h := newHistory(limit, now)
		var model []entry
		for range 300 {
			now = now.Add(time.Duration(r.IntN(20)) * time.Second)
			e := entry{channel: fmt.Sprint("/c/", r.IntN(6)), scope: []string{"", "s"}[r.IntN(2)], at: now}
			e.id = keepOne(h, e.channel, e.scope, size, age, now)
			e.bytes = h.last.bytes
			model = append(model, e)
			same := func(m entry) bool { return m.channel == e.channel && m.scope == e.scope }
			for n, total, i := 0, 0, len(model)-1; i >= 0; i-- {
				if same(model[i]) {
					n++
				}
				total += model[i].bytes
				if same(model[i]) && n > size || now.Sub(model[i].at) >= age {
					total -= model[i].bytes
					model = slices.Delete(model, i, i+1)
				} else if total > limit {
					model = model[i+1:]
					break
				}
			}
			if h.bytes > limit {
				t.Fatalf("seed %d: %d bytes", seed, h.bytes)
			}
		}
		// The history may hold what is too old elsewhere, and forget others for
		// it; what it shows is the newest of the model.
		for c := range 6 {
			channel := fmt.Sprint("/c/", c)
			var want []int64
			for _, m := range model {
				if m.channel == channel {
					want = append(want, m.id)
				}
			}
			got := ids(h.read(channel, "", 0, now))
			if len(got) > len(want) || !slices.Equal(got, want[len(want)-len(got):]) {
				t.Fatalf("seed %d: %s: %v, want %v", seed, channel, got, want)
			}
		}
		check(t, h)
	}
}

// check compares the history's sums and lists with each other.
func check(t *testing.T, h *history) {
	t.Helper()
	n, bytes, inLogs := 0, 0, 0
	for k := h.first; k != nil; k = k.next {
		n++
		bytes += k.bytes
		if k.next != nil && (k.next.prev != k || k.next.ID <= k.ID) {
			t.Fatal("the list is broken")
		}
	}
	for _, logs := range h.logs {
		for _, log := range logs {
			inLogs += len(log.list)
		}
	}
	if n != h.count || bytes != h.bytes || inLogs != n {
		t.Fatalf("%d in the list, %d in logs, counted %d; %d bytes, counted %d", n, inLogs, h.count, bytes, h.bytes)
	}
}

func BenchmarkHistory(b *testing.B) {
	h := newHistory(1<<20, time.Now())
	ev := newNumbered("/a", []byte(`{"entity":"message","message":{"id":42,"content":"Hello"}}`), 1)
	b.ReportAllocs()
	for b.Loop() {
		h.number()
		h.add("", ev, Retention{Size: 100, Age: time.Hour}, time.Now())
	}
}
