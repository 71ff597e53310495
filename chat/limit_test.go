package chat

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(2, 3)
		for range 3 {
			if err := l.Take("a"); err != nil {
				t.Fatal(err)
			}
		}
		err := l.Take("a")
		refusal, ok := err.(*Error)
		if !ok || refusal.Kind != TooMany || refusal.RetryAfter <= 0 || refusal.RetryAfter > 500*time.Millisecond {
			t.Fatalf("got %v", err)
		}
		if l.Check("a") == nil || l.Check("b") != nil || l.Take("b") != nil {
			t.Error("one key's use is another's")
		}
		time.Sleep(refusal.RetryAfter) // refusals cost nothing
		if err := l.Take("a"); err != nil {
			t.Errorf("after the time that was named: %v", err)
		}
	})
}

// TestLimiterForgets: a bucket outlives a change of generations while it is used, and no longer.
func TestLimiterForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(0.0001, 1)
		if err := l.Take("a"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(limiterPeriod + time.Second)
		if l.Take("a") == nil {
			t.Error("forgotten after one period")
		}
		time.Sleep(2*limiterPeriod + 2*time.Second)
		l.Check("b") // a generation turns when somebody comes
		time.Sleep(limiterPeriod + time.Second)
		if err := l.Take("a"); err != nil {
			t.Errorf("still remembered: %v", err)
		}
	})
}

// TestLimiterUnderAFlood: neither many keys nor long ones make it grow.
func TestLimiterUnderAFlood(t *testing.T) {
	l := NewLimiter(1, 1)
	long := strings.Repeat("x", 100)
	for i := range 3 * limiterKeys {
		l.Check(fmt.Sprint(long, i)) //nolint:errcheck // it allows or refuses
	}
	if n := len(l.newer) + len(l.older); n > 2*limiterKeys {
		t.Errorf("%d keys are remembered", n)
	}
}

func TestNoLimit(t *testing.T) {
	l := NewLimiter(0, 5)
	for range 100 {
		if l.Take("a") != nil || l.Check("a") != nil {
			t.Fatal("a rate of 0 limits")
		}
	}
}
