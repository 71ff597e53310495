package bayeux

import (
	"context"
	"fmt"
	"testing"
)

func TestEventAsRowIsMadeOnce(t *testing.T) {
	ev := newEvent("/a/\"b", []byte(`{"x":1}`), nil)
	first, second := ev.Row(), ev.Row()
	if string(first) != `["changed",["/a/\"b",{"x":1}]]` || &first[0] != &second[0] {
		t.Errorf("%s", first)
	}
}

func TestHeardWhereThingsAreKept(t *testing.T) {
	keep := func(pattern string) Rule { return Rule{Pattern: pattern, History: Retention{Size: 1}} }
	srv := startServer(t, Config{Rules: []Rule{keep("/one/two"), keep("/some/*"), keep("/all/of/**"), {Pattern: "/none/**"}}})
	for place, want := range map[string]bool{
		"/one": true, "/one/two": false, "/on": false, "/some": true, "/some/x": false, "/all": true, "/all/of": true, "/all/of/it": true,
		"/all/off": false, "/none": false, "/api/v5": false,
	} {
		if got := srv.HeardUnder(place, "1"); got != want {
			t.Errorf("%s: %v", place, got)
		}
	}
}

func TestHeard(t *testing.T) {
	srv := startServer(t, Config{Rules: []Rule{{Pattern: "/kept", History: Retention{Size: 1}}}})
	hears := func(want bool, channel, scope string) {
		t.Helper()
		if got := srv.Heard(channel, scope); got != want {
			t.Errorf("%s in %q: %v", channel, scope, got)
		}
	}
	hears(false, "/a/b", "")
	hears(true, "/kept", "")
	c := srv.Local(nil)
	defer c.Close()
	if err := c.Subscribe(context.Background(), "one", "/a/b"); err != nil {
		t.Fatal(err)
	}
	hears(false, "/a/b", "")
	hears(false, "/a/b", "two")
	hears(true, "/a/b", "one")
	hears(false, "/a", "one")
	under := func(want bool, place, scope string) {
		t.Helper()
		if got := srv.reg.hearsUnder(place, scope); got != want {
			t.Errorf("under %s in %q: %v", place, scope, got)
		}
	}
	under(true, "/a", "one")
	under(false, "/a", "two")
	under(false, "/a/b", "one")
	all := srv.Local(nil)
	defer all.Close()
	if err := all.Subscribe(context.Background(), "", "/a/**"); err != nil {
		t.Fatal(err)
	}
	hears(true, "/a/b", "two")
	hears(true, "/a/c/d", "")
	under(true, "/a/b", "two")
	under(true, "/a/b/c", "")
	under(false, "/b", "one")
	all.Unsubscribe(context.Background(), "/a/**")
	hears(false, "/a/b", "two")
	under(false, "/a", "two")
	if len(srv.reg.under) != 1 || srv.reg.deep != 0 {
		t.Errorf("%v", srv.reg.under)
	}
	c.Close()
	if len(srv.reg.under) != 0 {
		t.Errorf("%v", srv.reg.under)
	}
}

// What a channel costs that nobody hears, among many that somebody does.
func BenchmarkHeard(b *testing.B) {
	srv := New(Config{})
	c := srv.Local(nil)
	for i := range 400 {
		if err := c.Subscribe(context.Background(), "org:1", fmt.Sprintf("/api/v5/orgs/0b9f1d0e-0001-4000-8000-000000000000/rooms/%d/chats", i)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if srv.Heard("/api/v5/orgs/0b9f1d0e-0001-4000-8000-000000000000/rooms/5b1a1d0e-0001-4000-8000-000000000000/visitors/v81f0/chats", "org:1") {
			b.Fatal("heard")
		}
	}
}

func BenchmarkHeardUnder(b *testing.B) {
	srv := New(Config{})
	c := srv.Local(nil)
	if err := c.Subscribe(context.Background(), "1", "/conversations/1"); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if srv.HeardUnder("/api/v5", "1") {
			b.Fatal("heard")
		}
	}
}
