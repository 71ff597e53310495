package chat

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"parley/models"
)

// An organisation's visitors and its team have shares of their own, a key and a visitor theirs within these.
func TestShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShares(Limits{OrganizationPerSecond: 4, KeyPerSecond: 2, VisitorPerSecond: 1})
		take := func(p Principal, organization int64) int {
			for n := range 1000 {
				if s.take(p, organization, 1) != nil {
					return n
				}
			}
			t.Fatal("there is no limit")
			return 0
		}
		key := Principal{Party: Backend, OrganizationID: 1, KeyID: 7}
		anna := Principal{Party: Manager, OrganizationID: 1, ManagerID: 5, Role: models.RoleManager}
		v := func(id string) Principal { return Principal{Party: Visitor, OrganizationID: 1, VisitorID: id} }
		for _, row := range []struct {
			what string
			p    Principal
			org  int64
			want int
		}{
			{"a key", key, 1, 10}, {"the rest of its organisation's", anna, 1, 10}, {"a second key, for which nothing is left", Principal{Party: Backend, KeyID: 8}, 1, 0},
			{"a visitor", v("a"), 1, 5}, {"another", v("b"), 1, 5}, {"a stranger", Principal{}, 1, 10}, {"a third visitor", v("c"), 1, 0},
			{"another organisation's manager", anna, 2, 20}, {"and its visitors", Principal{}, 2, 20},
		} {
			if n := take(row.p, row.org); n != row.want {
				t.Errorf("%s: %d at once, want %d", row.what, n, row.want)
			}
		}
		if s.take(Principal{Party: Operator}, 0, 1000) != nil || s.take(Principal{}, 0, 1000) != nil {
			t.Error("who is of no organisation is limited")
		}
		wait := waitOf(s.take(key, 1, 4))
		if wait != 2*time.Second {
			t.Errorf("four more are there in %s", wait)
		}
		time.Sleep(wait)
		if err := s.take(key, 1, 4); err != nil {
			t.Error(err)
		}
	})
}

// More at once than there ever may be is let through when nothing was used: it would wait for ever.
func TestTakeSomeMoreThanThereIs(t *testing.T) {
	l := NewLimiter(1, 5)
	if err := l.TakeSome("a", 100); err != nil {
		t.Error(err)
	}
	if l.Take("a") == nil {
		t.Error("it was not counted")
	}
}

// A million addresses cost what a hundred thousand do.
func TestMemoryUnderAFlood(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	l := NewLimiter(1, 5)
	for i := range 1_000_000 {
		l.Take(fmt.Sprint("2001:db8:", i, "::/64")) //nolint:errcheck // it allows
	}
	used := heap() - before
	if l.Take("one more") != nil {
		t.Error("a flood from elsewhere limits a newcomer")
	}
	const most = 2 * limiterKeys * 400 // bytes; a million would take three times as much at least
	if used > most {
		t.Errorf("%d bytes are used, want at most %d", used, most)
	}
	t.Logf("%d KiB", used>>10)
}
