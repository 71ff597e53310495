package chat

import (
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bound what one caller may do. Zero rates are without limit.
type Limits struct {
	MessagesPerSecond float64
	MessagesBurst     int
	OpensPerMinute    float64
	// Calls, subscriptions and publications of one visitor, one key, and one organisation's visitors, or its
	// managers and keys; five seconds' worth may come at once.
	VisitorPerSecond, KeyPerSecond, OrganizationPerSecond float64
	// Calls of one address: those that read, mark or type; files; and what is not there, or credentials that are
	// not good.
	ReadsPerSecond, FilesPerSecond, MissesPerSecond float64
}

// Posts makes a limiter of messages.
func (l Limits) Posts() *Limiter { return NewLimiter(l.MessagesPerSecond, l.MessagesBurst) }

// Opens makes a limiter of requests for a conversation.
func (l Limits) Opens() *Limiter { return NewLimiter(l.OpensPerMinute/60, int(l.OpensPerMinute)) }

// Limiter allows each key a rate. It remembers keys by their hashes, and at most two generations of them: the
// older one is forgotten when the newer has lasted for a period or is full. So a flood of keys, or of long ones,
// costs no more memory than that. A nil Limiter allows everything.
type Limiter struct {
	limit  rate.Limit
	burst  int
	period time.Duration // in which every bucket is full again
	seed   maphash.Seed

	mu           sync.Mutex
	newer, older map[uint64]*rate.Limiter
	turn         time.Time // when the newer generation becomes the older
}

const (
	limiterKeys   = 50_000
	limiterPeriod = 5 * time.Minute
)

// NewLimiter allows each key so many a second, and burst at once. A rate of 0 makes none.
func NewLimiter(perSecond float64, burst int) *Limiter {
	if perSecond <= 0 {
		return nil
	}
	return &Limiter{
		limit: rate.Limit(perSecond), burst: max(burst, 1), period: limiterPeriod, seed: maphash.MakeSeed(),
		newer: map[uint64]*rate.Limiter{},
	}
}

// newHourly allows each key so many an hour, all of them at once if it likes. 0 makes none.
func newHourly(n int64) *Limiter {
	l := NewLimiter(float64(n)/time.Hour.Seconds(), int(n))
	if l != nil {
		l.period = time.Hour
	}
	return l
}

// Spend uses up n of the key's allowance, or refuses and uses none.
func (l *Limiter) Spend(key string, n int) error {
	if l == nil || l.bucket(key).AllowN(time.Now(), n) {
		return nil
	}
	return tooMany(time.Minute)
}

// Take uses up one of the key's allowance, or refuses.
func (l *Limiter) Take(key string) error { return l.TakeSome(key, 1) }

// TakeSome uses up n of the key's allowance, all of it if n is more, or refuses and uses none.
func (l *Limiter) TakeSome(key string, n int) error {
	if l == nil {
		return nil
	}
	reservation := l.bucket(key).ReserveN(time.Now(), min(n, l.burst))
	wait := reservation.Delay()
	if wait == 0 {
		return nil
	}
	reservation.Cancel()
	return tooMany(wait)
}

// Check refuses when the key's allowance is used up, and uses none.
func (l *Limiter) Check(key string) error {
	if l == nil {
		return nil
	}
	if b := l.bucket(key); b.Tokens() < 1 {
		return tooMany(time.Duration(float64(time.Second) / float64(l.limit)))
	}
	return nil
}

func tooMany(wait time.Duration) *Error {
	return &Error{Kind: TooMany, Code: "too_many_requests", Text: "Too many requests", RetryAfter: wait}
}

func (l *Limiter) bucket(key string) *rate.Limiter {
	hash := maphash.String(l.seed, key)
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.After(l.turn) || len(l.newer) >= limiterKeys {
		l.older, l.newer, l.turn = l.newer, map[uint64]*rate.Limiter{}, now.Add(l.period)
	}
	b := l.newer[hash]
	if b == nil {
		if b = l.older[hash]; b == nil {
			b = rate.NewLimiter(l.limit, l.burst)
		}
		l.newer[hash] = b
	}
	return b
}
