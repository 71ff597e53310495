package openapitest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"parley/api/openapi"
)

// Checker checks requests and answers. It may be used by several servers at once.
type Checker struct {
	doc   *openapi3.T
	codes map[string]code

	mu       sync.Mutex
	answered map[string]bool // operations that were answered without a refusal
}

// code is an entry of x-codes.
type code struct {
	Status, Also int
	Anywhere     bool
}

// New reads the document and makes sure that it is a valid one.
func New() (*Checker, error) {
	text, err := openapi.Document()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableMultiError()); err != nil {
		return nil, err
	}
	c := &Checker{doc: doc, answered: map[string]bool{}}
	if c.codes, err = readCodes(doc); err != nil {
		return nil, err
	}
	return c, doc.WalkSchemas(strict)
}

// Must is New for a variable of a test.
func Must() *Checker {
	c, err := New()
	if err != nil {
		panic(err)
	}
	return c
}

// strict lets an object have the fields that are described, and no others.
func strict(_ string, s *openapi3.SchemaRef) error {
	if len(s.Value.Properties) > 0 && s.Value.AdditionalProperties.Has == nil && s.Value.AdditionalProperties.Schema == nil {
		no := false
		s.Value.AdditionalProperties.Has = &no
	}
	return nil
}

func readCodes(doc *openapi3.T) (map[string]code, error) {
	given, ok := doc.Extensions["x-codes"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("openapitest: the document has no x-codes")
	}
	codes := map[string]code{}
	for name, value := range given {
		fields, _ := value.(map[string]any)
		status, _ := fields["status"].(float64)
		also, _ := fields["also"].(float64)
		anywhere, _ := fields["anywhere"].(bool)
		if status == 0 {
			return nil, fmt.Errorf("openapitest: code %s has no status", name)
		}
		codes[name] = code{Status: int(status), Also: int(also), Anywhere: anywhere}
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for _, name := range codesOf(op) {
				if _, known := codes[name]; !known {
					return nil, fmt.Errorf("openapitest: %s %s has the unknown code %s", method, path, name)
				}
			}
		}
	}
	return codes, nil
}

// codesOf lists the codes that an operation says of itself.
func codesOf(op *openapi3.Operation) []string {
	var names []string
	list, _ := op.Extensions["x-codes"].([]any)
	for _, name := range list {
		names = append(names, fmt.Sprint(name))
	}
	return names
}

// Codes lists all codes, in order.
func (c *Checker) Codes() []string { return slices.Sorted(maps.Keys(c.codes)) }

// Operations lists what is described, in order: "GET /chat/duty".
func (c *Checker) Operations() []string {
	var list []string
	for path, item := range c.doc.Paths.Map() {
		for method := range item.Operations() {
			list = append(list, method+" "+path)
		}
	}
	slices.Sort(list)
	return list
}

// Fields lists the fields of a schema, in order, and which of them are always there. It is empty for a schema that does
// not exist.
func (c *Checker) Fields(schema string) (all, required []string) {
	s := c.doc.Components.Schemas[schema]
	if s == nil {
		return nil, nil
	}
	required = slices.Clone(s.Value.Required)
	slices.Sort(required)
	return slices.Sorted(maps.Keys(s.Value.Properties)), required
}

// Unanswered lists the operations under a prefix that no request got more of than a refusal.
func (c *Checker) Unanswered(prefix string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(c.Operations(), func(operation string) bool {
		_, path, _ := strings.Cut(operation, " ")
		return c.answered[operation] || !strings.HasPrefix(path, prefix)
	})
}

// operation is what a request asks for.
type operation struct {
	name, path string
	item       *openapi3.PathItem
	*openapi3.Operation
	params map[string]string // those in the path
}

// find looks a request up. HEAD is GET.
func (c *Checker) find(r *http.Request) (operation, bool) {
	method, path := r.Method, r.URL.Path
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if at := strings.Index(path, "/chat/"); at >= 0 { // under a prefix, and with what old clients add
		path = strings.TrimSuffix(strings.TrimSuffix(path[at:], "/"), ".json")
	}
	var best operation
	for template, item := range c.doc.Paths.Map() {
		params, ok := match(template, path)
		op := item.Operations()[method]
		if !ok || op == nil || best.Operation != nil && len(best.params) <= len(params) {
			continue
		}
		best = operation{method + " " + template, template, item, op, params}
	}
	return best, best.Operation != nil
}

// match tells whether a path is one of the template's, and its parameters.
func match(template, path string) (map[string]string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	params := map[string]string{}
	if len(want) != len(got) {
		return nil, false
	}
	for i, segment := range want {
		switch {
		case strings.HasPrefix(segment, "{") && got[i] != "":
			params[strings.Trim(segment, "{}")] = got[i]
		case segment != got[i]:
			return nil, false
		}
	}
	return params, true
}
