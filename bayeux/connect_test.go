package bayeux

import (
	"testing"
	"time"
)

// An immediate connect leaves an event stream its session and its mail, and is
// not slowed down, however often it comes; one that waits takes both.
func TestImmediateConnectBesideAStream(t *testing.T) {
	quiet(t, Config{}, func(t *testing.T, srv *Server) {
		u := newUser(t, srv, "")
		u.subscribe("/a", "")
		stream := srv.Stream(u.id, func() {})
		defer stream.Close()
		began := time.Now()
		for range 3 {
			if events, fault := u.poll(0, ""); fault != "" || events != nil {
				t.Fatal(events, fault)
			}
			publishN(t, srv, "/a", 1)
		}
		if d := time.Since(began); d != 0 {
			t.Error("slowed down by", d)
		}
		if b := stream.Take(nil); len(b.Events) != 3 || !stream.Attached() {
			t.Fatal("the stream lost its session or mail", b)
		}
		if events, fault := u.poll(time.Second, ""); fault != "" || events != nil || stream.Attached() {
			t.Error("not taken over", events, fault)
		}
		if _, fault := u.poll(0, ""); fault != "" {
			t.Error(fault)
		}
	})
}
