package store

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

// TestSearchImpatient walks through pages of which each looks through no more than it must, and finds the same as one
// who has time.
func TestSearchImpatient(t *testing.T) {
	chattest.Slow(t)
	eachSearched(t, func(t *testing.T, s *searched) {
		s.fillDays()
		hasty := impatient(s.store, 1)
		for _, row := range []struct {
			q      string
			change func(*chat.SearchRequest)
			// count is how many are found, pages how many pages there are at least.
			count, pages int
			// SQLite needs no patience for a single term.
			single bool
		}{
			{"usual ", nil, 24, 4, true},
			{"seldom ", nil, 10, 4, true},
			{"left right ", nil, 0, 5, false},
			{"usual ", func(r *chat.SearchRequest) { r.ManagerID = s.boris.ID }, 1, 5, false},
			{"seldom ", func(r *chat.SearchRequest) { r.Status = models.StatusClosed }, 0, 5, false},
			{"seldom ", func(r *chat.SearchRequest) { r.Status = models.StatusOpen }, 10, 5, false},
			{"absent ", func(r *chat.SearchRequest) { r.From, r.To = day+1, 3*day }, 0, 2, true},
		} {
			want, _ := s.search(row.q, row.change)
			if len(want) != row.count {
				t.Errorf("%q: found %v, want %d", row.q, want, row.count)
			}
			r := chat.SearchRequest{Text: row.q, Limit: 7}
			if row.change != nil {
				row.change(&r)
			}
			if got, pages := s.pages(hasty, r); !slices.Equal(got, want) || pages < row.pages && !(row.single && s.store.read.Name() == "sqlite") {
				t.Errorf("%q: found %v on %d pages, want %v on %d or more", row.q, got, pages, want, row.pages)
			}
		}
	})
}

const day = 24 * 3600_000

// fillDays has five days with 300 messages within a second each. Twenty conversations talk every day and four on one
// day only.
func (s *searched) fillDays() {
	var all []models.Conversation
	for id := range int64(24) {
		m := s.Anna
		if id == 20 {
			m = s.boris
		}
		all = append(all, s.Conversation(id+1, fmt.Sprint("v", id), m, nil))
	}
	for d := range 5 {
		for i := range 300 {
			c, text := all[i%20], "usual "+[]string{"left", "right"}[i%2]
			if i == 299 {
				c = all[20+d%4]
			}
			if i%150 == 149-d {
				text += " seldom"
			}
			s.Message(c, func(m *models.Message) { m.Content, m.CreatedAt = text, models.Time((d+1)*day+3*i) })
		}
	}
	s.index()
}

// pages lists the conversations on all pages, and how many pages there are.
func (s *searched) pages(service *chat.Service, r chat.SearchRequest) (ids []int64, pages int) {
	s.t.Helper()
	for pages = 1; pages < 1000; pages++ {
		results, next, err := service.Search(context.Background(), s.manager(), r)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, result := range results {
			ids = append(ids, result.Conversation.ID)
		}
		if r.After = next; next == 0 {
			break
		}
	}
	return ids, pages
}
