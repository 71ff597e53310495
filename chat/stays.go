package chat

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of presence. Who is heard from more often than once in a minute or so makes no difference.
const (
	// stayLasts is how long a visitor counts as being in a room after she was heard from, unless her page says
	// otherwise, from minStay to maxStay.
	stayLasts = time.Minute
	minStay   = time.Second
	maxStay   = time.Hour
	// noteInterval is how often the database learns that somebody is still there.
	noteInterval = 5 * time.Minute
	// maxStays bounds how many stays one node knows, maxRoomsAtOnce those of one visitor.
	maxStays       = 200_000
	maxRoomsAtOnce = 20
	stayShards     = 64
)

// stays is who is in which room until when. Being heard from changes nothing but this; the database is told when
// somebody comes, goes, or is still there after a while.
//
// A stay is settled while the database knows that she is there. Who begins or ends a stay unsettles it first, changes
// the database, which sees one at a time, and looks here again before it says that she is gone: so whoever is heard
// from meanwhile is there, whichever came first.
type stays struct {
	seed   maphash.Seed
	count  atomic.Int64
	shards [stayShards]stayShard
	most   int64
}

type stayShard struct {
	mu       sync.Mutex
	visitors map[string][]stay
	// sockets counts what visitors listen to.
	sockets map[string]int
}

type stay struct {
	room    int64
	row     int64 // the record's id; 0 until it is known
	until   time.Time
	lasts   time.Duration
	noted   time.Time // when the database was told that she is there
	said    prints
	settled bool
}

// stayKey names a stay.
type stayKey struct {
	room    int64
	visitor string
	row     int64
}

func newStays() *stays {
	s := &stays{seed: maphash.MakeSeed(), most: maxStays}
	for i := range s.shards {
		s.shards[i].visitors, s.shards[i].sockets = map[string][]stay{}, map[string]int{}
	}
	return s
}

func (s *stays) shard(visitor string) *stayShard {
	return &s.shards[maphash.String(s.seed, visitor)%stayShards]
}

// in finds a visitor's stay in a room; nil: there is none. The shard is locked.
func (h *stayShard) in(room int64, visitor string) *stay {
	list := h.visitors[visitor]
	for i := range list {
		if list[i].room == room {
			return &list[i]
		}
	}
	return nil
}

// heard prolongs a stay and tells how long it lasts from now; false when the database has to be told something first.
// lasts 0 leaves that as it was.
func (s *stays) heard(room int64, visitor string, lasts time.Duration, said prints) (time.Duration, bool) {
	h := s.shard(visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.in(room, visitor)
	if st == nil || !st.settled || said.request != st.said.request || said.page != 0 && said.page != st.said.page {
		return 0, false
	}
	st.prolong(lasts)
	return st.lasts, true
}

func (st *stay) prolong(lasts time.Duration) {
	if lasts != 0 {
		st.lasts = lasts
	}
	st.until = time.Now().Add(st.lasts)
}

// touch prolongs a visitor's stays, in the room or, when it is 0, in all where she is.
func (s *stays) touch(room int64, visitor string) {
	h := s.shard(visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.visitors[visitor] {
		if st := &h.visitors[visitor][i]; (room == 0 || st.room == room) && st.settled {
			st.prolong(0)
		}
	}
}

// begin notes that she is there before the database knows it. It refuses when there are too many.
func (s *stays) begin(room int64, visitor string, lasts time.Duration) (time.Duration, error) {
	h := s.shard(visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.in(room, visitor)
	if st == nil {
		if len(h.visitors[visitor]) >= maxRoomsAtOnce {
			return 0, E(Conflict, "too_many_rooms", "A visitor is in at most %d rooms at a time", maxRoomsAtOnce)
		}
		if s.count.Load() >= s.most {
			return 0, tooMany(stayLasts)
		}
		st = h.add(stay{room: room, lasts: stayLasts}, visitor)
		s.count.Add(1)
	}
	st.prolong(lasts)
	return st.lasts, nil
}

func (h *stayShard) add(st stay, visitor string) *stay {
	list := append(h.visitors[visitor], st)
	h.visitors[visitor] = list
	return &list[len(list)-1]
}

// settle notes that the database knows that she is there, and what she said.
func (s *stays) settle(key stayKey, said prints) {
	h := s.shard(key.visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	if st := h.in(key.room, key.visitor); st != nil {
		st.row, st.settled, st.noted = key.row, true, time.Now()
		st.said.request = said.request
		if said.page != 0 {
			st.said.page = said.page
		}
	}
}

// resume takes up a stay that an earlier process has left.
func (s *stays) resume(key stayKey) {
	h := s.shard(key.visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.in(key.room, key.visitor) != nil {
		return
	}
	st := h.add(stay{room: key.room, row: key.row, lasts: stayLasts, settled: true, noted: time.Now()}, key.visitor)
	st.prolong(0)
	s.count.Add(1)
}

// leave ends a stay now; false: there is none. The caller tells the database.
func (s *stays) leave(room int64, visitor string) (stayKey, bool) {
	h := s.shard(visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.in(room, visitor)
	if st == nil {
		return stayKey{}, false
	}
	st.until, st.settled = time.Now(), false
	return stayKey{room, visitor, st.row}, true
}

// over tells whether a stay has ended, and nobody has begun it anew.
func (s *stays) over(key stayKey) bool {
	h := s.shard(key.visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.in(key.room, key.visitor)
	return st == nil || !st.settled && !time.Now().Before(st.until)
}

// forget drops stays that are over, when the database knows.
func (s *stays) forget(keys []stayKey) {
	for _, key := range keys {
		h := s.shard(key.visitor)
		h.mu.Lock()
		list := h.visitors[key.visitor]
		for i := range list {
			if list[i].room != key.room || list[i].settled || time.Now().Before(list[i].until) {
				continue
			}
			list[i] = list[len(list)-1]
			if list = list[:len(list)-1]; len(list) == 0 {
				delete(h.visitors, key.visitor)
			} else {
				h.visitors[key.visitor] = list
			}
			s.count.Add(-1)
			break
		}
		h.mu.Unlock()
	}
}

// due unsettles up to limit stays whose time is over, and finds as many of which the database should hear again. Who
// listens is there.
func (s *stays) due(limit int) (over, still []stayKey) {
	at := time.Now()
	for i := range s.shards {
		h := &s.shards[i]
		h.mu.Lock()
		for visitor, list := range h.visitors {
			for j := range list {
				st := &list[j]
				key := stayKey{st.room, visitor, st.row}
				if !at.Before(st.until) && st.settled && h.sockets[visitor] > 0 {
					st.until = at.Add(st.lasts)
				}
				switch {
				case !at.Before(st.until):
					if len(over) < limit {
						st.settled = false
						over = append(over, key)
					}
				case st.settled && at.Sub(st.noted) >= noteInterval && len(still) < limit:
					st.noted = at
					still = append(still, key)
				}
			}
		}
		h.mu.Unlock()
	}
	return over, still
}

// lasts tells for how long a visitor counts as being in a room; false: she is not there.
func (s *stays) lasts(room int64, visitor string) (time.Duration, bool) {
	h := s.shard(visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	if st := h.in(room, visitor); st != nil && st.settled {
		return st.lasts, true
	}
	return 0, false
}

// present tells whether a visitor is in a room.
func (s *stays) present(room int64, visitor string) bool {
	h := s.shard(visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.in(room, visitor)
	return st != nil && st.settled
}

// listens counts what a visitor listens to.
func (s *stays) listens(visitor string, more int) {
	h := s.shard(visitor)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sockets[visitor] += more; h.sockets[visitor] <= 0 {
		delete(h.sockets, visitor)
	}
}
