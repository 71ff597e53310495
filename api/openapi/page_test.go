package openapi_test

import (
	"regexp"
	"strings"
	"testing"

	"parley/api/openapi"
)

// TestPage: the page has every operation, its links lead somewhere, and nothing in it loads or runs anything.
func TestPage(t *testing.T) {
	raw, err := openapi.Page()
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	for _, want := range []string{`id="openConversation"`, `id="schema-Message"`, `id="code-chat_offline_message"`, "<code>client_message_id</code>"} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("the link #%s leads nowhere", link[1])
		}
	}
	for _, not := range []string{"<script", " style=", " onclick", "http://", "src=", "ZgotmplZ", "$ref"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %s", not)
		}
	}
	style, _, _ := strings.Cut(page[strings.Index(page, "<style>"):], "</style>")
	if !strings.Contains(style, "--ink") || !strings.Contains(openapi.PagePolicy(), "default-src 'none'") {
		t.Error("the style or its policy is missing")
	}
	if size := len(raw); size > 450<<10 {
		t.Errorf("the page has %d bytes", size)
	}
}
