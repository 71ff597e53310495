package transport_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"parley/bayeux"
	"parley/bayeux/transport"
)

// A Bayeux server that lets everybody do everything, as a part of a site on
// net/http; and how it all ends in good order.
func Example() {
	server := bayeux.New(bayeux.Config{})
	handler := transport.New(server, transport.Config{})

	mux := http.NewServeMux()
	mux.Handle("/faye", handler)
	mux.Handle("/faye/", handler) // cometd.js and event streams append to the address
	site := &http.Server{Handler: mux}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}

	var running sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	running.Go(func() { _ = server.Run(ctx) })
	running.Go(func() { _ = site.Serve(listener) }) // ends with ErrServerClosed

	// A client that speaks no transport of ours.
	resp, err := http.Post("http://"+listener.Addr().String()+"/faye", "application/json",
		strings.NewReader(`[{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["pigeon"]}]`))
	if err == nil {
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Println(strings.Contains(string(body), "301:pigeon:Connection types not supported"))
	}
	http.DefaultClient.CloseIdleConnections()

	_ = handler.Shutdown(context.Background()) // websockets are its own to close
	_ = site.Shutdown(context.Background())
	stop()
	running.Wait()
	// Output: true
}
