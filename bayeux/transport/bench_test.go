package transport_test

import (
	"strings"
	"testing"

	"parley/bayeux"
	"parley/bayeux/transport"

	"net/http/httptest"

	"github.com/gorilla/websocket"
)

// A publish through one socket and its delivery to another.
func BenchmarkSocketRoundTrip(b *testing.B) {
	_, h := start(b, bayeux.Config{}, transport.Config{})
	web := httptest.NewServer(h)
	defer web.Close()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(web.URL, "http"), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer ws.Close()
	send := func(text string) {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			b.Fatal(err)
		}
	}
	read := func() (replies []struct{ ClientID string }) {
		if err := ws.ReadJSON(&replies); err != nil {
			b.Fatal(err)
		}
		return replies
	}
	send(handshake)
	id := read()[0].ClientID
	send(`{"channel":"/meta/subscribe","clientId":"` + id + `","subscription":"/a"}`)
	read()
	send(`{"channel":"/meta/connect","clientId":"` + id + `","connectionType":"websocket"}`)
	publish := `{"channel":"/a","clientId":"` + id + `","data":{"x":1}}`
	b.ReportAllocs()
	for b.Loop() {
		send(publish)
		read() // the acknowledgement
		read() // the event
	}
}
