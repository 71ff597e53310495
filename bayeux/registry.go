package bayeux

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
)

// registry knows who subscribed to what. Finding the recipients of a
// publication costs one look-up for each pattern that may cover the channel,
// in its scope and in that of those who hear all, however many subscriptions
// there are.
//
// Of each subscription the garbage collector finds its key and a pointer to
// its session, no more: what it has to go through is what makes a server with
// many of them slow.
type registry struct {
	mu        sync.RWMutex
	audiences map[string]audience // by key
	scopes    map[string]int      // subscriptions in each
	under     map[string]int      // below each place, by key
	deep      int                 // to patterns that end in **
	roster    roster
	count     int
}

func newRegistry() registry {
	return registry{audiences: make(map[string]audience), scopes: make(map[string]int), under: make(map[string]int)}
}

// audience is everybody who subscribed to one pattern in one scope.
type audience struct {
	first int32 // row of the roster
	count int32
}

// subscription ties a session to a pattern. It is the session's, guarded by
// its lock; row is the registry's.
type subscription struct {
	key  string
	by   *credentials // that it was made with; never changed, but replaced
	row  int32
	mark uint32 // hash of the pattern, by which most others are told apart
}

func newSubscription(scope, pattern string, by *credentials) subscription {
	return subscription{key: keyOf(scope, pattern), by: by, mark: markOf(pattern)}
}

var marks = maphash.MakeSeed()

func markOf(pattern string) uint32 { return uint32(maphash.String(marks, pattern) >> 32) }

func (s *subscription) pattern() string { return patternOf(s.key) }

func (s *subscription) scope() string { return s.key[:max(0, strings.LastIndexByte(s.key, 0))] }

// is reports whether the subscription is to pattern.
func (s *subscription) is(pattern string) bool {
	rest, ok := strings.CutSuffix(s.key, pattern)
	return ok && (rest == "" || rest[len(rest)-1] == 0)
}

// appendKey appends what an audience is known by. No pattern has a zero byte.
func appendKey(b []byte, scope, pattern string) []byte {
	if scope != "" {
		b = append(append(b, scope...), 0)
	}
	return append(b, pattern...)
}

func keyOf(scope, pattern string) string {
	if scope == "" {
		return pattern
	}
	return string(appendKey(nil, scope, pattern))
}

func patternOf(key string) string { return key[strings.LastIndexByte(key, 0)+1:] }

// add enters a subscription of s; the caller holds mu.
func (r *registry) add(s *Session, sub *subscription) {
	a := r.audiences[sub.key]
	sub.row = r.roster.take(s)
	if a.count == 0 {
		a.first = sub.row
	} else {
		r.roster.join(sub.row, a.first)
	}
	a.count++
	r.audiences[sub.key] = a
	r.scopes[sub.scope()]++
	r.count++
	r.locate(sub, 1)
}

// locate counts a subscription below all places above it; the caller holds mu.
func (r *registry) locate(sub *subscription, n int) {
	root := len(sub.key) - len(sub.pattern())
	for i := strings.LastIndexByte(sub.key, '/'); i > root; i = strings.LastIndexByte(sub.key[:i], '/') {
		if r.under[sub.key[:i]] += n; r.under[sub.key[:i]] == 0 {
			delete(r.under, sub.key[:i])
		}
	}
	if strings.HasSuffix(sub.key, "/**") {
		r.deep += n
	}
}

// remove takes a subscription out; the caller holds mu.
func (r *registry) remove(sub *subscription) {
	a := r.audiences[sub.key]
	if a.first == sub.row {
		a.first = r.roster.rows[sub.row].next
	}
	r.roster.leave(sub.row)
	if a.count--; a.count > 0 {
		r.audiences[sub.key] = a
	} else {
		delete(r.audiences, sub.key)
	}
	scope := sub.scope()
	if r.scopes[scope]--; r.scopes[scope] == 0 {
		delete(r.scopes, scope)
	}
	r.count--
	r.locate(sub, -1)
}

// holders lists the sessions that subscribed to the very channel or pattern
// and can receive publications of scope; "" for all.
func (r *registry) holders(pattern, scope string) (list []*Session) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found := r.exactly(nil, pattern, scope)
	if scope == "" {
		found = r.everywhere(pattern)
	}
	for _, a := range found {
		list = r.roster.collect(list, a)
	}
	return list
}

// everywhere lists the audiences of the very channel or pattern in all scopes,
// at the cost of a look-up for each; the caller holds mu.
func (r *registry) everywhere(pattern string) (list []audience) {
	for scope := range r.scopes {
		list = r.find(list, appendKey(nil, scope, pattern))
	}
	return list
}

// hears reports whether anybody subscribed to what covers channel and receives
// publications of scope.
func (r *registry) hears(channel, scope string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.count == 0 {
		return false
	}
	var room [4]audience
	return len(r.covering(room[:0], channel, "")) > 0 || scope != "" && len(r.covering(room[:0], channel, scope)) > 0
}

// hearsUnder reports whether anybody subscribed to what lies below a place and
// receives publications of scope.
func (r *registry) hearsUnder(place, scope string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.lies(place, "") || scope != "" && r.lies(place, scope)
}

// lies looks in one scope; the caller holds mu.
func (r *registry) lies(place, scope string) bool {
	if r.scopes[scope] == 0 {
		return false
	}
	var room [128]byte
	key := appendKey(room[:0], scope, place)
	if r.under[string(key)] > 0 {
		return true
	}
	if r.deep == 0 {
		return false
	}
	var found [1]audience
	root := len(key) - len(place)
	for i := bytes.LastIndexByte(key, '/'); i >= root; i = bytes.LastIndexByte(key[:i], '/') {
		if i == root && reserved(place) {
			return false
		}
		if len(r.find(found[:0], append(key[:i], "/**"...))) > 0 {
			return true
		}
	}
	return false
}

// size counts the subscriptions to exactly channel that scope reaches.
func (r *registry) size(channel, scope string) (n int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var room [2]audience
	for _, a := range r.exactly(room[:0], channel, scope) {
		n += int(a.count)
	}
	return n
}

// matchExact is match without wildcards.
func (r *registry) matchExact(channel, scope string, dst []*Session) []*Session {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var room [2]audience
	return r.unite(dst, r.exactly(room[:0], channel, scope))
}

// exactly adds those who subscribed to the channel itself and whom a
// publication of scope reaches.
func (r *registry) exactly(found []audience, channel, scope string) []audience {
	found = r.find(found, appendKey(nil, "", channel))
	if scope != "" {
		found = r.find(found, appendKey(nil, scope, channel))
	}
	return found
}

// match appends the sessions that a publication reaches, each once.
func (r *registry) match(channel, scope string, dst []*Session) []*Session {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var room [16]audience
	found := r.covering(room[:0], channel, "")
	if scope != "" {
		found = r.covering(found, channel, scope)
	}
	return r.unite(dst, found)
}

// covering adds those of one scope who subscribed to what covers channel.
func (r *registry) covering(found []audience, channel, scope string) []audience {
	if r.scopes[scope] == 0 {
		return found
	}
	var room [128]byte
	key := appendKey(room[:0], scope, channel)
	found = r.find(found, key)
	root := len(key) - len(channel)
	last := bytes.LastIndexByte(key, '/')
	open := !reserved(channel)
	if last > root || open {
		found = r.find(found, append(key[:last], "/*"...))
	}
	for i := last; i > root; i = bytes.LastIndexByte(key[:i], '/') {
		found = r.find(found, append(key[:i], "/**"...))
	}
	if open {
		found = r.find(found, append(key[:root], "/**"...))
	}
	return found
}

// find adds the audience of a key, if there is one.
func (r *registry) find(found []audience, key []byte) []audience {
	if a, ok := r.audiences[string(key)]; ok {
		found = append(found, a)
	}
	return found
}

const fewSessions = 8

// unite appends the sessions of all audiences to dst. The largest needs no
// entry in the memory of those seen, since no session is in one twice.
func (r *registry) unite(dst []*Session, list []audience) []*Session {
	if len(list) == 0 {
		return dst
	}
	big := 0
	for i, a := range list {
		if a.count > list[big].count {
			big = i
		}
	}
	var seen map[*Session]struct{}
	start := len(dst)
	for i, a := range list {
		if i == big {
			continue
		}
		for s := range r.roster.of(a) {
			if n := len(dst) - start; n > fewSessions && seen == nil {
				seen = make(map[*Session]struct{}, 2*n)
				for _, s := range dst[start:] {
					seen[s] = struct{}{}
				}
			}
			if !known(dst[start:], seen, s) {
				dst = append(dst, s)
				if seen != nil {
					seen[s] = struct{}{}
				}
			}
		}
	}
	others := dst[start:]
	if len(others) == 0 {
		return r.roster.collect(dst, list[big])
	}
	for s := range r.roster.of(list[big]) {
		if !known(others, seen, s) {
			dst = append(dst, s)
		}
	}
	return dst
}

func known(list []*Session, seen map[*Session]struct{}, s *Session) bool {
	if seen != nil {
		_, ok := seen[s]
		return ok
	}
	return slices.Contains(list, s)
}
