package api

import (
	"bytes"
	"encoding/json"
	"io"

	"parley/chat"
)

// fields are what a JSON body may hold: names, and where their values go.
type fields map[string]any

// read reads the body, one JSON object, into the fields. A field that is not among them, or of another kind, is
// refused with its name. An empty body holds none.
func (c call) read(maxBody int64, into fields) error {
	raw, err := readBody(c.Context, maxBody)
	if err != nil || len(bytes.TrimSpace(raw)) == 0 {
		return err
	}
	return into.fill(raw)
}

func (f fields) fill(raw []byte) error {
	checked := params{}
	if err := checked.addJSON(raw); err != nil { // one object, not nested too deeply
		return err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return bodyInvalid("The body is not a JSON object")
	}
	for name, value := range values {
		place, known := f[name]
		if !known {
			return chat.E(chat.Invalid, "field_unknown", "There is no field %q here", name)
		}
		d := json.NewDecoder(bytes.NewReader(value))
		d.DisallowUnknownFields()
		if err := d.Decode(place); err != nil && err != io.EOF {
			return chat.E(chat.Invalid, "field_invalid", "%s is not what it should be", name)
		}
	}
	return nil
}
