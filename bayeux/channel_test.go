package bayeux

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	for _, c := range []struct {
		channel string
		want    []string
	}{
		{"/a", []string{"/**", "/a", "/*"}},
		{"/a/b", []string{"/**", "/a/b", "/a/*", "/a/**"}},
		{"/a/b/c", []string{"/**", "/a/b/c", "/a/b/*", "/a/**", "/a/b/**"}},
		{"/service/x", []string{"/service/x", "/service/*", "/service/**"}},
		{"/service/x/y", []string{"/service/x/y", "/service/x/*", "/service/**", "/service/x/**"}},
		{"/service", []string{"/service"}},
		{"/meta/connect", []string{"/meta/connect", "/meta/*", "/meta/**"}},
		{"/services/x", []string{"/**", "/services/x", "/services/*", "/services/**"}},
	} {
		if got := Expand(c.channel); !reflect.DeepEqual(got, c.want) {
			t.Errorf("Expand(%q) = %q, want %q", c.channel, got, c.want)
		}
	}
}

func TestGrammar(t *testing.T) {
	for _, c := range []struct {
		s                     string
		name, strict, pattern bool
	}{
		{"/a", true, true, true},
		{"/A9-_!~()$@/b", true, true, true},
		{"/a b", true, false, true},
		{"/a.b+#{x}", true, false, true},
		{"/a/*", false, false, true},
		{"/a/**", false, false, true},
		{"/*", false, false, true},
		{"/**", false, false, true},
		{"/a b/*", false, false, true},
		{"", false, false, false},
		{"/", false, false, false},
		{"a", false, false, false},
		{"/a/", false, false, false},
		{"//a", false, false, false},
		{"/a//b", false, false, false},
		{"/a*", false, false, false},
		{"/*/a", false, false, false},
		{"/**/a", false, false, false},
		{"/a/***", false, false, false},
		{"/a/**/*", false, false, false},
		{"//*", false, false, false},
		{"/a\n", false, false, false},
		{"/a\n/b", false, false, false},
		{"/a/b\n", false, false, false},
		{"/ä", false, false, false},
		{"/a\x00", false, false, false},
		{"/a,b", false, false, false},
		{"/a:b", false, false, false},
		{"/a%2fb", false, false, false},
	} {
		if got := ValidName(c.s, false); got != c.name {
			t.Errorf("ValidName(%q) = %v", c.s, got)
		}
		if got := ValidName(c.s, true); got != c.strict {
			t.Errorf("ValidName(%q, strict) = %v", c.s, got)
		}
		if got := ValidPattern(c.s, false); got != c.pattern {
			t.Errorf("ValidPattern(%q) = %v", c.s, got)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		pattern, channel string
		want             bool
	}{
		{"/a/*", "/a/b", true},
		{"/a/*", "/a/b/c", false},
		{"/a/*", "/a", false},
		{"/a/**", "/a/b/c", true},
		{"/a/**", "/a", false},
		{"/a/**", "/ab/c", false},
		{"/*", "/a", true},
		{"/*", "/service", false},
		{"/**", "/service/x", false},
		{"/**", "/meta/connect", false},
		{"/service/**", "/service/x", true},
		{"/a", "/a", true},
		{"/a", "/a/b", false},
	} {
		if got := Covers(c.pattern, c.channel); got != c.want {
			t.Errorf("Covers(%q, %q) = %v", c.pattern, c.channel, got)
		}
	}
}

func FuzzChannel(f *testing.F) {
	for _, s := range []string{"/a/b", "/a/*", "/**", "/meta/x", "/service/y", "//", "/a\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ValidName(s, true) && !ValidName(s, false) {
			t.Fatal("strict allows more")
		}
		if !ValidName(s, false) {
			return
		}
		if strings.ContainsAny(s, "*\n\r\x00\"\\") || strings.Contains(s, "//") || strings.HasSuffix(s, "/") {
			t.Fatalf("%q is a name", s)
		}
		for _, p := range Expand(s) {
			if !ValidPattern(p, false) {
				t.Fatalf("Expand(%q) has %q", s, p)
			}
			if !Covers(p, s) && !(reserved(s) && p == s) {
				t.Fatalf("%q does not cover %q", p, s)
			}
		}
		if quoted, err := json.Marshal(s); err != nil || !strings.Contains(string(quoted), s[1:]) {
			t.Fatalf("%q needs escapes", s)
		}
	})
}

func TestErrorStrings(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{ErrUnknownClient.With("abc"), "401:abc:Unknown client"},
		{ErrMissing.With("data"), "402:data:Missing required parameter"},
		{ErrConnectionTypes.With("a", "b"), "301:a,b:Connection types not supported"},
		{ErrForbidden.With("/a/**"), "403:/a/**:Forbidden channel"},
		{ErrInvalidChannel.With("/a:b\n\"ü,"), "405:/a_b____:Invalid channel"},
		{ErrInternal, "500::Internal server error"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if !ErrForbidden.With("/a").Is(ErrForbidden) || ErrForbidden.Is(ErrDenied) {
		t.Error("Is does not compare kinds")
	}
	if n := len(ErrUnknownClient.With(strings.Repeat("x", 5000)).Error()); n > 200 {
		t.Error("a long argument is repeated in full:", n)
	}
	types := []string{"a:b"}
	if _ = ErrConnectionTypes.With(types...); types[0] != "a:b" {
		t.Error("With changed its arguments")
	}
}

func TestRegistryMatchesAsCovers(t *testing.T) {
	patterns := []string{"/**", "/*", "/a", "/a/*", "/a/**", "/a/b", "/a/b/*", "/a/b/**", "/a/b/c", "/service/*", "/service/**", "/service/x", "/b/**"}
	scopes := []string{"", "x", "y"}
	r := newRegistry()
	type entry struct {
		session        *Session
		sub            subscription
		pattern, scope string
	}
	var all []entry
	sessions := make([]*Session, 7)
	for i := range sessions {
		sessions[i] = &Session{}
	}
	for i, p := range patterns {
		for j, sc := range scopes {
			for k := range 4 {
				s, sub := sessions[(i+j*3+k*2)%len(sessions)], newSubscription(sc, p, nil)
				r.add(s, &sub)
				all = append(all, entry{s, sub, p, sc})
			}
		}
	}
	check := func() {
		t.Helper()
		for _, ch := range []string{"/a", "/b", "/a/b", "/a/x", "/a/b/c", "/a/b/c/d", "/service", "/service/x", "/service/x/y", "/meta/connect", "/b/c"} {
			for _, sc := range append(scopes, "z") {
				want := map[*Session]bool{}
				for _, e := range all {
					if Covers(e.pattern, ch) && (e.scope == "" || e.scope == sc) {
						want[e.session] = true
					}
				}
				got := r.match(ch, sc, nil)
				if len(got) != len(want) {
					t.Fatalf("%s in %q: %d sessions, want %d", ch, sc, len(got), len(want))
				}
				for _, s := range got {
					if !want[s] {
						t.Fatalf("%s in %q: a wrong session", ch, sc)
					}
				}
			}
		}
	}
	check()
	for len(all) > 0 {
		i := len(all) * 5 / 7
		r.remove(&all[i].sub)
		all = slices.Delete(all, i, i+1)
		if len(all)%20 == 0 {
			check()
		}
	}
	if len(r.audiences)+len(r.scopes)+r.count != 0 {
		t.Errorf("%d audiences, %d scopes, %d subscriptions left", len(r.audiences), len(r.scopes), r.count)
	}
}

func TestUniteManySessionsOnce(t *testing.T) {
	r := newRegistry()
	const n = 100
	for range n {
		s := &Session{}
		for _, p := range []string{"/a/b", "/a/*", "/a/**", "/**"} {
			sub := newSubscription("", p, nil)
			r.add(s, &sub)
		}
	}
	if got := r.match("/a/b", "", nil); len(got) != n {
		t.Errorf("%d recipients, want %d", len(got), n)
	}
}

func TestRowsOfTheRosterAreUsedAgain(t *testing.T) {
	r := newRegistry()
	s := &Session{}
	for range 3 {
		subs := make([]subscription, 10)
		for i := range subs {
			subs[i] = newSubscription("x", "/a/"+strconv.Itoa(i%2), nil)
			r.add(s, &subs[i])
		}
		if n := len(r.roster.rows); n != len(subs) {
			t.Fatalf("%d rows for %d subscriptions", n, len(subs))
		}
		for i := range subs {
			r.remove(&subs[i])
		}
	}
}

func TestSubscriptionKnowsItsPatternAndScope(t *testing.T) {
	for _, scope := range []string{"", "7", "/a", "x\x00y", "\x00"} {
		sub := newSubscription(scope, "/a/b", nil)
		if sub.pattern() != "/a/b" || sub.scope() != scope || !sub.is("/a/b") {
			t.Errorf("%q: %q in %q", scope, sub.pattern(), sub.scope())
		}
		for _, other := range []string{"/b", "/a", "/a/b/*", "", "a/b"} {
			if sub.is(other) {
				t.Errorf("%q is to %q", sub.key, other)
			}
		}
	}
}
