package transport_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"parley/bayeux"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
)

// BenchmarkFanOut publishes to a thousand sockets, of which some speak in rows, and waits until all have heard. The
// clients read bytes and allocate nothing.
func BenchmarkFanOut(b *testing.B) {
	const sockets = 1000
	for _, rows := range []int{0, sockets / 2, sockets} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			_, srv, _, web := rowSite(b, bayeux.Config{}, transport.Config{})
			var heard atomic.Int64
			full := make(chan struct{}, 1)
			for i := range sockets {
				listen(b, web, i < rows, func(n int64) {
					if heard.Add(n) == 0 {
						full <- struct{}{}
					}
				})
			}
			data := []byte(`{"action":"added","resourceId":"5b1a","resource":{"text":"` + strings.Repeat("hello ", 40) + `"}}`)
			event := bytesOf(len(`[{"channel":"/all/a","data":}]`) + len(data))
			row := bytesOf(len(`["changed",["/all/a",]]`) + len(data))
			total := int64(rows)*row + int64(sockets-rows)*event
			b.ReportAllocs()
			for b.Loop() {
				heard.Add(-total)
				if err := srv.Publish(b.Context(), "/all/a", "", data); err != nil {
					b.Fatal(err)
				}
				<-full
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/sockets, "ns/delivery")
		})
	}
}

// bytesOf is a frame's length on the wire.
func bytesOf(payload int) int64 {
	if payload < 126 {
		return int64(payload) + 2
	}
	return int64(payload) + 4
}

// listen has a socket subscribe, and counts the bytes that come after that.
func listen(b *testing.B, web *httptest.Server, rows bool, count func(int64)) {
	var ws *websocket.Conn
	if rows {
		r := row(b, web)
		r.say(`["sub",["/all/a","all"],{"query":1}]`)
		r.want(`["__qr__",[[]],{"query":1}]`)
		ws = r.Conn
	} else {
		ws = bayeuxSocket(b, web)
	}
	conn := ws.NetConn()
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			count(int64(n))
		}
	}()
}

func bayeuxSocket(b *testing.B, web *httptest.Server) *websocket.Conn {
	b.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(web.URL, "http"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ws.Close() })
	ask := func(text string) (replies []struct{ ClientID string }) {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			b.Fatal(err)
		}
		if err := ws.ReadJSON(&replies); err != nil {
			b.Fatal(err)
		}
		return replies
	}
	id := ask(handshake)[0].ClientID
	ask(`{"channel":"/meta/subscribe","clientId":"` + id + `","subscription":"/all/a","ext":{"token":"all"}}`)
	err = ws.WriteMessage(websocket.TextMessage, []byte(`{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"websocket"}`))
	if err != nil {
		b.Fatal(err)
	}
	return ws
}
