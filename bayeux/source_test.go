package bayeux

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSourceOf(t *testing.T) {
	same := func(a, b string) bool { return SourceOf(netip.MustParseAddr(a)) == SourceOf(netip.MustParseAddr(b)) }
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"0.0.0.0", "0.0.0.1", false},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"fe80::1%eth0", "fe80::1", true},
	} {
		if same(c.a, c.b) != c.same {
			t.Error(c)
		}
	}
	for _, zero := range []netip.Addr{{}, netip.IPv6Unspecified()} {
		if SourceOf(zero) != 0 {
			t.Error(zero)
		}
	}
	if SourceOf(netip.IPv4Unspecified()) == 0 {
		t.Error("an IPv4 address is no source")
	}
}

const wave = `{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"id":"7"}`

// from shakes hands from a source.
func from(t *testing.T, srv *Server, source Source) (*user, answer) {
	t.Helper()
	u := &user{t: t, srv: srv}
	link := srv.Poll()
	link.From = source
	defer link.Close()
	a := u.process(link, wave)[0]
	u.id = a.ClientID
	return u, a
}

func wantCrowded(t *testing.T, a answer) {
	t.Helper()
	if a.Successful || a.Error != "429::Too many clients from this address" || a.ClientID != "" ||
		a.Advice.Reconnect != "handshake" || a.Advice.Interval < 1000 {
		t.Errorf("%+v", a)
	}
}

func TestSessionsPerSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := startServer(t, Config{MaxSessionsPerSource: 3, Grace: time.Minute})
		a, _ := from(t, srv, 1)
		b, _ := from(t, srv, 1)
		c, _ := from(t, srv, 1)
		_, over := from(t, srv, 1)
		wantCrowded(t, over)
		if _, other := from(t, srv, 2); !other.Successful {
			t.Errorf("%+v", other)
		}
		for range 10 {
			if _, unknown := from(t, srv, 0); !unknown.Successful {
				t.Errorf("%+v", unknown)
			}
		}
		a.say(`{"channel":"/meta/disconnect","clientId":"$"}`)
		if again, ok := from(t, srv, 1); !ok.Successful {
			t.Errorf("after a disconnect: %+v", ok)
		} else {
			srv.Kick(t.Context(), again.id)
			srv.Kick(t.Context(), again.id)
		}
		if _, ok := from(t, srv, 1); !ok.Successful {
			t.Errorf("after a kick: %+v", ok)
		}
		_, over = from(t, srv, 1)
		wantCrowded(t, over)
		time.Sleep(2 * time.Minute) // all expire
		synctest.Wait()
		for range 3 {
			if _, ok := from(t, srv, 1); !ok.Successful {
				t.Errorf("after the expiry: %+v", ok)
			}
		}
		for _, u := range []*user{b, c} {
			if got := u.subscribe("/a", ""); !strings.HasPrefix(got, "401:") {
				t.Error(got)
			}
		}
		if s := srv.Stats(); s.Crowded != 2 || s.Sessions != 3 {
			t.Errorf("%+v", s)
		}
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if n := len(srv.perSource.held); n != 0 {
			t.Error(n, "sources remembered for nothing")
		}
	})
}

func TestHandshakesPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := startServer(t, Config{HandshakesPerSecondBySource: 2})
		passed := func(source Source) (n int) {
			for {
				_, a := from(t, srv, source)
				if !a.Successful {
					wantCrowded(t, a)
					return n
				}
				n++
			}
		}
		if n := passed(1); n != 10 {
			t.Error(n, "at once")
		}
		if n := passed(2); n != 10 {
			t.Error(n, "at once from another")
		}
		time.Sleep(2 * time.Second)
		if n := passed(1); n != 4 {
			t.Error(n, "after 2 s")
		}
		time.Sleep(time.Minute)
		if n := passed(1); n != 10 {
			t.Error(n, "after a minute")
		}
	})
}

// Less than one a second is a rate too.
func TestRareHandshakes(t *testing.T) {
	p := newPace(0.1)
	if _, ok := p.take(1, 0, 1); !ok {
		t.Error("the first was refused")
	}
	if wait, ok := p.take(1, int64(time.Second), 1); ok || wait != 9*time.Second {
		t.Error(wait, ok)
	}
	if _, ok := p.take(1, int64(10*time.Second), 1); !ok {
		t.Error("refused after its time")
	}
}

// A flood of addresses costs a bounded memory.
func TestFloodOfSources(t *testing.T) {
	p := newPace(5)
	for i := range Source(20 * maxSources) {
		p.take(i+1, 0, 1)
		if n := len(p.newer) + len(p.older); n > 2*maxSources {
			t.Fatal(n, "sources")
		}
	}
}
