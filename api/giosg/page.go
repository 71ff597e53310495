package giosg

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"parley/chat"
	"parley/models"
)

// Lists come in pages: {"next", "previous", "results"}, the links absolute, with the request's other parameters.

const defaultPage, largestPage = 100, 1000

// list is the envelope of a page.
type list struct {
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  any     `json:"results"`
}

// page reads which page of a list in the order of creation is asked for: page_size, cursor, and ordering by created_at
// or what else the list can be ordered by. newest is how it is if nobody says.
func (c *call) page(newest bool, also ...string) (q chat.PageQuery, err error) {
	order, err := c.ordering(append(also, "created_at")...)
	if err != nil {
		return q, err
	}
	q.Newest = newest
	if order != "" {
		q.Newest = order[0] == '-'
	}
	if q.Limit, err = c.pageSize(); err != nil {
		return q, err
	}
	if text := c.query.Get("cursor"); text != "" {
		at, ok := parseCursor(text)
		if !ok {
			return q, notACursor()
		}
		q.From, q.Back = &at.Place, at.back
	}
	return q, nil
}

func notACursor() error { return chat.E(chat.NotFound, "cursor_invalid", "Invalid cursor") }

func (c *call) pageSize() (int, error) {
	text := c.query.Get("page_size")
	if text == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, invalid("page_size", "This is not a valid value.")
	}
	return min(n, largestPage), nil
}

// ordering reads the parameter, "" without one: one of the attributes that are allowed, descending with a minus. Of
// several only the first counts, since none has the same value twice.
func (c *call) ordering(allowed ...string) (string, error) {
	first, _, _ := strings.Cut(c.query.Get("ordering"), ",")
	if first != "" && !slices.Contains(allowed, strings.TrimPrefix(first, "-")) {
		return "", invalid("ordering", "The list cannot be ordered like this.")
	}
	return first, nil
}

// flag reads a parameter that is true or false; nil: it was not given.
func (c *call) flag(name string) (*bool, error) {
	switch text := c.query.Get(name); text {
	case "":
		return nil, nil
	case "true", "false":
		is := text == "true"
		return &is, nil
	default:
		return nil, invalid(name, "true or false")
	}
}

// listed answers with a page. place tells where one of the records stands in the list.
func listed[T any](c *call, records []T, page chat.Page, place func(T) chat.Place, view func(T) any) error {
	results := make([]any, len(records))
	for i, record := range records {
		results[i] = view(record)
	}
	answer := list{Results: results}
	if n := len(records); n > 0 {
		if page.After {
			answer.Next = c.link(cursor{Place: place(records[n-1])}.String())
		}
		if page.Before {
			answer.Previous = c.link(cursor{Place: place(records[0]), back: true}.String())
		}
	}
	return c.reply(http.StatusOK, answer)
}

// slicePage cuts a page out of a whole list, which is in rising order. A cursor whose record is gone begins anew.
func slicePage[T any](all []T, q chat.PageQuery, place func(T) chat.Place) ([]T, chat.Page) {
	all = slices.Clone(all)
	if q.Newest {
		slices.Reverse(all)
	}
	from, to := 0, min(q.Limit, len(all))
	if q.From != nil {
		at := slices.IndexFunc(all, func(one T) bool { return place(one) == *q.From })
		switch {
		case at < 0:
		case q.Back:
			from, to = max(at-q.Limit, 0), at
		default:
			from, to = at+1, min(at+1+q.Limit, len(all))
		}
	}
	return all[from:to], chat.Page{Before: from > 0, After: to < len(all)}
}

// link is the request's address with another cursor. A key in it comes back to its sender, who could not go on without.
func (c *call) link(cursor string) *string {
	query := c.query
	query.Set("cursor", cursor)
	text := c.api.cfg.BaseURL(c.Request) + c.URL.EscapedPath() + "?" + query.Encode()
	return &text
}

// cursor is a place in a list, and whether the page lies before it.
type cursor struct {
	chat.Place
	back bool
}

func (c cursor) String() string {
	sign := "n"
	if c.back {
		sign = "p"
	}
	text := sign + strconv.FormatInt(int64(c.At), 36) + "." + strconv.FormatInt(c.ID, 36)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func parseCursor(text string) (c cursor, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 || len(raw) > 64 {
		return c, false
	}
	at, id, ok := strings.Cut(string(raw[1:]), ".")
	moment, err1 := strconv.ParseInt(at, 36, 64)
	number, err2 := strconv.ParseInt(id, 36, 64)
	c = cursor{Place: chat.Place{At: models.Time(moment), ID: number}, back: raw[0] == 'p'}
	return c, ok && err1 == nil && err2 == nil && (raw[0] == 'p' || raw[0] == 'n')
}
