package bayeux

import (
	"testing"
	"time"
)

func TestActivity(t *testing.T) {
	const limit = 10 * time.Minute
	idle := func(u *user) bool {
		t.Helper()
		_, fault := u.poll(25*time.Second, "")
		return fault != ""
	}
	// do has u connect all the time, and tells when the session ended.
	do := func(u *user, what func()) (ended time.Duration) {
		for began := time.Now(); time.Since(began) < 3*limit; {
			if idle(u) {
				return time.Since(began)
			}
			time.Sleep(5 * time.Second)
			what()
		}
		return 0
	}
	for _, c := range []struct {
		name  string
		both  bool
		what  func(*user)
		alive bool
	}{
		{"connects only", false, func(*user) {}, false},
		{"publishes", false, func(u *user) { u.publish("/b", "") }, true},
		{"subscribes", false, func(u *user) { u.subscribe("/a", "") }, true},
		{"receives", false, func(u *user) { publishN(u.t.(*testing.T), u.srv, "/a", 1) }, false},
		{"receives, which counts", true, func(u *user) { publishN(u.t.(*testing.T), u.srv, "/a", 1) }, true},
		{"connects only, both count", true, func(*user) {}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			quiet(t, Config{Activity: limit, ActivityBoth: c.both}, func(t *testing.T, srv *Server) {
				u := newUser(t, srv, "")
				u.subscribe("/a", "")
				ended := do(u, func() { c.what(u) })
				if alive := ended == 0; alive != c.alive {
					t.Fatal("ended after", ended)
				}
				if n := srv.Stats().Idle; (n == 0) != c.alive {
					t.Error(n)
				}
				if !c.alive && (ended < limit || ended > limit+time.Minute) {
					t.Error("ended after", ended)
				}
			})
		})
	}
}
