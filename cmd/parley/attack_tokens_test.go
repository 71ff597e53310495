package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
	"parley/config"
)

// forgeries are tokens and keys that somebody who has a good one of her own, and all that is public, could make up. They
// are all an admin's, or would be.
func (w *realm) forgeries(public ed25519.PublicKey) map[string]string {
	id, in := decimal(w.here.admin.ID), time.Now().Add(time.Hour).Unix()
	admin := jwt.MapClaims{"sub": id, "role": "admin", "exp": in, "iat": time.Now().Add(-time.Minute).Unix()}
	with := func(name string, value any) jwt.MapClaims {
		c := jwt.MapClaims{}
		for k, v := range admin {
			c[k] = v
		}
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	forge := func(method jwt.SigningMethod, key any, claims jwt.MapClaims, header map[string]any) string {
		token := jwt.NewWithClaims(method, claims)
		for name, value := range header {
			token.Header[name] = value
		}
		text, err := token.SignedString(key)
		w.must(err)
		return text
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	w.must(err)
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	own := ed25519.NewKeyFromSeed([]byte(strings.Repeat("o", 32)))
	ownRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	w.must(err)
	secret, hs := []byte(rightsSecret), jwt.SigningMethodHS256
	good := w.minted(w.keys.Manager(w.here.counterpart, time.Hour))
	parts := strings.Split(good, ".")
	raw := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	list := map[string]string{
		"signature stripped": parts[0] + "." + parts[1] + ".", "signature and its dot stripped": parts[0] + "." + parts[1],
		"signature of something else": parts[0] + "." + raw(`{"sub":"`+id+`","role":"admin","exp":99999999999}`) + "." + parts[2],
		"signature cut":               good[:len(good)-4], "signature longer": good + "AAAA", "a good one twice": good + "." + good,
		"its last bits changed":           parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
		"key confusion":                   forge(hs, []byte(public), admin, nil),
		"key confusion by kid":            forge(hs, []byte(public), admin, map[string]any{"kid": "ed"}),
		"key confusion with PEM":          forge(hs, text, admin, map[string]any{"kid": "ed"}),
		"key confusion with DER":          forge(hs, der, admin, map[string]any{"kid": "ed"}),
		"key confusion with base64":       forge(hs, []byte(base64.StdEncoding.EncodeToString(public)), admin, map[string]any{"kid": "ed"}),
		"a key of her own":                forge(jwt.SigningMethodEdDSA, own, admin, map[string]any{"kid": "ed"}),
		"a key of her own, sent along":    forge(jwt.SigningMethodEdDSA, own, admin, map[string]any{"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": raw(string(own.Public().(ed25519.PublicKey)))}}),
		"a key of her own, elsewhere":     forge(jwt.SigningMethodEdDSA, own, admin, map[string]any{"jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/"}),
		"RSA":                             forge(jwt.SigningMethodRS256, ownRSA, admin, nil),
		"HS512 with the right secret":     forge(jwt.SigningMethodHS512, secret, admin, nil),
		"HS256 under the other kid":       forge(hs, secret, admin, map[string]any{"kid": "ed"}),
		"a kid that is a path":            forge(hs, []byte(""), admin, map[string]any{"kid": "../../../dev/null"}),
		"a kid that is SQL":               forge(hs, []byte("x"), admin, map[string]any{"kid": "x' UNION SELECT 'x"}),
		"a kid that is a list":            forge(hs, []byte(public), admin, map[string]any{"kid": []string{"ed", "test"}}),
		"an empty secret":                 forge(hs, []byte(""), admin, nil),
		"expired":                         forge(hs, secret, with("exp", time.Now().Add(-time.Second).Unix()), nil),
		"never expires":                   forge(hs, secret, with("exp", nil), nil),
		"expires at nothing":              forge(hs, secret, with("exp", 0), nil),
		"expires at a text":               forge(hs, secret, with("exp", "tomorrow"), nil),
		"not yet valid":                   forge(hs, secret, with("nbf", in), nil),
		"nobody":                          forge(hs, secret, with("sub", nil), nil),
		"nobody known":                    forge(hs, secret, with("sub", "999999"), nil),
		"no number":                       forge(hs, secret, with("sub", id+" OR 1=1"), nil),
		"no role":                         forge(hs, secret, with("role", nil), nil),
		"an unknown role":                 forge(hs, secret, with("role", "root"), nil),
		"roles":                           forge(hs, secret, with("role", []string{"admin"}), nil),
		"another organisation's":          forge(hs, secret, with("org", w.there.org.ID), nil),
		"an id beyond numbers":            forge(hs, secret, with("sub", "99999999999999999999999"), nil),
		"two payloads":                    parts[0] + "." + parts[1] + "." + raw("{}") + "." + parts[2],
		"enormous":                        good + strings.Repeat("A", 12_000),
		"a key's id and another secret":   "pk_" + strings.SplitN(w.here.key, "_", 3)[1] + "_AAAAAAAAAAAAAAAAAAAAAAAAAA",
		"a key without secret":            "pk_" + strings.SplitN(w.here.key, "_", 3)[1] + "_",
		"a key's secret under another id": "pk_" + strings.SplitN(w.there.key, "_", 3)[1] + "_" + strings.SplitN(w.here.key, "_", 3)[2],
		"a key with more behind":          w.here.key + "x", "a key cut": w.here.key[:len(w.here.key)-1],
		"a key with SQL": "pk_1 OR 1=1_x", "a key of id 0": "pk_0_x", "a key of id -1": "pk_-1_x", "a key beyond numbers": "pk_99999999999999999999_x",
		"its hash": "pk_1_" + strings.Repeat("0", 64), "garbage": "a.b.c", "dots": "..",
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", " ", "hs256", "HS256 "} {
		header := raw(`{"alg":"` + alg + `","typ":"JWT"}`)
		payload, err := json.Marshal(admin)
		w.must(err)
		list["alg "+alg+", unsigned"] = header + "." + raw(string(payload)) + "."
		list["alg "+alg+", with a signature"] = header + "." + raw(string(payload)) + "." + parts[2]
	}
	return list
}

// TestForgedCredentials: none of them opens anything, by whatever way it comes.
func TestForgedCredentials(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability, func(cfg *config.Config) {
		cfg.Auth.Keys = slices.Insert(cfg.Auth.Keys, 0, config.Key{ID: "ed", Alg: config.EdDSA,
			PublicKey: base64.StdEncoding.EncodeToString(public), PrivateKey: config.Secret(base64.StdEncoding.EncodeToString(private.Seed()))})
	})
	w.here.refresh(right{})
	ways := map[string]func(string) (int, string){
		"header": func(token string) (int, string) {
			return w.get("/chat/managers", "Authorization", "Bearer "+token)
		},
		"query":  func(token string) (int, string) { return w.get("/chat/queue?token=" + url.QueryEscape(token)) },
		"cookie": func(token string) (int, string) { return w.get("/dashboard/api/me", "Cookie", "parley_session="+token) },
		"operator": func(token string) (int, string) {
			return w.get("/admin/bayeux/sessions", "Authorization", "Bearer "+token)
		},
	}
	for _, name := range []string{"token", "auth_token", "authToken"} {
		ways["ext."+name] = func(token string) (int, string) {
			return w.say(map[string]any{"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": []string{"long-polling"}, "ext": map[string]any{name: token}})
		}
	}
	ways["ext of a push"] = func(token string) (int, string) {
		return w.say(map[string]any{"channel": "/notifications/" + w.here.things["visitor_id"], "data": 1, "ext": map[string]any{"token": token}})
	}
	for what, token := range w.forgeries(public) {
		for way, try := range ways {
			w.calls++
			status, answer := try(token)
			denied := status == http.StatusUnauthorized || strings.HasPrefix(way, "ext") && status == http.StatusForbidden ||
				len(token) > 10_000 && status == http.StatusRequestHeaderFieldsTooLarge
			if !denied || strings.Contains(answer, secretWord) {
				t.Errorf("%s by %s: %d %.200s", what, way, status, answer)
			}
		}
	}
	good := w.token(right{}, administrator)
	if status, answer := ways["header"](good); status != http.StatusOK {
		t.Errorf("a good one: %d %s", status, answer)
	}
}

// get reads a path with headers, from an address of its own.
func (w *realm) get(path string, headers ...string) (int, string) {
	w.t.Helper()
	request, err := http.NewRequest(http.MethodGet, w.origin+path, nil)
	w.must(err)
	w.from(request)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return w.do(request)
}

// TestReplayedTokens: what was good once is not taken again after its end, over connections that were opened with it
// either.
func TestReplayedTokens(t *testing.T) {
	w := newRealm(t, chattest.SQLite(t), config.VisitorsSigned)
	w.here.refresh(right{})
	token, _, err := w.keys.Visitor(w.here.things["visitor_id"], w.here.org.ID, time.Hour)
	w.must(err)
	client, err := bayeuxtest.Dial(t.Context(), w.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: map[string]string{"token": token}})
	w.must(err)
	defer client.Drop()
	w.must(client.Subscribe(t.Context(), "/service/"+w.here.things["visitor_id"]))
	history := "/chat/conversation/" + w.here.things["conversation_id"] + "/messages"
	if status, answer := w.get(history, "Authorization", "Bearer "+token); status != http.StatusOK {
		t.Fatal(status, answer)
	}
	request, err := http.NewRequest(http.MethodPost, w.origin+"/chat/logout", nil)
	w.must(err)
	request.Header.Set("Authorization", "Bearer "+token)
	if status, answer := w.do(request); status >= 300 {
		t.Fatal(status, answer)
	}
	if status, _ := w.get(history, "Authorization", "Bearer "+token); status != http.StatusUnauthorized {
		t.Errorf("after the visitor logged out her token reads: %d", status)
	}
	if err := client.Subscribe(t.Context(), "/notifications/"+w.here.things["visitor_id"]); err == nil {
		t.Error("after the visitor logged out her session subscribes")
	}
	if _, err := bayeuxtest.Dial(t.Context(), w.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: map[string]string{"token": token}}); err == nil {
		t.Error("after the visitor logged out her token shakes hands")
	}
}
