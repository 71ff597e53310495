package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"parley/bayeux"
	"parley/bayeux/transport"
)

// label tells each recipient of an event what it knows of its request.
type label struct{}

func (label) Incoming(context.Context, *bayeux.Call) error { return nil }
func (label) Outgoing(context.Context, *bayeux.Call) error { return nil }

func (label) OutgoingTo(_ context.Context, c *bayeux.Call) error {
	if c.Request.RemoteAddr == "" {
		return bayeux.ErrDropped
	}
	c.Ext = json.RawMessage(fmt.Sprintf(`{"agent":%q,"for":%q}`, c.Request.Get("User-Agent"), c.Session))
	return nil
}

// Every transport shows extensions what it delivers, and the request.
func TestExtensionsOnEveryTransport(t *testing.T) {
	s := newSite(t, bayeux.Config{Extensions: []bayeux.Extension{label{}}}, transport.Config{})
	publish := func() {
		if err := s.srv.Publish(context.Background(), "/a", "", []byte("1")); err != nil {
			t.Fatal(err)
		}
	}
	subscribed := func() string {
		id := s.session()
		s.say(id, `[{"channel":"/meta/subscribe","clientId":"$","subscription":"/a"}]`)
		return id
	}
	want := func(id, agent string) string {
		return `{"channel":"/a","data":1,"ext":{"agent":"` + agent + `","for":"` + id + `"}}`
	}

	id := subscribed()
	ws := s.dial(http.Header{"User-Agent": {"socket"}})
	if err := ws.WriteMessage(1, []byte(`{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"websocket"}`)); err != nil {
		t.Fatal(err)
	}
	until(t, "held", func() bool { return s.srv.Stats().Held == 1 })
	publish()
	if _, text, err := ws.ReadMessage(); err != nil || string(text) != "["+want(id, "socket")+"]" {
		t.Error(string(text), err)
	}

	id = subscribed()
	resp, lines := s.stream(id)
	defer resp.Body.Close()
	publish()
	for line := range lines {
		if strings.HasPrefix(line, "data") {
			if line != "data: ["+want(id, "Go-http-client/1.1")+"]" {
				t.Error(line)
			}
			break
		}
	}

	id = subscribed()
	publish()
	_, text := s.do("POST", "/", "application/json", `{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling"}`, "User-Agent", "poll")
	if !strings.HasPrefix(text, "["+want(id, "poll")+",{") {
		t.Error(text)
	}
}
