package bayeuxtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"
)

// A client of any Bayeux server: it connects again and again by itself.
func ExampleDial() {
	handler := transport.New(bayeux.New(bayeux.Config{}), transport.Config{})
	site := httptest.NewServer(handler) // any server would do
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	client, err := bayeuxtest.Dial(ctx, site.URL+"/faye", bayeuxtest.Options{Transport: bayeuxtest.LongPolling})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.Subscribe(ctx, "/chat/**"); err != nil {
		fmt.Println(err)
	}
	if err := client.Publish(ctx, "/chat/lobby", "Hello"); err != nil {
		fmt.Println(err)
	}
	event, err := client.Next(ctx)
	fmt.Println(event.Channel, string(event.Data), err)

	// A refusal is an Error, in the words of the wire.
	var refused bayeuxtest.Error
	err = client.Subscribe(ctx, "/meta/connect")
	fmt.Println(errors.As(err, &refused), err)

	_ = client.Close()
	_ = handler.Shutdown(ctx)
	site.Close()
	// Output:
	// /chat/lobby "Hello" <nil>
	// true 403:/meta/connect:Forbidden channel
}
