//go:build unix

package chattest

import (
	"net"
	"strings"
	"sync"
	"testing"
)

// Outage is a PostgreSQL server of a test's own, which can go away and come back.
type Outage struct {
	tb     testing.TB
	server *server
	away   bool
}

// NewOutage starts a server that ends with the test.
func NewOutage(tb testing.TB) *Outage {
	tb.Helper()
	s, err := startServer(hasty)
	if err != nil {
		tb.Fatal("chattest: ", err)
	}
	o := &Outage{tb: tb, server: s}
	tb.Cleanup(func() {
		if o.away {
			o.Back()
		}
		if err := s.stop(); err != nil {
			tb.Error("chattest: ", err)
		}
	})
	return o
}

// URL is of the server's one database.
func (o *Outage) URL() string { return o.server.url("postgres") }

// Exec runs a statement.
func (o *Outage) Exec(statement string) {
	o.tb.Helper()
	if err := o.server.exec(statement); err != nil {
		o.tb.Fatal("chattest: ", err)
	}
}

// Away stops the server as an operator would who cannot wait for its clients.
func (o *Outage) Away() {
	o.tb.Helper()
	if err := o.server.halt(); err != nil {
		o.tb.Fatal("chattest: ", err)
	}
	o.away = true
}

// Back starts it again, at the same address and with what it had.
func (o *Outage) Back() {
	o.tb.Helper()
	bin, err := binaries()
	if err == nil {
		err = o.server.run(bin)
	}
	if err != nil {
		o.tb.Fatal("chattest: ", err)
	}
	o.away = false
}

// Silence stands between a program and its database, and can keep to itself what they say: as a network does that
// has lost somebody.
type Silence struct {
	listener net.Listener
	mu       sync.Mutex // held while there is silence
	lines    sync.WaitGroup
	ends     sync.Map // both of each line
}

// NewSilence passes on to the server of a database's URL, and returns the URL to use instead.
func NewSilence(tb testing.TB, url string) (*Silence, string) {
	tb.Helper()
	_, rest, _ := strings.Cut(url, "@")
	address, _, _ := strings.Cut(rest, "/")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal("chattest: ", err)
	}
	s := &Silence{listener: l}
	s.lines.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			s.lines.Go(func() { s.line(near, address) })
		}
	})
	tb.Cleanup(func() {
		_ = l.Close() // it is over
		s.ends.Range(func(end, _ any) bool { _ = end.(net.Conn).Close(); return true })
		s.lines.Wait()
	})
	return s, strings.Replace(url, address, l.Addr().String(), 1)
}

// Begin begins the silence, End ends it: what was said meanwhile is heard then.
func (s *Silence) Begin() { s.mu.Lock() }

// End ends the silence.
func (s *Silence) End() { s.mu.Unlock() }

func (s *Silence) line(near net.Conn, address string) {
	s.ends.Store(near, true)
	defer near.Close()
	far, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	s.ends.Store(far, true)
	defer far.Close()
	var both sync.WaitGroup
	both.Go(func() { s.pass(far, near) })
	both.Go(func() { s.pass(near, far) })
	both.Wait()
}

func (s *Silence) pass(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		s.mu.Lock()
		_, failed := to.Write(buffer[:n])
		s.mu.Unlock()
		if err != nil || failed != nil {
			return
		}
	}
}
