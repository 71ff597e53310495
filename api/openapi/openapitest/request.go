package openapitest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// request holds a request that was not refused against its description. Calls under /chat take the fields of their
// body from the query, too, and read JSON whatever it calls itself.
func (c *Checker) request(op operation, r *http.Request, sent *copied) error {
	body := op.body()
	given := r.URL.Query()
	for _, p := range append(op.item.Parameters, op.Parameters...) {
		value, there := op.params[p.Value.Name], true
		switch p.Value.In {
		case "query":
			value, there = given.Get(p.Value.Name), given.Has(p.Value.Name)
			given.Del(p.Value.Name)
		case "header":
			value, there = r.Header.Get(p.Value.Name), r.Header.Get(p.Value.Name) != ""
		}
		if !there && p.Value.Required {
			return fmt.Errorf("%s is not there, but required", p.Value.Name)
		}
		if there && value != "" {
			if err := valid(p.Value.Schema.Value, scalar(p.Value.Schema.Value, value)); err != nil {
				return fmt.Errorf("%s: %w", p.Value.Name, err)
			}
		}
	}
	if strings.HasPrefix(op.path, "/chat/") {
		given.Del("token")
		if err := fields(body["application/x-www-form-urlencoded"], given); err == nil {
			given = nil
		}
	}
	for name := range given {
		return fmt.Errorf("the parameter %s is not described", name)
	}
	if sent.over {
		return nil
	}
	if sent.Len() == 0 && op.RequestBody != nil && op.RequestBody.Value.Required && r.URL.RawQuery == "" {
		return errors.New("there is no body, but one is required")
	}
	return inBody(body, r.Header.Get("Content-Type"), sent.Bytes())
}

func (op operation) body() openapi3.Content {
	if op.RequestBody == nil {
		return nil
	}
	return op.RequestBody.Value.Content
}

func inBody(body openapi3.Content, contentType string, raw []byte) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil
	}
	kind, attributes, err := mime.ParseMediaType(contentType)
	switch {
	case kind != "multipart/form-data" && (raw[0] == '{' || raw[0] == '['):
		kind = "application/json"
	case err != nil: // it calls itself nothing
		kind = "application/x-www-form-urlencoded"
	}
	content := body.Get(kind)
	if content == nil {
		return fmt.Errorf("a body of type %q is not described", kind)
	}
	switch kind {
	case "application/json":
		value, err := decode(raw)
		if err == nil {
			err = valid(content.Schema.Value, value)
		}
		return err
	case "multipart/form-data":
		return fields(content, multipartNames(raw, attributes["boundary"]))
	}
	form, err := url.ParseQuery(string(raw))
	if err == nil {
		err = fields(content, form)
	}
	return err
}

func multipartNames(raw []byte, boundary string) url.Values {
	names := url.Values{}
	form := multipart.NewReader(bytes.NewReader(raw), boundary)
	for {
		part, err := form.NextRawPart()
		if err != nil {
			return names
		}
		names.Add(part.FormName(), "")
		_, _ = io.Copy(io.Discard, part) // the next part shows it
	}
}

// fields looks whether all names are described; a[b] is a field of a.
func fields(content *openapi3.MediaType, given url.Values) error {
	for name := range given {
		root, _, _ := strings.Cut(name, "[")
		if content == nil {
			return fmt.Errorf("the field %s is not described", name)
		}
		s := content.Schema.Value
		if open := s.AdditionalProperties.Has; s.Properties[root] == nil && (open == nil || !*open) {
			return fmt.Errorf("the field %s is not described", name)
		}
	}
	return nil
}
