package chat

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
)

func TestParseValues(t *testing.T) {
	for _, row := range []struct {
		text string
		want int // -1: refused
	}{
		{`{}`, 0},
		{` {"a":1,"b":{"a":1}} `, 2},
		{`{"a":29.0,"A":null}`, 2},
		{`"eyJ"`, -1}, {`[1]`, -1}, {`null`, -1}, {``, -1},
		{`{"a":`, -1}, {`{"a":1`, -1}, {`{a:1}`, -1},
		{`{"a":1}{"b":2}`, -1}, {`{"a":1} x`, -1},
		{`{"a":1,"a":2}`, -1}, {`{"a":1,"\u0061":2}`, -1},
		{"{\"\xff\":1}", -1}, {"{\"a\":\"\xff\"}", -1},
		{`{"a":"` + strings.Repeat("x", maxSubmitted) + `"}`, -1},
	} {
		values, err := ParseValues([]byte(row.text))
		if row.want < 0 && !errors.Is(err, ErrDataShape) || row.want >= 0 && (err != nil || len(values) != row.want) {
			t.Errorf("%.40s: %s, %v", row.text, values, err)
		}
	}
}

func TestParseSigningKey(t *testing.T) {
	encoded := func(kind string, der []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	public := func(key any) string {
		der, err := x509.MarshalPKIXPublicKey(key)
		return encoded("PUBLIC KEY", der, err)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := public(&private.PublicKey)
	for name, row := range map[string]struct {
		text string
		ok   bool
	}{
		"PKIX":          {good, true},
		"PKCS 1":        {encoded("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&private.PublicKey), nil), true},
		"with space":    {"\n" + good + "\n", true},
		"private":       {encoded("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private), nil), false},
		"short":         {public(&short.PublicKey), false},
		"not RSA":       {public(&curve.PublicKey), false},
		"two":           {good + good, false},
		"no PEM":        {"supersecret", false},
		"nothing":       {"", false},
		"broken inside": {strings.Replace(good, "MII", "AAA", 1), false},
	} {
		if key, err := ParseSigningKey(row.text); (err == nil) != row.ok || row.ok && !key.Equal(&private.PublicKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
