package files

import (
	"bytes"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"parley/chat"
)

// Media fits chat.Media. It makes one picture at a time: each may need a good deal of memory.
type Media struct{ turn chan struct{} }

// NewMedia makes it.
func NewMedia() *Media { return &Media{turn: make(chan struct{}, 1)} }

// HeadBytes is how much of a file Detect looks at.
func (m *Media) HeadBytes() int { return headBytes }

const headBytes = 3072

// plainTexts are kinds of text that do nothing by themselves: to us they are text.
var plainTexts = map[string]bool{
	"application/json": true, "application/x-ndjson": true, "application/geo+json": true, "application/x-subrip": true,
	"text/tab-separated-values": true, "text/vtt": true, "text/vcard": true, "text/calendar": true,
}

// scripts are texts that run, as far as they can be told from others.
var scripts = []string{"text/javascript", "text/x-"}

// Detect names the type of a file by its first bytes. What a browser or a machine might run, whatever it calls
// itself, has none.
func (m *Media) Detect(head []byte) string {
	if markup(head) || bytes.HasPrefix(head, []byte("#!")) {
		return ""
	}
	kind, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	for _, script := range scripts {
		if strings.HasPrefix(kind, script) {
			return ""
		}
	}
	switch {
	case plainTexts[kind]:
		return "text/plain"
	case kind == "text/html" || strings.Contains(kind, "xml") && !strings.HasPrefix(kind, "application/vnd.openxmlformats-"):
		return ""
	}
	return kind
}

// markup tells whether text begins as HTML, SVG or XML do, after what browsers skip.
func markup(head []byte) bool {
	text := bytes.ReplaceAll(head, []byte{0}, nil) // UTF-16, as far as markup needs it
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		text = bytes.TrimPrefix(text, []byte(mark))
	}
	text = bytes.TrimLeft(text, " \t\r\n\f\v")
	if len(text) < 2 || text[0] != '<' {
		return false
	}
	c := text[1]
	return c == '!' || c == '?' || c == '/' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

var _ chat.Media = (*Media)(nil)
var _ chat.Blobs = (*Bucket)(nil)
