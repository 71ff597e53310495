package bayeux

// recent remembers the latest publishes of a session by their ids.
type recent struct {
	ring [recentPublishes]uint64
	next int
}

// Faye sends a publish again after 35 s; few clients publish more meanwhile.
const recentPublishes = 128

// seen enters the id and reports whether it was there already.
func (s *Session) seen(hash uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.published == nil {
		s.published = &recent{}
	}
	r := s.published
	for _, h := range r.ring {
		if h == hash {
			return true
		}
	}
	r.ring[r.next] = hash
	r.next = (r.next + 1) % len(r.ring)
	return false
}

// unsee forgets the id of a publish that failed: another try is none twice.
func (s *Session) unsee(hash uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.published == nil {
		return // the session is over
	}
	for i, h := range s.published.ring {
		if h == hash {
			s.published.ring[i] = 0
		}
	}
}
