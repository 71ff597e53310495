package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

// audited lists what an organisation's log says, the latest last, as "actor action target count".
func (w *world) audited(o models.Organization, action models.AuditAction) (list []string) {
	var deeds []string
	counts := map[string]int{}
	w.t.Helper()
	admin := chat.Principal{Party: chat.Manager, OrganizationID: o.ID, Role: models.RoleAdmin}
	views, _, err := w.service.AuditLog(ctx, admin, chat.AuditQuery{Action: action, Limit: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, v := range views {
		target := ""
		if v.Target != nil {
			target = v.Target.Type + ":" + v.Target.ID
		}
		deed := fmt.Sprintf("%s:%s %s %s", v.Actor.Type, v.Actor.ID, v.Action, target)
		if counts[deed] == 0 {
			deeds = append([]string{deed}, deeds...)
		}
		counts[deed] += v.Count // refusals are one line a minute, and this may be a minute's end
	}
	for _, deed := range deeds {
		list = append(list, fmt.Sprint(deed, " ", counts[deed]))
	}
	return list
}

func (w *world) wantAudited(o models.Organization, action models.AuditAction, want ...string) {
	w.t.Helper()
	if got := w.audited(o, action); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("audit log:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAuditOfSignIns(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		from := chat.WithCaller(ctx, &chat.Caller{Address: "192.0.2.7"})
		for range 3 {
			_, _, err := w.service.Login(from, people.manager.Email, "wrong", "192.0.2.7")
			wantCode(t, err, "login_failed")
			_, _, err = w.service.Login(from, "my password is sesame@", "wrong", "192.0.2.7")
			wantCode(t, err, "login_failed")
		}
		for range 8 {
			w.service.Login(from, people.manager.Email, "wrong", "192.0.2.7") //nolint:errcheck // until it is locked
		}
		w.signIn(people.admin, rightPassword)
		if err := w.service.SignOutEverywhere(ctx, as(people.admin), people.target.ID); err != nil {
			t.Fatal(err)
		}
		w.wantAudited(w.Org, models.AuditSignInFailed, fmt.Sprintf("stranger: sign_in_failed manager:%d 10", people.manager.ID))
		w.wantAudited(w.Org, models.AuditSignInLocked, fmt.Sprintf("stranger: sign_in_locked manager:%d 1", people.manager.ID))
		w.wantAudited(w.Org, models.AuditSignIn, fmt.Sprintf("manager:%d sign_in  1", people.admin.ID))
		w.wantAudited(w.Org, models.AuditSignedOut, fmt.Sprintf("manager:%d signed_out_everywhere manager:%d 1", people.admin.ID, people.target.ID))
		all, _, err := chat.NewAdmin(w).AuditLog(ctx, chat.AuditQuery{Action: models.AuditSignInFailed, Limit: 10})
		if err != nil || strings.Contains(fmt.Sprint(all), "sesame") {
			t.Errorf("%+v, %v", all, err)
		}
		accounts := map[bool]int{} // by whether there is such a manager
		for _, v := range all {
			accounts[v.Target != nil] += v.Count
			if v.Address != "192.0.2.7" {
				t.Errorf("%+v", v)
			}
		}
		if accounts[true] != 10 || accounts[false] != 3 {
			t.Errorf("%v in %+v", accounts, all)
		}
	})
}

func TestAuditOfRefusals(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		c := w.open(as(w.Anna), "v1")
		for range 4 {
			for _, channel := range []string{fmt.Sprintf("/conversations/%d", c.ID), "/notifications/v1", "/secret/v1/mail", "/service/v1/more"} {
				if w.listens(as(w.boris), channel) {
					t.Fatalf("Boris listens to %s", channel)
				}
			}
		}
		w.gate.Subscribe(ctx, nil, "/service/*")                                                    //nolint:errcheck // strangers are not told of
		w.gate.Subscribe(chat.WithReview(ctx), as(w.boris), fmt.Sprintf("/conversations/%d", c.ID)) //nolint:errcheck // refused
		w.gate.Publish(ctx, as(w.boris), "/service/v1")                                             //nolint:errcheck // refused
		boris := fmt.Sprintf("manager:%d ", w.boris.ID)
		w.wantAudited(w.Org, models.AuditSubscriptionDenied, boris+fmt.Sprintf("subscription_denied channel:/conversations/%d 16", c.ID))
		w.wantAudited(w.Org, models.AuditSubscriptionRevoked, boris+fmt.Sprintf("subscription_revoked channel:/conversations/%d 1", c.ID))
		w.wantAudited(w.Org, models.AuditPublicationDenied, boris+"publication_denied visitor:v1 1")
		for channel, want := range map[string]string{"/secret/v1/mail": "channel:/secret/…", "/service/v1/more": "channel:/service/…", "/notifications/v1": "visitor:v1"} {
			w.gate.Subscribe(ctx, as(w.boris), channel) //nolint:errcheck // refused
			if got := w.audited(w.Org, models.AuditSubscriptionDenied); !strings.Contains(got[len(got)-1], want+" 1") {
				t.Errorf("%s: %q", channel, got)
			}
		}
		key, secret, err := chat.NewAdmin(w).CreateAPIKey(ctx, w.Org.ID, "shop")
		if err != nil {
			t.Fatal(err)
		}
		for _, credential := range []string{secret + "x", "no token"} {
			if _, _, ok, _ := w.gate.Identify(ctx, []byte(`{"token":"`+credential+`"}`)); ok {
				t.Error("believed")
			}
		}
		all, _, err := chat.NewAdmin(w).AuditLog(ctx, chat.AuditQuery{Action: models.AuditCredentialRefused, Limit: 10})
		if err != nil || len(all) != 0 {
			t.Errorf("written at once: %+v, %v", all, err)
		}
		w.audited(w.Org, "")
		all, _, err = chat.NewAdmin(w).AuditLog(ctx, chat.AuditQuery{Action: models.AuditCredentialRefused, Limit: 10})
		if err != nil || len(all) != 1 || all[0].Count != 2 || all[0].Target.ID != fmt.Sprint(key.ID) || strings.Contains(fmt.Sprint(all), secret) {
			t.Errorf("%+v, %v", all, err)
		}
		w.wantAudited(w.Org, models.AuditKeyAdded, fmt.Sprintf("command: key_added key:%d 1", key.ID))
	})
}

// TestAuditOfAFlood refuses more than the log takes, for longer than a minute.
func TestAuditOfAFlood(t *testing.T) {
	chattest.Slow(t)
	url := sqlite(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, url, chat.Rules{})
		w.service = chat.New(w, w.gate, chat.Config{KeepAudit: time.Hour})
		running, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); w.service.Run(running) }() //nolint:errcheck // there is none
		const callers, minutes = 3000, 3
		for range minutes {
			for i := range callers {
				from := chat.WithCaller(ctx, &chat.Caller{Address: fmt.Sprint("192.0.2.", i)})
				w.gate.Identify(from, []byte(`{"token":"x"}`)) //nolint:errcheck // refused
			}
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Minute)
		rows, refusals, others := 0, 0, 0
		var before *chat.AuditCursor
		for {
			page, next, err := chat.NewAdmin(w).AuditLog(ctx, chat.AuditQuery{Action: models.AuditCredentialRefused, Limit: 200, Before: before})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				rows, refusals = rows+1, refusals+e.Count
				if e.Actor.Type == "others" {
					others++
				}
			}
			if before = next; next == nil {
				break
			}
		}
		if rows > minutes*501 || refusals != minutes*callers || others != minutes {
			t.Errorf("%d rows, %d of others, for %d of %d refusals", rows, others, refusals, minutes*callers)
		}
		time.Sleep(65 * time.Minute)
		if left, _, err := chat.NewAdmin(w).AuditLog(ctx, chat.AuditQuery{Limit: 10}); err != nil || len(left) != 0 {
			t.Errorf("after an hour: %+v, %v", left, err)
		}
		w.gate.Identify(ctx, []byte(`{"token":"x"}`)) //nolint:errcheck // refused
		stop()
		<-done
		if left, _, err := chat.NewAdmin(w).AuditLog(ctx, chat.AuditQuery{Limit: 10}); err != nil || len(left) != 1 {
			t.Errorf("what was gathered as the server stopped: %+v, %v", left, err)
		}
	})
}

func TestWhoReadsTheAuditLog(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		for _, row := range []struct {
			p    chat.Principal
			want string
		}{
			{as(people.admin), ""}, {people.backend, ""}, {as(people.supervisor), "forbidden"}, {as(people.manager), "forbidden"},
			{visitor("v1"), "forbidden"}, {stranger, "token_missing"}, {chat.Principal{Party: chat.Operator}, "forbidden"},
		} {
			_, _, err := w.service.AuditLog(ctx, row.p, chat.AuditQuery{Limit: 5})
			if row.want == "" && err != nil {
				t.Errorf("%v: %v", row.p, err)
			} else if row.want != "" {
				wantCode(t, err, row.want)
			}
		}
		views, _, err := w.service.AuditLog(ctx, as(people.foreign), chat.AuditQuery{Limit: 200, OrganizationID: w.Org.ID})
		for _, v := range views {
			if *v.OrganizationID != people.foreign.OrganizationID {
				t.Errorf("a foreign entry: %+v", v)
			}
		}
		if err != nil || len(views) == 0 {
			t.Errorf("%d entries, %v", len(views), err)
		}
	})
}
