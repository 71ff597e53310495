package chat_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// secret makes a site secret of the organisation.
func (w *world) secret(o models.Organization) models.SiteSecret {
	w.t.Helper()
	s, err := chat.NewAdmin(w).CreateSiteSecret(ctx, o.ID, "site")
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// signed is a token as a site's backend makes it, for an hour from now unless the claims say otherwise.
func signed(t *testing.T, s models.SiteSecret, claims jwt.MapClaims) string {
	t.Helper()
	return forged(t, jwt.SigningMethodHS256, []byte(s.Secret), s.KeyID(), claims)
}

func forged(t *testing.T, method jwt.SigningMethod, key any, kid string, claims jwt.MapClaims) string {
	t.Helper()
	all := jwt.MapClaims{"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range claims {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	token := jwt.NewWithClaims(method, all)
	if kid != "" {
		token.Header["kid"] = kid
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *world) identify(r chat.IdentifyRequest) chat.Identified {
	w.t.Helper()
	result, err := w.service.Identify(ctx, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

func TestSiteTokens(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		s, other := w.secret(w.Org), w.secret(w.Organization("Kettles"))
		serverKey := []byte(strings.Repeat("s", 32)) // of newWorld
		hs := jwt.SigningMethodHS256
		now := time.Now()
		for name, token := range map[string]string{
			"all that is needed":             signed(t, s, jwt.MapClaims{"sub": "v1"}),
			"org and role as known":          signed(t, s, jwt.MapClaims{"sub": "v1", "org": w.Org.ID, "role": "visitor"}),
			"signed by a clock that is fast": signed(t, s, jwt.MapClaims{"sub": "v1", "iat": now.Add(30 * time.Second).Unix()}),
		} {
			want := chat.Principal{Party: chat.Visitor, VisitorID: "v1", OrganizationID: w.Org.ID, SecretID: s.ID}
			if p, ok := w.authenticated(token); !ok || p != want {
				t.Errorf("%s: %+v, %v", name, p, ok)
			}
		}
		v1 := jwt.MapClaims{"sub": "v1"}
		boss := jwt.MapClaims{"sub": itoa(w.Anna.ID), "role": "admin"}
		for name, token := range map[string]string{
			"alg none":                            forged(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, s.KeyID(), v1),
			"HS512":                               forged(t, jwt.SigningMethodHS512, []byte(s.Secret), s.KeyID(), v1),
			"the server's key, a site's kid":      forged(t, hs, serverKey, s.KeyID(), v1),
			"the site's secret, the server's kid": forged(t, hs, []byte(s.Secret), "k", boss),
			"the site's secret, no kid":           forged(t, hs, []byte(s.Secret), "", boss),
			"another's secret":                    forged(t, hs, []byte(other.Secret), s.KeyID(), v1),
			"no such secret":                      forged(t, hs, []byte(s.Secret), "site_999", v1),
			"no id of a secret":                   forged(t, hs, []byte(s.Secret), "site_0"+itoa(s.ID), v1),
			"an empty secret":                     forged(t, hs, []byte(""), "site_", v1),
			"a manager":                           signed(t, s, boss),
			"an operator":                         signed(t, s, jwt.MapClaims{"sub": "operator", "role": "operator"}),
			"another organisation":                signed(t, s, jwt.MapClaims{"sub": "v1", "org": other.OrganizationID}),
			"no id of a visitor":                  signed(t, s, jwt.MapClaims{"sub": "v/1"}),
			"no sub":                              signed(t, s, nil),
			"a number as sub":                     signed(t, s, jwt.MapClaims{"sub": 1}),
			"no exp":                              signed(t, s, jwt.MapClaims{"sub": "v1", "exp": nil}),
			"no iat":                              signed(t, s, jwt.MapClaims{"sub": "v1", "iat": nil}),
			"over":                                signed(t, s, jwt.MapClaims{"sub": "v1", "exp": now.Add(-time.Second).Unix()}),
			"almost for ever":                     signed(t, s, jwt.MapClaims{"sub": "v1", "exp": now.Add(31 * 24 * time.Hour).Unix()}),
			"of tomorrow":                         signed(t, s, jwt.MapClaims{"sub": "v1", "iat": now.Add(23 * time.Hour).Unix(), "exp": now.Add(24 * time.Hour).Unix()}),
		} {
			if p, ok := w.authenticated(token); ok {
				t.Errorf("%s was taken: %+v", name, p)
			}
		}
		// What another organisation signs is about its own visitors.
		w.onDuty(w.Anna)
		w.open(w.backend(w.Org), "v1")
		p, ok := w.authenticated(signed(t, other, jwt.MapClaims{"sub": "v1"}))
		if !ok || w.listens(p, "/service/v1") || w.listens(p, "/notifications/v1") {
			t.Errorf("a foreign secret opens a visitor: %+v, %v", p, ok)
		}
		_, _, err := w.service.Open(ctx, p, chat.OpenRequest{VisitorID: "v1"})
		wantCode(t, err, "visitor_not_found")
		_, err = w.service.Identify(ctx, chat.IdentifyRequest{Token: signed(t, other, jwt.MapClaims{"sub": "v1", "name": "Mallory"})})
		wantCode(t, err, "visitor_not_found")
	})
}

func TestSiteSecretsRotate(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		admin := as(w.Anna)
		_, err := w.service.CreateSiteSecret(ctx, admin, "shop")
		wantCode(t, err, "forbidden")
		_, err = w.service.CreateSiteSecret(ctx, w.backend(w.Org), "shop")
		wantCode(t, err, "forbidden")
		admin.Role = models.RoleAdmin
		older, err := w.service.CreateSiteSecret(ctx, admin, "older")
		if err != nil || len(older.Secret) < 32 {
			t.Fatal(err)
		}
		first := signed(t, older, jwt.MapClaims{"sub": "v1"})
		before, ok := w.authenticated(first)
		if !ok || !w.listens(before, "/service/v1") {
			t.Fatal("the secret does not sign")
		}
		newer, err := w.service.CreateSiteSecret(ctx, admin, "newer")
		if err != nil {
			t.Fatal(err)
		}
		second := signed(t, newer, jwt.MapClaims{"sub": "v1"})
		after, ok := w.authenticated(second)
		if _, still := w.authenticated(first); !ok || !still {
			t.Error("both hold at a time")
		}
		list, err := w.service.SiteSecrets(ctx, admin)
		text, _ := json.Marshal(list)
		if err != nil || len(list) != 2 || strings.Contains(string(text), older.Secret) {
			t.Errorf("%s, %v", text, err)
		}
		w.events()
		foreign := chat.Principal{Party: chat.Manager, OrganizationID: w.Organization("Kettles").ID, Role: models.RoleAdmin}
		wantCode(t, w.service.DeleteSiteSecret(ctx, foreign, older.ID), "site_secret_not_found")
		if err := w.service.DeleteSiteSecret(ctx, admin, older.ID); err != nil {
			t.Fatal(err)
		}
		w.wantEvents("access revoked")
		if _, ok := w.authenticated(first); ok || w.listens(before, "/service/v1") {
			t.Error("a deleted secret's token holds")
		}
		if _, ok := w.authenticated(second); !ok || !w.listens(after, "/service/v1") {
			t.Error("the other secret's token does not hold")
		}
		for range 19 {
			w.secret(w.Org)
		}
		_, err = w.service.CreateSiteSecret(ctx, admin, "one more")
		wantCode(t, err, "site_secrets_full")
	})
}

func TestSignedDataIsWritten(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		s := w.secret(w.Org)
		at := time.Now().Add(-time.Minute)
		said := func(seconds int, claims jwt.MapClaims) chat.IdentifyRequest {
			claims["sub"], claims["iat"] = "v1", at.Add(time.Duration(seconds)*time.Second).Unix()
			return chat.IdentifyRequest{Token: signed(t, s, claims)}
		}
		for _, row := range []struct {
			request           chat.IdentifyRequest
			name, email, more string
			events            []string
		}{
			{said(0, jwt.MapClaims{"name": " Maya ", "email": "Maya@Example.com", "attributes": map[string]any{"plan": "gold"}}),
				"Maya", "maya@example.com", `{"plan":"gold"}`, []string{"access revoked", "visitor updated"}},
			{said(0, jwt.MapClaims{"name": "Maya"}), "Maya", "maya@example.com", `{"plan":"gold"}`, nil},
			{said(10, jwt.MapClaims{"name": "Maya L", "attributes": map[string]any{"n": 1}}), "Maya L", "maya@example.com", `{"n":1}`, []string{"visitor updated"}},
			{said(9, jwt.MapClaims{"name": "Old", "email": "old@example.com", "attributes": map[string]any{}}), "Maya L", "maya@example.com", `{"n":1}`, nil},
			{said(12, jwt.MapClaims{}), "Maya L", "maya@example.com", `{"n":1}`, nil},
			{said(11, jwt.MapClaims{"name": "Old"}), "Maya L", "maya@example.com", `{"n":1}`, nil}, // 12 said that nothing has changed
			{said(13, jwt.MapClaims{"email": nil}), "Maya L", "maya@example.com", `{"n":1}`, nil},
			{said(14, jwt.MapClaims{"email": (*string)(nil), "attributes": map[string]any{}}), "Maya L", "", `{}`, []string{"visitor updated"}},
		} {
			got := w.identify(row.request)
			v := got.Visitor
			email := ""
			if v.Email != nil {
				email = *v.Email
			}
			if *v.Name != row.name || email != row.email || string(v.Attributes) != row.more || v.IdentifiedAt == nil || got.Merged || got.MergeRefused != "" || got.ExpiresAt == nil {
				t.Errorf("%+v %q %q %s, want %+v", got, *v.Name, email, v.Attributes, row)
			}
			w.wantEvents(row.events...)
		}
		card, err := w.service.VisitorCard(ctx, as(w.Anna), "v1")
		if err != nil || *card.Name != "Maya L" {
			t.Errorf("%+v, %v", card, err)
		}
		_, err = w.service.VisitorCard(ctx, as(w.Manager(w.Organization("Kettles"), "Karl")), "v1")
		wantCode(t, err, "visitor_not_found")
		_, err = w.service.VisitorCard(ctx, visitor("v1"), "v1")
		wantCode(t, err, "forbidden")
	})
}

func TestIdentitiesAreBounded(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		s := w.secret(w.Org)
		wide := map[string]any{}
		for i := range 101 {
			wide[itoa(int64(i))] = i
		}
		for _, row := range []struct {
			claims jwt.MapClaims
			code   string
		}{
			{jwt.MapClaims{"name": strings.Repeat("a", 201)}, "name_invalid"},
			{jwt.MapClaims{"name": "a\nb"}, "name_invalid"},
			{jwt.MapClaims{"email": "nobody"}, "email_invalid"},
			{jwt.MapClaims{"attributes": []string{"a"}}, "attributes_invalid"},
			{jwt.MapClaims{"attributes": "a"}, "attributes_invalid"},
			{jwt.MapClaims{"attributes": wide}, "attributes_invalid"},
			{jwt.MapClaims{"attributes": map[string]any{"": 1}}, "attributes_invalid"},
			{jwt.MapClaims{"attributes": map[string]any{"a\x00": 1}}, "attributes_invalid"},
			{jwt.MapClaims{"attributes": map[string]any{"a": "\x00"}}, "attributes_invalid"},
			{jwt.MapClaims{"attributes": map[string]any{strings.Repeat("k", 65): 1}}, "attributes_invalid"},
			{jwt.MapClaims{"attributes": map[string]any{"a": strings.Repeat("v", 4096)}}, "attributes_invalid"},
			{jwt.MapClaims{"attributes": map[string]any{"a": []any{map[string]any{"b": []any{1}}}}}, "attributes_invalid"},
		} {
			row.claims["sub"] = "v1"
			_, err := w.service.Identify(ctx, chat.IdentifyRequest{Token: signed(t, s, row.claims)})
			wantCode(t, err, row.code)
		}
		w.identify(chat.IdentifyRequest{Token: signed(t, s, jwt.MapClaims{"sub": "v1", "attributes": map[string]any{"a": []any{map[string]any{"b": 1}}, "c": nil}})})
		mine, _, err := w.keys.Visitor("v1", w.Org.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.service.Identify(ctx, chat.IdentifyRequest{Token: mine})
		wantCode(t, err, "identity_unsigned")
	})
}

// TestIdentifiedNeedToken: where bare ids are enough, they are so for visitors of whom nobody has said who they are.
func TestIdentifiedNeedToken(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.post(stranger, c.ID, "who am I?")
		channels := []string{"/service/v1", "/notifications/v1", "/conversations/" + itoa(c.ID)}
		for _, channel := range channels {
			if !w.listens(stranger, channel) {
				t.Fatalf("%s needs a token before", channel)
			}
		}
		token := signed(t, w.secret(w.Org), jwt.MapClaims{"sub": "v1", "name": "Maya"})
		w.identify(chat.IdentifyRequest{Token: token})
		p, _ := w.authenticated(token)
		for _, channel := range channels {
			if w.listens(stranger, channel) || !w.listens(p, channel) {
				t.Errorf("%s: a bare id is enough, or a token is not", channel)
			}
		}
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		wantCode(t, err, "token_missing")
		_, _, err = w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "it is me"})
		wantCode(t, err, "token_missing")
		_, err = w.service.History(ctx, stranger, chat.HistoryRequest{ConversationID: c.ID})
		wantCode(t, err, "token_missing")
		w.post(p, c.ID, "it is me")
	})
}

func TestVisitorTokens(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		made, err := w.service.NewVisitor(ctx, w.Org.SiteKey)
		if err != nil {
			t.Fatal(err)
		}
		other, err := w.service.NewVisitor(ctx, w.Org.SiteKey)
		if err != nil || other.VisitorID == made.VisitorID || len(made.VisitorID) != 32 {
			t.Fatalf("%+v, %+v, %v", made, other, err)
		}
		p, ok := w.authenticated(made.Token)
		if !ok || p.VisitorID != made.VisitorID || p.OrganizationID != w.Org.ID {
			t.Fatalf("%+v, %v", p, ok)
		}
		w.onDuty(w.Anna)
		w.open(p, made.VisitorID)
		ask := func(p chat.Principal, credential string, r chat.TokenRequest) (chat.VisitorToken, error) {
			return w.service.Token(ctx, p, credential, r)
		}
		renewed, err := ask(p, made.Token, chat.TokenRequest{VisitorID: made.VisitorID})
		if err != nil {
			t.Fatal(err)
		}
		if again, ok := w.authenticated(renewed.Token); !ok || again != p {
			t.Errorf("%+v, want %+v", again, p)
		}
		_, err = ask(p, made.Token, chat.TokenRequest{VisitorID: other.VisitorID})
		wantCode(t, err, "forbidden")
		_, err = ask(stranger, "", chat.TokenRequest{VisitorID: made.VisitorID})
		wantCode(t, err, "token_missing")
		_, err = ask(as(w.Anna), "", chat.TokenRequest{VisitorID: made.VisitorID})
		wantCode(t, err, "forbidden")

		backend := w.backend(w.Org)
		name := "Maya"
		given, err := ask(backend, "", chat.TokenRequest{
			VisitorID: "u1", TTL: time.Minute, Introduced: true, Identity: chat.Identity{Name: chat.To(&name)}, PreviousID: made.VisitorID,
		})
		if err != nil || given.Identified == nil || !given.Identified.Merged || *given.Identified.Visitor.Name != "Maya" ||
			time.Until(given.ExpiresAt.Time()) > time.Minute {
			t.Fatalf("%+v, %v", given, err)
		}
		u1, ok := w.authenticated(given.Token)
		if !ok || u1.KeyID != backend.KeyID {
			t.Fatalf("%+v, %v", u1, ok)
		}
		_, err = ask(u1, given.Token, chat.TokenRequest{VisitorID: "u1"})
		wantCode(t, err, "token_not_renewable")
		for _, ttl := range []time.Duration{-time.Second, 31 * 24 * time.Hour} {
			_, err = ask(backend, "", chat.TokenRequest{VisitorID: "u1", TTL: ttl})
			wantCode(t, err, "ttl_invalid")
		}
		_, err = ask(w.backend(w.Organization("Kettles")), "", chat.TokenRequest{VisitorID: "u1"})
		wantCode(t, err, "visitor_not_found")
		admin := chat.NewAdmin(w)
		lower := func(scopes models.Scopes) {
			if _, err := admin.ChangeAPIKey(ctx, backend.KeyID, chat.KeyChanges{Scopes: chat.To(scopes)}); err != nil {
				t.Fatal(err)
			}
		}
		if lower(models.ScopeChat); w.listens(u1, "/service/u1") {
			t.Error("a token outlives its key's scope")
		}
		if lower(models.AllScopes); !w.listens(u1, "/service/u1") {
			t.Error("the scope is back, and the token is not")
		}
		if err := admin.DeleteAPIKey(ctx, backend.KeyID); err != nil {
			t.Fatal(err)
		}
		if _, ok := w.authenticated(given.Token); ok || w.listens(u1, "/service/u1") {
			t.Error("a token outlives the key that asked for it")
		}
	})
}

func TestVisitorLogout(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		s := w.secret(w.Org)
		token := signed(t, s, jwt.MapClaims{"sub": "v1", "iat": time.Now().Add(20 * time.Second).Unix()})
		p, _ := w.authenticated(token)
		c := w.open(p, "v1")
		w.events()
		wantCode(t, w.service.LogoutVisitor(ctx, p, token, chat.LogoutRequest{VisitorID: "v2"}), "visitor_not_found")
		wantCode(t, w.service.LogoutVisitor(ctx, stranger, "", chat.LogoutRequest{VisitorID: "v1"}), "token_missing")
		wantCode(t, w.service.LogoutVisitor(ctx, as(w.Anna), "", chat.LogoutRequest{VisitorID: "v1"}), "forbidden")
		if err := w.service.LogoutVisitor(ctx, p, token, chat.LogoutRequest{}); err != nil {
			t.Fatal(err)
		}
		w.wantEvents("conversation updated", "access revoked")
		if _, ok := w.authenticated(token); ok || w.listens(p, "/service/v1") || w.listens(p, "/conversations/"+itoa(c.ID)) {
			t.Error("the token holds, though its clock was fast")
		}
		_, err := w.service.Identify(ctx, chat.IdentifyRequest{Token: token})
		wantCode(t, err, "token_invalid")
		// She comes again, and her history is there.
		p, ok := w.authenticated(signed(t, s, jwt.MapClaims{"sub": "v1", "iat": time.Now().Add(40 * time.Second).Unix()}))
		if !ok {
			t.Fatal("she cannot come again")
		}
		if next := w.open(p, "v1"); next.ID == c.ID {
			t.Error("the conversation had not ended")
		}
		// A backend logs her out, at once for what it gives itself; and somebody nobody knows yet.
		backend := w.backend(w.Org)
		for _, id := range []string{"v1", "v9"} {
			if err := w.service.LogoutVisitor(ctx, backend, "", chat.LogoutRequest{VisitorID: id}); err != nil {
				t.Fatal(err)
			}
			given, err := w.service.Token(ctx, backend, "", chat.TokenRequest{VisitorID: id})
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := w.authenticated(given.Token); !ok {
				t.Errorf("%s cannot come again", id)
			}
		}
		if _, ok := w.authenticated(signed(t, s, jwt.MapClaims{"sub": "v9"})); ok {
			t.Error("a token of before the logout holds")
		}
	})
}

func TestNewVisitorNeedsSigner(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	w.service = chat.New(w, w.gate, chat.Config{})
	if _, err := w.service.NewVisitor(ctx, ""); err == nil || errors.As(err, new(*chat.Error)) {
		t.Errorf("%v", err)
	}
}

// TestNoChannelOnBareIDs: where visitors are known by their tokens, no channel that is about one opens to her ids, by
// name or by pattern, to listen or to publish.
func TestNoChannelOnBareIDs(t *testing.T) {
	eachDatabase(t, chat.Rules{SignedVisitors: true}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		token := signed(t, w.secret(w.Org), jwt.MapClaims{"sub": "v1"})
		p, _ := w.authenticated(token)
		id := itoa(w.open(p, "v1").ID)
		tried := 0
		for _, family := range chat.Families() {
			if family == "/availability/" { // about no visitor
				continue
			}
			for _, target := range []string{"v1", id, "*", "**", "nobody"} {
				tried++
				channel := family + target
				if w.listens(stranger, channel) || w.listens(visitor("v2"), channel) && target != "nobody" {
					t.Errorf("%s opens to somebody else", channel)
				}
				if _, ok, err := w.gate.Publish(ctx, stranger, channel); ok || err != nil {
					t.Errorf("a stranger publishes on %s: %v", channel, err)
				}
			}
		}
		if tried < 20 {
			t.Errorf("only %d channels were tried", tried)
		}
		if !w.listens(p, "/service/v1") || !w.listens(p, "/conversations/"+id) || !w.listens(p, "/notifications/v1") || w.listens(p, "/staff/"+id) {
			t.Error("with a token she hears what is hers")
		}
	})
}
