package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/models"
)

func secretKey(id string) Key {
	secret := make([]byte, MinSecret)
	rand.Read(secret)
	return Key{ID: id, Algorithm: HS256, Secret: secret}
}

func edKey(id string) Key {
	public, private, _ := ed25519.GenerateKey(nil)
	return Key{ID: id, Algorithm: EdDSA, Public: public, Private: private}
}

func ring(t *testing.T, keys ...Key) *Keyring {
	t.Helper()
	r, err := NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var anna = models.Manager{ID: 5, OrganizationID: 3, Role: models.RoleSupervisor}

func TestRoundTripWithBothAlgorithms(t *testing.T) {
	for _, key := range []Key{secretKey("a"), edKey("b")} {
		r := ring(t, key)
		signed, expires, err := r.Manager(anna, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.Verify(signed)
		if err != nil || c.Subject != "5" || c.Role != "supervisor" || c.OrganizationID != 3 || !c.ExpiresAt.Equal(expires) {
			t.Errorf("%s: %+v, %v", key.Algorithm, c, err)
		}
		signed, _, err = r.Visitor("v81f0", 0, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = r.Verify(signed); err != nil || c.Subject != "v81f0" || c.Role != "visitor" || c.OrganizationID != 0 {
			t.Errorf("%s: %+v, %v", key.Algorithm, c, err)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	older, newer := secretKey("older"), edKey("newer")
	signed, _, _ := ring(t, older).Manager(anna, time.Hour)
	both := ring(t, newer, older)
	if _, err := both.Verify(signed); err != nil {
		t.Errorf("the older key's token: %v", err)
	}
	signed, _, _ = both.Manager(anna, time.Hour)
	if _, err := ring(t, older).Verify(signed); err == nil {
		t.Error("the first key did not sign")
	}
}

func TestExpiry(t *testing.T) {
	r := ring(t, secretKey("a"))
	synctest.Test(t, func(t *testing.T) {
		signed, _, _ := r.Manager(anna, time.Minute)
		time.Sleep(59 * time.Second)
		if _, err := r.Verify(signed); err != nil {
			t.Errorf("before: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := r.Verify(signed); err == nil {
			t.Error("an expired token was taken")
		}
	})
}

func TestForgeriesAreRefused(t *testing.T) {
	secret, ed := secretKey("s"), edKey("e")
	r := ring(t, secret, ed)
	good, _, _ := r.Manager(anna, time.Hour)
	inAnHour := jwt.NewNumericDate(time.Now().Add(time.Hour))
	sign := func(method jwt.SigningMethod, key any, kid string, c claims) string {
		token := jwt.NewWithClaims(method, c)
		if kid != "" {
			token.Header["kid"] = kid
		}
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	admin := claims{RegisteredClaims: jwt.RegisteredClaims{Subject: "5", ExpiresAt: inAnHour}, Role: "admin"}
	endless := claims{RegisteredClaims: jwt.RegisteredClaims{Subject: "5"}, Role: "admin"}
	nobody := claims{RegisteredClaims: jwt.RegisteredClaims{ExpiresAt: inAnHour}, Role: "admin"}
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"empty":                            "",
		"garbage":                          "a.b.c",
		"alg none":                         sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "s", admin),
		"alg none without kid":             sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "", admin),
		"signature stripped":               parts[0] + "." + parts[1] + ".",
		"claims changed":                   parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"6","role":"admin","exp":99999999999}`)) + "." + parts[2],
		"another secret":                   sign(jwt.SigningMethodHS256, secretKey("s").Secret, "s", admin),
		"HS256 with the public key":        sign(jwt.SigningMethodHS256, []byte(ed.Public), "e", admin),
		"HS256 with the public key, naked": sign(jwt.SigningMethodHS256, []byte(ed.Public), "", admin),
		"HS512 with the right secret":      sign(jwt.SigningMethodHS512, secret.Secret, "s", admin),
		"another kid":                      sign(jwt.SigningMethodHS256, secret.Secret, "unknown", admin),
		"no exp":                           sign(jwt.SigningMethodHS256, secret.Secret, "s", endless),
		"no sub":                           sign(jwt.SigningMethodHS256, secret.Secret, "s", nobody),
		"enormous":                         good + strings.Repeat("A", maxToken),
	} {
		if c, err := r.Verify(token); err == nil {
			t.Errorf("%s was taken: %+v", name, c)
		}
	}
	if _, err := r.Verify(sign(jwt.SigningMethodHS256, secret.Secret, "", admin)); err != nil {
		t.Errorf("a customer's own library may leave out kid: %v", err)
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	short := secretKey("a")
	short.Secret = short.Secret[1:]
	for name, keys := range map[string][]Key{
		"none": nil, "short secret": {short}, "unknown algorithm": {{ID: "a", Algorithm: "none"}},
		"same id": {secretKey("a"), secretKey("a")}, "no id": {secretKey("")}, "a site secret's id": {secretKey("site_1")}, "no public": {{ID: "a", Algorithm: EdDSA}},
	} {
		if _, err := NewKeyring(keys...); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	public := edKey("p")
	public.Private = nil
	if _, _, err := ring(t, public).Manager(anna, time.Hour); err == nil {
		t.Error("a public key signed")
	}
}

// TestSiteSecretIsNamedByKid: what a token says of its secret is read in one spelling; whatever claims to be a site's is
// never tried with the server's keys.
func TestSiteSecretIsNamedByKid(t *testing.T) {
	key := secretKey("k")
	r := ring(t, key)
	inAnHour := jwt.NewNumericDate(time.Now().Add(time.Hour))
	for kid, want := range map[any]int64{
		"site_7": 7, "site_07": 0, "site_": 0, "site_-7": 0, "site_7 ": 0, "site_99999999999999999999": 0, "k": -1, "": -1, 7: -1, "Site_7": -1,
	} {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{RegisteredClaims: jwt.RegisteredClaims{Subject: "5", ExpiresAt: inAnHour}, Role: "admin"})
		token.Header["kid"] = kid
		signed, err := token.SignedString(key.Secret)
		if err != nil {
			t.Fatal(err)
		}
		id, says := r.SiteSecret(signed)
		if says != (want >= 0) || id != max(want, 0) {
			t.Errorf("%v: %d, %v", kid, id, says)
		}
		if _, err := r.Verify(signed); (err == nil) != (kid == "k") {
			t.Errorf("%v: verified with the server's key: %v", kid, err)
		}
	}
	for _, token := range []string{"", ".", "a.b.c", strings.Repeat("e", maxToken+1) + "."} {
		if _, says := r.SiteSecret(token); says {
			t.Errorf("%.10q says to be a site's", token)
		}
	}
}

func FuzzVerifySite(f *testing.F) {
	r, err := NewKeyring(secretKey("k"))
	if err != nil {
		f.Fatal(err)
	}
	secret := strings.Repeat("s", MinSecret)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "v1", "exp": time.Now().Add(time.Hour).Unix(), "attributes": map[string]any{"a": 1}})
	token.Header["kid"] = "site_1"
	good, err := token.SignedString([]byte(secret))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		r.SiteSecret(text)
		if c, err := r.VerifySite(text, secret); err == nil && c.Subject != "v1" {
			t.Fatalf("%q was taken as %+v", text, c)
		}
	})
}

func TestLoadOrCreateAgrees(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "auth.key")
	keys := make([]Key, 8)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			var err error
			if keys[i], err = LoadOrCreate(path); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, k := range keys {
		if string(k.Secret) != string(keys[0].Secret) {
			t.Fatal("two different keys")
		}
	}
}

func FuzzVerify(f *testing.F) {
	key := secretKey("a")
	r, err := NewKeyring(key)
	if err != nil {
		f.Fatal(err)
	}
	signed, _, _ := r.Manager(anna, time.Hour)
	f.Add(signed)
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if c, err := r.Verify(token); err == nil && c.Subject != "5" {
			t.Fatalf("%q was taken as %+v", token, c)
		}
	})
}
