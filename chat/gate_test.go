package chat_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

// TestSubscriptionTable is the table of who may listen where. A cell is the scope that is granted, or "no";
// "own" is the caller's organisation's scope, "visitor's" the visitor's.
func TestSubscriptionTable(t *testing.T) {
	rules := chat.Rules{OpenChannels: []string{"/news/*", "/open/**"}}
	eachDatabase(t, rules, func(t *testing.T, w *world) {
		kettles := w.Organization("Kettles")
		clara := w.Manager(kettles, "Clara")
		c := w.open(as(w.Anna), "v1")
		own, foreign := fmt.Sprint(w.Org.ID), fmt.Sprint(clara.OrganizationID)
		conversation := fmt.Sprint("/conversations/", c.ID)

		sam, err := chat.NewAdmin(w).UpdateManager(ctx, w.Manager(w.Org, "Sam").ID, chat.ManagerChanges{Role: chat.To(models.RoleSupervisor)})
		if err != nil {
			t.Fatal(err)
		}
		supervisor := as(sam)
		backend, stray := w.backend(w.Org), w.backend(kettles)
		callers := []struct {
			name string
			who  any
		}{
			{"stranger", nil}, {"visitor", visitor("v1")}, {"other visitor", visitor("v2")},
			{"counterpart", as(w.Anna)}, {"colleague", as(w.boris)}, {"supervisor", supervisor}, {"foreign manager", as(clara)},
			{"backend", backend}, {"foreign backend", stray},
		}
		const no = "no"
		for channel, want := range map[string][]string{
			//                  stranger visitor  other   counterp colleague superv  foreign  backend  foreign backend
			"/service/v1":       {own, own, no, own, own, own, no, own, no},
			"/service/unknown":  {"", no, no, own, own, own, foreign, own, foreign},
			"/service/*":        {no, no, no, own, own, own, foreign, own, foreign},
			"/service/**":       {no, no, no, no, no, no, no, no, no},
			"/service/v1/x":     {no, no, no, no, no, no, no, no, no},
			"/service/v1/*":     {no, no, no, no, no, no, no, no, no},
			conversation:        {own, own, no, own, no, own, no, own, no},
			conversation + "/*": {no, no, no, no, no, no, no, no, no},
			"/conversations/0" + conversation[len("/conversations/"):]: {no, no, no, no, no, no, no, no, no},
			"/conversations/1":  {no, no, no, no, no, no, no, no, no},
			"/conversations/*":  {no, no, no, no, no, own, no, own, foreign},
			"/conversations/**": {no, no, no, no, no, no, no, no, no},
			"/staff" + conversation[len("/conversations"):]: {no, no, no, own, no, own, no, own, no},
			"/staff/*":           {no, no, no, no, no, own, no, own, foreign},
			"/staff/**":          {no, no, no, no, no, no, no, no, no},
			"/notifications/v1":  {own, own, no, no, no, no, no, own, no},
			"/notifications/*":   {no, no, no, no, no, no, no, own, foreign},
			"/notifications/**":  {no, no, no, no, no, no, no, no, no},
			"/*":                 {no, no, no, no, no, no, no, no, no},
			"/**":                {no, no, no, no, no, no, no, no, no},
			"/elsewhere":         {no, no, no, no, no, no, no, no, no},
			"/news/today":        {"public", "public", "public", "public", "public", "public", "public", "public", "public"},
			"/news/*":            {"public", "public", "public", "public", "public", "public", "public", "public", "public"},
			"/news/**":           {no, no, no, no, no, no, no, no, no},
			"/news/today/late":   {no, no, no, no, no, no, no, no, no},
			"/open/a/b":          {"public", "public", "public", "public", "public", "public", "public", "public", "public"},
			"/open/a/**":         {"public", "public", "public", "public", "public", "public", "public", "public", "public"},
			"/openly":            {no, no, no, no, no, no, no, no, no},
			"/meta/connect":      {no, no, no, no, no, no, no, no, no},
			"/service":           {no, no, no, no, no, no, no, no, no},
			"/conversations":     {no, no, no, no, no, no, no, no, no},
			"/Conversations/*":   {no, no, no, no, no, no, no, no, no},
			"/conversations/1e3": {no, no, no, no, no, no, no, no, no},
		} {
			for i, caller := range callers {
				scope, ok, err := w.gate.Subscribe(ctx, caller.who, channel)
				if !ok {
					scope = no
				}
				if err != nil || scope != want[i] {
					t.Errorf("%s by %s: %q, %v; want %q", channel, caller.name, scope, err, want[i])
				}
			}
		}

		// Only a backend publishes on the chat's channels, one at a time and to its own.
		for channel, want := range map[string][]string{
			"/service/v1":       {no, no, no, no, no, no, no, own, no},
			"/notifications/v1": {no, no, no, no, no, no, no, own, no},
			conversation:        {no, no, no, no, no, no, no, own, no},
			"/service/*":        {no, no, no, no, no, no, no, no, no},
			"/notifications/**": {no, no, no, no, no, no, no, no, no},
			"/conversations/1":  {no, no, no, no, no, no, no, no, no},
			"/elsewhere":        {no, no, no, no, no, no, no, no, no},
			"/news/today":       {"public", "public", "public", "public", "public", "public", "public", "public", "public"},
		} {
			for i, caller := range callers {
				scope, ok, err := w.gate.Publish(ctx, caller.who, channel)
				if !ok {
					scope = no
				}
				if err != nil || scope != want[i] {
					t.Errorf("publish to %s by %s: %q, %v; want %q", channel, caller.name, scope, err, want[i])
				}
			}
		}
	})
}

// TestChannelRules: the most specific rule holds, and a wildcard needs the right to all that it covers.
func TestChannelRules(t *testing.T) {
	rule := func(pattern, subscribe, publish string) chat.ChannelRule {
		return chat.ChannelRule{Pattern: pattern, Subscribe: []chat.Audience{chat.Audience(subscribe)}, Publish: []chat.Audience{chat.Audience(publish)}}
	}
	w := newWorld(t, sqlite(t), chat.Rules{
		OpenChannels: []string{"/open/**", "/news/today"},
		Channels: []chat.ChannelRule{
			rule("/news/**", "anyone", "backend"), rule("/news/today", "manager", "nobody"), rule("/news/staff/*", "manager", "manager"),
			rule("/news/staff/lobby", "visitor", "visitor"), rule("/void/*", "nobody", "nobody"), {Pattern: "/empty"},
			{Pattern: "/both", Subscribe: []chat.Audience{"visitor", "backend"}},
		},
	})
	callers := []any{
		nil, visitor("v"), as(w.Anna), w.backend(w.Org), chat.Principal{Party: chat.Operator},
	}
	const letters = "svmbo" // stranger, visitor, manager, backend, operator
	for channel, want := range map[string]struct{ subscribe, publish string }{
		"/open/x":           {"svmbo", "svmbo"},
		"/open/**":          {"svmbo", "svmbo"},
		"/news/x":           {"svmbo", "bo"},
		"/news/today":       {"mo", "o"},
		"/news/today/late":  {"svmbo", "bo"},
		"/news/**":          {"o", "o"}, // managers alone may hear of today, visitors alone of the lobby
		"/news/*":           {"mo", "o"},
		"/news/staff/x":     {"mo", "mo"},
		"/news/staff/lobby": {"vo", "vo"},
		"/news/staff/*":     {"o", "o"},
		"/news/staff/**":    {"o", "o"},
		"/news/staff/x/**":  {"svmbo", "bo"},
		"/void/x":           {"o", "o"},
		"/empty":            {"o", "o"},
		"/both":             {"vbo", "o"},
		"/**":               {"", ""},
		"/elsewhere":        {"", ""},
	} {
		subscribe, publish := "", ""
		for i, who := range callers {
			if scope, ok, err := w.gate.Subscribe(ctx, who, channel); err != nil || scope != "public" {
				t.Errorf("%s: %q, %v", channel, scope, err)
			} else if ok {
				subscribe += letters[i : i+1]
			}
			if _, ok, err := w.gate.Publish(ctx, who, channel); err != nil {
				t.Error(err)
			} else if ok {
				publish += letters[i : i+1]
			}
		}
		if subscribe != want.subscribe || publish != want.publish {
			t.Errorf("%s: %q may subscribe and %q publish, want %q and %q", channel, subscribe, publish, want.subscribe, want.publish)
		}
	}
}

// TestOperator: she has no part in the chat, but may publish for its organisations.
func TestOperator(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(visitor("v1"), "v1")
		signed, _, err := w.keys.Operator(time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		who, _, ok, err := w.gate.Identify(ctx, fmt.Appendf(nil, `{"token":%q}`, signed))
		if err != nil || !ok || who != (chat.Principal{Party: chat.Operator}) {
			t.Fatal(who, ok, err)
		}
		for _, channel := range []string{fmt.Sprint("/conversations/", c.ID), "/service/v1", "/notifications/v1"} {
			scope, ok, err := w.gate.Publish(ctx, who, channel)
			if err != nil || !ok || scope != fmt.Sprint(w.Org.ID) {
				t.Errorf("%s: %q, %v, %v", channel, scope, ok, err)
			}
		}
		for _, channel := range []string{fmt.Sprint("/conversations/", c.ID), "/conversations/*", "/service/v1", "/service/*", "/notifications/v1"} {
			if _, ok, err := w.gate.Subscribe(ctx, who, channel); err != nil || ok {
				t.Errorf("subscribed to %s: %v", channel, err)
			}
		}
		if _, err := w.gate.Actor(ctx, who.(chat.Principal), chat.Sender{}, "v1", w.Org.ID); chat.KindOf(err) != chat.Forbidden {
			t.Errorf("speaks as a visitor: %v", err)
		}
	})
}

func TestDisplayHidesVisitors(t *testing.T) {
	g := chat.NewGate(nil, nil, chat.Rules{})
	shown := g.Display(visitor("v81f0"))
	if strings.Contains(shown, "v81f0") || shown != g.Display(visitor("v81f0")) || shown == g.Display(visitor("v2")) {
		t.Error(shown)
	}
	if got := g.Display(nil); got != "stranger" {
		t.Error(got)
	}
}

// TestPlainFaye: "/**" opens everything but the chat, which a wildcard does not reach either.
func TestPlainFaye(t *testing.T) {
	eachDatabase(t, chat.Rules{OpenChannels: []string{"/**"}}, func(t *testing.T, w *world) {
		for channel, want := range map[string]bool{
			"/foo": true, "/foo/bar": true, "/*": true, "/**": true, "/foo/**": true,
			"/service/*": false, "/service/**": false, "/conversations/*": false, "/conversations/**": false, "/notifications/*": false,
		} {
			scope, ok, err := w.gate.Subscribe(ctx, nil, channel)
			if err != nil || ok != want || ok && scope != "public" {
				t.Errorf("%s: %q, %v, %v", channel, scope, ok, err)
			}
		}
	})
}

func TestSubscribeSigned(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(visitor("v1"), "v1")
		for _, channel := range []string{"/service/v1", "/service/new", "/notifications/v1", fmt.Sprint("/conversations/", c.ID)} {
			if _, ok, err := w.gate.Subscribe(ctx, nil, channel); ok || err != nil {
				t.Errorf("%s by a stranger: %v, %v", channel, ok, err)
			}
		}
		if _, ok, err := w.gate.Subscribe(ctx, visitor("v1"), "/service/v1"); !ok || err != nil {
			t.Errorf("by the visitor: %v, %v", ok, err)
		}
	})
}

func TestIdentify(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		manager, expires, err := w.keys.Manager(w.Anna, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		guest, _, _ := w.keys.Visitor("v1", w.Org.ID, time.Hour)
		foreign, _, _ := w.keys.Manager(models.Manager{ID: w.Anna.ID, OrganizationID: 999, Role: models.RoleAdmin}, time.Hour)
		promoted, _, _ := w.keys.Manager(models.Manager{ID: w.Anna.ID, OrganizationID: w.Org.ID, Role: models.RoleAdmin}, time.Hour)
		gone, _, _ := w.keys.Manager(models.Manager{ID: 999, OrganizationID: w.Org.ID, Role: models.RoleAdmin}, time.Hour)
		key, plain, err := chat.NewAdmin(w).CreateAPIKey(ctx, w.Org.ID, "shop")
		if err != nil {
			t.Fatal(err)
		}
		bad := "bad"
		for _, c := range []struct {
			name, ext string
			want      any // a Principal, nil for none, or bad
		}{
			{"no ext", ``, nil},
			{"another extension's", `{"ack":true}`, nil},
			{"no object", `5`, nil},
			{"manager", `{"token":"` + manager + `"}`, as(w.Anna)},
			{"auth_token", `{"auth_token":"` + manager + `"}`, as(w.Anna)},
			{"authToken", `{"authToken":"` + manager + `","ack":0}`, as(w.Anna)},
			{"visitor", `{"token":"` + guest + `"}`, chat.Principal{Party: chat.Visitor, VisitorID: "v1", OrganizationID: w.Org.ID}},
			{"backend", `{"auth_token":"` + plain + `"}`, chat.Principal{Party: chat.Backend, OrganizationID: w.Org.ID, KeyID: key.ID, Scopes: models.AllScopes}},
			{"the role is the record's", `{"token":"` + promoted + `"}`, as(w.Anna)},
			{"another organisation's manager", `{"token":"` + foreign + `"}`, bad},
			{"a manager who is not", `{"token":"` + gone + `"}`, bad},
			{"forged", `{"token":"` + manager + `x"}`, bad},
			{"garbage", `{"token":"garbage"}`, bad},
			{"wrong key", `{"token":"pk_` + fmt.Sprint(key.ID) + `_wrong"}`, bad},
			{"unknown key", `{"token":"pk_999_wrong"}`, bad},
			{"odd key", `{"token":"pk_"}`, bad},
			{"a sender is not believed", `{"sender":{"type":"manager","id":1}}`, nil},
		} {
			who, until, ok, err := w.gate.Identify(ctx, []byte(c.ext))
			if err != nil || ok == (c.want == bad) || ok && who != c.want {
				t.Errorf("%s: %v, %v, %v; want %v", c.name, who, ok, err, c.want)
			}
			if c.name == "manager" && !until.Equal(expires) {
				t.Errorf("until %v, want %v", until, expires)
			}
		}
		if err := chat.NewAdmin(w).DeleteAPIKey(ctx, key.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, ok, err := w.gate.Identify(ctx, []byte(`{"token":"`+plain+`"}`)); ok || err != nil {
			t.Errorf("a deleted key: %v, %v", ok, err)
		}
	})
}

func TestIdentifyTrustedSender(t *testing.T) {
	eachDatabase(t, chat.Rules{TrustedManagers: true}, func(t *testing.T, w *world) {
		ext, _ := json.Marshal(map[string]any{"sender": map[string]any{"type": "operator", "id": w.Anna.ID}})
		who, _, ok, err := w.gate.Identify(ctx, ext)
		if err != nil || !ok || who != as(w.Anna) {
			t.Errorf("%v, %v, %v", who, ok, err)
		}
		if _, ok, _ := w.gate.Subscribe(ctx, nil, "/service/*"); !ok {
			t.Error("the original's dashboard, which says nothing, was refused")
		}
	})
}

func FuzzIdentify(f *testing.F) {
	g := chat.NewGate(nil, nil, chat.Rules{})
	f.Add([]byte(`{"ack":true}`))
	f.Add([]byte(`{"token":null,"sender":5}`))
	f.Fuzz(func(t *testing.T, ext []byte) {
		var fields map[string]any
		if json.Unmarshal(ext, &fields) == nil {
			for _, name := range []string{"token", "auth_token", "authToken", "private_pub_signature", "private_pub_token"} {
				for key := range fields {
					if len(key) == len(name) { // encoding/json folds case
						return
					}
				}
			}
		}
		if who, _, ok, err := g.Identify(ctx, ext); who != nil || !ok || err != nil {
			t.Errorf("%s: %v, %v, %v", ext, who, ok, err)
		}
	})
}
