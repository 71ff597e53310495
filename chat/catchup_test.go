package chat_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

// relay hands on and notes what is committed.
func (w *world) relay() {
	w.t.Helper()
	over, cancel := context.WithCancel(ctx)
	cancel()
	for {
		if err := chat.NewRelay(w, slog.New(slog.DiscardHandler)).Run(over); err != nil {
			w.t.Fatal(err)
		}
		rest, err := w.Pending(ctx, nil, 1)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(rest) == 0 {
			return
		}
	}
}

func (w *world) page(p chat.Principal, after int64, change func(*chat.EventsRequest)) chat.EventsPage {
	w.t.Helper()
	r := chat.EventsRequest{After: &after}
	if change != nil {
		change(&r)
	}
	page, err := w.service.Events(ctx, p, r)
	if err != nil {
		w.t.Fatal(err)
	}
	last := after
	for _, e := range page.Events {
		if e.Position <= last || !json.Valid(e.Event) {
			w.t.Fatalf("%+v after %d", e, last)
		}
		last = e.Position
	}
	if page.Next < last || page.More && page.Next == after {
		w.t.Fatalf("next is %d, the last event %d, more %v", page.Next, last, page.More)
	}
	return page
}

// pages reads on until the end.
func (w *world) pages(p chat.Principal, after int64, change func(*chat.EventsRequest)) (all []chat.PastEvent, next int64) {
	w.t.Helper()
	for {
		page := w.page(p, after, change)
		all = append(all, page.Events...)
		if after = page.Next; !page.More {
			return all, after
		}
	}
}

func as2(m models.Manager, role models.Role) chat.Principal {
	p := as(m)
	p.Role = role
	return p
}

// busyDay lets two organisations' people do everything that is told about.
func (w *world) busyDay() (kettles models.Organization, clara models.Manager) {
	w.t.Helper()
	must := func(_ any, err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.onDuty(w.Anna)
	first := w.open(visitor("v1"), "v1")
	m := w.post(visitor("v1"), first.ID, "Hello")
	w.post(as(w.Anna), first.ID, "Good morning")
	must(w.service.MarkRead(ctx, as(w.Anna), chat.Sender{}, first.ID, m.ID))
	must(w.service.Edit(ctx, visitor("v1"), chat.ChangeRequest{ConversationID: first.ID, MessageID: m.ID, Content: "Hello!"}))
	must(w.service.AddNote(ctx, as(w.boris), chat.Sender{}, first.ID, "an old friend"))
	must(w.service.Tag(ctx, as(w.boris), chat.Sender{}, first.ID, []string{"gold"}, nil))
	must(w.service.Notify(ctx, w.backend(w.Org), "v1", json.RawMessage(`{"a":1}`)))
	last := int64(1) << 40
	must(w.service.ReadNotifications(ctx, visitor("v1"), chat.Sender{}, "v1", &last, nil))
	must(w.service.Transfer(ctx, as(w.Anna), chat.Sender{}, first.ID, chat.TransferRequest{}))
	w.post(visitor("v1"), first.ID, "Is anybody there?")
	second := w.open(visitor("v2"), "v2")
	w.post(visitor("v2"), second.ID, "Hello from two")
	must(w.service.Close(ctx, as(w.Anna), chat.Sender{}, second.ID))
	must(w.service.Rate(ctx, visitor("v2"), chat.Sender{}, second.ID, 5, ""))

	kettles = w.Organization("Kettles")
	clara = w.Manager(kettles, "Clara")
	foreign, _, err := w.service.Open(ctx, as(clara), chat.OpenRequest{VisitorID: "k1"})
	must(nil, err)
	w.post(as(clara), foreign.Conversation.ID, "Kettles here")
	must(nil, w.Update(ctx, func(tx chat.Tx) error {
		return tx.AppendEvent(&models.Event{OrganizationID: w.Org.ID, Kind: models.EventAvailability, Action: "updated", Payload: "{}", CreatedAt: 1})
	}))
	_, _, err = chat.NewAdmin(w).Webhooks(w.Org.ID).Create(ctx, chat.WebhookChanges{URL: chat.To("https://shop.example")})
	must(nil, err)
	w.relay()
	return kettles, clara
}

// TestEventsAreWhatChannelsSay: everybody's pages hold exactly the events of which she may listen to a channel.
func TestEventsAreWhatChannelsSay(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		kettles, clara := w.busyDay()
		all := w.relayedEvents()
		kinds := map[models.EventKind]int{}
		for _, e := range all {
			kinds[e.Kind]++
		}
		if len(kinds) < len(chat.EventKinds)-3 { // reading up to a message, identifying and erasing have tests of their own
			t.Fatalf("the day lacks something: %v", kinds)
		}
		sam := as2(w.Manager(w.Org, "Sam"), models.RoleSupervisor)
		if err := w.Update(ctx, func(tx chat.Tx) error {
			m, err := tx.Manager(sam.ManagerID)
			m.Role = models.RoleSupervisor
			if err != nil {
				return err
			}
			return tx.SaveManager(m)
		}); err != nil {
			t.Fatal(err)
		}
		for name, who := range map[string]chat.Principal{
			"visitor": visitor("v1"), "other visitor": visitor("v2"), "unknown visitor": visitor("v3"),
			"visitor with claim":     {Party: chat.Visitor, VisitorID: "v1", OrganizationID: w.Org.ID},
			"visitor of another org": {Party: chat.Visitor, VisitorID: "v1", OrganizationID: kettles.ID},
			"counterpart":            as(w.Anna), "colleague": as(w.boris), "supervisor": sam, "foreign manager": as(clara),
			"backend": w.backend(w.Org), "foreign backend": w.backend(kettles),
		} {
			t.Run(name, func(t *testing.T) {
				var want []int64
				for _, e := range all {
					if w.mayListen(who, e) {
						want = append(want, e.ID)
					}
				}
				got, _ := w.pages(who, 0, func(r *chat.EventsRequest) { r.Limit = 3 })
				var ids []int64
				for _, e := range got {
					ids = append(ids, e.ID)
					if _, ok, err := w.gate.Subscribe(ctx, who, e.Channel); !ok || err != nil {
						t.Errorf("came by %s, to which she may not listen: %v", e.Channel, err)
					}
				}
				if !slices.Equal(ids, want) {
					t.Errorf("%v, want %v", ids, want)
				}
				if (len(want) == 0) != (name == "unknown visitor" || name == "visitor of another org") {
					t.Errorf("%d events", len(want))
				}
			})
		}
	})
}

// relayedEvents lists all events that were relayed, in the order of their positions.
func (w *world) relayedEvents() []models.Event {
	w.t.Helper()
	var all []models.Event
	organizations, err := w.View(ctx).Organizations()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range organizations {
		some, err := w.View(ctx).EventsAfter(chat.PositionQuery{OrganizationID: o.ID, UpTo: 1 << 50, Limit: 1 << 20})
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b models.Event) int { return cmp.Compare(*a.Position, *b.Position) })
	return all
}

// mayListen asks the gate about the channels that the feed publishes an event on. What visitors hear is what has to do
// with them.
func (w *world) mayListen(who chat.Principal, e models.Event) bool {
	w.t.Helper()
	var p channelsOf
	if err := chat.NewFayeFeed(&p).Deliver(ctx, []models.Event{e}); err != nil {
		w.t.Fatal(err)
	}
	return slices.ContainsFunc(p.channels, func(channel string) bool {
		scope, ok, err := w.gate.Subscribe(ctx, who, channel)
		if err != nil {
			w.t.Fatal(err)
		}
		of := scope == fmt.Sprint(e.OrganizationID) && (who.OrganizationID == 0 || who.OrganizationID == e.OrganizationID)
		return ok && of && (who.Party != chat.Visitor || e.VisitorID == who.VisitorID)
	})
}

type channelsOf struct{ channels []string }

func (p *channelsOf) PublishStored(_ context.Context, _ int64, channel, _ string, _ []byte) error {
	p.channels = append(p.channels, channel)
	return nil
}
func (*channelsOf) Review(context.Context, string)                 {}
func (*channelsOf) Revoke(context.Context, func(any, string) bool) {}

func (*channelsOf) ReviewOf(context.Context, func(any) bool) {}

func TestWhoFollows(t *testing.T) {
	for name, rules := range map[string]chat.Rules{
		"capability": {}, "signed": {SignedVisitors: true}, "trusted": {TrustedManagers: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sqlite(t), rules)
			anna := chat.Sender{Type: models.SenderManager, ID: fmt.Sprint(w.Anna.ID)}
			key := w.backend(w.Org)
			without := key
			without.Scopes = models.AllScopes &^ models.ScopeEvents
			for _, row := range []struct {
				what string
				p    chat.Principal
				r    chat.EventsRequest
				code map[string]string // by rules; "" is let in
			}{
				{"nobody", stranger, chat.EventsRequest{}, map[string]string{"capability": "visitor_id_invalid", "signed": "token_missing", "trusted": "visitor_id_invalid"}},
				{"a stranger for a visitor", stranger, chat.EventsRequest{VisitorID: "v1"}, map[string]string{"signed": "token_missing"}},
				{"a sender", stranger, chat.EventsRequest{Sender: chat.Sender{Type: models.SenderVisitor, ID: "v1"}}, map[string]string{"signed": "token_missing"}},
				{"a stranger for nonsense", stranger, chat.EventsRequest{VisitorID: "a b"}, map[string]string{"capability": "visitor_id_invalid", "signed": "token_missing", "trusted": "visitor_id_invalid"}},
				{"a stranger for a manager", stranger, chat.EventsRequest{Sender: anna}, map[string]string{"capability": "token_missing", "signed": "token_missing"}},
				{"a visitor", visitor("v1"), chat.EventsRequest{VisitorID: "v1"}, nil},
				{"a visitor for another", visitor("v1"), chat.EventsRequest{VisitorID: "v2"}, all("forbidden")},
				{"a visitor for a manager", visitor("v1"), chat.EventsRequest{Sender: anna}, all("sender_mismatch")},
				{"a manager", as(w.Anna), chat.EventsRequest{}, nil},
				{"a manager for a visitor", as(w.Anna), chat.EventsRequest{VisitorID: "v1"}, all("forbidden")},
				{"a manager for another", as(w.boris), chat.EventsRequest{Sender: anna}, all("sender_mismatch")},
				{"a backend", key, chat.EventsRequest{}, nil},
				{"a key without the scope", without, chat.EventsRequest{}, all("scope_missing")},
				{"the operator", chat.Principal{Party: chat.Operator}, chat.EventsRequest{}, all("forbidden")},
			} {
				_, err := w.service.Events(ctx, row.p, row.r)
				if want := row.code[name]; want != "" {
					wantCode(t, err, want)
				} else if err != nil {
					t.Errorf("%s: %v", row.what, err)
				}
			}
		})
	}
}

func all(code string) map[string]string {
	return map[string]string{"capability": code, "signed": code, "trusted": code}
}

func TestEventsPages(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		key := w.backend(w.Org)
		start, err := w.service.Events(ctx, key, chat.EventsRequest{})
		if err != nil || start.Next != 0 || start.More || len(start.Events) != 0 {
			t.Fatalf("at first: %+v, %v", start, err)
		}
		w.busyDay()
		newest, err := w.service.Events(ctx, key, chat.EventsRequest{})
		if err != nil || len(newest.Events) != 0 || newest.Next < 15 {
			t.Fatalf("the end: %+v, %v", newest, err)
		}
		whole, next := w.pages(key, 0, nil)
		if next != newest.Next {
			t.Errorf("next is %d, want %d", next, newest.Next)
		}
		for limit := 1; limit < 5; limit++ {
			some, next := w.pages(key, 0, func(r *chat.EventsRequest) { r.Limit = limit })
			if len(some) != len(whole) || next != newest.Next {
				t.Errorf("by %d: %d events up to %d", limit, len(some), next)
			}
		}
		page := w.page(key, 0, func(r *chat.EventsRequest) { r.Limit = 2 })
		if len(page.Events) != 2 || !page.More || page.Next != page.Events[1].Position {
			t.Errorf("two: %+v", page)
		}
		messages, _ := w.pages(key, 0, func(r *chat.EventsRequest) { r.Kinds = []models.EventKind{models.EventMessage}; r.Limit = 1 })
		for _, e := range messages {
			if !strings.Contains(string(e.Event), `"entity":"message"`) {
				t.Errorf("%s", e.Event)
			}
		}
		if len(messages) < 5 {
			t.Errorf("%d messages", len(messages))
		}
		for _, after := range []int64{-1, newest.Next + 1} {
			_, err := w.service.Events(ctx, key, chat.EventsRequest{After: &after})
			wantCode(t, err, "cursor_invalid")
		}
	})
}

// TestEventsOfTheFew: who may see little of what happens does not make a request go through all of it.
func TestEventsOfTheFew(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		hers := w.Conversation(1, "v1", w.boris, nil)
		other := w.Conversation(2, "v2", w.Anna, nil)
		if err := w.Update(ctx, func(tx chat.Tx) error {
			for i := range int64(2500) {
				c := other
				if i == 1700 {
					c = hers
				}
				e := models.Event{OrganizationID: w.Org.ID, VisitorID: c.VisitorID, ConversationID: &c.ID, ConversationSeq: &i, Kind: models.EventMessage,
					Action: "created", Payload: "{}", CreatedAt: 1}
				if err := tx.AppendEvent(&e); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.relay()
		var asked, found int
		for after, more := int64(0), true; more; asked++ {
			page := w.page(as(w.boris), after, nil)
			found, after, more = found+len(page.Events), page.Next, page.More
		}
		if asked != 3 || found != 1 {
			t.Errorf("%d requests found %d events", asked, found)
		}
	})
}

// TestEventsBytes: a page is not longer than it should be.
func TestEventsBytes(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	key := w.backend(w.Org)
	long := json.RawMessage(`"` + strings.Repeat("x", 40_000) + `"`)
	if err := w.Update(ctx, func(tx chat.Tx) error {
		for range 70 {
			e := models.Event{OrganizationID: w.Org.ID, VisitorID: "v1", Kind: models.EventNotification, Action: "created", Payload: string(long), CreatedAt: 1}
			if err := tx.AppendEvent(&e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.relay()
	page := w.page(key, 0, nil)
	if n := len(page.Events); n == 0 || n > 30 || !page.More {
		t.Errorf("%d events, more %v", n, page.More)
	}
	if all, _ := w.pages(key, 0, nil); len(all) != 70 {
		t.Errorf("%d events in all", len(all))
	}
}

func TestEventsTooOld(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.busyDay()
		key := w.backend(w.Org)
		before := w.page(key, 0, nil).Next
		if err := w.Update(ctx, func(tx chat.Tx) error { return tx.DeleteEvents(models.At(time.Now().Add(time.Hour)), 5) }); err != nil {
			t.Fatal(err)
		}
		after := int64(1)
		_, err := w.service.Events(ctx, key, chat.EventsRequest{After: &after})
		refusal := wantCode(t, err, "cursor_too_old")
		if chat.KindOf(err) != chat.Gone || refusal.Position <= 1 {
			t.Errorf("%+v", refusal)
		}
		rest, next := w.pages(key, refusal.Position, nil)
		if len(rest) == 0 || next != before {
			t.Errorf("from there: %d events up to %d, want %d", len(rest), next, before)
		}
		w.page(key, before, nil)
	})
}

// TestEventsLateCommit holds a transaction open whose event has a lower id than one that was committed, relayed and
// read. It comes after that one, and is not missed.
func TestEventsLateCommit(t *testing.T) {
	w := newWorld(t, postgres(t), chat.Rules{}) // SQLite has one writer
	key := w.backend(w.Org)
	first, second := w.Conversation(1, "v1", w.Anna, nil), w.Conversation(2, "v2", w.Anna, nil)
	write := func(c models.Conversation, hold func()) {
		seq := int64(1)
		err := w.Update(ctx, func(tx chat.Tx) error {
			e := models.Event{OrganizationID: w.Org.ID, VisitorID: c.VisitorID, ConversationID: &c.ID, ConversationSeq: &seq, Kind: models.EventMessage,
				Action: "created", Payload: fmt.Sprintf("{\"of\":%d}", c.ID), CreatedAt: 1}
			if err := tx.AppendEvent(&e); err != nil {
				return err
			}
			_, err := tx.Conversation(c.ID) // which sends the event to the database
			hold()
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	written, commit := make(chan struct{}), make(chan struct{})
	var late sync.WaitGroup
	late.Go(func() { write(first, func() { close(written); <-commit }) })
	<-written
	write(second, func() {})
	w.relay()
	early, next := w.pages(key, 0, nil)
	if len(early) != 1 || string(early[0].Event) != `{"of":2}` {
		t.Fatalf("before the late one: %+v", early)
	}
	close(commit)
	late.Wait()
	w.relay()
	rest, _ := w.pages(key, next, nil)
	if len(rest) != 1 || string(rest[0].Event) != `{"of":1}` || rest[0].ID >= early[0].ID {
		t.Errorf("the late one: %+v after %+v", rest, early)
	}
}
