package bayeux

import (
	"context"
	"slices"
)

// recent remembers the latest publishes of a session by their ids, and those
// that are under way.
type recent struct {
	ring    [recentPublishes]uint64
	next    int
	pending []attempt
}

// attempt is a publish under way.
type attempt struct {
	hash uint64
	over chan struct{} // closed at its end; nil while nobody waits for that
}

// Faye sends a publish again after 35 s; few clients publish more meanwhile.
const recentPublishes = 128

func (r *recent) find(hash uint64) int {
	return slices.IndexFunc(r.pending, func(a attempt) bool { return a.hash == hash })
}

// claim reports whether a publish was made before. If not it is under way from
// now on, until settle is called with what claim returned. Another try of one
// that is under way waits for its end: what its client sends next must not
// overtake it, and it may fail yet. err is ErrUnknownClient for a session that
// is over, or ctx's.
func (s *Session) claim(ctx context.Context, hash uint64) (r *recent, made bool, err error) {
	for {
		s.mu.Lock()
		if s.ended != nil { // and with it what it remembered
			s.mu.Unlock()
			return nil, false, ErrUnknownClient.With(s.id)
		}
		if s.published == nil {
			s.published = &recent{}
		}
		r = s.published
		if slices.Contains(r.ring[:], hash) {
			s.mu.Unlock()
			return r, true, nil
		}
		i := r.find(hash)
		if i < 0 {
			r.pending = append(r.pending, attempt{hash: hash})
			s.mu.Unlock()
			return r, false, nil
		}
		if r.pending[i].over == nil {
			r.pending[i].over = make(chan struct{})
		}
		over := r.pending[i].over
		s.mu.Unlock()
		select {
		case <-over:
		case <-ctx.Done():
			return r, false, ctx.Err()
		}
	}
}

// settle ends a publish that was claimed; one that failed may be tried again.
func (s *Session) settle(r *recent, hash uint64, made bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := r.find(hash)
	if over := r.pending[i].over; over != nil {
		close(over)
	}
	r.pending = slices.Delete(r.pending, i, i+1)
	if made {
		r.ring[r.next] = hash
		r.next = (r.next + 1) % len(r.ring)
	}
}
