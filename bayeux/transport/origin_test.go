package transport_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/bayeux"
	"parley/bayeux/transport"
)

// byOrigin lets pages of one origin, and programs, subscribe.
type byOrigin struct{ allowed string }

func (byOrigin) Identify(context.Context, []byte) (any, time.Time, bool, error) {
	return nil, time.Time{}, true, nil
}

func (p byOrigin) Subscribe(ctx context.Context, _ any, _ string) (string, bool, error) {
	origin := bayeux.Origin(ctx)
	return "", origin == "" || origin == p.allowed, nil
}

func (byOrigin) Publish(context.Context, any, string) (string, bool, error) { return "", true, nil }

// TestPolicyLearnsTheOrigin subscribes from pages over each kind of line.
func TestPolicyLearnsTheOrigin(t *testing.T) {
	s := newSite(t, bayeux.Config{Policy: byOrigin{"https://shop.example"}}, transport.Config{})
	for origin, ok := range map[string]bool{"": true, "https://shop.example": true, "https://evil.example": false, s.URL: true, "null": false} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		id := s.session()
		subscribe := `[{"channel":"/meta/subscribe","clientId":"` + id + `","subscription":"/news","id":"1"}]`
		_, polled := s.do("POST", "/", "application/json", subscribe, "Origin", origin)
		ws := s.dial(header)
		if err := ws.WriteMessage(websocket.TextMessage, []byte(strings.Replace(subscribe, "/news", "/olds", 1))); err != nil {
			t.Fatal(err)
		}
		_, said, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		for line, reply := range map[string]string{"poll": polled, "socket": string(said)} {
			if strings.Contains(reply, `"successful":true`) != ok || strings.Contains(reply, "403") == ok {
				t.Errorf("%q by %s: %s", origin, line, reply)
			}
		}
	}
}
