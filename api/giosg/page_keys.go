package giosg

import (
	"encoding/base64"
	"net/http"
	"sort"
	"strings"
)

// listedByKey answers with a page of a short list that is sorted by keys. Its cursor is a key, which need not be there
// any more: who deletes what she has read goes on where she was.
func listedByKey[T any](c *call, all []T, key func(T) string, view func(T) any) error {
	size, err := c.pageSize()
	if err != nil {
		return err
	}
	begin, end := 0, min(size, len(all))
	if text := c.query.Get("cursor"); text != "" {
		from, back, ok := parseKeyCursor(text)
		if !ok {
			return notACursor()
		}
		at := sort.Search(len(all), func(i int) bool { return key(all[i]) >= from })
		if back {
			begin, end = max(0, at-size), at
		} else {
			if at < len(all) && key(all[at]) == from {
				at++
			}
			begin, end = at, min(at+size, len(all))
		}
	}
	answer := list{Results: views(all[begin:end], view)}
	if begin < end && end < len(all) {
		answer.Next = c.link(keyCursor("n", key(all[end-1])))
	}
	if begin < end && begin > 0 {
		answer.Previous = c.link(keyCursor("p", key(all[begin])))
	}
	return c.reply(http.StatusOK, answer)
}

func views[T any](records []T, view func(T) any) []any {
	list := make([]any, len(records))
	for i, record := range records {
		list[i] = view(record)
	}
	return list
}

func keyCursor(sign, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(sign + key))
}

func parseKeyCursor(text string) (key string, back, ok bool) {
	const most = 2048
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 || len(raw) > most || !strings.ContainsRune("np", rune(raw[0])) {
		return "", false, false
	}
	return string(raw[1:]), raw[0] == 'p', true
}
