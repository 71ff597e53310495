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
	all := srv.Local(nil)
	defer all.Close()
	if err := all.Subscribe(context.Background(), "", "/a/**"); err != nil {
		t.Fatal(err)
	}
	hears(true, "/a/b", "two")
	hears(true, "/a/c/d", "")
	all.Unsubscribe(context.Background(), "/a/**")
	hears(false, "/a/b", "two")
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
