package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// params are a call's parameters: query and body in one tree, the body winning. Leaves are strings,
// json.Number, bool or nil; form fields such as sender[type]=visitor become branches, as in Rails.
type params map[string]any

// maxFields bounds how many fields a form may have, maxNesting how deep their names may go, and maxDepth how
// deep JSON may.
const (
	maxFields  = 100
	maxNesting = 5
	maxDepth   = 20
)

func bodyInvalid(text string) error { return chat.E(chat.Invalid, "body_invalid", "%s", text) }

// readParams reads the parameters in every form that old clients send: urlencoded or multipart forms, JSON,
// and JSON that calls itself something else.
func readParams(c *gin.Context, maxBody int64) (params, error) {
	p := params{}
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return nil, bodyInvalid("The query cannot be read")
	}
	if err := p.addForm(query); err != nil || c.Request.Method == http.MethodGet {
		return p, err
	}
	data, err := readData(c, maxBody)
	maps.Copy(p, data)
	return p, err
}

// readData reads the body alone.
func readData(c *gin.Context, maxBody int64) (params, error) {
	raw, err := readBody(c, maxBody)
	if err != nil {
		return nil, err
	}
	data := params{}
	return data, data.addBody(c.GetHeader("Content-Type"), raw)
}

func readBody(c *gin.Context, maxBody int64) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, chat.E(chat.TooLarge, "body_too_large", "The body has more than %d bytes", maxBody)
	case err != nil:
		return nil, bodyInvalid("The body did not arrive")
	}
	return raw, nil
}

func (p params) addBody(contentType string, raw []byte) error {
	kind, attributes, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	text := bytes.TrimSpace(raw)
	switch {
	case len(text) == 0:
		return nil
	case kind == "multipart/form-data":
		return p.addMultipart(raw, attributes["boundary"])
	case kind == "application/json" || text[0] == '{' || text[0] == '[':
		return p.addJSON(text)
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return bodyInvalid("The form cannot be read")
	}
	return p.addForm(form)
}

func (p params) addJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil || object == nil {
		return bodyInvalid("The body is not a JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return bodyInvalid("The body is more than a JSON object")
	}
	if tooDeep(object, maxDepth) {
		return bodyInvalid("The body is nested too deeply")
	}
	for key, value := range object {
		p[key] = value
	}
	return nil
}

func tooDeep(value any, allowed int) bool {
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			if allowed == 0 || tooDeep(inner, allowed-1) {
				return true
			}
		}
	case []any:
		for _, inner := range v {
			if allowed == 0 || tooDeep(inner, allowed-1) {
				return true
			}
		}
	}
	return false
}

func (p params) addMultipart(raw []byte, boundary string) error {
	if boundary == "" {
		return bodyInvalid("The form has no boundary")
	}
	form, err := multipart.NewReader(bytes.NewReader(raw), boundary).ReadForm(int64(len(raw)))
	if err != nil {
		return bodyInvalid("The form cannot be read")
	}
	defer form.RemoveAll() //nolint:errcheck // everything was in memory
	return p.addForm(form.Value)
}

func (p params) addForm(form url.Values) error {
	if len(form) > maxFields {
		return bodyInvalid("The form has too many fields")
	}
	for name, values := range form {
		if err := p.set(name, values[len(values)-1]); err != nil {
			return err
		}
	}
	return nil
}

// set files "a[b][c]" under a, b, c. A field that is a branch and a leaf at once is refused.
func (p params) set(name, value string) error {
	key, rest, nested := strings.Cut(name, "[")
	at := map[string]any(p)
	for depth := 0; nested; depth++ {
		branch, ok := at[key].(map[string]any)
		if !ok {
			if at[key] != nil || depth == maxNesting {
				return bodyInvalid("The form's fields contradict each other")
			}
			branch = map[string]any{}
			at[key] = branch
		}
		at = branch
		var closed bool
		if key, rest, closed = strings.Cut(rest, "]"); !closed {
			return bodyInvalid("A field's name is not closed")
		}
		if rest, nested = strings.CutPrefix(rest, "["); !nested && rest != "" {
			return bodyInvalid("A field's name goes on after its end")
		}
	}
	if _, branch := at[key].(map[string]any); branch {
		return bodyInvalid("The form's fields contradict each other")
	}
	at[key] = value
	return nil
}

// text reads a string. Absent and null are empty; what is no string, or no text, is refused with the code.
func (p params) text(name, code string) (string, error) {
	switch v := p[name].(type) {
	case nil:
		return "", nil
	case string:
		if utf8.ValidString(v) {
			return v, nil
		}
	}
	return "", chat.E(chat.Invalid, code, "%s is not a text", name)
}

// integer reads a whole number, written as one or as a string. A blank one is absent: jQuery sends null so.
func (p params) integer(name, code string) (n int64, given bool, err error) {
	text := ""
	switch v := p[name].(type) {
	case nil:
		return 0, false, nil
	case string:
		if text = strings.TrimSpace(v); text == "" {
			return 0, false, nil
		}
	case json.Number:
		text = v.String()
	}
	if n, err = strconv.ParseInt(text, 10, 64); err != nil {
		return 0, true, chat.E(chat.Invalid, code, "%s is not a whole number", name)
	}
	return n, true, nil
}

// integers reads a list of whole numbers, each as integer does.
func (p params) integers(name, code string) ([]int64, error) {
	given, ok := p[name].([]any)
	if !ok && p[name] != nil {
		return nil, chat.E(chat.Invalid, code, "%s is not a list", name)
	}
	list := make([]int64, len(given))
	for i, value := range given {
		var there bool
		var err error
		if list[i], there, err = (params{name: value}).integer(name, code); err != nil || !there {
			return nil, chat.E(chat.Invalid, code, "%s is not a list of whole numbers", name)
		}
	}
	return list, nil
}

// sender reads the original's sender: {type, id}, or the shorthand "visitor:v81f0".
func (p params) sender() (chat.Sender, error) {
	invalid := chat.E(chat.Invalid, "sender_invalid", "sender is {type: visitor or manager, id}")
	var kind, id string
	switch v := p["sender"].(type) {
	case nil:
		return chat.Sender{}, nil
	case string:
		if v == "" {
			return chat.Sender{}, nil
		}
		kind, id, _ = strings.Cut(v, ":")
	case map[string]any:
		var ok bool
		if kind, ok = v["type"].(string); !ok {
			return chat.Sender{}, invalid
		}
		switch given := v["id"].(type) {
		case nil:
		case string:
			id = given
		case json.Number:
			id = given.String()
		default:
			return chat.Sender{}, invalid
		}
	default:
		return chat.Sender{}, invalid
	}
	side := chat.SenderTypeOf(kind)
	if side == "" || side == models.SenderManager && id == "" {
		return chat.Sender{}, invalid
	}
	return chat.Sender{Type: side, ID: id}, nil
}

// boolean reads true or false, also as forms write them; absent or blank is what is meant by saying nothing.
func (p params) boolean(name string, unsaid bool, code string) (bool, error) {
	switch v := p[name].(type) {
	case nil:
		return unsaid, nil
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "":
			return unsaid, nil
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
	case json.Number:
		if v == "1" || v == "0" {
			return v == "1", nil
		}
	}
	return false, chat.E(chat.Invalid, code, "%s is true or false", name)
}

// texts reads a list of up to most strings; one string is a list of one.
func (p params) texts(name string, most int, code string) ([]string, error) {
	list, ok := p[name].([]any)
	if !ok {
		one, err := p.text(name, code)
		if err != nil || one == "" {
			return nil, err
		}
		return []string{one}, nil
	}
	if len(list) > most {
		return nil, chat.E(chat.Invalid, code, "%s has more than %d entries", name, most)
	}
	texts := make([]string, len(list))
	for i, value := range list {
		text, ok := value.(string)
		if !ok || !utf8.ValidString(text) {
			return nil, chat.E(chat.Invalid, code, "%s is not a list of texts", name)
		}
		texts[i] = text
	}
	return texts, nil
}
