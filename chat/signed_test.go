package chat_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

const railsSecret = "b1a8c5f0e4d34b6c9e3f7a2d1c0b9a8f"

// sign makes an ext as the gem's browser part does.
func sign(secret, channel string, at any) string {
	sum := sha1.Sum(fmt.Append([]byte(secret), channel, at))
	return fmt.Sprintf(`{"private_pub_signature":%q,"private_pub_timestamp":%v}`, hex.EncodeToString(sum[:]), at)
}

func (w *world) signedBy(o models.Organization, secret string) {
	w.t.Helper()
	if _, err := chat.NewAdmin(w).SetPrivatePub(ctx, o.ID, secret); err != nil {
		w.t.Fatal(err)
	}
}

// hears tells in which scope somebody with this ext may listen.
func (w *world) hears(ext, channel string) string {
	w.t.Helper()
	who, _, ok, err := w.gate.Identify(ctx, []byte(ext))
	if err != nil {
		w.t.Fatal(err)
	}
	if !ok {
		return "bad"
	}
	scope, ok, err := w.gate.Subscribe(ctx, who, channel)
	if err != nil {
		w.t.Fatal(err)
	}
	if !ok {
		return "no"
	}
	return scope
}

// TestSignedSubscriptions: a signature opens the channel that it names, where it is the visitor's and the
// organisation's, and nothing else. Nobody else may listen here without a token.
func TestSignedSubscriptions(t *testing.T) {
	only := func(who chat.Audience) []chat.Audience { return []chat.Audience{who} }
	eachDatabase(t, chat.Rules{SignedVisitors: true, Channels: []chat.ChannelRule{
		{Pattern: "/messages/**", Subscribe: only(chat.Visitors), Publish: only(chat.Backends)},
		{Pattern: "/orders/*", Subscribe: only(chat.Managers)},
		{Pattern: "/wall", Subscribe: only(chat.Anyone), Publish: only(chat.Anyone)},
	}}, func(t *testing.T, w *world) {
		kettles := w.Organization("Kettles")
		clara := w.Manager(kettles, "Clara")
		other := w.Organization("Cups")
		w.onDuty(w.Anna, clara)
		c := w.open(visitor("v1"), "v1")
		opened, _, err := w.service.Open(ctx, visitor("v2"), chat.OpenRequest{VisitorID: "v2", SiteKey: kettles.SiteKey})
		if err != nil {
			t.Fatal(err)
		}
		foreign := opened.Conversation
		w.signedBy(w.Org, railsSecret)
		w.signedBy(kettles, strings.Repeat("k", 40))
		own := fmt.Sprint(w.Org.ID)
		now := time.Now().UnixMilli()
		conversation := fmt.Sprint("/conversations/", c.ID)

		for _, row := range []struct{ what, channel, ext, want string }{
			{"service", "/service/v1", sign(railsSecret, "/service/v1", now), own},
			{"a visitor who is not known", "/service/new", sign(railsSecret, "/service/new", now), own},
			{"notifications", "/notifications/v1", sign(railsSecret, "/notifications/v1", now), own},
			{"conversation", conversation, sign(railsSecret, conversation, now), own},
			{"availability", "/availability/" + own, sign(railsSecret, "/availability/"+own, now), own},
			{"where visitors may", "/messages/new", sign(railsSecret, "/messages/new", now), "public"},
			{"a pattern where visitors may", "/messages/*", sign(railsSecret, "/messages/*", now), "public"},
			{"where managers may", "/orders/5", sign(railsSecret, "/orders/5", now), "no"},
			{"where nobody may", "/elsewhere", sign(railsSecret, "/elsewhere", now), "no"},

			{"seconds", "/service/v1", sign(railsSecret, "/service/v1", now/1000), own},
			{"a time as text", "/service/v1", strings.Replace(strings.Replace(sign(railsSecret, "/service/v1", now), fmt.Sprint(`:`, now), fmt.Sprint(`:"`, now), 1), "}", `"}`, 1), own},
			{"an hour less a minute", "/service/v1", sign(railsSecret, "/service/v1", now-59*60*1000), own},
			{"more than an hour", "/service/v1", sign(railsSecret, "/service/v1", now-61*60*1000), "bad"},
			{"a clock a minute ahead", "/service/v1", sign(railsSecret, "/service/v1", now+60*1000), own},
			{"from tomorrow", "/service/v1", sign(railsSecret, "/service/v1", now+24*3600*1000), "bad"},
			{"no time", "/service/v1", `{"private_pub_signature":"` + strings.Repeat("a", 40) + `"}`, "bad"},
			{"another time", "/service/v1", strings.Replace(sign(railsSecret, "/service/v1", now), fmt.Sprint(now), fmt.Sprint(now+1), 1), "no"},
			{"odd times", "/service/v1", sign(railsSecret, "/service/v1", "1e12"), "bad"},
			{"no signature of this kind", "/service/v1", `{"private_pub_signature":"xyz","private_pub_timestamp":` + fmt.Sprint(now) + `}`, "bad"},

			{"another channel", "/service/v3", sign(railsSecret, "/service/v1", now), "no"},
			{"the wildcard above", "/service/*", sign(railsSecret, "/service/v1", now), "no"},
			{"a family's wildcard", "/service/*", sign(railsSecret, "/service/*", now), "no"},
			{"everything of a family", "/service/**", sign(railsSecret, "/service/**", now), "no"},
			{"all conversations", "/conversations/*", sign(railsSecret, "/conversations/*", now), "no"},
			{"everything", "/**", sign(railsSecret, "/**", now), "no"},
			{"what managers say", fmt.Sprint("/staff/", c.ID), sign(railsSecret, fmt.Sprint("/staff/", c.ID), now), "no"},
			{"a conversation that is not", "/conversations/5", sign(railsSecret, "/conversations/5", now), "no"},
			{"another secret", "/service/v1", sign(strings.Repeat("x", 40), "/service/v1", now), "no"},
			{"no secret", "/service/v1", sign("", "/service/v1", now), "no"},
			{"another organisation's secret", "/service/v1", sign(strings.Repeat("k", 40), "/service/v1", now), "no"},
			{"another organisation's visitor", "/service/v2", sign(railsSecret, "/service/v2", now), "no"},
			{"another organisation's conversation", fmt.Sprint("/conversations/", foreign.ID), sign(railsSecret, fmt.Sprint("/conversations/", foreign.ID), now), "no"},
			{"an organisation that does not take it", fmt.Sprint("/availability/", other.ID), sign(railsSecret, fmt.Sprint("/availability/", other.ID), now), "no"},
			{"nothing", "/service/v1", `{}`, "no"},
			{"fields that hold nothing", "/wall", `{"private_pub_signature":null,"private_pub_token":""}`, "public"},
		} {
			if got := w.hears(row.ext, row.channel); got != row.want {
				t.Errorf("%s: %s, want %s", row.what, got, row.want)
			}
		}
		who, _, _, err := w.gate.Identify(ctx, []byte(sign(railsSecret, "/messages/new", now)))
		if err != nil {
			t.Fatal(err)
		}
		for channel, want := range map[string]bool{"/messages/new": false, "/service/v1": false, "/wall": true} {
			if _, ok, err := w.gate.Publish(ctx, who, channel); ok != want || err != nil {
				t.Errorf("publishing on %s: %v, %v", channel, ok, err)
			}
		}
	})
}

// TestSignedStays: whoever has begun to listen in time goes on, until the secret is another.
func TestSignedStays(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true, SignatureLife: 50 * time.Millisecond}, func(t *testing.T, w *world) {
		admin := w.team().admin
		secret, err := w.service.SetPrivatePub(ctx, as(admin), "")
		if err != nil || len(secret.Secret) < 40 || !secret.Enabled || secret.ExpiresAfterMS != 50 {
			t.Fatalf("%+v, %v", secret, err)
		}
		ext := sign(secret.Secret, "/service/v1", time.Now().UnixMilli())
		who, _, ok, err := w.gate.Identify(ctx, []byte(ext))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		again := func() bool {
			_, ok, err := w.gate.Subscribe(ctx, who, "/service/v1")
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !again() {
			t.Error("refused")
		}
		for deadline := time.Now().Add(time.Second); w.hears(ext, "/service/v1") != "bad"; {
			if time.Now().After(deadline) {
				t.Fatal("the signature never ends")
			}
		}
		if !again() {
			t.Error("whoever listens was refused when asked about again")
		}
		w.events()
		if _, err := w.service.SetPrivatePub(ctx, as(admin), ""); err != nil {
			t.Fatal(err)
		}
		w.wantEvents("access revoked")
		if again() {
			t.Error("the old secret is good")
		}
	})
}

// TestSecretPushes: the secret itself pushes, for its organisation, and does nothing else.
func TestSecretPushes(t *testing.T) {
	eachDatabase(t, chat.Rules{Channels: []chat.ChannelRule{
		{Pattern: "/messages/**", Subscribe: []chat.Audience{chat.Backends}, Publish: []chat.Audience{chat.Backends}},
	}}, func(t *testing.T, w *world) {
		people := w.team()
		admin, kettles := people.admin, models.Organization{ID: people.foreign.OrganizationID}
		w.onDuty(w.Anna, people.foreign)
		w.open(visitor("v1"), "v1")
		if _, _, err := w.service.Open(ctx, as(people.foreign), chat.OpenRequest{VisitorID: "v2"}); err != nil {
			t.Fatal(err)
		}
		ext := []byte(`{"private_pub_token":"` + railsSecret + `"}`)
		if _, _, ok, err := w.gate.Identify(ctx, ext); ok || err != nil {
			t.Errorf("switched off: %v, %v", ok, err)
		}
		w.signedBy(w.Org, railsSecret)
		who, _, ok, err := w.gate.Identify(ctx, ext)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		may := func(ask func(channel string) (string, bool, error), channel string) bool {
			_, ok, err := ask(channel)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		publish := func(channel string) (string, bool, error) { return w.gate.Publish(ctx, who, channel) }
		subscribe := func(channel string) (string, bool, error) { return w.gate.Subscribe(ctx, who, channel) }
		for channel, want := range map[string]bool{
			"/service/v1": true, "/service/new": true, "/notifications/v1": true, "/messages/new": true,
			"/service/v2": false, "/service/*": false, "/elsewhere": false,
		} {
			if may(publish, channel) != want {
				t.Errorf("publishing on %s", channel)
			}
			if may(subscribe, channel) {
				t.Errorf("listening on %s", channel)
			}
		}
		if _, _, ok, _ := w.gate.Identify(chat.InAddress(ctx), ext); ok {
			t.Error("the secret was taken from an address")
		}
		if _, _, ok, _ := w.gate.Identify(ctx, []byte(`{"private_pub_token":"`+railsSecret+`x"}`)); ok {
			t.Error("another secret was taken")
		}
		if _, _, err := w.gate.Authenticate(ctx, railsSecret); chat.KindOf(err) != chat.Unauthenticated {
			t.Errorf("the secret is a token: %v", err)
		}
		w.signedBy(kettles, railsSecret)
		if _, _, ok, _ := w.gate.Identify(ctx, ext); ok {
			t.Error("a secret that two organisations have pushed for one of them")
		}
		if err := w.service.DeletePrivatePub(ctx, as(admin)); err != nil {
			t.Fatal(err)
		}
		if may(publish, "/service/v1") {
			t.Error("switched off, it still pushes")
		}
		wantCode(t, w.service.DeletePrivatePub(ctx, as(admin)), "private_pub_off")
		_, err = w.service.SetPrivatePub(ctx, as(admin), "short")
		wantCode(t, err, "secret_invalid")
		if v, err := w.service.PrivatePub(ctx, as(admin)); err != nil || v.Enabled {
			t.Errorf("%+v, %v", v, err)
		}
		for _, p := range []chat.Principal{w.backend(w.Org), as(w.Anna), visitor("v1")} {
			_, err := w.service.SetPrivatePub(ctx, p, "")
			wantCode(t, err, "forbidden")
			wantCode(t, w.service.DeletePrivatePub(ctx, p), "forbidden")
			_, err = w.service.PrivatePub(ctx, p)
			wantCode(t, err, "forbidden")
		}
	})
}
