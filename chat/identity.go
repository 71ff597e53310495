package chat

import (
	"bytes"
	"encoding/json"
	"io"

	"parley/models"
)

// Identity is what somebody who answers for it says of a visitor: a site's backend, by signature or by API key. What
// is not set stays as it is, null takes away. Attributes are all or none: a JSON object replaces the former one.
type Identity struct {
	Name, Email Change[*string]
	Attributes  json.RawMessage
}

// Bounds of attributes: bytes of their JSON, values in all, how deep objects and lists are nested, bytes of a key.
const (
	maxAttributeBytes = 4 << 10
	maxAttributes     = 100
	maxAttributeDepth = 3
	maxAttributeKey   = 64
)

// clean checks what is set and brings it into the form in which it is kept.
func (i *Identity) clean() error {
	for _, field := range []struct {
		change *Change[*string]
		valid  func(string) (string, error)
	}{{&i.Name, validName}, {&i.Email, validEmail}} {
		if !field.change.Set || field.change.To == nil {
			continue
		}
		text, err := field.valid(*field.change.To)
		if err != nil {
			return err
		}
		field.change.To = &text
	}
	if len(i.Attributes) == 0 {
		return nil
	}
	return i.cleanAttributes()
}

func attributesInvalid() *Error {
	return E(Invalid, "attributes_invalid", "Attributes are a JSON object of at most %d bytes and %d values, nested at most %d deep, with keys of 1 to %d bytes",
		maxAttributeBytes, maxAttributes, maxAttributeDepth, maxAttributeKey)
}

func (i *Identity) cleanAttributes() error {
	if bytes.Equal(bytes.TrimSpace(i.Attributes), []byte("null")) {
		i.Attributes = json.RawMessage("null")
		return nil
	}
	if len(i.Attributes) > maxAttributeBytes {
		return attributesInvalid()
	}
	d := json.NewDecoder(bytes.NewReader(i.Attributes))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil || object == nil {
		return attributesInvalid()
	}
	if _, err := d.Token(); err != io.EOF {
		return attributesInvalid()
	}
	left := maxAttributes
	if !modest(object, maxAttributeDepth, &left) {
		return attributesInvalid()
	}
	clean, err := json.Marshal(object)
	if err == nil && (len(clean) > maxAttributeBytes || bytes.Contains(clean, []byte(`\u0000`))) {
		err = attributesInvalid()
	}
	i.Attributes = clean
	return err
}

// modest tells whether a value keeps to the bounds; left counts the values that there may still be.
func modest(value any, depth int, left *int) bool {
	if *left--; *left < -1 { // the object itself is none
		return false
	}
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if depth == 0 || key == "" || len(key) > maxAttributeKey || !plain(key) || !modest(inner, depth-1, left) {
				return false
			}
		}
	case []any:
		for _, inner := range v {
			if depth == 0 || !modest(inner, depth-1, left) {
				return false
			}
		}
	}
	return true
}

// into writes what is set, and tells whether that changed anything.
func (i Identity) into(v *models.Visitor) (changed bool) {
	for _, field := range []struct {
		change Change[*string]
		to     **string
	}{{i.Name, &v.Name}, {i.Email, &v.Email}} {
		if field.change.Set && !sameText(*field.to, field.change.To) {
			*field.to, changed = field.change.To, true
		}
	}
	if len(i.Attributes) == 0 {
		return changed
	}
	attributes := string(i.Attributes)
	if attributes == "null" || attributes == "{}" {
		attributes = ""
	}
	changed = changed || attributes != v.Attributes
	v.Attributes = attributes
	return changed
}

func sameText(a, b *string) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// VisitorCard is a visitor as managers and backends see her, and she herself with her token.
type VisitorCard struct {
	ID    string  `json:"id"`
	Name  *string `json:"name"`
	Email *string `json:"email"`
	// Attributes is an object, empty where nothing is known.
	Attributes json.RawMessage `json:"attributes"`
	// IdentifiedAt is null for an anonymous visitor.
	IdentifiedAt *models.Time `json:"identified_at"`
	CreatedAt    models.Time  `json:"created_at"`
	// PreviousID is told once, in the event: the anonymous visitor who this one turned out to be.
	PreviousID string `json:"previous_id,omitempty"`
	// Face is told in the event that a room calls her something else now; the conversation is where that shows.
	Face *Face `json:"face,omitempty"`
}

func viewVisitor(v models.Visitor) *VisitorCard {
	return &VisitorCard{
		ID: v.ID, Name: v.Name, Email: v.Email, Attributes: attributesOf(v), IdentifiedAt: v.IdentifiedAt, CreatedAt: v.CreatedAt,
	}
}

func attributesOf(v models.Visitor) json.RawMessage {
	if v.Attributes == "" {
		return json.RawMessage("{}")
	}
	return json.RawMessage(v.Attributes)
}
