package store

import (
	"slices"

	"gorm.io/gorm"

	"parley/chat"
)

// paged reads a page of records in the order of two columns: when, and an id.
func paged[T any](query *gorm.DB, q chat.PageQuery, at, id string) ([]T, error) {
	beyond, order := place(q)
	if q.From != nil {
		query = query.Where("("+at+", "+id+") "+beyond+" (?, ?)", q.From.At, q.From.ID)
	}
	found, err := all[T](query.Order(at + " " + order + ", " + id + " " + order).Limit(q.Limit))
	if q.Back && q.From != nil {
		slices.Reverse(found)
	}
	return found, err
}

// place tells how the records of a page compare with where it begins, and the order in which to read them, which is not
// the list's when it is read backwards.
func place(q chat.PageQuery) (beyond, order string) {
	if q.Newest != (q.Back && q.From != nil) {
		return "<", "DESC"
	}
	return ">", "ASC"
}
