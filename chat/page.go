package chat

import (
	"cmp"

	"parley/models"
)

// PageQuery asks for a page of a list that is in the order of creation.
type PageQuery struct {
	// Newest: the newest first.
	Newest bool
	// From is the place after which the page begins, or, with Back, before which it ends. Nil: the list's beginning.
	From  *Place
	Back  bool
	Limit int
}

// Place is where something stands in such a list.
type Place struct {
	At models.Time
	ID int64
}

// Compare orders places as lists have them.
func (p Place) Compare(other Place) int {
	return cmp.Or(cmp.Compare(p.At, other.At), cmp.Compare(p.ID, other.ID))
}

// Page tells whether a list goes on before and after a page of it.
type Page struct{ Before, After bool }

// maxPage bounds a page of such a list.
const maxPage = 1000

// oneMore asks for one more than the page has, within bounds, to know whether the list goes on.
func (q PageQuery) oneMore() PageQuery {
	q.Limit = min(max(q.Limit, 1), maxPage) + 1
	return q
}

// cutPage takes off what was asked for to know whether there is more; q is what oneMore made.
func cutPage[T any](list []T, q PageQuery) ([]T, Page) {
	more := len(list) == q.Limit
	if q.Back && q.From != nil {
		if more {
			list = list[1:]
		}
		return list, Page{Before: more, After: true}
	}
	if more {
		list = list[:len(list)-1]
	}
	return list, Page{Before: q.From != nil, After: more}
}
