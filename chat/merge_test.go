package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// everything reads a visitor's whole history, as texts.
func (w *world) everything(visitorID string) (texts []string) {
	w.t.Helper()
	page, err := w.View(ctx).History(chat.HistoryQuery{OrganizationID: w.Org.ID, VisitorID: visitorID, Count: 10_000})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range page.Messages {
		texts = append(texts, m.Content)
	}
	if page.Total != int64(len(texts)) {
		w.t.Errorf("%d messages, %d counted", len(texts), page.Total)
	}
	return texts
}

func TestMerge(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		s := w.secret(w.Org)
		first := w.open(stranger, "anon")
		m := w.post(stranger, first.ID, "before I signed in")
		w.post(as(w.Anna), first.ID, "yes?")
		if _, err := w.service.AddNote(ctx, as(w.Anna), chat.Sender{}, first.ID, "seems nice"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.service.Notify(ctx, w.backend(w.Org), "anon", json.RawMessage(`{"n":1}`)); err != nil {
			t.Fatal(err)
		}
		w.events()
		token := signed(t, s, jwt.MapClaims{"sub": "maya", "name": "Maya"})
		got := w.identify(chat.IdentifyRequest{Token: token, PreviousID: "anon"})
		if !got.Merged || got.MergeRefused != "" || got.Visitor.ID != "maya" {
			t.Fatalf("%+v", got)
		}
		// Whoever listens by the old id hears no more before the managers are told.
		w.wantEvents("access revoked", "access revoked", "access revoked", "visitor updated", "conversation updated")
		if texts := w.everything("maya"); !slices.Equal(texts, []string{"before I signed in", "yes?"}) {
			t.Errorf("%q", texts)
		}
		p, _ := w.authenticated(token)
		c := w.open(p, "maya")
		if c.ID != first.ID || *c.Visitor.Name != "Maya" || c.UnreadCount != 1 || c.UnreadManagerCount != 1 {
			t.Errorf("%+v", c)
		}
		w.post(p, first.ID, "it is me")
		if _, err := w.service.MarkRead(ctx, as(w.Anna), chat.Sender{}, first.ID, m.ID); err != nil {
			t.Error(err)
		}
		w.wantNothing("anon")

		// Neither the old id nor a token for it leads to what she has now.
		stale, _, err := w.keys.Visitor("anon", w.Org.ID, 1e12)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = w.gate.Authenticate(ctx, stale)
		wantCode(t, err, "visitor_merged")
		for _, who := range []chat.Principal{stranger, visitor("anon")} {
			for _, channel := range []string{"/service/anon", "/notifications/anon", "/service/maya", "/conversations/" + itoa(first.ID)} {
				if w.listens(who, channel) {
					t.Errorf("%v listens on %s", who, channel)
				}
			}
			if _, err := w.service.History(ctx, who, chat.HistoryRequest{ConversationID: first.ID}); err == nil {
				t.Errorf("%v reads on", who)
			}
			if _, _, err := w.service.Open(ctx, who, chat.OpenRequest{VisitorID: "anon"}); err == nil {
				t.Errorf("%v opens", who)
			}
			if _, _, err := w.service.Post(ctx, who, chat.PostRequest{ConversationID: first.ID, Content: "x"}); err == nil {
				t.Errorf("%v posts", who)
			}
		}
		// Managers and backends that name it mean her.
		if c := w.open(as(w.Anna), "anon"); c.ID != first.ID {
			t.Errorf("the manager was led to %+v", c)
		}
		ev, err := w.service.Notify(ctx, w.backend(w.Org), "anon", json.RawMessage(`{"n":2}`))
		if err != nil || ev.Notification.VisitorID != "maya" {
			t.Errorf("%+v, %v", ev.Notification, err)
		}
		if card, err := w.service.VisitorCard(ctx, as(w.Anna), "anon"); err != nil || card.ID != "maya" {
			t.Errorf("%+v, %v", card, err)
		}
		// Once more: it is done.
		again := w.identify(chat.IdentifyRequest{Token: token, PreviousID: "anon"})
		if again.Merged || again.MergeRefused != "visitor_merged" {
			t.Errorf("%+v", again)
		}
		_, err = w.service.Identify(ctx, chat.IdentifyRequest{Token: signed(t, s, jwt.MapClaims{"sub": "anon"})})
		wantCode(t, err, "visitor_merged")
	})
}

// wantNothing: the id has nothing of its own any more.
func (w *world) wantNothing(visitorID string) {
	w.t.Helper()
	ids, err := w.View(ctx).ConversationsOf(visitorID)
	if texts := w.everything(visitorID); err != nil || len(ids) > 0 || len(texts) > 0 {
		w.t.Errorf("%s has %v, %q, %v", visitorID, ids, texts, err)
	}
}

func TestMergeIsRefused(t *testing.T) {
	for _, mode := range []bool{false, true} {
		eachDatabase(t, chat.Rules{SignedVisitors: mode}, func(t *testing.T, w *world) {
			w.onDuty(w.Anna)
			s := w.secret(w.Org)
			foreign := w.Organization("Kettles")
			maya := signed(t, s, jwt.MapClaims{"sub": "maya"})
			olga := signed(t, s, jwt.MapClaims{"sub": "olga", "name": "Olga"})
			w.identify(chat.IdentifyRequest{Token: olga})
			w.open(w.backend(w.Org), "anon")
			w.presence.Subscribed(ctx, "karl", as(w.Manager(foreign, "Karl")), "/service/*")
			if _, _, err := w.service.Open(ctx, w.backend(foreign), chat.OpenRequest{VisitorID: "theirs"}); err != nil {
				t.Fatal(err)
			}
			theirs, _, _ := w.keys.Visitor("theirs", foreign.ID, 1e12)
			careless, _, _ := w.keys.Visitor("theirs", 0, 1e12) // names no organisation
			boss, _, _ := w.keys.Manager(w.Anna, 1e12)
			bare, known := "", "token_missing"
			if mode {
				bare = "token_missing"
			}
			for _, row := range []struct {
				request chat.IdentifyRequest
				refused string
			}{
				{chat.IdentifyRequest{PreviousToken: olga}, "visitor_identified"},
				{chat.IdentifyRequest{PreviousID: "olga"}, known},
				{chat.IdentifyRequest{PreviousToken: "nonsense"}, "token_invalid"},
				{chat.IdentifyRequest{PreviousToken: boss}, "token_invalid"},
				{chat.IdentifyRequest{PreviousToken: theirs}, "visitor_not_found"},
				{chat.IdentifyRequest{PreviousToken: careless}, "visitor_not_found"},
				{chat.IdentifyRequest{PreviousID: "no id"}, "visitor_not_found"},
				{chat.IdentifyRequest{PreviousID: "maya"}, ""},
				{chat.IdentifyRequest{PreviousID: "nobody"}, ""},
				{chat.IdentifyRequest{PreviousID: "anon"}, bare}, // last: without signatures it is no refusal
			} {
				row.request.Token = maya
				got := w.identify(row.request)
				if got.MergeRefused != row.refused || got.Merged != (row.request.PreviousID == "anon" && !mode) {
					t.Errorf("signed %v, %+v: %+v, want %q", mode, row.request, got, row.refused)
				}
			}
			if mode {
				anon, _, _ := w.keys.Visitor("anon", w.Org.ID, 1e12)
				if got := w.identify(chat.IdentifyRequest{Token: maya, PreviousToken: anon}); !got.Merged {
					t.Errorf("by its token: %+v", got)
				}
			}
		})
	}
}

// TestMergeOfTwoOpen: one conversation goes on, nothing that was said is lost, and what was not read is told.
func TestMergeOfTwoOpen(t *testing.T) {
	for _, row := range []struct {
		name       string
		anonWaits  bool
		knownWaits bool
		knownLast  bool
		goes       string
	}{
		{"the latest", false, false, false, "anon"},
		{"the latest is the known one's", false, false, true, "known"},
		{"that which somebody has", true, false, false, "known"},
		{"that which somebody has, though older", false, true, true, "anon"},
	} {
		t.Run(row.name, func(t *testing.T) {
			eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
				w.onDuty(w.Anna)
				token := signed(t, w.secret(w.Org), jwt.MapClaims{"sub": "known"})
				w.identify(chat.IdentifyRequest{Token: token})
				p, _ := w.authenticated(token)
				conversations := map[string]*chat.ConversationView{}
				begin := func(name string, who chat.Principal, waits bool) {
					c := w.open(who, name)
					w.post(who, c.ID, name+" asks")
					if waits {
						if _, err := w.service.Transfer(ctx, as(w.Anna), chat.Sender{}, c.ID, chat.TransferRequest{}); err != nil {
							t.Fatal(err)
						}
					}
					conversations[name] = c
				}
				if row.knownLast {
					begin("anon", stranger, row.anonWaits)
					begin("known", p, row.knownWaits)
				} else {
					begin("known", p, row.knownWaits)
					begin("anon", stranger, row.anonWaits)
				}
				w.events()
				if got := w.identify(chat.IdentifyRequest{Token: token, PreviousID: "anon"}); !got.Merged {
					t.Fatalf("%+v", got)
				}
				ends := map[string]string{"anon": "known", "known": "anon"}[row.goes]
				w.wantEvents("conversation updated", "access revoked", "access revoked", "message updated", "visitor updated", "conversation updated")
				if texts := w.everything("known"); len(texts) != 2 {
					t.Errorf("%q", texts)
				}
				for name, c := range conversations {
					now, err := w.View(ctx).Conversation(c.ID)
					if err != nil || now.VisitorID != "known" || (now.Status == models.StatusOpen) != (name == row.goes) || now.UnreadManager != 1 {
						t.Errorf("%s: %+v, %v", name, now, err)
					}
				}
				steps, err := w.service.Transitions(ctx, as(w.Anna), chat.Sender{}, conversations[ends].ID)
				if last := steps[len(steps)-1]; err != nil || last.Action != models.ActionClosed || !strings.HasSuffix(last.Note, itoa(conversations[row.goes].ID)) || last.VisitorID != "known" {
					t.Errorf("%+v, %v", last, err)
				}
				w.wantNothing("anon")
			})
		})
	}
}

// TestMergeSameClientIDs: what two visitors called their messages may be the same.
func TestMergeSameClientIDs(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		token := signed(t, w.secret(w.Org), jwt.MapClaims{"sub": "known"})
		w.identify(chat.IdentifyRequest{Token: token})
		p, _ := w.authenticated(token)
		for _, who := range []chat.Principal{p, stranger} {
			id := "anon"
			if who == p {
				id = "known"
			}
			c := w.open(who, id)
			for _, sender := range []chat.Principal{who, as(w.Anna)} {
				r := chat.PostRequest{ConversationID: c.ID, Content: id, ClientMessageID: "1"}
				if _, isNew, err := w.service.Post(ctx, sender, r); err != nil || !isNew {
					t.Fatal(isNew, err)
				}
			}
		}
		w.identify(chat.IdentifyRequest{Token: token, PreviousID: "anon"})
		if texts := w.everything("known"); len(texts) != 4 {
			t.Errorf("%q", texts)
		}
	})
}

// TestMergeAmongOthers: while visitors and managers write, open and close, and several browsers identify themselves
// as the same visitor, whatever was answered is in the history of whoever the visitor turned out to be, counts agree,
// and one conversation at most is open.
func TestMergeAmongOthers(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		const browsers, steps = 4, 25
		w.onDuty(w.Anna, w.boris)
		token := signed(t, w.secret(w.Org), jwt.MapClaims{"sub": "known"})
		w.identify(chat.IdentifyRequest{Token: token})
		known, _ := w.authenticated(token)
		var mu sync.Mutex
		var said []string
		say := func(who chat.Principal, conversation int64, text string) {
			_, _, err := w.service.Post(ctx, who, chat.PostRequest{ConversationID: conversation, Content: text})
			if err == nil {
				mu.Lock()
				said = append(said, text)
				mu.Unlock()
			} else if errors.As(err, new(*chat.Error)) == false {
				t.Error(err)
			}
		}
		refusal := func(err error) {
			if err != nil && !errors.As(err, new(*chat.Error)) {
				t.Error(err)
			}
		}
		var group sync.WaitGroup
		for n := range browsers {
			group.Go(func() {
				dice := rand.New(rand.NewPCG(uint64(n), 7))
				id, who := fmt.Sprintf("anon%d", n), stranger
				for step := range steps {
					ev, _, err := w.service.Open(ctx, who, chat.OpenRequest{VisitorID: id})
					if err != nil {
						refusal(err)
						continue
					}
					c := ev.Conversation
					say(who, c.ID, fmt.Sprintf("%d says %d", n, step))
					say(as(w.Anna), c.ID, fmt.Sprintf("Anna to %d: %d", n, step))
					say(as(w.boris), c.ID, fmt.Sprintf("Boris to %d: %d", n, step))
					switch {
					case dice.IntN(6) == 0:
						_, err := w.service.Close(ctx, who, chat.Sender{}, c.ID)
						refusal(err)
					case dice.IntN(6) == 0:
						_, err := w.service.Reopen(ctx, who, chat.Sender{}, c.ID)
						refusal(err)
					case dice.IntN(8) == 0 || step == steps-1:
						_, err := w.service.Identify(ctx, chat.IdentifyRequest{Token: token, PreviousID: id})
						refusal(err)
						id, who = "known", known
					}
				}
			})
		}
		group.Wait()
		got := w.everything("known")
		slices.Sort(got)
		slices.Sort(said)
		if !slices.Equal(got, said) {
			t.Errorf("%d messages are in the history, %d were answered", len(got), len(said))
		}
		ids, err := w.View(ctx).ConversationsOf("known")
		if err != nil {
			t.Fatal(err)
		}
		open, unread := 0, 0
		for _, id := range ids {
			c, err := w.View(ctx).Conversation(id)
			if err != nil {
				t.Fatal(err)
			}
			if c.Status == models.StatusOpen {
				open++
			}
			unread += c.UnreadManager + c.UnreadVisitor
		}
		if open > 1 || unread != len(said) {
			t.Errorf("%d are open, %d messages count as unread of %d", open, unread, len(said))
		}
		for n := range browsers {
			w.wantNothing(fmt.Sprintf("anon%d", n))
		}
	})
}
