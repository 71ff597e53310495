package openapi

import (
	"html/template"
	"regexp"
	"strings"
)

var (
	marked = regexp.MustCompile("`([^`]+)`")
	strong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	stress = regexp.MustCompile(`\*([^*]+)\*`)
)

// prose turns the little of Markdown that descriptions have into HTML: paragraphs, code, and what is stressed.
func prose(text string) template.HTML {
	var b strings.Builder
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if paragraph == "" {
			continue
		}
		p := template.HTMLEscapeString(paragraph)
		p = strong.ReplaceAllString(p, "<strong>$1</strong>")
		p = stress.ReplaceAllString(p, "<em>$1</em>")
		p = marked.ReplaceAllString(p, "<code>$1</code>")
		b.WriteString("<p>" + p + "</p>")
	}
	return template.HTML(b.String()) // #nosec G203 -- escaped above
}
