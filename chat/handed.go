package chat

import (
	"context"
	"maps"
	"slices"

	"parley/models"
)

// handed hands events to each feed once, as long as this process lives, while another feed fails: who listens must
// not hear everything again each second because somebody's webhooks cannot be written down.
type handed struct {
	feeds []Feed
	// took are events that a feed has taken and another has not yet, by feed.
	took []map[int64]bool
}

// deliver hands a batch to the feeds in turn, until one fails.
func (h *handed) deliver(ctx context.Context, events []models.Event) error {
	if h.took == nil {
		h.took = make([]map[int64]bool, len(h.feeds))
	}
	for i, feed := range h.feeds {
		rest := events
		if len(h.took[i]) > 0 {
			rest = slices.DeleteFunc(slices.Clone(events), func(e models.Event) bool { return h.took[i][e.ID] })
		}
		if len(rest) == 0 {
			continue
		}
		if err := feed.Deliver(ctx, rest); err != nil {
			for before := range i {
				h.note(before, events)
			}
			return err
		}
	}
	for _, took := range h.took {
		maps.DeleteFunc(took, func(id int64, _ bool) bool {
			return slices.ContainsFunc(events, func(e models.Event) bool { return e.ID == id })
		})
	}
	return nil
}

func (h *handed) note(i int, events []models.Event) {
	if h.took[i] == nil {
		h.took[i] = map[int64]bool{}
	}
	for _, e := range events {
		h.took[i][e.ID] = true
	}
}
