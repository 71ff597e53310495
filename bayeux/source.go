package bayeux

import (
	"net/netip"
	"sync"
	"time"
)

// Source is where a client calls from, as far as limits care: an IPv4
// address, or the /64 network of an IPv6 address, all of which one host may
// have to itself. Zero is unknown and has no limits.
type Source uint64

// SourceOf returns the source that an address belongs to; zero for an invalid
// address.
func SourceOf(addr netip.Addr) Source {
	addr = addr.Unmap()
	switch {
	case addr.Is4():
		b := addr.As4()
		return Source(be(b[:])) | 0xffff<<32 // no public network begins like this
	case addr.Is6():
		b := addr.As16()
		return Source(be(b[:8]))
	}
	return 0
}

func be(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// pace lets each source do something so often. It notes, for each, the time
// at which all that the source did would be paid for at the steady rate; one
// whose time has come is as good as unknown. Of those it remembers two
// generations at most: the older is forgotten when the newer has lasted for
// the burst's time or is full, so a flood of addresses costs no more memory
// than that.
type pace struct {
	each  int64 // nanoseconds that one costs; 0 for no limit
	ahead int64 // how far a source may be in debt

	mu           sync.Mutex
	newer, older map[Source]int64
	turn         int64 // when the newer generation becomes the older
}

// Sources in one generation of a pace.
const maxSources = 50_000

// A source may do at once what the rate allows it in this time.
const paceBurst = 5 * time.Second

func newPace(perSecond float64) *pace {
	p := &pace{newer: make(map[Source]int64)}
	if perSecond > 0 {
		p.each = max(1, int64(float64(time.Second)/perSecond))
		p.ahead = max(int64(paceBurst), p.each)
	}
	return p
}

// take uses up n of a source's allowance, or all of it if n is more; wait is
// how long until there is as much, if there is not.
func (p *pace) take(from Source, now int64, n int) (wait time.Duration, ok bool) {
	if p.each == 0 || from == 0 {
		return 0, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now >= p.turn || len(p.newer) >= maxSources {
		p.older, p.newer, p.turn = p.newer, make(map[Source]int64), now+p.ahead
	}
	paid, known := p.newer[from]
	if !known {
		paid = p.older[from]
	}
	paid = max(paid, now) + min(int64(n)*p.each, max(p.ahead, p.each))
	if over := paid - now - p.ahead; over > 0 {
		return time.Duration(over), false
	}
	p.newer[from] = paid
	return 0, true
}

// Tally counts what each source holds, such as sessions or sockets, up to a
// limit. It remembers none that holds nothing.
type Tally struct {
	limit int
	mu    sync.Mutex
	held  map[Source]int
}

// NewTally makes a Tally; limit 0 is none.
func NewTally(limit int) *Tally { return &Tally{limit: limit, held: make(map[Source]int)} }

// Add counts one more; false if the source has as many as it may.
func (t *Tally) Add(from Source) bool {
	if t.limit <= 0 || from == 0 {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[from] >= t.limit {
		return false
	}
	t.held[from]++
	return true
}

// Done takes one back that Add counted.
func (t *Tally) Done(from Source) {
	if t.limit <= 0 || from == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[from]--; t.held[from] <= 0 {
		delete(t.held, from)
	}
}
