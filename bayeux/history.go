package bayeux

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Stored is a publication that the history keeps.
type Stored struct {
	ID    int64 // rises with every publication that is kept, on whatever channel
	At    time.Time
	Event *Event
}

// history keeps publications by channel and scope, within the limits of each
// channel's rule and a limit in bytes for all together; the oldest go first.
// Its lock is below Server.order, under which publications are added.
type history struct {
	mu     sync.Mutex
	logs   map[string][]*historyLog // by channel; few have more scopes than one
	first  *kept                    // of all logs, the oldest
	last   *kept
	lastID int64
	bytes  int
	limit  int
	count  int
}

// historyLog is one channel in one scope, oldest first. Ids rise in it.
type historyLog struct {
	channel, scope string
	age            time.Duration
	list           []*kept
}

type kept struct {
	Stored
	log        *historyLog
	prev, next *kept
	bytes      int
}

// keptOverhead is about what a kept publication takes beside its bytes.
const keptOverhead = 256

// newHistory begins its ids at the time in microseconds, so that they go on
// rising after a restart: nobody publishes a million times a second.
func newHistory(limit int, now time.Time) *history {
	return &history{logs: make(map[string][]*historyLog), limit: limit, lastID: now.UnixMicro()}
}

// number gives out the next id.
func (h *history) number() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastID++
	return h.lastID
}

// newest is the highest id given out.
func (h *history) newest() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lastID
}

// size tells how much is kept; a nil history keeps nothing.
func (h *history) size() (publications, bytes int) {
	if h == nil {
		return 0, 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count, h.bytes
}

// add keeps an event as its rule says.
func (h *history) add(scope string, ev *Event, r Retention, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	log := h.log(ev.Channel, scope)
	log.age = r.Age
	k := &kept{Stored: Stored{ev.ID, now, ev}, log: log, prev: h.last, bytes: len(ev.Frame) + len(ev.Channel) + keptOverhead}
	if h.last != nil {
		h.last.next = k
	} else {
		h.first = k
	}
	h.last = k
	log.list = append(log.list, k)
	h.bytes += k.bytes
	h.count++
	for len(log.list) > r.Size {
		h.drop(log.list[0])
	}
	h.expire(log, now)
	h.trim(now)
}

// trim keeps the global limit. On the way it looks at the oldest of all, so
// that channels on which nothing happens any more do not keep what is past its
// age.
func (h *history) trim(now time.Time) {
	for h.first != nil && h.bytes > h.limit {
		h.drop(h.first)
	}
	const looks = 2
	for range looks {
		if h.first == nil || !h.first.old(now) {
			return
		}
		h.drop(h.first)
	}
}

func (k *kept) old(now time.Time) bool { return k.log.age > 0 && now.Sub(k.At) >= k.log.age }

func (h *history) expire(log *historyLog, now time.Time) {
	for len(log.list) > 0 && log.list[0].old(now) {
		h.drop(log.list[0])
	}
}

func (h *history) log(channel, scope string) *historyLog {
	for _, log := range h.logs[channel] {
		if log.scope == scope {
			return log
		}
	}
	log := &historyLog{channel: channel, scope: scope}
	h.logs[channel] = append(h.logs[channel], log)
	return log
}

// drop forgets k, the oldest of its log.
func (h *history) drop(k *kept) {
	if k.prev != nil {
		k.prev.next = k.next
	} else {
		h.first = k.next
	}
	if k.next != nil {
		k.next.prev = k.prev
	} else {
		h.last = k.prev
	}
	h.bytes -= k.bytes
	h.count--
	log := k.log
	log.list[0] = nil
	log.list = log.list[1:]
	if len(log.list) > 0 {
		return
	}
	others := slices.DeleteFunc(h.logs[log.channel], func(l *historyLog) bool { return l == log })
	if len(others) == 0 {
		delete(h.logs, log.channel)
	} else {
		h.logs[log.channel] = others
	}
}

// read returns what is kept of a channel for a subscriber of scope, with ids
// above after, in rising order. The slice is the caller's.
func (h *history) read(channel, scope string, after int64, now time.Time) (out []Stored) {
	h.mu.Lock()
	defer h.mu.Unlock()
	logs := h.logs[channel]
	for _, log := range slices.Clone(logs) {
		if scope != "" && log.scope != scope {
			continue
		}
		h.expire(log, now)
		at, found := slices.BinarySearchFunc(log.list, after, func(k *kept, id int64) int { return cmp.Compare(k.ID, id) })
		if found {
			at++
		}
		for _, k := range log.list[at:] {
			out = append(out, k.Stored)
		}
	}
	if len(logs) > 1 {
		slices.SortFunc(out, byID)
	}
	return out
}

// channels lists those of which anything is kept and which pattern covers.
func (h *history) channels(pattern string) (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for channel := range h.logs {
		if Covers(pattern, channel) {
			out = append(out, channel)
		}
	}
	return out
}
