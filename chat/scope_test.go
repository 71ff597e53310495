package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/models"
)

// keyed makes a key with these scopes and is whoever calls with it.
func (w *world) keyed(o models.Organization, scopes models.Scopes) chat.Principal {
	w.t.Helper()
	key, plain, err := chat.NewAdmin(w).CreateAPIKey(ctx, o.ID, "crm", scopes)
	if err != nil {
		w.t.Fatal(err)
	}
	p, _, err := w.gate.Authenticate(ctx, plain)
	if err != nil || p.KeyID != key.ID || p.Scopes != scopes {
		w.t.Fatalf("%+v, %v", p, err)
	}
	return p
}

// TestScopes tries every call and every kind of channel with a key that has all scopes but the one that is needed,
// and with one that has this alone.
func TestScopes(t *testing.T) {
	eachDatabase(t, chat.Rules{Channels: []chat.ChannelRule{
		{Pattern: "/prices/**", Subscribe: []chat.Audience{chat.Backends}, Publish: []chat.Audience{chat.Backends}},
		{Pattern: "/open/**", Subscribe: []chat.Audience{chat.Anyone}, Publish: []chat.Audience{chat.Anyone}},
	}}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		id := w.open(visitor("v1"), "v1").ID
		anna := chat.Sender{Type: models.SenderManager, ID: fmt.Sprint(w.Anna.ID)}
		subscribe := func(channel string) func(chat.Principal) error {
			return func(p chat.Principal) error {
				_, ok, err := w.gate.Subscribe(ctx, p, channel)
				return errors.Join(err, granted(ok))
			}
		}
		publish := func(channel string) func(chat.Principal) error {
			return func(p chat.Principal) error {
				_, ok, err := w.gate.Publish(ctx, p, channel)
				return errors.Join(err, granted(ok))
			}
		}
		s := w.service
		for _, row := range []struct {
			what   string
			needed models.Scopes
			do     func(chat.Principal) error
		}{
			{"read the audit log", models.ScopeData, func(p chat.Principal) error {
				_, _, err := s.AuditLog(ctx, p, chat.AuditQuery{Limit: 1})
				return err
			}},
			{"open", models.ScopeChat, func(p chat.Principal) error {
				_, _, err := s.Open(ctx, p, chat.OpenRequest{VisitorID: "v1"})
				return err
			}},
			{"post", models.ScopeChat, func(p chat.Principal) error {
				_, _, err := s.Post(ctx, p, chat.PostRequest{ConversationID: id, Sender: anna, Content: "hi"})
				return err
			}},
			{"history", models.ScopeChat, func(p chat.Principal) error {
				_, err := s.History(ctx, p, chat.HistoryRequest{ConversationID: id})
				return err
			}},
			{"a message left", models.ScopeChat, func(p chat.Principal) error {
				_, _, err := s.Leave(ctx, p, chat.LeaveRequest{VisitorID: "v9", Email: "v9@example.com", Content: "hi"})
				return err
			}},
			{"typing", models.ScopeChat, func(p chat.Principal) error {
				return s.Typing(ctx, p, chat.TypingRequest{ConversationID: id, Sender: anna, Typing: true})
			}},
			{"transfer", models.ScopeChat, func(p chat.Principal) error {
				_, err := s.Transfer(ctx, p, chat.Sender{}, id, chat.TransferRequest{ManagerID: w.Anna.ID})
				return ignore(err, "already_assigned")
			}},
			{"note", models.ScopeChat, func(p chat.Principal) error { _, err := s.AddNote(ctx, p, anna, id, "n"); return err }},
			{"tags", models.ScopeChat, func(p chat.Principal) error { _, _, err := s.Tags(ctx, p, chat.Sender{}, "", ""); return err }},
			{"shortcuts", models.ScopeChat, func(p chat.Principal) error { _, err := s.CannedReplies(ctx, p, chat.Sender{}); return err }},
			{"queue", models.ScopeChat, func(p chat.Principal) error { _, err := s.Queue(ctx, p); return err }},
			{"transitions", models.ScopeChat, func(p chat.Principal) error { _, err := s.Transitions(ctx, p, chat.Sender{}, id); return err }},
			{"notify", models.ScopePush, func(p chat.Principal) error {
				_, err := s.Notify(ctx, p, "v1", json.RawMessage(`{}`))
				return err
			}},
			{"publish to a visitor", models.ScopePush, publish("/service/v1")},
			{"publish to a conversation", models.ScopePush, publish(fmt.Sprint("/conversations/", id))},
			{"publish a notification", models.ScopePush, publish("/notifications/v1")},
			{"publish where backends may", models.ScopePush, publish("/prices/tea")},
			{"listen to a visitor's", models.ScopeEvents, subscribe("/service/v1")},
			{"listen to all visitors'", models.ScopeEvents, subscribe("/service/*")},
			{"listen to a conversation", models.ScopeEvents, subscribe(fmt.Sprint("/conversations/", id))},
			{"listen to staff", models.ScopeEvents, subscribe(fmt.Sprint("/staff/", id))},
			{"listen to notifications", models.ScopeEvents, subscribe("/notifications/v1")},
			{"listen to availability", models.ScopeEvents, subscribe(fmt.Sprint("/availability/", w.Org.ID))},
			{"listen where backends may", models.ScopeEvents, subscribe("/prices/tea")},
			{"read the organisation", models.ScopePeople, func(p chat.Principal) error { _, err := s.OwnOrganization(ctx, p); return err }},
			{"change the organisation", models.ScopePeople, func(p chat.Principal) error {
				_, err := s.ChangeOrganization(ctx, p, chat.OrganizationChanges{Greeting: chat.To("Hi")})
				return err
			}},
			{"team", models.ScopePeople, func(p chat.Principal) error { _, err := s.Team(ctx, p); return err }},
			{"rename", models.ScopePeople, func(p chat.Principal) error {
				_, err := s.ChangeColleague(ctx, p, w.boris.ID, chat.ManagerChanges{Name: chat.To("Bob")})
				return err
			}},
			{"shifts", models.ScopePeople, func(p chat.Principal) error { _, err := s.Week(ctx, p, w.boris.ID); return err }},
			{"holidays", models.ScopePeople, func(p chat.Principal) error { _, err := s.Holidays(ctx, p); return err }},
			{"a visitor's token", models.ScopeVisitors, func(p chat.Principal) error {
				_, err := s.Token(ctx, p, "", chat.TokenRequest{VisitorID: "v7", Introduced: true})
				return err
			}},
			{"who a visitor is", models.ScopeVisitors, func(p chat.Principal) error { _, err := s.VisitorCard(ctx, p, "v7"); return err }},
			{"log a visitor out", models.ScopeVisitors, func(p chat.Principal) error {
				return s.LogoutVisitor(ctx, p, "", chat.LogoutRequest{VisitorID: "v7"})
			}},
			{"figures", models.ScopeNumbers, func(p chat.Principal) error { _, err := s.NumbersNow(ctx, p, chat.Sender{}); return err }},
			{"search", models.ScopeNumbers, func(p chat.Principal) error {
				_, _, err := s.Search(ctx, p, chat.SearchRequest{Text: "tea"})
				return err
			}},
			{"close", models.ScopeChat, func(p chat.Principal) error { _, err := s.Close(ctx, p, chat.Sender{}, id); return err }},
		} {
			if err := row.do(w.keyed(w.Org, models.AllScopes&^row.needed)); err == nil || chat.KindOf(err) != chat.Forbidden {
				t.Errorf("%s without %s: %v", row.what, row.needed, err)
			}
			if err := row.do(w.keyed(w.Org, row.needed)); err != nil {
				t.Errorf("%s with %s alone: %v", row.what, row.needed, err)
			}
		}
		webhooks := w.keyed(w.Org, models.ScopeWebhooks)
		if subscribe("/open/x")(webhooks) != nil || publish("/open/x")(webhooks) != nil {
			t.Error("a key may not do what everybody may")
		}
	})
}

func granted(ok bool) error {
	if !ok {
		return chat.E(chat.Forbidden, "refused", "refused")
	}
	return nil
}

func ignore(err error, code string) error {
	var refusal *chat.Error
	if errors.As(err, &refusal) && refusal.Code == code {
		return nil
	}
	return err
}

// TestNarrowing: what a scope allowed ends with it, for sessions that began before, too.
func TestNarrowing(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		p := w.keyed(w.Org, models.ScopeEvents|models.ScopePush)
		may := func() (string, error) {
			_, listens, err := w.gate.Subscribe(ctx, p, "/service/*")
			_, pushes, err2 := w.gate.Publish(ctx, p, "/service/v1")
			return fmt.Sprint(listens, pushes), errors.Join(err, err2)
		}
		change := func(c chat.KeyChanges) {
			t.Helper()
			if _, err := w.service.ChangeAPIKey(ctx, as(people.admin), p.KeyID, c); err != nil {
				t.Fatal(err)
			}
		}
		w.events()
		change(chat.KeyChanges{Name: chat.To("renamed")})
		w.wantEvents()
		change(chat.KeyChanges{Scopes: chat.To(models.ScopePush)})
		w.wantEvents("access revoked")
		if got, err := may(); got != "false true" || err != nil {
			t.Errorf("narrowed: %s, %v", got, err)
		}
		change(chat.KeyChanges{Scopes: chat.To(models.ScopePush | models.ScopeEvents)})
		w.wantEvents()
		if got, err := may(); got != "true true" || err != nil {
			t.Errorf("widened: %s, %v", got, err)
		}
		if err := w.service.DeleteAPIKey(ctx, as(people.admin), p.KeyID); err != nil {
			t.Fatal(err)
		}
		w.wantEvents("access revoked")
		if got, err := may(); got != "false false" || err != nil {
			t.Errorf("deleted: %s, %v", got, err)
		}
	})
}

// TestWhoManagesKeys: admins, and nobody with a key, whatever its scopes. A row's letters are what they hear.
func TestWhoManagesKeys(t *testing.T) {
	eachDatabase(t, chat.Rules{TrustedManagers: true}, func(t *testing.T, w *world) {
		people := w.team()
		callers := []chat.Principal{
			as(people.admin), people.backend, as(people.supervisor), as(people.manager), as(people.foreign), visitor("v1"), stranger,
		}
		for _, row := range []struct {
			what, want string
			do         func(chat.Principal) error
		}{
			{"list", "yfffyft", func(p chat.Principal) error { _, err := w.service.APIKeys(ctx, p); return err }},
			{"create", "yfffyft", func(p chat.Principal) error {
				_, _, err := w.service.CreateAPIKey(ctx, p, chat.KeyChanges{Name: chat.To("k")})
				return err
			}},
			{"change", "yfffnft", func(p chat.Principal) error {
				_, err := w.service.ChangeAPIKey(ctx, p, people.backend.KeyID, chat.KeyChanges{Name: chat.To("k")})
				return err
			}},
			{"delete", "yfffnft", func(p chat.Principal) error {
				k := w.keyed(w.Org, models.ScopeChat)
				return w.service.DeleteAPIKey(ctx, p, k.KeyID)
			}},
		} {
			heard := ""
			for _, p := range callers {
				err := row.do(p)
				heard += map[chat.Kind]string{chat.Forbidden: "f", chat.NotFound: "n", chat.Unauthenticated: "t"}[chat.KindOf(err)]
				if err == nil {
					heard += "y"
				}
			}
			if heard != row.want {
				t.Errorf("%s: %s, want %s", row.what, heard, row.want)
			}
		}
		mine, err := w.service.APIKeys(ctx, as(people.foreign))
		if err != nil || slices.ContainsFunc(mine, func(k models.APIKey) bool { return k.OrganizationID != people.foreign.OrganizationID }) {
			t.Errorf("%+v, %v", mine, err)
		}
		_, _, err = w.service.CreateAPIKey(ctx, as(people.admin), chat.KeyChanges{Name: chat.To("k"), Scopes: chat.To(models.Scopes(0))})
		wantCode(t, err, "scopes_invalid")
	})
}

// TestLastUse: a key's uses are one write a minute, and what was not written yet is seen in the list all the same.
func TestLastUse(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		admin := w.team().admin
		p := w.keyed(w.Org, models.AllScopes)
		stored := func() models.Time {
			k, err := w.View(ctx).APIKey(p.KeyID)
			if err != nil {
				t.Fatal(err)
			}
			if k.LastUsedAt == nil {
				return 0
			}
			return *k.LastUsedAt
		}
		used := models.At(time.Now())
		if stored() != 0 {
			t.Errorf("written at once: %v", stored())
		}
		keys, err := w.service.APIKeys(ctx, as(admin))
		if err != nil || len(keys) != 2 || keys[1].LastUsedAt == nil || *keys[1].LastUsedAt != used || keys[0].LastUsedAt != nil {
			t.Errorf("%+v, %v", keys, err)
		}
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if stored() != used {
			t.Errorf("after a minute: %v, want %v", stored(), used)
		}
		if _, ok, err := w.gate.Publish(ctx, p, "/service/v1"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		later := models.At(time.Now())
		time.Sleep(time.Minute)
		synctest.Wait()
		if stored() != later {
			t.Errorf("a session's use: %v, want %v", stored(), later)
		}
	})
}

// TestLastUseAtShutdown: what was not written yet is written at the end.
func TestLastUseAtShutdown(t *testing.T) {
	tended(t, func(t *testing.T, w *world) {
		p := w.keyed(w.Org, models.AllScopes)
		w.stop()
		if k, err := w.View(ctx).APIKey(p.KeyID); err != nil || k.LastUsedAt == nil {
			t.Errorf("%+v, %v", k, err)
		}
	})
}
