package bayeux_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"
)

// moderation keeps a channel for those who know the word, and its language
// clean. It shows all that an extension can do.
type moderation struct{}

func (moderation) Incoming(_ context.Context, c *bayeux.Call) error {
	if c.Channel != "/room" {
		return nil
	}
	var ext struct{ Word string }
	if c.Ext != nil {
		if err := json.Unmarshal(c.Ext, &ext); err != nil {
			return bayeux.ErrBadRequest
		}
	}
	switch {
	case ext.Word != "please":
		return bayeux.ErrForbidden.With("say please") // the sender hears of it
	case bytes.Contains(c.Data, []byte("spam")):
		return bayeux.ErrDropped
	}
	c.Data = bytes.ReplaceAll(c.Data, []byte("darn"), []byte("****"))
	return nil
}

func (moderation) Outgoing(_ context.Context, c *bayeux.Call) error {
	if c.Channel == "/room" && !c.Reply {
		c.Data = fmt.Appendf(nil, `{"moderated":%s}`, c.Data) // once, for all recipients
	}
	return nil
}

func ExampleExtension() {
	srv := bayeux.New(bayeux.Config{Extensions: []bayeux.Extension{moderation{}}})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { _ = srv.Run(ctx) }()
	handler := transport.New(srv, transport.Config{})
	web := httptest.NewServer(handler)
	defer web.Close()
	defer handler.Shutdown(ctx) //nolint:errcheck // an example

	dial := func(word string) *bayeuxtest.Client {
		c, err := bayeuxtest.Dial(ctx, web.URL, bayeuxtest.Options{Ext: map[string]string{"word": word}})
		if err != nil {
			panic(err)
		}
		return c
	}
	polite, rude := dial("please"), dial("now")
	defer polite.Close() //nolint:errcheck // an example
	defer rude.Close()   //nolint:errcheck // an example
	fmt.Println(polite.Subscribe(ctx, "/room"))
	fmt.Println(rude.Publish(ctx, "/room", "let me in"))
	fmt.Println(polite.Publish(ctx, "/room", "spam"))
	fmt.Println(polite.Publish(ctx, "/room", "darn it"))
	ev, err := polite.Next(ctx)
	fmt.Println(string(ev.Data), err)
	// Output:
	// <nil>
	// 403:say please:Forbidden channel
	// 404::Message deleted
	// <nil>
	// {"moderated":"**** it"} <nil>
}
