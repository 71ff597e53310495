package token

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

var (
	then   = time.Unix(1_700_000_000, 0)
	secret = roomSecret("supersecret")
	tokens = roomSecret("supersecretkey")
	// The keys of a room do not hang on the server's.
	keyless = (*Keyring)(nil)
)

func roomSecret(s string) models.RoomKey { return models.RoomKey{Kind: models.RoomSecret, Key: s} }

func roomPublic(t *testing.T, key *rsa.PublicKey) models.RoomKey {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return models.RoomKey{Kind: models.RoomPublicKey, Key: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
}

func room(checksums bool, keys ...models.RoomKey) chat.SigningKeys {
	return chat.SigningKeys{Keys: keys, Checksums: checksums}
}

func quoted(s string) json.RawMessage {
	raw, _ := json.Marshal(s)
	return raw
}

// The documented vectors, and those of the reference.
func TestVectors(t *testing.T) {
	const signed = "eyJ1c2VybmFtZSI6IkpvaG4gRG9lIiwiYWdlIjoyOSwiZXhwIjoxODkzNDU2MDAwfQ."
	john := chat.Values{"username": quoted("John Doe"), "age": json.RawMessage("29")}
	for _, row := range []struct {
		algorithm string
		key       models.RoomKey
		submitted json.RawMessage
		want      chat.Values
	}{
		{"HS256", tokens, quoted("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJjb21pY191cmwiOiJodHRwOi8veGtjZC5jb20vMTM2MC8ifQ.BsjBt9a9imoj9P5_7aIAe5nuhPd5jb8HGvAJKPCwm6A"),
			chat.Values{"comic_url": quoted("http://xkcd.com/1360/")}},
		{"HS256", tokens, quoted("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + signed + "pTJ3MuV7KExky8SA-3OLAqyoKSdgwrJ86aYhdHOW3Ws"), john},
		{"HS384", tokens, quoted("eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9." + signed + "0p2OY_zrX3IoaRLCQ8JL3GopzZYpo-bfb6FLNG37JOpMxzhyawISrNI98t212XyX"), john},
		{"HS512", tokens, quoted("eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9." + signed + "7HbQFXYbUDyueR8DibNzpOoYN8LvNZXMDZWpBqKW5WF9PlgIL4HV4DDUksOY_UWVZcdGeiQ5MLXgRsfeNWGbHA"), john},
		{"md5", secret, json.RawMessage(`{"username":"John Doe","age":29,"_checksum":"0ea59ee5af5fa0aba76f1a6fd209d396"}`), john},
		{"sha1", secret, json.RawMessage(`{"username":"John Doe","age":29,"_checksum":"6A625498E5434563B7019FD7CC902905A5C75275"}`), john},
		{"md5", secret, json.RawMessage(`{"username":"John Doe","age":29,"has_car":true,"_exp":"1893456000","_checksum":"2db25e4ee9a1236d2b6cfa0ee2e00c8b"}`),
			chat.Values{"username": quoted("John Doe"), "age": json.RawMessage("29"), "has_car": json.RawMessage("true")}},
		{"sha1", secret, json.RawMessage(`{"username":"John Doe","age":29,"has_car":true,"_exp":"1893456000","_checksum":"01db654e6bcff945df8f06c92da2f4c3da907c1a"}`),
			chat.Values{"username": quoted("John Doe"), "age": json.RawMessage("29"), "has_car": json.RawMessage("true")}},
		{"md5", secret, json.RawMessage(`{"Username":"John Doe","age":29,"Zip":"00100","_exp":1893456000,"_checksum":"26b7437998bfd069fe84030ea40f66ce"}`),
			chat.Values{"Username": quoted("John Doe"), "age": json.RawMessage("29"), "Zip": quoted("00100")}},
		{"sha1", secret, json.RawMessage(`{"Username":"John Doe","age":29,"Zip":"00100","_exp":1893456000,"_checksum":"3bd1cbf52ec94cf9821d013446ea8051e1e5f922"}`),
			chat.Values{"Username": quoted("John Doe"), "age": json.RawMessage("29"), "Zip": quoted("00100")}},
		{"md5", secret, json.RawMessage(`{"username":"Päivi Ääkkönen","city":"Jyväskylä","_checksum":"f748c7e73e6bb05f0bf8e8110c637569"}`),
			chat.Values{"username": quoted("Päivi Ääkkönen"), "city": quoted("Jyväskylä")}},
		{"sha1", secret, json.RawMessage(`{"username":"P\u00e4ivi \u00c4\u00e4kk\u00f6nen","city":"Jyväskylä","_checksum":"ba110d268b03dcc81066cb7969e975986b112ba4"}`),
			chat.Values{"username": quoted(`Päivi Ääkkönen`), "city": quoted("Jyväskylä")}},
	} {
		// A key that was replaced stands before the right one.
		got, err := keyless.VerifyData(row.submitted, row.algorithm, room(true, roomSecret("older"), row.key), then)
		if err != nil || !sameValues(got, row.want) {
			t.Errorf("%s %s: %s, %v", row.algorithm, row.submitted, got, err)
		}
	}
}

func sameValues(a, b chat.Values) bool {
	var left, right any
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return json.Unmarshal(x, &left) == nil && json.Unmarshal(y, &right) == nil && reflect.DeepEqual(left, right)
}

func sign(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) json.RawMessage {
	t.Helper()
	s, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return quoted(s)
}

func TestPublicKeys(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public := roomPublic(t, &private.PublicKey)
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512} {
		v, err := keyless.VerifyData(sign(t, method, private, jwt.MapClaims{"a": "b"}), method.Alg(), room(false, tokens, public), then)
		if err != nil || string(v["a"]) != `"b"` {
			t.Errorf("%s: %s, %v", method.Alg(), v, err)
		}
	}
	der, _ := pem.Decode([]byte(public.Key))
	for _, key := range [][]byte{[]byte(public.Key), der.Bytes} {
		if v, err := keyless.VerifyData(sign(t, jwt.SigningMethodHS256, key, jwt.MapClaims{"a": "b"}), "HS256", room(true, public), then); err == nil {
			t.Errorf("a public key was taken for a secret: %s", v)
		}
	}
	secret := models.RoomKey{Kind: models.RoomSecret, Key: public.Key}
	if v, err := keyless.VerifyData(sign(t, jwt.SigningMethodRS256, private, jwt.MapClaims{"a": "b"}), "RS256", room(true, secret), then); err == nil {
		t.Errorf("a secret was taken for a public key: %s", v)
	}
}

func TestForgeries(t *testing.T) {
	claims := jwt.MapClaims{"username": "Mallory"}
	late := jwt.MapClaims{"username": "Mallory", "exp": then.Unix()}
	early := jwt.MapClaims{"username": "Mallory", "nbf": then.Unix() + 60}
	good := string(sign(t, jwt.SigningMethodHS256, []byte(tokens.Key), claims))
	parts := strings.Split(good, ".")
	for name, row := range map[string]struct {
		algorithm string
		submitted json.RawMessage
		want      error
	}{
		"another key":          {"HS256", sign(t, jwt.SigningMethodHS256, []byte("guess"), claims), chat.ErrDataSignature},
		"an empty key":         {"HS256", sign(t, jwt.SigningMethodHS256, []byte{}, claims), chat.ErrDataSignature},
		"another algorithm":    {"HS256", sign(t, jwt.SigningMethodHS512, []byte(tokens.Key), claims), chat.ErrDataSignature},
		"alg none":             {"HS256", sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims), chat.ErrDataSignature},
		"none asked for":       {"none", sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims), chat.ErrDataAlgorithm},
		"lower case":           {"hs256", json.RawMessage(good), chat.ErrDataAlgorithm},
		"nothing asked for":    {"", json.RawMessage(good), chat.ErrDataAlgorithm},
		"no signature":         {"HS256", json.RawMessage(parts[0] + "." + parts[1] + `."`), chat.ErrDataSignature},
		"late":                 {"HS256", sign(t, jwt.SigningMethodHS256, []byte(tokens.Key), late), chat.ErrDataExpired},
		"early":                {"HS256", sign(t, jwt.SigningMethodHS256, []byte(tokens.Key), early), chat.ErrDataExpired},
		"an object as a token": {"HS256", json.RawMessage(`{"a":"b"}`), chat.ErrDataShape},
		"no checksum":          {"md5", json.RawMessage(`{"username":"John Doe","age":29}`), chat.ErrDataSignature},
		"a number for it":      {"md5", json.RawMessage(`{"username":"John Doe","age":29,"_checksum":0}`), chat.ErrDataSignature},
		"tampered":             {"md5", json.RawMessage(`{"username":"John Doe","age":30,"_checksum":"0ea59ee5af5fa0aba76f1a6fd209d396"}`), chat.ErrDataSignature},
		"another hash":         {"sha1", json.RawMessage(`{"username":"John Doe","age":29,"_checksum":"0ea59ee5af5fa0aba76f1a6fd209d396"}`), chat.ErrDataSignature},
		"_exp changed":         {"md5", json.RawMessage(`{"username":"John Doe","age":29,"has_car":true,"_exp":"1893456001","_checksum":"2db25e4ee9a1236d2b6cfa0ee2e00c8b"}`), chat.ErrDataSignature},
		"_exp taken out":       {"md5", json.RawMessage(`{"username":"John Doe","age":29,"has_car":true,"_checksum":"2db25e4ee9a1236d2b6cfa0ee2e00c8b"}`), chat.ErrDataSignature},
		"an extension":         {"HS256", critical(t, claims), chat.ErrDataSignature},
		"a payload of a list":  {"HS256", signText(t, `["Mallory"]`), chat.ErrDataSignature},
		"a key twice":          {"HS256", signText(t, `{"a":1,"a":2}`), chat.ErrDataShape},
		"plain":                {chat.Plain, json.RawMessage(`{"a":1}`), chat.ErrDataAlgorithm},
		"two values as one":    {"md5", json.RawMessage(`{"age:29&username":"John Doe","_checksum":"0ea59ee5af5fa0aba76f1a6fd209d396"}`), chat.ErrDataShape},
		"null":                 {"md5", json.RawMessage(`{"a":null,"_checksum":"x"}`), chat.ErrDataShape},
		"a list":               {"md5", json.RawMessage(`{"a":[1],"_checksum":"x"}`), chat.ErrDataShape},
		"an object":            {"sha1", json.RawMessage(`{"a":{},"_checksum":"x"}`), chat.ErrDataShape},
	} {
		v, err := keyless.VerifyData(row.submitted, row.algorithm, room(true, tokens, secret), then)
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %s, %v; want %v", name, v, err, row.want)
		}
	}
	if _, err := keyless.VerifyData(json.RawMessage(`{"username":"John Doe","age":29,"_checksum":"0ea59ee5af5fa0aba76f1a6fd209d396"}`), "md5", room(false, secret), then); !errors.Is(err, chat.ErrDataAlgorithm) {
		t.Errorf("a checksum where none is taken: %v", err)
	}
	expired := json.RawMessage(`{"username":"John Doe","age":29,"has_car":true,"_exp":"1893456000","_checksum":"2db25e4ee9a1236d2b6cfa0ee2e00c8b"}`)
	if _, err := keyless.VerifyData(expired, "md5", room(true, secret), time.Unix(1893456000, 0)); !errors.Is(err, chat.ErrDataExpired) {
		t.Errorf("an expired checksum: %v", err)
	}
}

// critical signs a token whose header names something that must be understood.
func critical(t *testing.T, claims jwt.MapClaims) json.RawMessage {
	t.Helper()
	made := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	made.Header["crit"] = []string{"b64"}
	s, err := made.SignedString([]byte(tokens.Key))
	if err != nil {
		t.Fatal(err)
	}
	return quoted(s)
}

// signText signs a payload as it is.
func signText(t *testing.T, payload string) json.RawMessage {
	t.Helper()
	text := "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature, err := jwt.SigningMethodHS256.Sign(text, []byte(tokens.Key))
	if err != nil {
		t.Fatal(err)
	}
	return quoted(text + "." + base64.RawURLEncoding.EncodeToString(signature))
}

// Some languages' clocks count fractions of a second.
func TestFractions(t *testing.T) {
	sum := checksum("_exp:1893456000.25&a:b&supersecret", "md5")
	v, err := keyless.VerifyData(json.RawMessage(`{"a":"b","_exp":1893456000.25,"_checksum":"`+sum+`"}`), "md5", room(true, secret), then)
	if err != nil || !sameValues(v, chat.Values{"a": quoted("b")}) {
		t.Errorf("%s, %v", v, err)
	}
}

// Strangers send these bytes: nothing may panic, and nothing may pass that the key did not sign.
func FuzzVerifyData(f *testing.F) {
	f.Add([]byte(`{"username":"John Doe","age":29,"_checksum":"0ea59ee5af5fa0aba76f1a6fd209d396"}`), "md5")
	f.Add([]byte(`"eyJhbGciOiJIUzI1NiJ9.e30.x"`), "HS256")
	f.Add([]byte(`{}`), chat.Plain)
	keys := room(true, roomSecret("only the fuzzer's seeds were signed"))
	f.Fuzz(func(t *testing.T, submitted []byte, algorithm string) {
		v, err := keyless.VerifyData(submitted, algorithm, keys, then)
		if err == nil {
			t.Fatalf("%s passed as %s: %s", submitted, algorithm, v)
		}
	})
}
