package giosg_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/api/giosg"
	"parley/chat"
	"parley/models"
)

// radio is an engine on which somebody listens to some paths. It keeps what is published.
type radio struct {
	t      *testing.T
	feed   *giosg.Feed
	house  *house
	mu     sync.Mutex
	paths  []string
	scope  string
	said   []string
	bodies []map[string]any
	asked  int
	fail   error
}

func (r *radio) Heard(path, scope string) bool {
	r.asked++
	return scope == r.scope && slices.Contains(r.paths, path)
}

func (r *radio) HeardUnder(place, scope string) bool {
	r.asked++
	return scope == r.scope && slices.ContainsFunc(r.paths, func(p string) bool { return strings.HasPrefix(p, place+"/") })
}

func (r *radio) Publish(_ context.Context, channel, scope string, data []byte) error {
	if r.fail != nil {
		return r.fail
	}
	var body struct {
		Action     string
		ResourceID string
		Resource   map[string]any
	}
	if err := json.Unmarshal(data, &body); err != nil || scope != r.scope || !slices.Contains(r.paths, channel) {
		r.t.Errorf("%s in %s: %s, %v", channel, scope, data, err)
	}
	if (body.Resource == nil) != (body.Action == chat.ResourceRemoved) {
		r.t.Errorf("%s: %s", channel, data)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, body.Action+" "+channel+" "+body.ResourceID)
	r.bodies = append(r.bodies, body.Resource)
	return nil
}

// listen tunes in to paths; what happened before is forgotten.
func (h *house) listen(paths ...string) *radio {
	h.t.Helper()
	h.events(func([]models.Event) error { return nil })
	r := &radio{t: h.t, house: h, paths: paths, scope: "1"}
	teller := giosg.NewTeller(h)
	teller.Use(h.service)
	r.feed = giosg.NewFeed(teller, r, slog.New(slog.DiscardHandler))
	return r
}

// events hands what waits in the outbox on.
func (h *house) events(do func([]models.Event) error) {
	h.t.Helper()
	pending, err := h.Pending(ctx, nil, 1000)
	if err == nil {
		err = do(pending)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	ids := []int64{}
	for _, e := range pending {
		ids = append(ids, e.ID)
	}
	if err := h.Relayed(ctx, ids, 1); err != nil {
		h.t.Fatal(err)
	}
}

// want relays what happened and wants exactly this to be heard.
func (r *radio) want(want ...string) {
	r.t.Helper()
	r.house.events(func(events []models.Event) error { return r.feed.Deliver(ctx, events) })
	for i := range want {
		want[i] = strings.Join(strings.Fields(want[i]), " ")
	}
	if !slices.Equal(r.said, want) {
		r.t.Errorf("heard\n\t%s\nwant\n\t%s", strings.Join(r.said, "\n\t"), strings.Join(want, "\n\t"))
	}
	r.said = nil
}

// body is what the last notices said, from the end.
func (r *radio) body(fromEnd int) map[string]any { return r.bodies[len(r.bodies)-1-fromEnd] }

func keysOf(m map[string]any) string {
	names := []string{}
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestFeedTellsOfRoomsAndUsers(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		rooms, public := h.org("/rooms"), "/api/v5/public/rooms/"
		r := h.listen(rooms, h.org("/rooms/"+h.main.UUID), public+h.main.Token, h.org("/users"), h.org("/users/"+h.bob.UUID), h.org(""),
			public+h.main.UUID+"/online_users")
		if _, err := h.service.ChangeRoom(ctx, chat.ManagerPrincipal(h.ann), h.main.UUID, chat.RoomChanges{Name: chat.To("Tea room")}); err != nil {
			t.Fatal(err)
		}
		r.want(
			"changed "+rooms+" "+h.main.UUID,
			"changed "+h.org("/rooms/"+h.main.UUID)+" "+h.main.UUID,
			"changed "+public+h.main.Token+" "+h.main.UUID,
		)
		if got := keysOf(r.body(1)); got != "display_name id name updated_at updated_by_user_id" || r.body(1)["name"] != "Tea room" {
			t.Errorf("%v", r.body(1))
		}
		if got := keysOf(r.body(0)); got != "display_name id" { // no more than visitors may know
			t.Errorf("%s", got)
		}
		room, err := h.service.CreateRoom(ctx, chat.ManagerPrincipal(h.ann), chat.RoomChanges{Name: chat.To("Cellar")})
		if err != nil {
			t.Fatal(err)
		}
		r.want("added " + rooms + " " + room.UUID)
		if got := r.body(0); got["name"] != "Cellar" || got["token"] != room.Token {
			t.Errorf("%v", got)
		}
		if err := h.service.DeleteRoom(ctx, chat.ManagerPrincipal(h.ann), room.UUID); err != nil {
			t.Fatal(err)
		}
		r.want("removed " + rooms + " " + room.UUID)
		h.hire(h.foreign, "Zoe", models.RoleManager)
		r.want()
	})
}

func TestFeedCostsNothingUnheard(t *testing.T) {
	h := newHouse(t, sqlite(t), options{})
	r := h.listen()
	r.paths = nil
	if _, err := h.service.CreateRoom(ctx, chat.ManagerPrincipal(h.ann), chat.RoomChanges{Name: chat.To("Cellar")}); err != nil {
		t.Fatal(err)
	}
	r.want()
	if r.asked != 1 {
		t.Errorf("the engine was asked %d times", r.asked)
	}
}

func TestFeedTellsOnceWhateverFails(t *testing.T) {
	h := newHouse(t, sqlite(t), options{})
	r := h.listen(h.org("/rooms"))
	for _, name := range []string{"One", "Two"} {
		if _, err := h.service.CreateRoom(ctx, chat.ManagerPrincipal(h.ann), chat.RoomChanges{Name: chat.To(name)}); err != nil {
			t.Fatal(err)
		}
	}
	pending, err := h.Pending(ctx, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.feed.Deliver(ctx, pending[:1]); err != nil {
		t.Fatal(err)
	}
	r.said = nil
	half := &halfway{radio: r, after: 1}
	teller := giosg.NewTeller(h)
	teller.Use(h.service)
	feed := giosg.NewFeed(teller, half, slog.New(slog.DiscardHandler))
	if feed.Deliver(ctx, pending) == nil {
		t.Fatal("it did not fail")
	}
	half.after = 100
	if err := feed.Deliver(ctx, pending); err != nil || len(r.said) != 2 {
		t.Errorf("%q, %v", r.said, err)
	}
}

// halfway fails after some publications.
type halfway struct {
	*radio
	after int
}

func (h *halfway) Publish(ctx context.Context, channel, scope string, data []byte) error {
	if h.after--; h.after < 0 {
		return context.DeadlineExceeded
	}
	return h.radio.Publish(ctx, channel, scope, data)
}

// run runs something until the test ends.
func run(t *testing.T, do func(context.Context) error) {
	over, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		if err := do(over); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
}
