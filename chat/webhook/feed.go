package webhook

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"parley/chat"
	"parley/models"
)

// listKept is how long the list of webhooks is believed. Changes come as events; this is for those that another node
// relayed.
const listKept = 5 * time.Second

// Feed writes events into the queues of the webhooks that want them. Organisations without any cost nothing. It is the
// relay's alone.
type Feed struct {
	store  chat.Store
	cfg    Config
	queued func()

	listed time.Time
	hooks  map[int64][]models.Webhook // by organisation
	// waiting is how many deliveries wait for a webhook at most: what waited when they were counted, and what was added
	// since. Counting takes as long as the queue is.
	waiting map[int64]int
}

// NewFeed makes a feed; queued is called when there is something to send, and must not block.
func NewFeed(store chat.Store, cfg Config, queued func()) *Feed {
	return &Feed{store: store, cfg: cfg.withDefaults(), queued: queued}
}

// Deliver queues the events. Those that were queued before are left out, so a batch may come again.
func (f *Feed) Deliver(ctx context.Context, events []models.Event) error {
	if err := f.refresh(ctx, events); err != nil {
		return err
	}
	queues := map[int64][]models.Delivery{}
	for _, e := range events {
		for _, w := range f.hooks[e.OrganizationID] {
			list, err := f.cfg.format(w.Format).Deliveries(ctx, e, w)
			if err != nil {
				return err
			}
			if len(list) > 0 {
				queues[w.ID] = append(queues[w.ID], list...)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(queues)) {
		if err := f.queue(ctx, id, queues[id]); err != nil {
			return err
		}
	}
	if len(queues) > 0 {
		f.queued()
	}
	return nil
}

// refresh reads the list when one of the events says that it changed, so that what is committed after a webhook was
// made is sent to it.
func (f *Feed) refresh(ctx context.Context, events []models.Event) error {
	changed := slices.ContainsFunc(events, func(e models.Event) bool { return e.Kind == models.EventWebhook })
	if !changed && f.hooks != nil && time.Since(f.listed) < listKept {
		return nil
	}
	all, err := f.store.View(ctx).EveryWebhook()
	if err != nil {
		return err
	}
	if changed || f.waiting == nil {
		f.waiting = map[int64]int{}
	}
	f.hooks, f.listed = map[int64][]models.Webhook{}, time.Now()
	for _, w := range all {
		if w.Enabled && w.DeletedAt == nil && f.cfg.format(w.Format) != nil {
			f.hooks[w.OrganizationID] = append(f.hooks[w.OrganizationID], w)
		}
	}
	return nil
}

// queue adds what there is room for; a webhook that has no room is switched off, and its admins learn from when on
// something is missing.
func (f *Feed) queue(ctx context.Context, id int64, list []models.Delivery) error {
	waiting, counted := f.waiting[id]
	err := f.store.Update(ctx, func(tx chat.Tx) error {
		w, err := tx.LockWebhook(id)
		if errors.Is(err, chat.ErrNoRecord) || err == nil && !w.Enabled {
			return nil // since we looked
		}
		if err != nil {
			return err
		}
		if !counted || waiting+len(list) > f.cfg.MaxQueue {
			if waiting, err = tx.Queued(id, f.cfg.MaxQueue); err != nil {
				return err
			}
		}
		if list, err = current(tx, list); err != nil {
			return err
		}
		room := f.cfg.MaxQueue - waiting
		if _, err := tx.QueueDeliveries(id, list[:min(len(list), room)], now()); err != nil || len(list) <= room {
			return err
		}
		f.cfg.Logger.Warn("a webhook was switched off: too much waits for it", "webhook", id, "waiting", waiting)
		return chat.DisableWebhook(ctx, tx, &w, models.WebhookQueueFull)
	})
	if err == nil {
		f.waiting[id] = waiting + len(list)
	}
	return err
}

// current leaves out what is about visitors who were erased since it happened: nobody would remove it again.
func current(r chat.Reader, list []models.Delivery) (left []models.Delivery, err error) {
	erased := map[string]models.Time{"": 0}
	for _, d := range list {
		at, known := erased[d.VisitorID]
		if !known {
			if at, err = chat.ErasedAt(r, d.VisitorID); err != nil {
				return nil, err
			}
			erased[d.VisitorID] = at
		}
		if at == 0 || d.CreatedAt > at {
			left = append(left, d)
		}
	}
	return left, nil
}
