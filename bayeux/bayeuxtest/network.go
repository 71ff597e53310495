package bayeuxtest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Network is a server on pipes in memory: no ports, and since nothing waits
// for the kernel, synctest may turn the clock while all are waiting.
type Network struct {
	server *http.Server
	conns  chan net.Conn
	done   chan struct{}
	once   sync.Once
	loop   sync.WaitGroup
}

// Serve serves h until Close.
func Serve(h http.Handler) *Network {
	n := &Network{server: &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}, conns: make(chan net.Conn), done: make(chan struct{})}
	n.loop.Go(func() { _ = n.server.Serve(listener{n}) }) // always ends with ErrServerClosed
	return n
}

// URL of the server, which only DialContext reaches.
func (n *Network) URL() string { return "http://bayeux.test/bayeux" }

// DialContext makes a connection, whatever the address.
func (n *Network) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case n.conns <- theirs:
		return ours, nil
	case <-n.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close closes the listener and, when their requests are through, the
// connections, but not websockets: those are their handler's.
func (n *Network) Close() error {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	err := n.server.Shutdown(ctx)
	n.loop.Wait()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return err
}

// listener is the server's side of a Network.
type listener struct{ *Network }

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l listener) Addr() net.Addr { return &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)} }
