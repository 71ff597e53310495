package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
)

// exercise sends what a stranger may, and looks at the answer's form.
func exercise(t *testing.T, h http.Handler, method, target, kind, body string) {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	r := (&http.Request{Method: method, URL: u, Header: http.Header{"Content-Type": {kind}}, ContentLength: -1,
		Host: "x", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	r.Body = httptest.NewRequest("POST", "/", strings.NewReader(body)).Body
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text := w.Body.Bytes()
	switch w.Code {
	case 200:
		if method == "GET" {
			if !bytes.HasPrefix(text, []byte("/**/")) || !bytes.HasSuffix(text, []byte(");")) {
				t.Fatalf("%q", text)
			}
			text = text[bytes.IndexByte(text, '(')+1 : len(text)-2]
		}
		var list []map[string]any
		if json.Unmarshal(text, &list) != nil {
			t.Fatalf("%q is no array of objects", text)
		}
	case 400, 413:
	default:
		t.Fatal(w.Code)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte(`[{"channel":"/meta/handshake","version":"1","supportedConnectionTypes":["a"]}]`))
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"channel":"/meta/connect","clientId":"x","connectionType":"websocket"}`))
	_, h := start(f, bayeux.Config{MaxSessions: 100}, transport.Config{})
	net := bayeuxtest.Serve(h)
	f.Cleanup(func() { _ = net.Close() })
	dialer := websocket.Dialer{NetDialContext: net.DialContext}
	f.Fuzz(func(t *testing.T, frame []byte) {
		ws, _, err := dialer.Dial("ws://x/", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		_ = ws.SetReadDeadline(time.Now().Add(5 * time.Second))
		for _, p := range [][]byte{frame, []byte(`[{"channel":"/done"}]`)} {
			if err := ws.WriteMessage(websocket.TextMessage, p); err != nil {
				t.Fatal(err)
			}
		}
		for {
			_, text, err := ws.ReadMessage()
			if err != nil {
				t.Fatal(err)
			}
			var list []map[string]any
			if json.Unmarshal(text, &list) != nil || len(list) > 1 {
				t.Fatalf("%q", text)
			}
			if strings.Contains(string(text), "/done") {
				return
			}
		}
	})
}
