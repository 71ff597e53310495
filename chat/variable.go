package chat

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"parley/models"
)

// VariableReader reads what sites say of visitors in rooms.
type VariableReader interface {
	// Variables lists a visitor's in a room, by the bytes of their keys.
	Variables(roomID int64, visitorID string) ([]models.VisitorVariable, error)
	Variable(roomID int64, visitorID, key string) (models.VisitorVariable, error)
	// VariablePage lists a visitor's in all rooms, by rising id after one.
	VariablePage(visitorID string, after int64, limit int) ([]models.VisitorVariable, error)
	// Faces finds what rooms call visitors.
	Faces(visitorIDs []string) (map[FaceOf]Face, error)
	// OpenIn lists the ids of a visitor's open conversations in a place, rising.
	OpenIn(visitorID string, place int64) ([]int64, error)
}

// VariableTx changes it. The visitor is locked.
type VariableTx interface {
	CreateVariable(v *models.VisitorVariable) error
	// SaveVariable keeps the value, whether it is signed, and when that was said.
	SaveVariable(v models.VisitorVariable) error
	DeleteVariable(id int64) error
}

// Bounds of a visitor's variables in a room: how many, and of a key's characters, the bytes of a value's JSON, how deep
// it is nested, and the bytes of all keys and values together.
const (
	maxVariables     = 100
	maxVariableKey   = 200
	maxVariableValue = 4 << 10
	maxVariableDepth = 5
	maxVariableBytes = 64 << 10
)

// hiddenPrefix begins the keys of variables that people are not shown.
const hiddenPrefix = "__"

// HiddenVariable tells whether a variable is kept for programs, and not shown to people.
func HiddenVariable(key string) bool { return strings.HasPrefix(key, hiddenPrefix) }

// cleanVariable checks a key and its value, which it brings into the form in which it is kept: without space between
// its parts, numbers as they were written.
func cleanVariable(key string, value json.RawMessage) (json.RawMessage, error) {
	n := utf8.RuneCountInString(key)
	if n < 1 || n > maxVariableKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) || key == "." || key == ".." { // no address ends so
		return nil, E(Invalid, "key_invalid", "A key has 1 to %d characters, and is neither . nor ..", maxVariableKey)
	}
	var text bytes.Buffer
	if len(value) == 0 || !utf8.Valid(value) || json.Compact(&text, value) != nil || text.Len() > maxVariableValue || depthOf(text.Bytes()) > maxVariableDepth {
		return nil, E(Invalid, "value_invalid", "A value is JSON of at most %d bytes, nested at most %d deep", maxVariableValue, maxVariableDepth)
	}
	return text.Bytes(), nil
}

// depthOf is how deep objects and lists are nested in valid JSON.
func depthOf(valid []byte) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(valid); i++ {
		switch c := valid[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// cleanValues checks all that is said at once.
func cleanValues(values Values) (Values, error) {
	if len(values) > maxVariables { // before any of them is written
		return nil, tooManyVariables()
	}
	clean := make(Values, len(values))
	for key, value := range values {
		var err error
		if clean[key], err = cleanVariable(key, value); err != nil {
			return nil, err
		}
	}
	return clean, nil
}

func tooManyVariables() *Error {
	return E(Invalid, "variables_too_many", "A visitor has at most %d variables in a room, of %d bytes together", maxVariables, maxVariableBytes)
}
