package chat_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// notified lists a page's notifications by what their data says, with an r for those that were read; whether there
// are more; and how many were not read.
func (w *world) notified(p chat.Principal, r chat.NotificationsRequest) string {
	w.t.Helper()
	page, err := w.service.Notifications(ctx, p, r)
	if err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for _, n := range page.Notifications {
		mark := ""
		if n.Read {
			mark = "r"
		}
		list = append(list, string(n.Data)[len(`{"n":`):len(n.Data)-1]+mark)
	}
	return fmt.Sprint(list, " ", page.More, " ", page.UnreadCount)
}

func TestNotificationHistory(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		backend := w.backend(w.Org)
		var ids []int64
		for n := range 5 {
			ev, err := w.service.Notify(ctx, backend, "v1", json.RawMessage(fmt.Sprintf(`{"n":%d}`, n)))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, ev.Notification.ID)
		}
		for _, row := range []struct {
			what, want string
			r          chat.NotificationsRequest
		}{
			{"the last", "[2 3 4] true 5", chat.NotificationsRequest{}},
			{"all", "[0 1 2 3 4] false 5", chat.NotificationsRequest{Count: 9}},
			{"back from one", "[1 2] true 5", chat.NotificationsRequest{Since: &ids[2], Count: 2}},
			{"the first", "[0 1] false 5", chat.NotificationsRequest{Since: &ids[1]}},
			{"after one", "[3 4] false 5", chat.NotificationsRequest{Since: &ids[2], After: true}},
			{"after one, cut", "[1 2] true 5", chat.NotificationsRequest{Since: &ids[0], After: true, Count: 2}},
			{"from the beginning", "[0] true 5", chat.NotificationsRequest{After: true, Count: 1}},
		} {
			row.r.VisitorID = "v1"
			if got := w.notified(visitor("v1"), row.r); got != row.want {
				t.Errorf("%s: %s, want %s", row.what, got, row.want)
			}
		}
		w.events()

		read := func(upTo *int64, marked ...int64) *chat.SeenView {
			t.Helper()
			ev, err := w.service.ReadNotifications(ctx, stranger, chat.Sender{}, "v1", upTo, marked)
			if err != nil || ev.Entity != models.EventSeen || ev.Event != "updated" {
				t.Fatal(ev, err)
			}
			return ev.Seen
		}
		if seen := read(&ids[1]); seen.Count != 2 || seen.UnreadCount != 3 || *seen.UpTo != ids[1] || len(seen.IDs) != 0 {
			t.Errorf("%+v", seen)
		}
		w.wantEvents("seen updated")
		if seen := read(&ids[1]); seen.Count != 0 || seen.UnreadCount != 3 {
			t.Errorf("again: %+v", seen)
		}
		w.wantEvents()
		if seen := read(nil, ids[3], ids[0], 99999); seen.Count != 1 || seen.UnreadCount != 2 || seen.UpTo != nil || len(seen.IDs) != 3 {
			t.Errorf("%+v", seen)
		}
		w.wantEvents("seen updated")
		if got, want := w.notified(backend, chat.NotificationsRequest{VisitorID: "v1", Count: 9}), "[0r 1r 2 3r 4] false 2"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if n, err := w.service.UnreadNotifications(ctx, visitor("v1"), chat.Sender{}, "v1"); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		_, err := w.service.ReadNotifications(ctx, stranger, chat.Sender{}, "v1", nil, nil)
		wantCode(t, err, "read_invalid")
		_, err = w.service.ReadNotifications(ctx, stranger, chat.Sender{}, "v1", &ids[0], ids)
		wantCode(t, err, "read_invalid")
		_, err = w.service.ReadNotifications(ctx, stranger, chat.Sender{}, "v1", nil, make([]int64, 501))
		wantCode(t, err, "read_invalid")
		_, err = w.service.ReadNotifications(ctx, stranger, chat.Sender{}, "new", &ids[0], nil)
		wantCode(t, err, "visitor_not_found")
		// What another visitor got stays as it is, whatever ids are named.
		if _, err := w.service.Notify(ctx, backend, "v2", json.RawMessage(`{"n":9}`)); err != nil {
			t.Fatal(err)
		}
		last := ids[4] + 1
		read(nil, last)
		read(&last)
		if got := w.notified(stranger, chat.NotificationsRequest{VisitorID: "v2"}); got != "[9] false 1" {
			t.Errorf("another visitor's: %s", got)
		}
	})
}

// TestWhoseNotifications: a row's letters are what everybody hears: y for yes, f for forbidden, n for not found, t
// for a token that is missing.
func TestWhoseNotifications(t *testing.T) {
	for signed, wants := range map[bool][]string{
		false: {"yyfnffny", "yyfnffny", "yyfnffny", "yfffffnt"},
		true:  {"yyfnffnt", "yyfnffnt", "yyfnffnt", "yfffffnt"},
	} {
		eachDatabase(t, chat.Rules{SignedVisitors: signed, TrustedManagers: true}, func(t *testing.T, w *world) {
			people := w.team()
			if _, err := w.service.Notify(ctx, people.backend, "v1", json.RawMessage(`{}`)); err != nil {
				t.Fatal(err)
			}
			foreign := visitor("v1")
			foreign.OrganizationID = people.foreign.OrganizationID
			callers := []chat.Principal{
				people.backend, visitor("v1"), visitor("v2"), foreign, as(people.admin), as(people.manager),
				w.keyed(models.Organization{ID: people.foreign.OrganizationID}, models.AllScopes), stranger,
			}
			id := int64(1)
			for i, do := range []func(p chat.Principal) error{
				func(p chat.Principal) error {
					_, err := w.service.Notifications(ctx, p, chat.NotificationsRequest{VisitorID: "v1"})
					return err
				},
				func(p chat.Principal) error {
					_, err := w.service.UnreadNotifications(ctx, p, chat.Sender{}, "v1")
					return err
				},
				func(p chat.Principal) error {
					_, err := w.service.ReadNotifications(ctx, p, chat.Sender{}, "v1", &id, nil)
					return err
				},
				func(p chat.Principal) error {
					_, err := w.service.Notify(ctx, p, "v1", json.RawMessage(`{}`))
					return err
				},
			} {
				heard := ""
				for _, p := range callers {
					err := do(p)
					heard += map[chat.Kind]string{chat.Forbidden: "f", chat.NotFound: "n", chat.Unauthenticated: "t"}[chat.KindOf(err)]
					if err == nil {
						heard += "y"
					}
				}
				if heard != wants[i] {
					t.Errorf("call %d, signed %v: %s, want %s", i, signed, heard, wants[i])
				}
			}
			_, err := w.service.Notifications(ctx, w.keyed(w.Org, models.ScopeChat), chat.NotificationsRequest{VisitorID: "v1"})
			wantCode(t, err, "scope_missing")
			_, err = w.service.Notifications(ctx, people.backend, chat.NotificationsRequest{VisitorID: "nobody"})
			wantCode(t, err, "visitor_not_found") // as another organisation's
			if !signed {
				_, err = w.service.Notifications(ctx, stranger, chat.NotificationsRequest{VisitorID: "v1", Sender: chat.Sender{Type: models.SenderManager, ID: "1"}})
				wantCode(t, err, "forbidden")
				_, err = w.service.Notifications(ctx, stranger, chat.NotificationsRequest{VisitorID: "v1", Sender: chat.Sender{Type: models.SenderVisitor, ID: "v2"}})
				wantCode(t, err, "sender_mismatch")
				_, err = w.service.Notifications(ctx, stranger, chat.NotificationsRequest{VisitorID: "new"})
				wantCode(t, err, "visitor_not_found") // who guesses ids is counted
			}
			if page, err := w.service.Notifications(ctx, visitor("new"), chat.NotificationsRequest{VisitorID: "new"}); err != nil || len(page.Notifications) != 0 || page.Notifications == nil {
				t.Errorf("%+v, %v", page, err)
			}
		})
	}
}

// TestNotifyMany: each is told what became of it, in order, and none keeps another from going out.
func TestNotifyMany(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		foreign := w.keyed(models.Organization{ID: people.foreign.OrganizationID}, models.AllScopes)
		if _, err := w.service.Notify(ctx, foreign, "hers", json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		w.events()
		backend := w.keyed(w.Org, models.ScopePush)
		notices := func() []chat.Notice {
			list := []chat.Notice{
				{VisitorID: "v2", ClientID: "a", Data: json.RawMessage(`{"n":1}`)},
				{VisitorID: "no visitor", Data: json.RawMessage(`{}`)},
				{VisitorID: "v1", ClientID: "a", Data: json.RawMessage(`{"b":2, "a":1}`)},
				{VisitorID: "hers", Data: json.RawMessage(`{}`)},
				{VisitorID: "v1", Data: json.RawMessage(`[1]`)},
				{VisitorID: "v1", ClientID: strings.Repeat("x", 1000), Data: json.RawMessage(`{}`)},
				{VisitorID: "v1", ClientID: "a", Data: json.RawMessage(`{"a":1,"b":2}`)},
				{VisitorID: "v1", ClientID: "a", Data: json.RawMessage(`{"a":2}`)},
			}
			for n := range 300 {
				list = append(list, chat.Notice{VisitorID: fmt.Sprint("many-", n%150), ClientID: fmt.Sprint(n), Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n))})
			}
			return list
		}
		heard := func(results []chat.NoticeResult) (words []string) {
			for _, r := range results {
				words = append(words, strings.TrimSpace(r.Status+" "+r.Code))
			}
			return words
		}
		results, err := w.service.NotifyMany(ctx, backend, notices())
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"created", "refused visitor_id_invalid", "created", "refused visitor_not_found", "refused data_invalid",
			"refused client_notification_id_invalid", "repeated", "refused client_notification_id_taken",
		}
		words := heard(results)
		if !slices.Equal(words[:8], want) || results[2].ID != results[6].ID || results[2].VisitorID != "v1" {
			t.Errorf("%q, want %q", words[:8], want)
		}
		for i, word := range words[8:] {
			if word != "created" {
				t.Fatalf("number %d: %s", i, word)
			}
		}
		if got := w.notified(backend, chat.NotificationsRequest{VisitorID: "many-3"}); got != "[3 153] false 2" {
			t.Errorf("order: %s", got)
		}
		if got := w.events(); len(got) != 302 {
			t.Errorf("%d events", len(got))
		}
		again, err := w.service.NotifyMany(ctx, backend, notices())
		if err != nil || again[0].Status != "repeated" || again[0].ID != results[0].ID || again[307].Status != "repeated" {
			t.Errorf("%+v, %v", again[0], err)
		}
		w.wantEvents()
		_, err = w.service.NotifyMany(ctx, backend, make([]chat.Notice, 1001))
		wantCode(t, err, "notifications_too_many")
		_, err = w.service.NotifyMany(ctx, w.keyed(w.Org, models.ScopeChat), nil)
		wantCode(t, err, "scope_missing")
		_, err = w.service.NotifyMany(ctx, as(people.admin), nil)
		wantCode(t, err, "forbidden")
		_, err = w.service.NotifyMany(ctx, stranger, nil)
		wantCode(t, err, "token_missing")

		once := chat.Notice{VisitorID: "v1", ClientID: "once", Data: json.RawMessage(`{"n":1}`)}
		first, isNew, err := w.service.NotifyOnce(ctx, backend, once)
		if err != nil || !isNew {
			t.Fatal(isNew, err)
		}
		second, isNew, err := w.service.NotifyOnce(ctx, backend, once)
		if err != nil || isNew || second.Notification.ID != first.Notification.ID {
			t.Errorf("%v, %v", isNew, err)
		}
		once.Data = json.RawMessage(`{"n":2}`)
		_, _, err = w.service.NotifyOnce(ctx, backend, once)
		wantCode(t, err, "client_notification_id_taken")
	})
}

// TestNotificationsOfWhoIsKnown: backends reach a visitor by the id from before she was known; by her ids alone nobody
// reads hers any more; and a signature ends with her tokens.
func TestNotificationsOfWhoIsKnown(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		backend := w.backend(w.Org)
		w.signedBy(w.Org, railsSecret)
		secret := w.secret(w.Org)
		if _, err := w.service.Notify(ctx, backend, "anon", json.RawMessage(`{"n":1}`)); err != nil {
			t.Fatal(err)
		}
		token := signed(t, secret, jwt.MapClaims{"sub": "maya", "name": "Maya"})
		if got := w.identify(chat.IdentifyRequest{Token: token, PreviousID: "anon"}); !got.Merged {
			t.Fatalf("%+v", got)
		}
		results, err := w.service.NotifyMany(ctx, backend, []chat.Notice{{VisitorID: "anon", Data: json.RawMessage(`{"n":2}`)}})
		if err != nil || results[0].Status != "created" || results[0].VisitorID != "anon" {
			t.Fatalf("%+v, %v", results, err)
		}
		for _, id := range []string{"anon", "maya"} {
			if got := w.notified(backend, chat.NotificationsRequest{VisitorID: id}); got != "[1 2] false 2" {
				t.Errorf("%s: %s", id, got)
			}
			_, err := w.service.Notifications(ctx, stranger, chat.NotificationsRequest{VisitorID: id})
			if chat.KindOf(err) != chat.Unauthenticated {
				t.Errorf("%s by a stranger: %v", id, err)
			}
		}
		p, _ := w.authenticated(token)
		if got := w.notified(p, chat.NotificationsRequest{VisitorID: "maya"}); got != "[1 2] false 2" {
			t.Error(got)
		}
		ext := sign(railsSecret, "/notifications/maya", time.Now().UnixMilli())
		if got := w.hears(ext, "/notifications/maya"); got != fmt.Sprint(w.Org.ID) {
			t.Error(got)
		}
		if got := w.hears(sign(railsSecret, "/notifications/anon", time.Now().UnixMilli()), "/notifications/anon"); got != "no" {
			t.Errorf("the old id: %s", got)
		}
		if err := w.service.LogoutVisitor(ctx, backend, "", chat.LogoutRequest{VisitorID: "maya"}); err != nil {
			t.Fatal(err)
		}
		if got := w.hears(ext, "/notifications/maya"); got != "no" {
			t.Errorf("signed before she logged out: %s", got)
		}
	})
}
