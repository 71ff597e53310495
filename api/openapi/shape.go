package openapi

import (
	"html/template"
	"strings"

	"go.yaml.in/yaml/v3"
)

// shape is a schema: its kind in words and, of an object, its fields.
type shape struct {
	Name   string
	Text   template.HTML
	Type   template.HTML
	Fields []field
}

// field is one of an object's, or a parameter.
type field struct {
	Name, Place string
	Required    bool
	Type, Text  template.HTML
	Fields      []field // of an object that has no name
}

// shape describes a schema. One that is only referred to has no fields here: its name leads to them.
func (t tree) shape(name string, n *yaml.Node) shape {
	s := shape{Name: name, Text: prose(text(n, "description")), Type: t.kind(n)}
	if target, referred := t.resolve(n); referred == "" {
		s.Fields = t.fields(target)
	}
	return s
}

func (t tree) fields(n *yaml.Node) []field {
	required := map[string]bool{}
	for _, name := range list(entry(n, "required")) {
		required[name.Value] = true
	}
	var fields []field
	each(entry(n, "properties"), func(name string, p *yaml.Node) {
		f := field{Name: name, Required: required[name], Type: t.kind(p), Text: prose(text(p, "description"))}
		for _, inner := range []*yaml.Node{p, entry(p, "items")} {
			if inner != nil && len(f.Fields) == 0 {
				f.Fields = t.fields(inner)
			}
		}
		fields = append(fields, f)
	})
	return fields
}

// kind says in words what a schema takes; names of others lead to them.
func (t tree) kind(n *yaml.Node) template.HTML {
	if n == nil {
		return ""
	}
	if _, name := t.resolve(n); name != "" {
		return template.HTML(`<a href="#schema-` + template.HTMLEscapeString(name) + `">` + template.HTMLEscapeString(name) + `</a>`) // #nosec G203 -- escaped
	}
	var words []string
	for _, part := range list(entry(n, "oneOf")) {
		words = append(words, string(t.kind(part)))
	}
	if values := list(entry(n, "enum")); len(values) > 0 {
		for _, v := range values {
			words = append(words, "<code>"+template.HTMLEscapeString(literal(v))+"</code>")
		}
	} else {
		for _, kind := range kinds(entry(n, "type")) {
			words = append(words, t.word(kind, n))
		}
	}
	if len(words) == 0 {
		words = []string{"anything"}
	}
	return template.HTML(strings.Join(words, " or ") + bounds(n)) // #nosec G203 -- escaped part by part
}

// kinds lists the names under type, which may be one or several.
func kinds(n *yaml.Node) (names []string) {
	if n != nil && n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	for _, kind := range list(n) {
		names = append(names, kind.Value)
	}
	return names
}

func (t tree) word(kind string, n *yaml.Node) string {
	switch format := text(n, "format"); {
	case kind == "array":
		if items := entry(n, "items"); items != nil {
			return "list of " + string(t.kind(items))
		}
		return "list"
	case format == "date-time":
		return "time"
	case format == "date" || format == "uuid":
		return format
	}
	return template.HTMLEscapeString(kind)
}

func literal(v *yaml.Node) string {
	if v.Value == "" {
		return `""`
	}
	return strings.TrimSpace(v.Value)
}

// bounds tells how large or long something may be.
func bounds(n *yaml.Node) string {
	var parts []string
	for _, b := range []struct{ name, words string }{
		{"minimum", "from "}, {"maximum", "to "}, {"minLength", "at least "}, {"maxLength", "at most "}, {"maxItems", "at most "},
	} {
		if value := text(n, b.name); value != "" && value != "0" {
			parts = append(parts, b.words+template.HTMLEscapeString(value))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ", " + strings.Join(parts, " ")
}

// resolve follows a reference, and names what it leads to; the name is empty when there was none.
func (t tree) resolve(n *yaml.Node) (target *yaml.Node, name string) {
	ref := text(n, "$ref")
	if ref == "" {
		return n, ""
	}
	path := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	return find(t.root, path...), path[len(path)-1]
}

// find goes down a path of names.
func find(n *yaml.Node, path ...string) *yaml.Node {
	for _, name := range path {
		if n = entry(n, name); n == nil {
			return nil
		}
	}
	return n
}

// text reads a scalar; empty when there is none.
func text(n *yaml.Node, path ...string) string {
	if n = find(n, path...); n == nil {
		return ""
	}
	return n.Value
}

func list(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// each goes through a mapping in its order.
func each(n *yaml.Node, fn func(name string, value *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		fn(n.Content[i].Value, n.Content[i+1])
	}
}
