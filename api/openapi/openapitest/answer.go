package openapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
)

// answer holds an answer against its description; an operation that does not exist refuses like all others.
func (c *Checker) answer(op operation, r *http.Request, got *recorded) error {
	described := c.doc.Components.Responses["Refusal"]
	if op.Operation != nil {
		if described = op.Responses.Status(got.status); described == nil && got.status >= 400 {
			described = op.Responses.Default()
		}
	}
	if described == nil {
		return errors.New("the document does not have this status")
	}
	if len(described.Value.Content) == 0 {
		if got.body.Len() > 0 {
			return fmt.Errorf("the document has no body: %s", got.body.String())
		}
		return nil
	}
	kind, _, err := mime.ParseMediaType(got.Header().Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("its content type: %w", err)
	}
	content := described.Value.Content.Get(kind)
	if content == nil {
		return fmt.Errorf("the document does not have the content type %s", kind)
	}
	if r.Method == http.MethodHead || kind != "application/json" || got.body.over {
		return nil
	}
	value, err := decode(got.body.Bytes())
	if err != nil {
		return err
	}
	if err := valid(content.Schema.Value, value); err != nil {
		return err
	}
	if described == c.doc.Components.Responses["Refusal"] || described.Ref == "#/components/responses/Refusal" {
		return c.refusal(op, got.status, value)
	}
	return nil
}

// refusal holds a code against those that the call says of itself.
func (c *Checker) refusal(op operation, status int, value any) error {
	fields, _ := value.(map[string]any)
	name := fmt.Sprint(fields["code"])
	known, ok := c.codes[name]
	switch {
	case !ok:
		return fmt.Errorf("codes.yaml does not have the code %s", name)
	case status != known.Status && status != known.Also:
		return fmt.Errorf("codes.yaml has the code %s with %d", name, known.Status)
	case op.Operation != nil && !known.Anywhere && !slices.Contains(codesOf(op.Operation), name):
		return fmt.Errorf("%s is none of its codes", name)
	}
	return nil
}

// decode reads one JSON document.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than a JSON document")
	}
	return value, nil
}

func valid(s *openapi3.Schema, value any) error {
	return s.VisitJSON(value, openapi3.EnableFormatValidation(), openapi3.MultiErrors(),
		openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(s string) error {
			_, err := time.Parse(time.RFC3339, s)
			return err
		})),
		openapi3.WithStringFormatValidator("date", openapi3.NewCallbackValidator(func(s string) error {
			_, err := time.Parse(time.DateOnly, s)
			return err
		})),
		openapi3.WithStringFormatValidator("uuid", openapi3.NewCallbackValidator(func(s string) error { return uuid.Validate(s) })),
	)
}

// scalar makes of a text in a path or query what its schema speaks of.
func scalar(s *openapi3.Schema, text string) any {
	if s.Type.Includes("integer") || s.Type.Includes("number") {
		if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
			return n
		}
	}
	return text
}
