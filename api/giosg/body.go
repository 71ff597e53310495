package giosg

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"parley/chat"
)

const maxDepth = 20

func bodyInvalid(text string) error { return chat.E(chat.Invalid, "body_invalid", "%s", text) }

// fields are attributes that a body may have, and where their values go. Others are left alone, as giosg does.
type fields map[string]any

// read reads the body into the fields and tells which of them it had. An empty body has none.
func (c *call) read(into fields) (given map[string]bool, err error) {
	values, err := c.object()
	if err != nil {
		return nil, err
	}
	given = map[string]bool{}
	wrong := FieldErrors{}
	for name, place := range into {
		value, there := values[name]
		if !there {
			continue
		}
		given[name] = true
		if json.Unmarshal(value, place) != nil {
			wrong[name] = []string{"This is not a valid value."}
		}
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return given, nil
}

// object reads the body as one JSON object, each attribute as it was written.
func (c *call) object() (map[string]json.RawMessage, error) {
	raw, err := c.body()
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	if depth(raw) > maxDepth {
		return nil, bodyInvalid("JSON parse error - nested too deeply")
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return nil, invalid(noField, "Invalid data. Expected an object.")
		}
		return nil, bodyInvalid("JSON parse error")
	}
	if values == nil {
		return nil, invalid(noField, "No data provided")
	}
	return values, nil
}

func (c *call) body() ([]byte, error) {
	if kind, _, _ := mime.ParseMediaType(c.Request.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data" {
		if c.ContentLength != 0 {
			return nil, chat.E(chat.Unsupported, "media_type", "Unsupported media type %q in request.", kind)
		}
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.ResponseWriter, c.Body, c.api.cfg.MaxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, chat.E(chat.TooLarge, "body_too_large", "The body has more than %d bytes", c.api.cfg.MaxBodyBytes)
	case err != nil:
		return nil, bodyInvalid("The body did not arrive")
	}
	return bytes.TrimSpace(raw), nil
}

// depth counts how deep JSON is nested, at most.
func depth(raw []byte) (deepest int) {
	at, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			at++
			deepest = max(deepest, at)
		case b == '}' || b == ']':
			at--
		}
	}
	return deepest
}
