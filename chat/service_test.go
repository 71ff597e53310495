package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/chat/token"
	"parley/models"
)

func TestMain(m *testing.M) { chattest.Main(m) }

// world is a service over a real database, with an organisation and managers in it.
type world struct {
	*chattest.Fixture
	t        *testing.T
	url      string
	service  *chat.Service
	gate     *chat.Gate
	keys     *token.Keyring
	presence *chat.Presence
	boris    models.Manager
	stop     func() // ends the care of a tended one
}

// eachDatabase runs a test on SQLite and on PostgreSQL.
func eachDatabase(t *testing.T, rules chat.Rules, test func(t *testing.T, w *world)) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t, url(t), rules)) })
	}
}

func newWorld(t *testing.T, url string, rules chat.Rules) *world {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	keys, err := token.NewKeyring(token.Key{ID: "k", Algorithm: token.HS256, Secret: []byte(strings.Repeat("s", 32))})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Fixture: chattest.NewFixture(t, s), t: t, url: url, keys: keys, gate: chat.NewGate(s, keys, rules)}
	w.service = chat.New(s, w.gate, chat.Config{HistoryCount: 3, HistoryCap: 5, ReassignAfter: time.Millisecond, DutyGrace: time.Hour, Tokens: keys})
	w.presence = chat.NewPresence(s, "node", slog.New(slog.DiscardHandler))
	w.boris = w.Manager(w.Org, "Boris")
	return w
}

func as(m models.Manager) chat.Principal {
	return chat.Principal{Party: chat.Manager, ManagerID: m.ID, OrganizationID: m.OrganizationID, Role: m.Role}
}

var (
	ctx      = context.Background()
	stranger = chat.Principal{}
)

func visitor(id string) chat.Principal { return chat.Principal{Party: chat.Visitor, VisitorID: id} }

// backend makes an API key and is whoever calls with it.
func (w *world) backend(o models.Organization) chat.Principal {
	w.t.Helper()
	key, _, err := chat.NewAdmin(w).CreateAPIKey(ctx, o.ID, "shop")
	if err != nil {
		w.t.Fatal(err)
	}
	return chat.Principal{Party: chat.Backend, OrganizationID: o.ID, KeyID: key.ID, Scopes: key.Scopes}
}

// onDuty lets managers listen for new conversations.
func (w *world) onDuty(managers ...models.Manager) {
	for _, m := range managers {
		w.presence.Subscribed(ctx, "session-"+m.Name, as(m), "/service/*")
	}
}

func (w *world) open(p chat.Principal, visitorID string) *chat.ConversationView {
	w.t.Helper()
	ev, _, err := w.service.Open(ctx, p, chat.OpenRequest{VisitorID: visitorID, SiteKey: w.Org.SiteKey})
	if err != nil {
		w.t.Fatal(err)
	}
	return ev.Conversation
}

func (w *world) post(p chat.Principal, conversation int64, content string) *chat.MessageView {
	w.t.Helper()
	ev, _, err := w.service.Post(ctx, p, chat.PostRequest{ConversationID: conversation, Content: content})
	if err != nil {
		w.t.Fatal(err)
	}
	return ev.Message
}

func wantCode(t *testing.T, err error, code string) *chat.Error {
	t.Helper()
	var refusal *chat.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	return refusal
}

// events returns what waits in the outbox as "kind action".
func (w *world) events() (list []string) {
	w.t.Helper()
	pending, err := w.Pending(ctx, nil, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []int64
	for _, e := range pending {
		if e.Kind != models.EventTransition && e.Kind != models.EventAvailability { // neither is the original's
			list = append(list, string(e.Kind)+" "+e.Action)
		}
		ids = append(ids, e.ID)
	}
	if err := w.Relayed(ctx, ids, 1); err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) wantEvents(want ...string) {
	w.t.Helper()
	if got := w.events(); !slices.Equal(got, want) {
		w.t.Errorf("events %v, want %v", got, want)
	}
}

func TestOpen(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		wantCode(t, err, "chat_offline_message")
		w.wantEvents()

		w.onDuty(w.Anna)
		ev, isNew, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		if err != nil || !isNew || ev.Event != "created" || *ev.Conversation.ManagerID != w.Anna.ID || ev.Conversation.Manager.Name != "Anna" {
			t.Fatalf("%+v, %v, %v", ev, isNew, err)
		}
		first := ev.Conversation
		if first.ID < 1<<20 { // by chance once in eight thousand million
			t.Errorf("id %d can be guessed", first.ID)
		}
		ev, isNew, err = w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		if err != nil || isNew || ev.Event != "updated" || ev.Conversation.ID != first.ID {
			t.Errorf("again: %+v, %v, %v", ev, isNew, err)
		}
		if again := w.open(as(w.Anna), "v1"); again.ID != first.ID {
			t.Error("the counterpart got another one")
		}
		_, _, err = w.service.Open(ctx, as(w.boris), chat.OpenRequest{VisitorID: "v1"})
		if refusal := wantCode(t, err, "chat_already_open"); refusal.ManagerID != w.Anna.ID || refusal.Text != "Chat is already open with another manager" {
			t.Errorf("%+v", refusal)
		}
		w.wantEvents("conversation created", "conversation announced", "conversation announced")

		// A manager who opens becomes the counterpart, on duty or not.
		if c := w.open(as(w.boris), "v2"); *c.ManagerID != w.boris.ID {
			t.Errorf("the initiator did not get it: %+v", c)
		}
	})
}

// TestOpenDescribesVisitor: managers and backends answer for a name; visitors could say anything.
func TestOpenDescribesVisitor(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		r := chat.OpenRequest{VisitorID: "v1", Name: " Maya ", Email: "Maya@Example.com"}
		ev, _, err := w.service.Open(ctx, stranger, r)
		if err != nil || ev.Conversation.Visitor.Name != nil {
			t.Fatalf("by the visitor: %+v, %v", ev.Conversation, err)
		}
		ev, _, err = w.service.Open(ctx, as(w.Anna), r)
		if v := ev.Conversation.Visitor; err != nil || *v.Name != "Maya" || v.Email != nil {
			t.Fatalf("by a manager: %+v, %v", v, err)
		}
		mine := chat.InboxQuery{ManagerID: w.Anna.ID, Status: models.StatusOpen, Limit: 5}
		if views, _, err := w.service.Inbox(ctx, as(w.Anna), mine); err != nil || *views[0].Visitor.Email != "maya@example.com" {
			t.Errorf("in the inbox: %+v, %v", views, err)
		}
		if m := w.post(stranger, ev.Conversation.ID, "Hello"); *m.Sender.Name != "Maya" {
			t.Errorf("%+v", m.Sender)
		}
		ev, _, err = w.service.Open(ctx, as(w.Anna), chat.OpenRequest{VisitorID: "v1"})
		if err != nil || *ev.Conversation.Visitor.Name != "Maya" {
			t.Errorf("forgotten: %+v, %v", ev.Conversation.Visitor, err)
		}
		r.Email = "no address"
		_, _, err = w.service.Open(ctx, as(w.Anna), r)
		wantCode(t, err, "email_invalid")
	})
}

func TestOpenRefuses(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		other := w.Organization("Kettles")
		clara := w.Manager(other, "Clara")
		w.open(stranger, "v1")
		for _, c := range []struct {
			name string
			p    chat.Principal
			r    chat.OpenRequest
			code string
		}{
			{"bad id", stranger, chat.OpenRequest{VisitorID: "a/b", SiteKey: w.Org.SiteKey}, "visitor_id_invalid"},
			{"no site key, two organisations", stranger, chat.OpenRequest{VisitorID: "v9"}, "app_key_missing"},
			{"unknown site key", stranger, chat.OpenRequest{VisitorID: "v9", SiteKey: "x"}, "organization_not_found"},
			{"another organisation's site key", stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: other.SiteKey}, "visitor_not_found"},
			{"another organisation's manager", as(clara), chat.OpenRequest{VisitorID: "v1"}, "visitor_not_found"},
			{"another visitor", stranger, chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: "visitor", ID: "v2"}}, "sender_mismatch"},
			{"a manager without a token", stranger, chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: "manager", ID: "1"}}, "token_missing"},
			{"another visitor's token", visitor("v2"), chat.OpenRequest{VisitorID: "v1"}, "forbidden"},
			{"a visitor who says manager", visitor("v1"), chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: "manager", ID: "1"}}, "sender_mismatch"},
			{"a manager who says another", as(w.Anna), chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: "manager", ID: "99"}}, "sender_mismatch"},
		} {
			_, _, err := w.service.Open(ctx, c.p, c.r)
			t.Run(c.name, func(t *testing.T) { wantCode(t, err, c.code) })
		}
	})
}

func TestSignedVisitors(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey})
		wantCode(t, err, "token_missing") // a bare id creates nobody
		_, err = w.service.History(ctx, stranger, chat.HistoryRequest{ConversationID: 4711})
		wantCode(t, err, "token_missing") // and learns nothing
		c := w.open(visitor("v1"), "v1")
		w.post(visitor("v1"), c.ID, "Hello")
		for name, call := range map[string]func() error{
			"open": func() error {
				_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
				return err
			},
			"post": func() error {
				_, _, err := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "x"})
				return err
			},
			"history": func() error {
				_, err := w.service.History(ctx, stranger, chat.HistoryRequest{ConversationID: c.ID})
				return err
			},
			"read":  func() error { _, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, c.ID, 1); return err },
			"close": func() error { _, err := w.service.Close(ctx, stranger, chat.Sender{}, c.ID); return err },
		} {
			err := call()
			t.Run(name, func(t *testing.T) { wantCode(t, err, "token_missing") })
		}
	})
}

func TestTrustedManagers(t *testing.T) {
	eachDatabase(t, chat.Rules{TrustedManagers: true}, func(t *testing.T, w *world) {
		says := chat.Sender{Type: models.SenderManager, ID: fmt.Sprint(w.Anna.ID)}
		ev, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", Sender: says})
		if err != nil || *ev.Conversation.ManagerID != w.Anna.ID {
			t.Fatalf("%+v, %v", ev, err)
		}
		m := w.post(stranger, ev.Conversation.ID, "from the visitor")
		// The original's call names nobody: it comes from whoever received the message.
		if ev, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, ev.Conversation.ID, m.ID); err != nil || !ev.Message.Read {
			t.Errorf("%+v, %v", ev, err)
		}
		if d, err := w.service.SetDuty(ctx, stranger, says, models.DutyPaused); err != nil || d.ManagerID != w.Anna.ID || d.State != models.DutyPaused {
			t.Errorf("%+v, %v", d, err)
		}
		clara := w.Manager(w.Organization("Kettles"), "Clara")
		_, _, err = w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: models.SenderManager, ID: fmt.Sprint(clara.ID)}})
		wantCode(t, err, "manager_not_found")
		_, _, err = w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", Sender: chat.Sender{Type: models.SenderManager, ID: "anna"}})
		wantCode(t, err, "sender_invalid")
	})
}

// TestOpenAtOnce: fifty requests for one visitor make one conversation.
func TestOpenAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna, w.boris)
		ids := make(chan int64, 50)
		news := make(chan bool, 50)
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				ev, isNew, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
				if err != nil {
					t.Error(err)
					return
				}
				ids <- ev.Conversation.ID
				news <- isNew
			})
		}
		group.Wait()
		close(ids)
		close(news)
		first := <-ids
		for id := range ids {
			if id != first {
				t.Errorf("conversations %d and %d", first, id)
			}
		}
		created := 0
		for isNew := range news {
			if isNew {
				created++
			}
		}
		if created != 1 {
			t.Errorf("%d were told it is new", created)
		}
	})
}

// TestOpenSpreads: visitors who come at once are spread evenly.
func TestOpenSpreads(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna, w.boris)
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				if _, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: fmt.Sprint("v", i)}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		all, err := w.View(ctx).Candidates(w.Org.ID)
		if err != nil || all[0].Open != 10 || all[1].Open != 10 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestPreviousCounterpart(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.boris)
		c := w.open(stranger, "v1")
		if _, err := w.service.Close(ctx, stranger, chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		w.onDuty(w.Anna)
		w.open(stranger, "v2") // Anna's: she has had none
		w.open(as(w.boris), "v3")
		w.open(as(w.boris), "v4")
		if c := w.open(stranger, "v1"); *c.ManagerID != w.boris.ID {
			t.Error("the previous counterpart was passed over")
		}
	})
}

func TestPost(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		m := w.post(stranger, c.ID, " Hello <b>\x00 ")
		if m.Content != "Hello <b>" || m.SenderType != models.SenderVisitor || m.SenderID != "v1" || m.Read || m.ConversationID != c.ID {
			t.Errorf("%+v", m)
		}
		m = w.post(as(w.Anna), c.ID, "Good day")
		if m.SenderType != models.SenderManager || m.SenderID != w.Anna.ID || *m.Sender.Name != "Anna" {
			t.Errorf("%+v", m)
		}
		w.wantEvents("message created", "message created")
		stored, err := w.View(ctx).Conversation(c.ID)
		if err != nil || *stored.LastMessageID != m.ID || stored.UnreadManager != 1 || stored.UnreadVisitor != 1 || stored.EventSeq != 5 {
			t.Errorf("%+v, %v", stored, err)
		}

		r := chat.PostRequest{ConversationID: c.ID, Content: "once", ClientMessageID: "c1"}
		first, isNew, err := w.service.Post(ctx, stranger, r)
		if err != nil || !isNew || *first.Message.ClientMessageID != "c1" {
			t.Fatalf("%+v, %v", first, err)
		}
		again, isNew, err := w.service.Post(ctx, stranger, r)
		if err != nil || isNew || again.Message.ID != first.Message.ID {
			t.Errorf("again: %+v, %v, %v", again, isNew, err)
		}
		if _, isNew, err = w.service.Post(ctx, as(w.Anna), r); err != nil || !isNew {
			t.Errorf("the other side's id is its own: %v, %v", isNew, err)
		}
		other := r
		other.Content = "twice"
		_, _, err = w.service.Post(ctx, stranger, other)
		wantCode(t, err, "client_message_id_taken")
		w.events()

		_, _, err = w.service.Post(ctx, as(w.boris), chat.PostRequest{ConversationID: c.ID, Content: "x"})
		wantCode(t, err, "forbidden")
		clara := w.Manager(w.Organization("Kettles"), "Clara")
		_, _, err = w.service.Post(ctx, as(clara), chat.PostRequest{ConversationID: c.ID, Content: "x"})
		wantCode(t, err, "conversation_not_found")
		_, _, err = w.service.Post(ctx, visitor("v2"), chat.PostRequest{ConversationID: c.ID, Content: "x"})
		wantCode(t, err, "forbidden")
		_, _, err = w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: 12345, Content: "x"})
		wantCode(t, err, "conversation_not_found")
		_, _, err = w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: " \n"})
		wantCode(t, err, "content_invalid")
		_, _, err = w.service.Post(ctx, chat.Principal{Party: chat.Backend, OrganizationID: w.Org.ID}, chat.PostRequest{ConversationID: c.ID, Content: "x"})
		wantCode(t, err, "sender_missing")

		if _, err := w.service.Close(ctx, as(w.Anna), chat.Sender{}, c.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "late"})
		wantCode(t, err, "conversation_closed")
		if _, isNew, err = w.service.Post(ctx, stranger, r); err != nil || isNew {
			t.Errorf("a repeated message of a closed conversation: %v, %v", isNew, err)
		}
		w.wantEvents("conversation updated")
	})
}

// TestPostSameIDAtOnce: the same client id, sent to two conversations of a visitor at once, makes one message.
func TestPostSameIDAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		ids := make(chan int64, 20)
		var group sync.WaitGroup
		for range cap(ids) {
			group.Go(func() {
				ev, _, err := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "x", ClientMessageID: "same"})
				if err != nil {
					t.Error(err)
					return
				}
				ids <- ev.Message.ID
			})
		}
		group.Wait()
		close(ids)
		first := <-ids
		for id := range ids {
			if id != first {
				t.Errorf("messages %d and %d", first, id)
			}
		}
	})
}

func TestHistorySpansConversations(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		older := w.open(stranger, "v1")
		var ids []int64
		for i := range 4 {
			ids = append(ids, w.post(stranger, older.ID, fmt.Sprint(i)).ID)
		}
		if _, err := w.service.Close(ctx, stranger, chat.Sender{}, older.ID); err != nil {
			t.Fatal(err)
		}
		newer := w.open(stranger, "v1")
		for i := range 3 {
			ids = append(ids, w.post(stranger, newer.ID, fmt.Sprint(i)).ID)
		}
		read := func(p chat.Principal, r chat.HistoryRequest) []int64 {
			t.Helper()
			page, err := w.service.History(ctx, p, r)
			if err != nil || page.Total != 7 {
				t.Fatalf("%+v, %v", page, err)
			}
			var got []int64
			for _, m := range page.Messages {
				got = append(got, m.ID)
			}
			return got
		}
		if got := read(stranger, chat.HistoryRequest{ConversationID: newer.ID, Count: 100}); !slices.Equal(got, ids[2:]) {
			t.Errorf("cap: %v of %v", got, ids)
		}
		if got := read(as(w.boris), chat.HistoryRequest{ConversationID: older.ID}); !slices.Equal(got, ids[4:]) {
			t.Errorf("a colleague, default count: %v of %v", got, ids)
		}
		clara := w.Manager(w.Organization("Kettles"), "Clara")
		_, err := w.service.History(ctx, as(clara), chat.HistoryRequest{ConversationID: newer.ID})
		wantCode(t, err, "conversation_not_found")
		_, err = w.service.History(ctx, visitor("v2"), chat.HistoryRequest{ConversationID: newer.ID})
		wantCode(t, err, "forbidden")
	})
}

func TestMarkRead(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		older := w.open(stranger, "v1")
		mine := w.post(stranger, older.ID, "mine")
		hers := w.post(as(w.Anna), older.ID, "hers")
		if _, err := w.service.Close(ctx, stranger, chat.Sender{}, older.ID); err != nil {
			t.Fatal(err)
		}
		newer := w.open(stranger, "v1")
		w.events()

		if ev, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, newer.ID, mine.ID); err != nil || ev.Message.Read {
			t.Errorf("one's own: %+v, %v", ev.Message, err)
		}
		w.wantEvents()
		// Through the newer conversation, as history shows it; the older one hears of it.
		ev, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, newer.ID, hers.ID)
		if err != nil || !ev.Message.Read || ev.Message.ReadAt == nil || ev.Event != "updated" || ev.Message.ConversationID != older.ID {
			t.Errorf("%+v, %v", ev.Message, err)
		}
		again, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, older.ID, hers.ID)
		if err != nil || *again.Message.ReadAt != *ev.Message.ReadAt {
			t.Errorf("again: %+v, %v", again.Message, err)
		}
		w.wantEvents("message updated")
		if ev, err = w.service.MarkRead(ctx, as(w.Anna), chat.Sender{}, older.ID, mine.ID); err != nil || !ev.Message.Read {
			t.Errorf("hers: %+v, %v", ev.Message, err)
		}
		if c, err := w.View(ctx).Conversation(older.ID); err != nil || c.UnreadManager != 0 || c.UnreadVisitor != 0 {
			t.Errorf("%+v, %v", c, err)
		}
		if _, err := w.service.Close(ctx, stranger, chat.Sender{}, newer.ID); err != nil {
			t.Fatal(err)
		}
		borises := w.open(as(w.boris), "v1")
		toBoris := w.post(stranger, borises.ID, "to Boris")
		_, err = w.service.MarkRead(ctx, as(w.Anna), chat.Sender{}, older.ID, toBoris.ID)
		wantCode(t, err, "forbidden") // her old conversation is no way into his
		other := w.open(stranger, "v2")
		_, err = w.service.MarkRead(ctx, stranger, chat.Sender{}, other.ID, hers.ID)
		wantCode(t, err, "message_not_found")
		_, err = w.service.MarkRead(ctx, stranger, chat.Sender{}, other.ID, 99999)
		wantCode(t, err, "message_not_found")
		_, err = w.service.MarkRead(ctx, as(w.boris), chat.Sender{}, older.ID, mine.ID)
		wantCode(t, err, "forbidden")
	})
}

func TestClose(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		_, err := w.service.Close(ctx, as(w.boris), chat.Sender{}, c.ID)
		wantCode(t, err, "forbidden")
		supervisor := as(w.boris)
		supervisor.Role = models.RoleSupervisor
		ev, err := w.service.Close(ctx, supervisor, chat.Sender{}, c.ID)
		if err != nil || ev.Conversation.Status != models.StatusClosed || ev.Conversation.ClosedAt == nil {
			t.Fatalf("%+v, %v", ev, err)
		}
		if ev, err = w.service.Close(ctx, stranger, chat.Sender{}, c.ID); err != nil || ev.Conversation.Status != models.StatusClosed {
			t.Errorf("again: %+v, %v", ev, err)
		}
		w.wantEvents("conversation updated")
		if next := w.open(stranger, "v1"); next.ID == c.ID {
			t.Error("a closed conversation was opened again")
		}
	})
}

func TestNotify(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		backend := chat.Principal{Party: chat.Backend, OrganizationID: w.Org.ID, KeyID: 1, Scopes: models.AllScopes}
		ev, err := w.service.Notify(ctx, backend, "v1", json.RawMessage(`{"a":1}`))
		if err != nil || ev.Notification.ID == 0 || string(ev.Notification.Data) != `{"a":1}` || ev.Notification.VisitorID != "v1" {
			t.Fatalf("%+v, %v", ev.Notification, err)
		}
		w.wantEvents("notification created")
		_, err = w.service.Notify(ctx, stranger, "v1", nil)
		wantCode(t, err, "token_missing")
		_, err = w.service.Notify(ctx, as(w.Anna), "v1", nil)
		wantCode(t, err, "forbidden")
		backend.OrganizationID = w.Organization("Kettles").ID
		_, err = w.service.Notify(ctx, backend, "v1", json.RawMessage(`{}`))
		wantCode(t, err, "visitor_not_found")
	})
}

func TestDutySwitch(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		if d, err := w.service.Duty(ctx, as(w.Anna), chat.Sender{}); err != nil || d.State != models.DutyAuto || !d.Live || !d.OnDuty {
			t.Errorf("%+v, %v", d, err)
		}
		if d, err := w.service.SetDuty(ctx, as(w.Anna), chat.Sender{}, models.DutyPaused); err != nil || !d.Live || d.OnDuty {
			t.Errorf("%+v, %v", d, err)
		}
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		wantCode(t, err, "chat_offline_message")
		if d, err := w.service.SetDuty(ctx, as(w.Anna), chat.Sender{}, models.DutyOn); err != nil || !d.OnDuty {
			t.Errorf("%+v, %v", d, err)
		}
		w.presence.Unsubscribed(ctx, "session-Anna", as(w.Anna), "/service/*")
		if d, err := w.service.Duty(ctx, as(w.Anna), chat.Sender{}); err != nil || d.Live || !d.OnDuty {
			t.Errorf("within grace: %+v, %v", d, err)
		}
		_, err = w.service.SetDuty(ctx, as(w.Anna), chat.Sender{}, "sleeping")
		wantCode(t, err, "state_invalid")
		_, err = w.service.Duty(ctx, stranger, chat.Sender{})
		wantCode(t, err, "token_missing")
		_, err = w.service.Duty(ctx, visitor("v1"), chat.Sender{})
		wantCode(t, err, "forbidden")
	})
}

// TestPresenceIgnores: only managers on the service channel count.
func TestPresenceIgnores(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.presence.Subscribed(ctx, "a", nil, "/service/*")
		w.presence.Subscribed(ctx, "b", as(w.Anna), "/service/v1")
		w.presence.Subscribed(ctx, "c", chat.Principal{Party: chat.Backend, OrganizationID: w.Org.ID}, "/service/*")
		if d, err := w.service.Duty(ctx, as(w.Anna), chat.Sender{}); err != nil || d.Live {
			t.Errorf("%+v, %v", d, err)
		}
		w.onDuty(w.Anna)
		if err := w.presence.Start(ctx); err != nil { // as after a crash
			t.Fatal(err)
		}
		if d, err := w.service.Duty(ctx, as(w.Anna), chat.Sender{}); err != nil || d.Live || !d.OnDuty {
			t.Errorf("after a restart: %+v, %v", d, err)
		}
	})
}

// failing is a store whose transactions fail for a while.
type failing struct {
	chat.Store
	broken atomic.Bool
}

func (f *failing) Update(ctx context.Context, fn func(chat.Tx) error) error {
	if f.broken.Load() {
		return errors.New("the database is away")
	}
	return f.Store.Update(ctx, fn)
}

// TestPresenceIsMadeGood: what could not be noted while the database was away is noted later.
func TestPresenceIsMadeGood(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		s := &failing{Store: w}
		presence := chat.NewPresence(s, "other", slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { presence.Run(ctx) }) //nolint:errcheck // it has none
		live := func(m models.Manager) bool {
			d, err := w.service.Duty(ctx, as(m), chat.Sender{})
			if err != nil {
				t.Fatal(err)
			}
			return d.Live
		}
		presence.Subscribed(ctx, "a", as(w.Anna), "/service/*")
		s.broken.Store(true)
		presence.Unsubscribed(ctx, "a", as(w.Anna), "/service/*")
		presence.Subscribed(ctx, "b", as(w.boris), "/service/*")
		pass(time.Minute)
		if !live(w.Anna) || live(w.boris) {
			t.Fatal("the store was not away")
		}
		s.broken.Store(false)
		pass(20 * time.Second)
		if live(w.Anna) || !live(w.boris) {
			t.Errorf("Anna is live: %v, Boris: %v", live(w.Anna), live(w.boris))
		}
		cancel()
		group.Wait()
	})
}

func TestLogin(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := chat.NewAdmin(w)
		m, err := people.CreateManager(ctx, w.Org.ID, " Dora ", "Dora@Example.com", "correct horse", "supervisor")
		if err != nil || m.Name != "Dora" || m.Email != "dora@example.com" || strings.Contains(m.PasswordHash, "horse") {
			t.Fatalf("%+v, %v", m, err)
		}
		for name, pair := range map[string][2]string{
			"wrong password": {"dora@example.com", "correct hors"}, "empty": {"dora@example.com", ""},
			"unknown": {"nobody@example.com", "correct horse"}, "endless": {"dora@example.com", strings.Repeat("x", 1<<16)},
		} {
			_, _, err := w.service.Login(ctx, pair[0], pair[1], "192.0.2.1")
			t.Run(name, func(t *testing.T) { wantCode(t, err, "login_failed") })
		}
		_, secret, err := w.service.Login(ctx, " DORA@example.com", "correct horse", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if got, p, err := w.service.LoggedIn(ctx, secret); err != nil || got.ID != m.ID || p != as(m) {
			t.Errorf("%+v, %+v, %v", got, p, err)
		}
		_, _, err = w.service.LoggedIn(ctx, "forged")
		wantCode(t, err, "login_required")
		if err := w.service.Logout(ctx, secret); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.service.LoggedIn(ctx, secret)
		wantCode(t, err, "login_required")

		_, err = people.CreateManager(ctx, w.Org.ID, "Dora", "dora@example.com", "correct horse", "manager")
		wantCode(t, err, "email_taken")
		for name, call := range map[string][3]string{
			"email_invalid": {"no address", "long enough", "manager"}, "password_invalid": {"e@example.com", "short", "manager"},
			"role_invalid": {"e@example.com", "long enough", "boss"},
		} {
			_, err := people.CreateManager(ctx, w.Org.ID, "E", call[0], call[1], call[2])
			t.Run(name, func(t *testing.T) { wantCode(t, err, name) })
		}
	})
}

func TestInboxIsOnesOwn(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		for i := range 3 {
			w.open(as(w.Anna), fmt.Sprint("a", i))
			w.open(as(w.boris), fmt.Sprint("b", i))
		}
		q := chat.InboxQuery{ManagerID: w.Anna.ID, Status: models.StatusOpen, Limit: 2}
		views, next, err := w.service.Inbox(ctx, as(w.Anna), q)
		if err != nil || len(views) != 2 || next == nil {
			t.Fatalf("%v, %v, %v", views, next, err)
		}
		q.Before = next
		views, next, err = w.service.Inbox(ctx, as(w.Anna), q)
		if err != nil || len(views) != 1 || next != nil {
			t.Errorf("%v, %v, %v", views, next, err)
		}
		all := chat.InboxQuery{Status: models.StatusOpen, Limit: 10}
		_, _, err = w.service.Inbox(ctx, as(w.Anna), all)
		wantCode(t, err, "forbidden")
		admin := as(w.Anna)
		admin.Role = models.RoleAdmin
		if views, _, err = w.service.Inbox(ctx, admin, all); err != nil || len(views) != 6 {
			t.Errorf("%d, %v", len(views), err)
		}
	})
}
