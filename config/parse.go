package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parse turns what the file, the environment or a flag holds into the setting's type.
// Its error is one line that names key, value and the type that is wanted.
func (s setting) parse(raw any) (any, error) {
	var value any
	var err error
	switch s.typ {
	case reflect.TypeFor[time.Duration]():
		value, err = parseDuration(raw)
	case reflect.TypeFor[Bytes]():
		value, err = parseSize(raw)
	case reflect.TypeFor[[]string]():
		value, err = parseList(raw)
	case reflect.TypeFor[[]Key]():
		value, err = parseKeys(raw)
	case reflect.TypeFor[[]Channel]():
		value, err = parseChannels(raw)
	case reflect.TypeFor[URL]():
		value, err = parseText[URL](raw)
	case reflect.TypeFor[Secret]():
		value, err = parseText[Secret](raw)
	case reflect.TypeFor[string]():
		value, err = parseText[string](raw)
	case reflect.TypeFor[bool]():
		value, err = parseBool(raw)
	case reflect.TypeFor[int]():
		value, err = parseInt(raw)
	case reflect.TypeFor[float64]():
		value, err = parseFloat(raw)
	default:
		return nil, fmt.Errorf("%s: no parser for %s", s.name, s.typ)
	}
	if wrong, ok := errors.AsType[wantError](err); ok {
		return nil, fmt.Errorf("%s: %s is not %s", s.name, show(s.typ, raw), string(wrong))
	}
	if err != nil {
		return nil, fmt.Errorf("%s%w", s.name, err)
	}
	return value, nil
}

// wantError names the type that a value does not have.
type wantError string

func (e wantError) Error() string { return "not " + string(e) }

// show quotes a value for an error message, if it may be shown.
func show(typ reflect.Type, raw any) string {
	if typ == reflect.TypeFor[[]Key]() || typ == reflect.TypeFor[URL]() || typ == reflect.TypeFor[Secret]() {
		return hidden
	}
	text, err := json.Marshal(raw)
	if err != nil {
		text = fmt.Appendf(nil, "%q", fmt.Sprint(raw))
	}
	const enough = 100
	if len(text) > enough {
		return string(text[:enough]) + "…"
	}
	return string(text)
}

func parseText[T ~string](raw any) (any, error) {
	if text, ok := raw.(string); ok {
		return T(text), nil
	}
	return nil, wantError("a string")
}

func parseBool(raw any) (any, error) {
	switch v := raw.(type) {
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(v); err == nil {
			return b, nil
		}
	}
	return nil, wantError("true or false")
}

func parseInt(raw any) (any, error) {
	switch v := raw.(type) {
	case int:
		return v, nil
	case float64: // of JSON
		if n := int(v); float64(n) == v {
			return n, nil
		}
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return n, nil
		}
	}
	return nil, wantError("a whole number")
}

func parseFloat(raw any) (any, error) {
	f, ok := number(raw)
	if !ok {
		return nil, wantError("a number")
	}
	return f, nil
}

func number(raw any) (float64, bool) {
	switch v := raw.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}

// parseDuration takes Go's notation, or a number of seconds.
func parseDuration(raw any) (any, error) {
	if seconds, ok := number(raw); ok {
		d := seconds * float64(time.Second)
		if math.Abs(d) >= math.MaxInt64 {
			return nil, wantError("a duration that can be counted")
		}
		return time.Duration(math.Round(d)), nil
	}
	if text, ok := raw.(string); ok {
		if d, err := time.ParseDuration(strings.TrimSpace(text)); err == nil {
			return d, nil
		}
	}
	return nil, wantError("a duration (like 30s, 2m, or a number of seconds)")
}

func parseSize(raw any) (any, error) {
	switch v := raw.(type) {
	case int:
		return Bytes(v), nil
	case float64: // of JSON
		if n := int64(v); float64(n) == v {
			return Bytes(n), nil
		}
	case string:
		if size, err := ParseBytes(v); err == nil {
			return size, nil
		}
	}
	return nil, wantError("a size (like 65536, 64KiB or 1MiB)")
}

// parseList takes a list, or one string: comma separated, or a JSON list, which is
// the only way to give an empty one in an environment variable.
func parseList(raw any) (any, error) {
	want := wantError("a list of strings")
	switch v := raw.(type) {
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, want
			}
			list[i] = text
		}
		return list, nil
	case string:
		list := []string{}
		if strings.HasPrefix(strings.TrimSpace(v), "[") {
			if err := json.Unmarshal([]byte(v), &list); err != nil {
				return nil, want
			}
			return list, nil
		}
		for item := range strings.SplitSeq(v, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		return list, nil
	}
	return nil, want
}

// parseKeys takes a list of mappings, or the same as JSON in a string.
// Errors that are not a wantError begin with the place within the list.
func parseKeys(raw any) (any, error) {
	list, err := parseMappings(raw, wantError("a list of keys, each with id, alg and secret or public_key and private_key"))
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(list))
	for i, fields := range list {
		if err := keys[i].fill(fields); err != nil {
			return nil, fmt.Errorf("[%d]%w", i, err)
		}
	}
	return keys, nil
}

// parseMappings takes a list of mappings, or the same as JSON in a string.
func parseMappings(raw any, want wantError) ([]map[string]any, error) {
	if text, ok := raw.(string); ok {
		var list []any
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return nil, want
		}
		raw = list
	}
	list, ok := raw.([]any)
	if !ok {
		return nil, want
	}
	mappings := make([]map[string]any, len(list))
	for i, item := range list {
		if mappings[i], ok = item.(map[string]any); !ok {
			return nil, want
		}
	}
	return mappings, nil
}

func (k *Key) fill(fields map[string]any) error {
	places := map[string]func(string){
		"id":          func(v string) { k.ID = v },
		"alg":         func(v string) { k.Alg = v },
		"secret":      func(v string) { k.Secret = Secret(v) },
		"public_key":  func(v string) { k.PublicKey = v },
		"private_key": func(v string) { k.PrivateKey = Secret(v) },
	}
	for name, value := range fields {
		place, known := places[name]
		if !known {
			return fmt.Errorf(".%s: unknown key; the nearest known one is %s", name,
				nearest(name, slices.Sorted(maps.Keys(places))))
		}
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf(".%s: the value is not a string", name)
		}
		place(text)
	}
	return nil
}
