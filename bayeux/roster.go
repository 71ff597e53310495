package bayeux

import "iter"

// roster lists the members of all audiences: rows of one table, which point at
// each other by number. It does not shrink, but rows are used again.
type roster struct {
	rows []entry
	free int32 // 1 + the row that is to be used next; 0 for none
}

// entry is a session in an audience, in a ring with the others. A free row
// has no session, and its next is another roster.free.
type entry struct {
	session    *Session
	prev, next int32
}

// take enters a session, in a ring of its own.
func (t *roster) take(s *Session) (at int32) {
	if t.free > 0 {
		at = t.free - 1
		t.free = t.rows[at].next
	} else {
		at = int32(len(t.rows)) // #nosec G115 -- as many would be 32 GiB
		t.rows = append(t.rows, entry{})
	}
	t.rows[at] = entry{s, at, at}
	return at
}

// join puts a ring of one at the end of the ring that begins with first.
func (t *roster) join(at, first int32) {
	last := t.rows[first].prev
	t.rows[at].prev, t.rows[at].next = last, first
	t.rows[last].next, t.rows[first].prev = at, at
}

// leave takes a row out of its ring and frees it.
func (t *roster) leave(at int32) {
	prev, next := t.rows[at].prev, t.rows[at].next
	t.rows[prev].next, t.rows[next].prev = next, prev
	t.rows[at] = entry{next: t.free}
	t.free = at + 1
}

// of goes through an audience in the order in which it came.
func (t *roster) of(a audience) iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		at := a.first
		for range a.count {
			row := &t.rows[at]
			if !yield(row.session) {
				return
			}
			at = row.next
		}
	}
}

// collect appends an audience to dst.
func (t *roster) collect(dst []*Session, a audience) []*Session {
	for s := range t.of(a) {
		dst = append(dst, s)
	}
	return dst
}
