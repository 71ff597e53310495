package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// message is any message; its fields are as they came.
type message map[string]json.RawMessage

// text is a field's string, "" if it is none.
func (m message) text(field string) (s string) {
	if json.Unmarshal(m[field], &s) != nil {
		return ""
	}
	return s
}

// number is a field's number, -1 if it is none.
func (m message) number(field string) float64 {
	n := -1.0
	if raw := m[field]; len(raw) == 0 || raw[0] == '"' || json.Unmarshal(raw, &n) != nil {
		return -1
	}
	return n
}

func (m message) list(field string) (l []string) {
	if json.Unmarshal(m[field], &l) != nil {
		return nil
	}
	return l
}

func (m message) object(field string) (o message) {
	if json.Unmarshal(m[field], &o) != nil {
		return nil
	}
	return o
}

func (m message) advice() message { return m.object("advice") }

func (m message) has(field string) bool { _, has := m[field]; return has }

// is compares a field with JSON text.
func (m message) is(field, text string) bool { return m.has(field) && same(m[field], []byte(text)) }

func (m message) ok() bool     { return m.is("successful", "true") }
func (m message) failed() bool { return m.is("successful", "false") }

func (m message) isEvent() bool { return m.has("data") && !m.has("successful") }

// same compares JSON texts but for white space and the order of fields.
func same(a, b []byte) bool {
	return bytes.Equal(canonical(a), canonical(b))
}

func canonical(text []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return out
}

// batch reads an array of messages.
func batch(text string) ([]message, error) {
	if trimmed := strings.TrimSpace(text); !strings.HasPrefix(trimmed, "[") {
		return nil, fmt.Errorf("not an array")
	}
	var all []message
	err := json.Unmarshal([]byte(text), &all)
	return all, err
}

// errorForm is that of the specification: code, arguments, text.
var errorForm = regexp.MustCompile(`^[0-9]{3}:[^:]*:.+$`)

// split tells events from replies.
func split(all []message) (events, replies []message) {
	for _, m := range all {
		if m.isEvent() {
			events = append(events, m)
		} else {
			replies = append(replies, m)
		}
	}
	return events, replies
}

// data joins what events carry, for comparison.
func data(events []message) string {
	var parts []string
	for _, e := range events {
		parts = append(parts, string(canonical(e["data"])))
	}
	return strings.Join(parts, " ")
}
