package token

import (
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestChannelsAreKept: a list in a token bounds it, an empty one to nothing, whoever signed.
func TestChannelsAreKept(t *testing.T) {
	key := secretKey("k")
	r := ring(t, key)
	for _, want := range [][]string{nil, {}, {"/api/v5/orgs/*"}} {
		c := jwt.MapClaims{"sub": "5", "role": "admin", "exp": time.Now().Add(time.Hour).Unix()}
		if want != nil {
			c["channels"] = want
		}
		for kid, verify := range map[string]func(string) ([]string, error){
			"k": func(token string) ([]string, error) { c, err := r.Verify(token); return c.Channels, err },
			"site_1": func(token string) ([]string, error) {
				c, err := r.VerifySite(token, string(key.Secret))
				return c.Channels, err
			},
		} {
			token := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
			token.Header["kid"] = kid
			signed, err := token.SignedString(key.Secret)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := verify(signed); err != nil || (got == nil) != (want == nil) || !slices.Equal(got, want) {
				t.Errorf("%s: %#v, %v, want %#v", kid, got, err, want)
			}
		}
	}
	signed, _, err := r.Bounded(anna, 7, []string{"/api/v5/**"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := r.Verify(signed); err != nil || c.KeyID != 7 || !slices.Equal(c.Channels, []string{"/api/v5/**"}) || c.Subject != "5" {
		t.Errorf("%+v, %v", c, err)
	}
}
