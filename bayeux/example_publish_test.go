package bayeux_test

import (
	"context"
	"encoding/json"
	"fmt"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"
)

// Go code publishes without a session, and past the Policy: it is the server.
func ExampleServer_Publish() {
	server := bayeux.New(bayeux.Config{})
	handler := transport.New(server, transport.Config{})
	network := bayeuxtest.Serve(handler)
	ctx := context.Background()
	client, err := bayeuxtest.Dial(ctx, network.URL(), bayeuxtest.Options{Transport: bayeuxtest.WebSocket, DialContext: network.DialContext})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.Subscribe(ctx, "/orders/*"); err != nil {
		fmt.Println(err)
		return
	}

	data, _ := json.Marshal(map[string]any{"state": "shipped"})
	if err := server.Publish(ctx, "/orders/17", "", data); err != nil {
		fmt.Println(err) // a channel that is no name, or data that is no JSON
	}

	event, err := client.Next(ctx)
	fmt.Println(event.Channel, string(event.Data), err)
	_ = client.Close()
	_ = handler.Shutdown(ctx)
	_ = network.Close()
	// Output: /orders/17 {"state":"shipped"} <nil>
}
