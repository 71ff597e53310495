package models

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestTimeIsISOInUTCWithMilliseconds(t *testing.T) {
	moment := time.Date(2013, 8, 16, 13, 35, 11, 120_900_000, time.FixedZone("", 4*3600))
	b, err := json.Marshal(At(moment))
	if err != nil || string(b) != `"2013-08-16T09:35:11.120Z"` {
		t.Fatalf("got %s, %v", b, err)
	}
	var back Time
	if err := json.Unmarshal(b, &back); err != nil || back != At(moment) {
		t.Fatalf("back: %v, %v", back, err)
	}
	if json.Unmarshal([]byte(`5`), &back) == nil || json.Unmarshal([]byte(`"x"`), &back) == nil {
		t.Error("nonsense was taken for a time")
	}
}

func TestValidVisitorID(t *testing.T) {
	for id, want := range map[string]bool{
		"v81f0": true, "A_b-9": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a/b": false, "*": false, "**": false, "a.json": false,
		"é": false, "a\n": false, "\na": false, "a b": false,
	} {
		if ValidVisitorID(id) != want {
			t.Errorf("ValidVisitorID(%q) = %v", id, !want)
		}
	}
}

func TestCleanContent(t *testing.T) {
	for _, c := range []struct {
		in, out string
		ok      bool
	}{
		{"  Hello \n", "Hello", true},
		{"a\x00b\x1b[1m\u0085c", "ab[1mc", true},
		{"line\r\nnext\tcell", "line\nnext\tcell", true},
		{"<b>&amp;</b>", "<b>&amp;</b>", true},
		{strings.Repeat("я", MaxContent), strings.Repeat("я", MaxContent), true},
		{strings.Repeat("я", MaxContent+1), "", false},
		{" \t\n\x07 ", "", false},
		{"", "", false},
		{"\xff", "", false},
	} {
		got, ok := CleanContent(c.in)
		if ok != c.ok || (ok && got != c.out) {
			t.Errorf("CleanContent(%.20q) = %.20q, %v", c.in, got, ok)
		}
	}
}

func TestOrigins(t *testing.T) {
	none, some := NewOrigins(nil), NewOrigins([]string{"https://a.example", "https://b.example"})
	if !none.Allow("https://x.example") || some.Allow("https://x.example") || !some.Allow("https://b.example") || some.Allow("") {
		t.Error("the wrong ones are allowed")
	}
	for o, want := range map[Origins]string{none: `[]`, some: `["https://a.example","https://b.example"]`} {
		if b, err := json.Marshal(o); err != nil || string(b) != want {
			t.Errorf("got %s, %v", b, err)
		}
	}
}

func TestScopes(t *testing.T) {
	for _, row := range []struct {
		json string
		want Scopes
		ok   bool
	}{
		{`["chat"]`, ScopeChat, true},
		{`["push","chat","push"]`, ScopeChat | ScopePush, true},
		{`["data"]`, ScopeData, true},
		{`[]`, 0, true},
		{`["Chat"]`, 0, false},
		{`[""]`, 0, false},
		{`"chat"`, 0, false},
		{`-1`, 0, false},
	} {
		var got Scopes
		if err := json.Unmarshal([]byte(row.json), &got); (err == nil) != row.ok || got != row.want {
			t.Errorf("%s: %d, %v", row.json, got, err)
		}
	}
	b, err := json.Marshal(AllScopes)
	if err != nil || string(b) != `["chat","push","visitors","events","webhooks","people","numbers","data"]` {
		t.Errorf("all: %s, %v", b, err)
	}
	if ScopeData != 128 || AllScopes != -1 {
		t.Error("the numbers that are kept in databases have changed their meaning")
	}
	if !AllScopes.Has(ScopeChat|ScopeData) || ScopeChat.Has(ScopeChat|ScopePush) || Scopes(0).Has(ScopeChat) {
		t.Error("Has is wrong")
	}
}
