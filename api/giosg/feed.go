package giosg

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"

	"parley/chat"
	"parley/models"
)

// Engine is the Bayeux engine as the feed sees it.
type Engine interface {
	// Publish sends data, one JSON value that nobody changes any more, to whoever listens on the channel in the scope.
	Publish(ctx context.Context, channel, scope string, data []byte) error
	// Heard tells whether anybody does, HeardUnder whether anybody listens to anything below a place.
	Heard(channel, scope string) bool
	HeardUnder(place, scope string) bool
}

// Feed publishes what happens on the paths of giosg's API, as {"action","resourceId","resource"}. What a resource looks
// like it reads when it publishes, and only if somebody listens.
type Feed struct {
	teller *Teller
	engine Engine
	logger *slog.Logger
	// done are events of a batch that failed later on.
	done map[int64]bool
}

// NewFeed makes a feed.
func NewFeed(t *Teller, e Engine, logger *slog.Logger) *Feed {
	return &Feed{teller: t, engine: e, logger: logger, done: map[int64]bool{}}
}

// Deliver publishes the events, each once also when the batch comes again.
func (f *Feed) Deliver(ctx context.Context, events []models.Event) error {
	for _, e := range events {
		if f.done[e.ID] {
			continue
		}
		if err := f.publish(ctx, e); err != nil {
			return err
		}
		f.done[e.ID] = true
	}
	clear(f.done)
	return nil
}

// Fleeting publishes what nobody keeps, such as who types. Who was not there to hear it has no use for it.
func (f *Feed) Fleeting(ctx context.Context, e models.Event) {
	if err := f.publish(ctx, e); err != nil && ctx.Err() == nil {
		f.logger.Warn("giosg: something fleeting was not told", "error", err)
	}
}

// root is the place below which all of the API's channels lie.
var root = strings.TrimSuffix(chat.ResourcePrefix, "/")

func (f *Feed) publish(ctx context.Context, e models.Event) error {
	f.teller.note(e)
	who := listening{f.engine, strconv.FormatInt(e.OrganizationID, 10)}
	if !tells(e) || !who.Under(root) {
		return nil
	}
	return f.teller.each(ctx, e, who, func(n told) error {
		data, err := json.Marshal(struct {
			Action     string          `json:"action"`
			ResourceID string          `json:"resourceId"`
			Resource   json.RawMessage `json:"resource,omitempty"`
		}{n.action, n.id, n.resource})
		if err != nil {
			return err
		}
		return f.engine.Publish(ctx, n.path.Path, who.scope, data)
	})
}

// listening are those who listen at the engine, within a scope.
type listening struct {
	engine Engine
	scope  string
}

func (l listening) Under(path string) bool { return l.engine.HeardUnder(path, l.scope) }

func (l listening) At(path string) bool { return l.engine.Heard(path, l.scope) }

// Teller makes of events what giosg's clients are told of them. It costs what the listeners ask for.
type Teller struct {
	store   chat.Store
	service *chat.Service
	names   *names
}

// NewTeller makes a teller; Use must follow.
func NewTeller(store chat.Store) *Teller { return &Teller{store: store, names: newNames()} }

// Use has it read what resources look like from a service. It comes before anything is told.
func (t *Teller) Use(s *chat.Service) { t.service = s }

// note learns from an event what is not as it was.
func (t *Teller) note(e models.Event) {
	if e.Kind == models.EventUser {
		t.names.changed(e.OrganizationID)
	}
}

// each calls do for each channel on which somebody is told of an event, in order. What is gone meanwhile is left out.
func (t *Teller) each(ctx context.Context, e models.Event, who chat.Listeners, do func(told) error) error {
	h, err := t.happening(ctx, e)
	if err == nil {
		err = h.each(who, do)
	}
	if isGone(err) {
		return nil
	}
	return err
}

func (h *happening) each(who chat.Listeners, do func(told) error) error {
	notices, err := h.notices()
	if err != nil {
		return err
	}
	for _, n := range notices {
		list, err := n.tell(who)
		if err != nil {
			return err
		}
		for _, one := range list {
			if err := do(one); err != nil {
				return err
			}
		}
	}
	return nil
}
