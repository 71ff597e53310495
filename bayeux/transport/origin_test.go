package transport_test

import (
	"context"
	"net/http"
	"net/url"
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

// TestScriptTagsHaveAnOrigin: a page that is not let in does not come in by callback-polling either, whose script tags
// name no origin.
func TestScriptTagsHaveAnOrigin(t *testing.T) {
	const handshakeCall = "/?jsonp=f&message=" + `%5B%7B%22channel%22%3A%22%2Fmeta%2Fhandshake%22%2C%22version%22%3A%221.0%22%2C%22supportedConnectionTypes%22%3A%5B%22callback-polling%22%5D%7D%5D`
	s := newSite(t, bayeux.Config{Policy: byOrigin{"https://shop.example"}}, transport.Config{AllowedOrigins: []string{"https://shop.example"}})
	for _, row := range []struct {
		name   string
		header []string
		status int
	}{
		{"a program", nil, 200},
		{"the page", []string{"Referer", "https://shop.example/tea?x=1", "Sec-Fetch-Site", "cross-site"}, 200},
		{"the page, in an old browser", []string{"Referer", "https://shop.example/"}, 200},
		{"our own", []string{"Referer", s.URL + "/demo/", "Sec-Fetch-Site", "same-origin"}, 200},
		{"our own, that hides the referrer", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"another page", []string{"Referer", "https://evil.example/", "Sec-Fetch-Site", "cross-site"}, 403},
		{"another page, in an old browser", []string{"Referer", "https://evil.example/"}, 403},
		{"another page, that hides the referrer", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a neighbour, that hides the referrer", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"another page, that takes the page's name for its path", []string{"Referer", "https://evil.example/https://shop.example", "Sec-Fetch-Site", "cross-site"}, 403},
	} {
		resp, text := s.do("GET", handshakeCall, "", "", row.header...)
		if resp.StatusCode != row.status || strings.Contains(text, "clientId") != (row.status == 200) {
			t.Errorf("%s: %d %s", row.name, resp.StatusCode, text)
		}
	}
	// Where the list is the policy's, it hears of the page.
	open := newSite(t, bayeux.Config{Policy: byOrigin{"https://shop.example"}}, transport.Config{})
	for page, ok := range map[string]bool{"https://shop.example/": true, "https://evil.example/": false, "": false} {
		subscribe := "/?jsonp=f&message=" + url.QueryEscape(`[{"channel":"/meta/subscribe","clientId":"`+open.session()+`","subscription":"/news"}]`)
		if _, text := open.do("GET", subscribe, "", "", "Referer", page, "Sec-Fetch-Site", "cross-site"); strings.Contains(text, `"successful":true`) != ok {
			t.Errorf("%q: %s", page, text)
		}
	}
}
