package check_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/check"
	"parley/bayeux/transport"

	"github.com/gorilla/websocket"
)

// object is a message.
type object = map[string]any

// broken is our own engine, spoilt in one way on its way out or in.
type broken struct {
	inner http.Handler

	request  func(*http.Request, []byte) []byte                      // changes what comes in
	replies  func(asked, got []object) []object                      // changes arrays that go out
	response func(*http.Request, []byte, *httptest.ResponseRecorder) // changes anything that goes out
	frame    func(frame string) []string                             // changes frames that go out
}

func (b *broken) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if websocket.IsWebSocketUpgrade(r) {
		b.proxy(w, r)
		return
	}
	if strings.Contains(r.Header.Get("Accept"), "event-stream") {
		b.inner.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	sent := body
	if b.request != nil {
		sent = b.request(r, body)
	}
	inner := r.Clone(r.Context())
	inner.Body = io.NopCloser(bytes.NewReader(sent))
	inner.ContentLength = int64(len(sent))
	rec := httptest.NewRecorder()
	b.inner.ServeHTTP(rec, inner)
	if b.replies != nil {
		if got, ok := read(rec.Body.Bytes()); ok {
			asked, _ := read(body)
			text, _ := json.Marshal(b.replies(asked, got))
			rec.Body = bytes.NewBuffer(text)
		}
	}
	if b.response != nil {
		b.response(r, body, rec)
	}
	rec.Header().Del("Content-Length")
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func read(text []byte) (all []object, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return all, d.Decode(&all) == nil
}

// proxy passes frames on, those of the server changed.
func (b *broken) proxy(w http.ResponseWriter, r *http.Request) {
	site := httptest.NewServer(b.inner)
	defer site.Close()
	server, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(site.URL, "http"), nil)
	if err != nil {
		return
	}
	client, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer server.Close()
		for {
			kind, text, err := client.ReadMessage()
			if err != nil || server.WriteMessage(kind, text) != nil {
				return
			}
		}
	}()
	for {
		_, text, err := server.ReadMessage()
		if err != nil {
			break
		}
		for _, f := range b.frame(string(text)) {
			if client.WriteMessage(websocket.TextMessage, []byte(f)) != nil {
				break
			}
		}
	}
	_ = client.Close()
	<-gone
}

func each(change func(object)) func(_, got []object) []object {
	return func(_, got []object) []object {
		for _, m := range got {
			change(m)
		}
		return got
	}
}

func isEvent(m object) bool { _, reply := m["successful"]; return !reply }

func on(channel string, change func(object)) func(_, got []object) []object {
	return each(func(m object) {
		if m["channel"] == channel {
			change(m)
		}
	})
}

func replace(old, new string) func(*http.Request, []byte) []byte {
	return func(_ *http.Request, body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(new)) }
}

func twist(change func(*http.Request, []byte, *httptest.ResponseRecorder)) broken {
	return broken{response: change}
}

// Each way to break a server is found out, by the rule that is there for it and by
// no other of its group.
func TestBrokenServers(t *testing.T) {
	for name, row := range map[string]struct {
		spoilt broken
		group  string
		found  []string
	}{
		"nothing": {broken{}, "event", nil},
		"a clientId that can be guessed": {broken{replies: on("/meta/handshake", func(m object) { m["clientId"] = "17" })},
			"handshake/client-id", []string{"handshake/client-id"}},
		"an event beside the handshake": {broken{replies: func(asked, got []object) []object {
			if len(got) == 1 && got[0]["channel"] == "/meta/handshake" {
				got = append(got, object{"channel": "/welcome", "data": 1})
			}
			return got
		}}, "handshake", []string{"handshake/alone", "handshake/bare-object"}},
		"advice without interval at the handshake": {broken{replies: on("/meta/handshake", func(m object) {
			if a, ok := m["advice"].(object); ok {
				delete(a, "interval")
			}
		})}, "handshake", []string{"handshake/advice"}},
		"retry after a failed handshake": {broken{replies: on("/meta/handshake", func(m object) {
			m["advice"].(object)["reconnect"] = "retry"
		})}, "handshake", []string{"handshake/failed-advice"}},
		"advice at the first connect only": {broken{replies: on("/meta/connect", func(m object) {
			if m["successful"] == true {
				delete(m, "advice")
			}
		})}, "connect", []string{"connect/complete-advice"}},
		"handshake advice in a success": {broken{replies: on("/meta/connect", func(m object) {
			m["advice"].(object)["reconnect"] = "handshake"
		})}, "connect", []string{"connect/complete-advice", "connect/no-handshake-advice"}},
		"an unknown client that is to try again": {broken{replies: on("/meta/connect", func(m object) {
			if m["successful"] == false {
				m["advice"] = object{"reconnect": "retry"}
			}
		})}, "connect", []string{"connect/unknown-client", "connect/unknown-client-interval"}},
		"connects that are never held": {broken{request: replace(`"id":"c1"}]`, `"id":"c1"},{"channel":"/meta/unsubscribe"}]`), replies: func(asked, got []object) []object {
			return slices.DeleteFunc(got, func(m object) bool { return len(asked) == 1 && m["channel"] == "/meta/unsubscribe" })
		}}, "connect/hold", []string{"connect/hold"}},
		"a superseded connect that succeeds": {twist(func(_ *http.Request, _ []byte, r *httptest.ResponseRecorder) {
			if r.Code == http.StatusConflict {
				r.Code, r.Body = 200, bytes.NewBufferString(`[{"channel":"/meta/connect","successful":true,"id":"c1"}]`)
			}
		}), "connect", []string{"connect/superseded", "connect/superseded-409"}},
		"ids that become strings": {broken{replies: each(func(m object) {
			if n, ok := m["id"].(json.Number); ok {
				m["id"] = n.String()
			}
		})}, "id", []string{"id/integer", "id/falsy"}},
		"errors in prose": {broken{replies: each(func(m object) {
			if m["error"] != nil {
				m["error"] = "I do not know you"
			}
		})}, "error", []string{"error/form"}},
		"a subscription that becomes an array": {broken{replies: on("/meta/subscribe", func(m object) {
			if s, ok := m["subscription"].(string); ok {
				m["subscription"] = []string{s}
			}
		})}, "subscribe", []string{"subscribe/errors", "subscribe/string"}},
		"a wildcard that goes too deep": {broken{request: replace(`/*"`, `/**"`)}, "subscribe/wildcard", []string{"subscribe/wildcard"}},
		"meta channels told by their beginning": {broken{request: replace(`/meta/subscribe/x`, `/meta/subscribe`)}, "meta",
			[]string{"meta/whole-name", "meta/whole-name-error"}},
		"acknowledgements with data": {broken{replies: func(asked, got []object) []object {
			for i, m := range got {
				if len(asked) == len(got) && !isEvent(m) && asked[i]["data"] != nil {
					m["data"] = asked[i]["data"]
				}
			}
			return got
		}}, "publish", []string{"publish/acknowledgement-has-no-data"}},
		"events with their publisher's clientId": {broken{replies: each(func(m object) {
			if isEvent(m) {
				m["clientId"] = "secret"
			}
		})}, "event", []string{"event/shape"}},
		"events with an id": {broken{replies: each(func(m object) {
			if isEvent(m) {
				m["id"] = "p1"
			}
		})}, "event", []string{"event/no-id"}},
		"replies before events": {broken{replies: func(_, got []object) []object {
			slices.SortStableFunc(got, func(a, b object) int {
				switch {
				case isEvent(a) == isEvent(b):
					return 0
				case isEvent(b):
					return -1
				}
				return 1
			})
			return got
		}}, "event", []string{"event/first"}},
		"events out of order": {broken{replies: func(_, got []object) []object {
			if len(got) > 15 && isEvent(got[0]) {
				got[3], got[4] = got[4], got[3]
			}
			return got
		}}, "event", []string{"event/order"}},
		"numbers through floating point": {twist(func(_ *http.Request, _ []byte, r *httptest.ResponseRecorder) {
			var v any
			if json.Unmarshal(r.Body.Bytes(), &v) == nil {
				text, _ := json.Marshal(v)
				r.Body = bytes.NewBuffer(text)
			}
		}), "event", []string{"event/numbers"}},
		"errors with status 200": {twist(func(_ *http.Request, body []byte, r *httptest.ResponseRecorder) {
			if r.Code == http.StatusBadRequest && !json.Valid(body) {
				r.Code, r.Body = 200, bytes.NewBufferString(`[{"successful":false,"error":"400::Bad request"}]`)
			}
		}), "body", []string{"body/malformed", "body/malformed-text", "body/no-message"}},
		"no patience with nothing": {twist(func(_ *http.Request, body []byte, r *httptest.ResponseRecorder) {
			if string(body) == "[]" {
				r.Code = http.StatusBadRequest
			}
		}), "body", []string{"body/empty-array"}},
		"no comment before the callback": {twist(func(_ *http.Request, _ []byte, r *httptest.ResponseRecorder) {
			r.Body = bytes.NewBuffer(bytes.TrimPrefix(r.Body.Bytes(), []byte("/**/")))
		}), "callback-polling", []string{"callback-polling/hardened"}},
		"line separators as they are": {twist(func(_ *http.Request, _ []byte, r *httptest.ResponseRecorder) {
			r.Body = bytes.NewBuffer(bytes.ReplaceAll(r.Body.Bytes(), []byte(`\u2028`), []byte("\u2028")))
		}), "callback-polling", []string{"callback-polling/separators"}},
		"any callback": {twist(func(q *http.Request, _ []byte, r *httptest.ResponseRecorder) {
			if name := q.URL.Query().Get("jsonp"); q.Method == http.MethodGet && r.Code == http.StatusBadRequest {
				r.Code, r.Body = 200, bytes.NewBufferString("/**/"+name+"([]);")
			}
		}), "callback-polling", []string{"callback-polling/name"}},
		"any origin, but no credentials": {twist(func(_ *http.Request, _ []byte, r *httptest.ResponseRecorder) {
			r.Header().Set("Access-Control-Allow-Origin", "*")
		}), "cors", []string{"cors/preflight", "cors/response"}},
		"form fields but the first are lost": {broken{request: func(r *http.Request, body []byte) []byte {
			form, err := url.ParseQuery(string(body))
			if err != nil || len(form["message"]) < 2 {
				return body
			}
			return []byte(url.Values{"message": form["message"][:1]}.Encode())
		}}, "body", []string{"body/repeated-fields"}},
		"several messages in a frame": {broken{frame: func(f string) []string {
			return []string{strings.Replace(f, "]", `,{"channel":"/welcome","successful":true}]`, 1)}
		}}, "websocket/one-message", []string{"websocket/one-message"}},
		"connects that events release": {broken{frame: func(f string) []string {
			if strings.Contains(f, `"data"`) {
				return []string{f, `[{"channel":"/meta/connect","id":"w1","successful":true}]`}
			}
			return []string{f}
		}}, "websocket/push", []string{"websocket/push"}},
		"acknowledgements that are taken for granted": {broken{request: replace(`{"ack":0}`, `{"ack":1000}`)}, "ack/again", []string{"ack/again"}},
		"a stopped clock": {broken{request: replace(`"tc":1000`, `"tc":999`)}, "timesync", []string{"timesync/answered"}},
		"a heartbeat that is misunderstood": {broken{frame: func(f string) []string {
			return []string{strings.Replace(f, "[]", `[{"successful":false}]`, 1)}
		}}, "websocket/empty-array", []string{"websocket/empty-array"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := check.Run(t.Context(), serveBroken(t, &row.spoilt), check.Options{
				Profile: check.Parley, Only: []string{row.group}, Patience: 15 * time.Second, Parallel: 8})
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, r := range report.Results {
				if r.Status == check.Fail {
					found = append(found, r.Name)
					if r.Expected == "" || r.Got == "" || len(r.Dialogue) == 0 || r.Suffers == "" {
						t.Errorf("%s is not explained: %+v", r.Name, r)
					}
				}
			}
			slices.Sort(found)
			slices.Sort(row.found)
			if !slices.Equal(found, row.found) {
				t.Errorf("found %q, want %q", found, row.found)
				for _, r := range report.Results {
					if r.Status == check.Fail && !slices.Contains(row.found, r.Name) {
						t.Logf("%s: expected %s, got %s", r.Name, r.Expected, r.Got)
					}
				}
			}
		})
	}
}

func serveBroken(t *testing.T, b *broken) string {
	t.Helper()
	srv := bayeux.New(bayeux.Config{})
	h := transport.New(srv, transport.Config{})
	b.inner = h
	if b.frame == nil {
		b.frame = func(f string) []string { return []string{f} }
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	site := httptest.NewServer(b)
	t.Cleanup(func() {
		_ = h.Shutdown(context.Background())
		site.Close()
		stop()
		<-done
	})
	return site.URL + "/bayeux"
}
