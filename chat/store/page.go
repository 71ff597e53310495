package store

import (
	"slices"

	"gorm.io/gorm"

	"parley/chat"
)

// paged reads a page of records in the order of two columns: when, and an id.
func paged[T any](query *gorm.DB, q chat.PageQuery, at, id string) ([]T, error) {
	back := q.Back && q.From != nil
	comparison, order := ">", " ASC"
	if q.Newest != back {
		comparison, order = "<", " DESC"
	}
	if q.From != nil {
		query = query.Where("("+at+", "+id+") "+comparison+" (?, ?)", q.From.At, q.From.ID)
	}
	found, err := all[T](query.Order(at + order + ", " + id + order).Limit(q.Limit))
	if back {
		slices.Reverse(found)
	}
	return found, err
}
