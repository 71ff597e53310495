package bayeux

import (
	"slices"
	"strings"
	"sync"
)

// registry knows who subscribed to what. Finding the recipients of a
// publication costs one look-up for each pattern that may cover the channel,
// however many subscriptions there are.
type registry struct {
	mu    sync.RWMutex
	nodes map[nodeKey]*node
	count int
}

type nodeKey struct {
	base string
	kind patternKind
}

// node is one pattern; its sets, one a scope, are sorted by scope.
type node struct {
	key     nodeKey
	pattern string
	sets    []*scopeSet
}

type scopeSet struct {
	node  *node
	scope string
	subs  []*subscription
}

// subscription ties a session to a pattern. set and pos are the registry's;
// the rest is guarded by the session's lock.
type subscription struct {
	session *Session
	set     *scopeSet
	pos     int
	who     any   // of the credentials it was made with, if own
	until   int64 // when these end, 0 for never
	own     bool  // else it hangs on the session's credentials
}

func (s *subscription) pattern() string { return s.set.node.pattern }

func keyOf(pattern string) nodeKey {
	base, kind := splitPattern(pattern)
	return nodeKey{base, kind}
}

func (n *node) find(scope string) (int, bool) {
	return slices.BinarySearchFunc(n.sets, scope, func(s *scopeSet, scope string) int {
		return strings.Compare(s.scope, scope)
	})
}

// add enters a subscription; the caller holds mu.
func (r *registry) add(sub *subscription, pattern, scope string) {
	key := keyOf(pattern)
	n := r.nodes[key]
	if n == nil {
		n = &node{key: key, pattern: pattern}
		r.nodes[key] = n
	}
	i, ok := n.find(scope)
	if !ok {
		n.sets = slices.Insert(n.sets, i, &scopeSet{node: n, scope: scope})
	}
	set := n.sets[i]
	sub.set, sub.pos = set, len(set.subs)
	set.subs = append(set.subs, sub)
	r.count++
}

// remove takes a subscription out; the caller holds mu. sub.set stays, for
// those who ask for its pattern.
func (r *registry) remove(sub *subscription) {
	set := sub.set
	last := len(set.subs) - 1
	moved := set.subs[last]
	set.subs[sub.pos], moved.pos = moved, sub.pos
	set.subs[last] = nil
	set.subs = set.subs[:last]
	r.count--
	if last > 0 {
		if cap(set.subs) > 32 && last < cap(set.subs)/4 {
			set.subs = slices.Clone(set.subs)
		}
		return
	}
	n := set.node
	if i, ok := n.find(set.scope); ok {
		n.sets = slices.Delete(n.sets, i, i+1)
	}
	if len(n.sets) == 0 {
		delete(r.nodes, n.key)
	}
}

// holders lists the subscriptions to the very channel or pattern, of every
// scope.
func (r *registry) holders(channel string) []*subscription {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n := r.nodes[keyOf(channel)]
	if n == nil {
		return nil
	}
	var out []*subscription
	for _, set := range n.sets {
		out = append(out, set.subs...)
	}
	return out
}

// match appends the sessions that a publication reaches, each once.
func (r *registry) match(channel, scope string, dst []*Session) []*Session {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found [16]*scopeSet
	sets := r.collect(found[:0], nodeKey{channel, exact}, scope)
	last := strings.LastIndexByte(channel, '/')
	if last > 0 || !reserved(channel) {
		sets = r.collect(sets, nodeKey{channel[:last], single}, scope)
	}
	for i := last; i > 0; i = strings.LastIndexByte(channel[:i], '/') {
		sets = r.collect(sets, nodeKey{channel[:i], deep}, scope)
	}
	if !reserved(channel) {
		sets = r.collect(sets, nodeKey{"", deep}, scope)
	}
	return unite(dst, sets)
}

// size counts the subscriptions to exactly channel that scope reaches.
func (r *registry) size(channel, scope string) (n int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found [2]*scopeSet
	for _, set := range r.collect(found[:0], nodeKey{channel, exact}, scope) {
		n += len(set.subs)
	}
	return n
}

// matchExact is match without wildcards.
func (r *registry) matchExact(channel, scope string, dst []*Session) []*Session {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found [2]*scopeSet
	return unite(dst, r.collect(found[:0], nodeKey{channel, exact}, scope))
}

// collect adds the sets of one pattern that a publication of scope reaches.
func (r *registry) collect(sets []*scopeSet, key nodeKey, scope string) []*scopeSet {
	n := r.nodes[key]
	if n == nil {
		return sets
	}
	if i, ok := n.find(""); ok {
		sets = append(sets, n.sets[i])
	}
	if scope != "" {
		if i, ok := n.find(scope); ok {
			sets = append(sets, n.sets[i])
		}
	}
	return sets
}

const fewSessions = 8

// unite appends the sessions of all sets to dst. The largest set needs no
// entry in the memory of those seen, since no session is in one set twice.
func unite(dst []*Session, sets []*scopeSet) []*Session {
	if len(sets) == 0 {
		return dst
	}
	big := 0
	for i, set := range sets {
		if len(set.subs) > len(sets[big].subs) {
			big = i
		}
	}
	var seen map[*Session]struct{}
	start := len(dst)
	for i, set := range sets {
		if i == big {
			continue
		}
		for _, sub := range set.subs {
			if n := len(dst) - start; n > fewSessions && seen == nil {
				seen = make(map[*Session]struct{}, 2*n)
				for _, s := range dst[start:] {
					seen[s] = struct{}{}
				}
			}
			if !known(dst[start:], seen, sub.session) {
				dst = append(dst, sub.session)
				if seen != nil {
					seen[sub.session] = struct{}{}
				}
			}
		}
	}
	others := dst[start:]
	for _, sub := range sets[big].subs {
		if len(others) == 0 || !known(others, seen, sub.session) {
			dst = append(dst, sub.session)
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
