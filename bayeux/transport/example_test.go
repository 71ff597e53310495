package transport_test

import (
	"context"
	"log"
	"net/http"

	"parley/bayeux"
	"parley/bayeux/transport"
)

// A Bayeux server that lets everybody do everything, under /faye.
func Example() {
	server := bayeux.New(bayeux.Config{})
	go func() { _ = server.Run(context.Background()) }() // for as long as the process lives
	handler := transport.New(server, transport.Config{})
	mux := http.NewServeMux()
	mux.Handle("/faye", handler)
	mux.Handle("/faye/", handler)
	log.Print(http.ListenAndServe("127.0.0.1:8000", mux))
}
