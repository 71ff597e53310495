package transport_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/transport"
)

// Faye's browser client connects by a request of its own beside its event
// stream, without a hold. It must not end the stream.
func TestImmediateConnectLeavesTheStreamAlone(t *testing.T) {
	const connect = `{"channel":"/meta/connect","clientId":"$","connectionType":"long-polling","id":"2","advice":{"timeout":0}}`
	const subscribe = `{"channel":"/meta/subscribe","clientId":"$","subscription":"/a"}`
	for name, body := range map[string]string{
		"alone":       `[` + connect + `]`,
		"batch":       `[` + subscribe + `,` + connect + `]`,
		"batch, held": `[` + subscribe + `,{"channel":"/meta/connect","clientId":"$","connectionType":"long-polling"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, bayeux.Config{}, transport.Config{})
			id := s.session()
			s.say(id, `[`+subscribe+`]`)
			resp, lines := s.stream(id)
			defer resp.Body.Close()
			s.say(id, body)
			if err := s.srv.Publish(context.Background(), "/a", "", []byte("1")); err != nil {
				t.Fatal(err)
			}
			for {
				select {
				case line, ok := <-lines:
					if !ok {
						t.Fatal("the stream was closed")
					}
					if line == `data: [{"channel":"/a","data":1}]` {
						return
					}
				case <-time.After(10 * time.Second):
					t.Fatal("no event")
				}
			}
		})
	}
}

// say posts a body in which $ stands for the session.
func (s *site) say(id, body string) string {
	s.t.Helper()
	_, text := s.do("POST", "/", "application/json", strings.ReplaceAll(body, "$", id))
	return text
}

// A connect that waits takes the session over.
func TestHeldConnectTakesOverFromTheStream(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	id := s.session()
	s.say(id, `[{"channel":"/meta/subscribe","clientId":"$","subscription":"/a"}]`)
	resp, lines := s.stream(id)
	defer resp.Body.Close()
	answer := make(chan string, 1)
	go func() {
		answer <- s.say(id, `[{"channel":"/meta/connect","clientId":"$","connectionType":"long-polling"}]`)
	}()
	for range lines { // to its end
	}
	if err := s.srv.Publish(context.Background(), "/a", "", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if text := <-answer; len(text) < 30 || text[:27] != `[{"channel":"/a","data":1},` {
		t.Error(text)
	}
}
