package transport_test

import (
	"runtime"
	"strings"
	"testing"

	"parley/bayeux"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
)

// What clients say as they open is answered by the readers: a writer for each
// would leave a stack behind.
func TestOpeningNeedsNoWriters(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	list := make([]*websocket.Conn, 50)
	for i := range list {
		id := s.session()
		list[i] = s.dial(nil)
		say(t, list[i], `{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"websocket"}`)
		for range 3 {
			say(t, list[i], `{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":"/a"}`)
		}
	}
	for _, ws := range list {
		for range 3 {
			if _, _, err := ws.ReadMessage(); err != nil {
				t.Fatal(err)
			}
		}
	}
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if n := strings.Count(string(stacks), ".(*socket).write("); n > 0 {
		t.Errorf("%d writers for %d sockets that have said hello", n, len(list))
	}
}
