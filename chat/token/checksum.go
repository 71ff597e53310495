package token

import (
	"cmp"
	"crypto/hmac"
	"crypto/md5"  // #nosec G501 -- old sites sign with it, where a room takes it
	"crypto/sha1" // #nosec G505 -- as md5
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

// openChecksum opens an object that carries its checksum.
func openChecksum(submitted json.RawMessage, algorithm string, keys []models.RoomKey, at time.Time) (chat.Values, error) {
	values, err := chat.ParseValues(submitted)
	if err != nil {
		return nil, err
	}
	var given string
	if json.Unmarshal(values["_checksum"], &given) != nil || given == "" {
		return nil, chat.ErrDataSignature
	}
	delete(values, "_checksum")
	text, err := checksummed(values)
	if err != nil {
		return nil, err
	}
	if !checks(text, strings.ToLower(given), algorithm, keys) {
		return nil, chat.ErrDataSignature
	}
	if expires, is := values["_exp"]; is && !after(expires, at) {
		return nil, chat.ErrDataExpired
	}
	delete(values, "_exp")
	return values, nil
}

// after tells whether a time in seconds, a number or a string of one, is yet to come. Some languages' clocks count
// fractions.
func after(expires json.RawMessage, at time.Time) bool {
	whole, _, _ := strings.Cut(strings.Trim(string(expires), `"`), ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	return err == nil && at.Unix() < seconds
}

func checks(text, given, algorithm string, keys []models.RoomKey) bool {
	for _, k := range keys {
		if k.Kind != models.RoomSecret || k.Key == "" {
			continue
		}
		if hmac.Equal([]byte(checksum(text+k.Key, algorithm)), []byte(given)) {
			return true
		}
	}
	return false
}

func checksum(text, algorithm string) string {
	sum := sha1.New() // #nosec G401 -- see above
	if algorithm == "md5" {
		sum = md5.New() // #nosec G401 -- see above
	}
	_, _ = io.WriteString(sum, text)
	return hex.EncodeToString(sum.Sum(nil))
}

// checksummed is the text that the checksum is made of, up to the key: key:value& for each, by the keys in lower case.
func checksummed(values chat.Values) (string, error) {
	keys := make([]string, 0, len(values))
	for key := range values {
		if strings.ContainsAny(key, ":&") { // a key that looks like values beside others
			return "", chat.ErrDataShape
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	var text strings.Builder
	for _, key := range keys {
		value, err := inChecksum(values[key])
		if err != nil {
			return "", err
		}
		text.WriteString(key + ":" + value + "&")
	}
	return text.String(), nil
}

// inChecksum writes a value as the checksum has it: strings as they are, numbers and booleans as in JSON.
func inChecksum(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	case '{', '[', 'n':
		return "", chat.ErrDataShape // no two programs write them alike
	}
	return string(raw), nil
}
