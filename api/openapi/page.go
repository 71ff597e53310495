package openapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// Page is the document as a page for people: one piece of HTML that loads nothing and runs nothing.
var Page = sync.OnceValues(func() ([]byte, error) {
	root, err := document()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, view(root))
	return b.Bytes(), err
})

// PagePolicy is the content policy of the page: its own style, and nothing else.
func PagePolicy() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// page is what the template shows.
type page struct {
	Title   string
	Style   template.CSS
	Text    template.HTML
	Groups  []group
	Schemas []shape
	Codes   []code
}

// group is the operations of a tag.
type group struct {
	Name       string
	Text       template.HTML
	Operations []operation
}

type operation struct {
	ID, Method, Path, Summary string
	Text                      template.HTML
	Caller                    string
	Parameters                []field
	BodyKinds                 []string
	Body                      *shape
	Answers                   []answer
	Codes                     []code
}

type answer struct {
	Status string
	Text   template.HTML
	Kinds  []string
	Body   *shape
}

type code struct {
	Name, Status, When string
	Anywhere           bool
}

// document as a tree of nodes, with what finding one's way in it needs.
type tree struct{ root *yaml.Node }

func view(root *yaml.Node) page {
	t := tree{root}
	p := page{
		Title: text(root, "info", "title"), Style: template.CSS(pageCSS), // #nosec G203 -- ours, from the binary
		Text: prose(text(root, "info", "description")),
	}
	codes := map[string]code{}
	each(entry(root, "x-codes"), func(name string, n *yaml.Node) {
		c := code{Name: name, Status: text(n, "status"), When: text(n, "when"), Anywhere: text(n, "anywhere") == "true"}
		codes[name] = c
		p.Codes = append(p.Codes, c)
	})
	at := map[string]int{}
	for i, n := range list(entry(root, "tags")) {
		at[text(n, "name")] = i
		p.Groups = append(p.Groups, group{Name: text(n, "name"), Text: prose(text(n, "description"))})
	}
	each(entry(root, "paths"), func(path string, item *yaml.Node) {
		each(item, func(method string, n *yaml.Node) {
			if method == "parameters" {
				return
			}
			g := &p.Groups[at[list(entry(n, "tags"))[0].Value]]
			g.Operations = append(g.Operations, t.operation(path, method, item, n, codes))
		})
	})
	each(find(root, "components", "schemas"), func(name string, n *yaml.Node) { p.Schemas = append(p.Schemas, t.shape(name, n)) })
	return p
}

func (t tree) operation(path, method string, item, n *yaml.Node, codes map[string]code) operation {
	op := operation{
		ID: text(n, "operationId"), Method: strings.ToUpper(method), Path: path, Summary: text(n, "summary"),
		Text: prose(text(n, "description")), Caller: t.caller(n),
	}
	for _, p := range append(list(entry(item, "parameters")), list(entry(n, "parameters"))...) {
		p, _ = t.resolve(p)
		op.Parameters = append(op.Parameters, field{
			Name: text(p, "name"), Place: text(p, "in"), Required: text(p, "required") == "true",
			Type: t.kind(entry(p, "schema")), Text: prose(text(p, "description")),
		})
	}
	body, _ := t.resolve(entry(n, "requestBody"))
	op.BodyKinds, op.Body = t.content(body)
	each(entry(n, "responses"), func(status string, r *yaml.Node) {
		if status == "default" {
			return // refusals have their codes
		}
		r, _ = t.resolve(r)
		a := answer{Status: status, Text: prose(text(r, "description"))}
		a.Kinds, a.Body = t.content(r)
		op.Answers = append(op.Answers, a)
	})
	for _, c := range list(entry(n, "x-codes")) {
		op.Codes = append(op.Codes, codes[c.Value])
	}
	return op
}

// caller names the credentials that a call takes.
func (t tree) caller(n *yaml.Node) string {
	security := entry(n, "security")
	if security == nil {
		security = entry(t.root, "security")
	}
	var names []string
	for _, alternative := range list(security) {
		name := "nothing"
		each(alternative, func(scheme string, _ *yaml.Node) { name = scheme })
		names = append(names, name)
	}
	return strings.Join(names, ", or ")
}

// content lists the types of a body, and its shape, which all of them share.
func (t tree) content(n *yaml.Node) (kinds []string, body *shape) {
	each(entry(n, "content"), func(kind string, c *yaml.Node) {
		kinds = append(kinds, kind)
		if body == nil {
			s := t.shape("", entry(c, "schema"))
			body = &s
		}
	})
	return kinds, body
}
