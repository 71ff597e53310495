package load

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// tally counts what is sent and what arrives. A message is known by its
// publisher, its channel and its number among those of that publisher on that
// channel: "run publisher channel number nanoseconds xxx…".
type tally struct {
	run     string
	began   time.Time
	readers []int // subscribers of each channel

	published, unsuccessful, due   atomic.Int64
	delivered, doubled, disordered atomic.Int64

	mu        sync.Mutex
	next      map[[2]int]int // by publisher and channel
	latencies []int64        // nanoseconds
}

// More latencies than this are not kept: the percentiles are those of the first.
const maxLatencies = 8 << 20

func newTally(publishers, channels, sessions int) *tally {
	t := &tally{run: strings.ToLower(rand.Text()[:8]), began: time.Now(), readers: make([]int, channels), next: make(map[[2]int]int, publishers*channels)}
	for i := range sessions {
		t.readers[i%channels]++
	}
	return t
}

// sending counts a message before it is: it may arrive before the call returns.
func (t *tally) sending(channel int) {
	t.published.Add(1)
	t.due.Add(int64(t.readers[channel]))
}

// unsent takes back what was never sent.
func (t *tally) unsent(channel int) {
	t.published.Add(-1)
	t.due.Add(-int64(t.readers[channel]))
}

// refuse counts a message that the server did not take: nobody is to get it.
func (t *tally) refuse(channel string) {
	t.unsuccessful.Add(1)
	if i, err := strconv.Atoi(path.Base(channel)); err == nil && i < len(t.readers) {
		t.due.Add(-int64(t.readers[i]))
	}
}

// payload is the data of the next message, JSON text of about size bytes.
func (t *tally) payload(publisher, channel, size int) string {
	t.mu.Lock()
	seq := t.next[[2]int{publisher, channel}]
	t.next[[2]int{publisher, channel}] = seq + 1
	t.mu.Unlock()
	text := fmt.Sprintf("%s %d %d %d %d ", t.run, publisher, channel, seq, time.Since(t.began))
	return `"` + text + strings.Repeat("x", max(0, size-len(text)-2)) + `"`
}

func (t *tally) complete() bool { return t.delivered.Load() >= t.due.Load() }

// arrivals is what one subscriber has seen; it is its reader's alone.
type arrivals struct {
	seen map[[2]int]*sequence
}

// sequence is what came of one publisher on one channel.
type sequence struct {
	next   int
	absent map[int]struct{} // numbers below next that have not come
}

// see counts one event's data. What is not of this run is not counted.
func (t *tally) see(a *arrivals, data []byte) {
	text, mine := bytes.CutPrefix(data, []byte(`"`+t.run+" "))
	fields := bytes.SplitN(text, []byte(" "), 5)
	if !mine || len(fields) < 4 {
		return
	}
	var n [4]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(string(fields[i])); err != nil {
			return
		}
	}
	t.note(time.Since(t.began) - time.Duration(n[3]))
	if a.seen == nil {
		a.seen = make(map[[2]int]*sequence)
	}
	s := a.seen[[2]int{n[0], n[1]}]
	if s == nil {
		s = &sequence{absent: make(map[int]struct{})}
		a.seen[[2]int{n[0], n[1]}] = s
	}
	t.place(s, n[2])
}

// place tells a number that is due from one that is late or was there.
func (t *tally) place(s *sequence, seq int) {
	_, late := s.absent[seq]
	switch {
	case seq >= s.next:
		for i := s.next; i < seq; i++ {
			s.absent[i] = struct{}{}
		}
		s.next = seq + 1
		t.delivered.Add(1)
	case late:
		delete(s.absent, seq)
		t.delivered.Add(1)
		t.disordered.Add(1)
	default:
		t.doubled.Add(1)
	}
}

func (t *tally) note(latency time.Duration) {
	t.mu.Lock()
	if len(t.latencies) < maxLatencies {
		t.latencies = append(t.latencies, int64(latency))
	}
	t.mu.Unlock()
}

// percentiles of the latencies, in the order asked for.
func (t *tally) percentiles(of ...float64) []time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.latencies)
	out := make([]time.Duration, len(of))
	for i, p := range of {
		if n := len(t.latencies); n > 0 {
			out[i] = time.Duration(t.latencies[min(n-1, int(p*float64(n)))])
		}
	}
	return out
}
