package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"parley/chat"
)

// Limits bound what a visitor, and an address on behalf of visitors, may do. Zero rates are without limit.
type Limits struct {
	MessagesPerSecond float64
	MessagesBurst     int
	OpensPerMinute    float64
}

// limiter allows each key a rate. It remembers at most two generations of keys: the older one is forgotten
// when the newer has lasted for a period or is full, so a flood of keys costs no more memory than that.
type limiter struct {
	limit rate.Limit
	burst int

	mu           sync.Mutex
	newer, older map[string]*rate.Limiter
	turn         time.Time // when the newer generation becomes the older
}

const (
	limiterKeys   = 50_000
	limiterPeriod = 5 * time.Minute // by then every bucket is full again
)

func newLimiter(perSecond float64, burst int) *limiter {
	if perSecond <= 0 {
		return nil
	}
	return &limiter{limit: rate.Limit(perSecond), burst: max(burst, 1), newer: map[string]*rate.Limiter{}}
}

// take uses up one of key's allowance, or refuses. A nil limiter allows everything.
func (l *limiter) take(key string) error {
	if l == nil || key == "" {
		return nil
	}
	reservation := l.bucket(key).Reserve()
	wait := reservation.Delay()
	if wait == 0 {
		return nil
	}
	reservation.Cancel()
	return &chat.Error{Kind: chat.TooMany, Code: "too_many_requests", Text: "Too many requests", RetryAfter: wait}
}

func (l *limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.After(l.turn) || len(l.newer) >= limiterKeys {
		l.older, l.newer, l.turn = l.newer, map[string]*rate.Limiter{}, now.Add(limiterPeriod)
	}
	b := l.newer[key]
	if b == nil {
		if b = l.older[key]; b == nil {
			b = rate.NewLimiter(l.limit, l.burst)
		}
		l.newer[key] = b
	}
	return b
}

// limiters bound opening and posting, for each visitor and for each address.
type limiters struct{ opens, posts, opensFrom, postsFrom *limiter }

func newLimiters(l Limits) limiters {
	return limiters{
		opens:     newLimiter(l.OpensPerMinute/60, int(l.OpensPerMinute)),
		opensFrom: newLimiter(l.OpensPerMinute/60, int(l.OpensPerMinute)),
		posts:     newLimiter(l.MessagesPerSecond, l.MessagesBurst),
		postsFrom: newLimiter(l.MessagesPerSecond, l.MessagesBurst),
	}
}

func (l limiters) open(p chat.Principal, visitor, address string) error {
	return both(p, l.opens, visitor, l.opensFrom, address)
}

func (l limiters) post(p chat.Principal, conversation, address string) error {
	return both(p, l.posts, conversation, l.postsFrom, address)
}

// both spares managers and backends: the limits are for strangers and visitors.
func both(p chat.Principal, own *limiter, key string, from *limiter, address string) error {
	if p.Party == chat.Manager || p.Party == chat.Backend {
		return nil
	}
	if err := own.take(key); err != nil {
		return err
	}
	return from.take(address)
}

// loginLimits slow down the guessing of passwords, from one address and for one manager.
type loginLimits struct{ address, email *limiter }

func newLoginLimits() loginLimits {
	return loginLimits{address: newLimiter(20.0/60, 20), email: newLimiter(6.0/60, 6)}
}

func (l loginLimits) take(address, email string) error {
	if err := l.address.take(address); err != nil {
		return err
	}
	return l.email.take(email)
}
