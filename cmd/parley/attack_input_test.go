package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
	"parley/config"
)

// TestForeignPartsOfOwnThings: within what is her own, somebody names a part of another organisation's, whose ids she
// counts up to.
func TestForeignPartsOfOwnThings(t *testing.T) {
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability)
	for _, r := range allRights {
		names := 0
		for part := range strings.SplitSeq(r.path(), "/") {
			if strings.HasPrefix(part, ":") && part != ":name" {
				names++
			}
		}
		if names < 2 || r.bayeux() || r.as != "" {
			continue
		}
		w.here.refresh(r)
		w.there.refresh(r)
		before := w.here.state()
		for _, c := range []caller{foreignVisitor, foreignManager, foreignAdmin, foreignKey} {
			path, first := "", true
			for part := range strings.SplitSeq(r.path(), "/") {
				switch name, varies := strings.CutPrefix(part, ":"); {
				case varies && first: // hers
					part, first = w.there.things[name], false
				case varies:
					part = w.here.things[name]
				}
				path += "/" + part
			}
			own := r
			own.call = r.method() + " " + path[1:]
			own.says = ""
			if status, answer := w.make(own, c); status != http.StatusNotFound && status != http.StatusForbidden && status != http.StatusBadRequest || strings.Contains(answer, secretWord) {
				t.Errorf("%s by %s: %d %.200s", r.name(), c, status, answer)
			}
		}
		if after := w.here.state(); !reflect.DeepEqual(before, after) {
			t.Errorf("%s changed something:\n%+v\n%+v", r.name(), before, after)
		}
	}
}

// patterns are what somebody without rights may try to listen by.
var patterns = []string{
	"/**", "/*", "/*/*", "/**/**", "/*/**", "/service", "/service/", "/service/*", "/service/**", "/service/*/*", "//service/*", "/service//*", "/./service/*",
	"/x/../service/*", "/Service/*", "/SERVICE/*", "/service/%2a", "/service/%2A%2A", "%2fservice/*", "/service/*\n", "/service/*\u0000", "/service/* ", " /service/*",
	"/service/*,/x", "/service/＊", "/ｓervice/*", "/service/\u202e*", "/conversations/*", "/conversations/**", "/notifications/*", "/staff/*", "/staff/**", "/availability/*",
	"/meta/*", "/meta/**", "/meta/subscribe/*", "/meta/connect", "/presence/**", "/service/*/presence", "/[presence]/service/*", "/news/../service/*", "/news/**", "", "/", "*", "**",
}

// TestWildcardsCoverNothing: whoever has no rights hears nothing of anybody, by whatever pattern, alone or beside one that
// is allowed.
func TestWildcardsCoverNothing(t *testing.T) {
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability)
	w.here.refresh(right{})
	w.there.refresh(right{})
	for _, c := range []caller{nobody, otherVisitor, foreignAdmin, foreignKey} {
		options := bayeuxtest.Options{Transport: bayeuxtest.WebSocket}
		if token := w.token(right{}, c); token != "" {
			options.Ext = map[string]any{"token": token}
		}
		client, err := bayeuxtest.Dial(t.Context(), w.origin+"/faye", options)
		w.must(err)
		defer client.Drop()
		for _, pattern := range patterns {
			_ = client.Subscribe(t.Context(), pattern) // some are her own organisation's
			_ = client.Subscribe(t.Context(), "/news/x", pattern)
		}
		for _, method := range []string{"/meta/subscribe/x", "/meta/subscribe/", "/meta//subscribe", "/META/subscribe", "/meta/Subscribe", "/meta/subscribe\n", "/meta/subscribe%20", "/meta/./subscribe", "meta/subscribe", "/meta/subscribe*", "/meta/publish", "/meta/ping"} {
			if status, answer := w.say(map[string]any{"channel": method, "clientId": client.ID(), "subscription": "/conversations/" + w.here.things["conversation_id"], "data": 1}); status < 400 {
				t.Errorf("%q by %s: %s", method, c, answer)
			}
		}
		w.must(client.Subscribe(t.Context(), "/news/end"))
		for _, family := range []string{"/service/" + w.here.things["visitor_id"], "/conversations/" + w.here.things["conversation_id"],
			"/notifications/" + w.here.things["visitor_id"], "/staff/" + w.here.things["conversation_id"], "/availability/" + decimal(w.here.org.ID)} {
			w.must(w.server.engine.Publish(t.Context(), family, decimal(w.here.org.ID), []byte(`"`+secretWord+`"`)))
		}
		w.must(w.server.engine.Publish(t.Context(), "/news/end", "public", []byte(`"end"`)))
		for {
			event, err := client.Next(t.Context())
			w.must(err)
			if event.Channel == "/news/end" {
				break
			}
			if strings.Contains(string(event.Data), secretWord) {
				t.Errorf("%s hears %s on %s", c, event.Data, event.Channel)
			}
		}
	}
}

// TestOtherSites: a page of another site, in a manager's browser, gets nothing by her cookie: not by a script tag, not by
// a socket, a stream or a form, not from the dashboard's own calls.
func TestOtherSites(t *testing.T) {
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability, func(cfg *config.Config) { cfg.HTTP.AllowedOrigins = []string{"https://shop.example"} })
	w.here.refresh(right{})
	cookie := "parley_session=" + w.cookie(w.here.admin)
	const evil = "https://evil.example"

	const hello = `{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["callback-polling"]}`
	// A script tag names no origin. It may shake hands, as anybody may, and is nobody.
	status, script := w.get("/faye?jsonp=steal&message="+url.QueryEscape("["+hello+"]"), "Cookie", cookie)
	_, rest, _ := strings.Cut(script, `"clientId":"`)
	id, _, _ := strings.Cut(rest, `"`)
	if status != http.StatusOK || !strings.HasPrefix(script, "/**/steal(") || id == "" {
		t.Fatal(status, script)
	}
	_, script = w.get("/faye?jsonp=steal&message="+url.QueryEscape(`{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":"/service/*"}`), "Cookie", cookie)
	if !strings.Contains(script, `"error":"403:/service/*:Forbidden channel"`) {
		t.Errorf("by a script tag: %s", script)
	}
	for _, callback := range []string{"alert(1)//", "a;b", "<script>", "a\nb", "", strings.Repeat("a", 500), "a..b", "1a", "a[0]", "\u2028"} {
		if status, answer := w.get("/faye?jsonp=" + url.QueryEscape(callback) + "&message=" + url.QueryEscape(hello)); status != http.StatusBadRequest || strings.Contains(answer, "alert") {
			t.Errorf("callback %q: %d %s", callback, status, answer)
		}
	}
	for _, path := range []string{"/dashboard/api/me", "/dashboard/api/conversations", "/chat/managers", "/chat/queue", "/chat/conversation/" + w.here.things["conversation_id"] + "/messages"} {
		request, err := http.NewRequest(http.MethodGet, w.origin+path+"?callback=steal&jsonp=steal", nil)
		w.must(err)
		for name, value := range map[string]string{"Cookie": cookie, "Origin": evil, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"} {
			request.Header.Set(name, value)
		}
		w.from(request)
		response, err := w.client.Do(request)
		w.must(err)
		body, err := io.ReadAll(response.Body)
		w.must(err)
		response.Body.Close()
		h := response.Header
		if strings.HasPrefix(string(body), "steal") || !strings.HasPrefix(h.Get("Content-Type"), "application/json") || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Access-Control-Allow-Origin") != "" || strings.HasPrefix(path, "/dashboard") && response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d %v %.100s", path, response.StatusCode, h, body)
		}
	}
	for _, path := range []string{"/dashboard/api/login", "/dashboard/api/logout", "/dashboard/api/password"} {
		for name, value := range map[string]string{"Origin": evil, "Sec-Fetch-Site": "cross-site"} {
			request, err := http.NewRequest(http.MethodPost, w.origin+path, strings.NewReader(`{}`))
			w.must(err)
			request.Header.Set("Cookie", cookie)
			request.Header.Set("Content-Type", "text/plain")
			request.Header.Set(name, value)
			if status, answer := w.do(request); status != http.StatusForbidden {
				t.Errorf("%s with %s: %d %s", path, name, status, answer)
			}
		}
	}
	for _, origin := range []string{evil, "null", "https://shop.example.evil.example", "http://shop.example", "https://shop.example:444", w.origin + ".evil.example"} {
		header := http.Header{"Origin": {origin}, "Cookie": {cookie}}
		for _, mount := range []string{"/faye", "/bayeux", "/cometd"} {
			conn, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.origin, "http")+mount, header)
			if err == nil {
				conn.Close()
				t.Errorf("a socket from %s", origin)
			} else if response == nil || response.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %v", origin, err)
			}
		}
		if status, _ := w.get("/faye/"+id, "Origin", origin, "Accept", "text/event-stream", "Cookie", cookie); status != http.StatusForbidden {
			t.Errorf("a stream from %s: %d", origin, status)
		}
	}
}

// TestPagesInAttachments: what a browser could run is not taken, and what is taken is not run.
func TestPagesInAttachments(t *testing.T) {
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability)
	w.here.refresh(right{})
	const script = "<script>alert(1)</script>"
	var png = string(pictureFile())
	for name, row := range map[string]struct {
		file, kind, content string
		taken               bool
	}{
		"a page":                {"a.html", "text/html", "<!DOCTYPE html>" + script, false},
		"called a picture":      {"a.png", "image/png", "<html>" + script, false},
		"called a text":         {"a.txt", "text/plain", script, false},
		"after white space":     {"a.txt", "text/plain", "\n\n\t   <html>", false},
		"drawn":                 {"a.svg", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, false},
		"XML":                   {"a.xml", "application/xml", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">` + script + `</html>`, false},
		"UTF-16":                {"a.txt", "text/plain", "\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", false},
		"a picture and a page":  {"a.html", "text/html", png + script, false},
		"a picture with a page": {"a.png", "text/html", png + "<html>" + script, true},
		"a name in two lines":   {"a\r\nContent-Type: text/html\r\n\r\n" + script + ".png", "image/png", png, true},
		"a name with quotes":    {`a"; filename="b.html`, "image/png", png, false},
		"a name turned around":  {"a\u202egnp.html", "image/png", png, false},
		"a name with a path":    {"../../../etc/passwd.png", "image/png", png, true},
		"a text with markup":    {"a.txt", "text/html", "Hello <b>you</b> " + script, true},
	} {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, strings.NewReplacer(`"`, `\"`, "\r", "%0D", "\n", "%0A").Replace(row.file))},
			"Content-Type":        {row.kind},
		})
		w.must(err)
		_, err = io.WriteString(part, row.content)
		w.must(err)
		w.must(form.Close())
		request, err := http.NewRequest(http.MethodPost, w.origin+"/chat/conversation/"+w.here.things["conversation_id"]+"/attachments", &b)
		w.must(err)
		request.Header.Set("Content-Type", form.FormDataContentType())
		w.calls++
		w.from(request)
		status, answer := w.do(request)
		if !row.taken {
			if status != http.StatusUnsupportedMediaType {
				t.Errorf("%s: %d %.200s", name, status, answer)
			}
			continue
		}
		var ev struct {
			Message struct {
				Attachments []struct{ URL string }
			}
		}
		if err := json.Unmarshal([]byte(answer), &ev); err != nil || status != http.StatusCreated || len(ev.Message.Attachments) != 1 {
			t.Errorf("%s: %d %.300s", name, status, answer)
			continue
		}
		response, err := w.client.Get(w.origin + ev.Message.Attachments[0].URL)
		w.must(err)
		_, err = io.Copy(io.Discard, response.Body)
		w.must(err)
		response.Body.Close()
		h := response.Header
		kind := h.Get("Content-Type")
		inline := strings.HasPrefix(h.Get("Content-Disposition"), "inline")
		if response.StatusCode != http.StatusOK || strings.Contains(kind, "html") || strings.Contains(kind, "xml") || inline && !strings.HasPrefix(kind, "image/") ||
			h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s is given out as %v", name, h)
		}
	}
}

// raw sends bytes and reads the head of the answer.
func raw(t *testing.T, address, text string) (head string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		return "" // it hung up, which is an answer
	}
	reader := bufio.NewReader(conn)
	for {
		line, err := reader.ReadString('\n')
		if head += line; err != nil || line == "\r\n" {
			return head
		}
	}
}

// TestInjection: nothing of a request becomes a header of the answer or a line of the log.
func TestInjection(t *testing.T) {
	d := runDemo(t, chattest.SQLite(t), t.TempDir())
	address := strings.TrimPrefix(d.origin, "http://")
	const mark = "X-Injected"
	for _, evil := range []string{"%0d%0a" + mark + ":%201", "\r" + mark + ": 1", "%E5%98%8A%E5%98%8D" + mark + ":1", "\u2028" + mark + ": 1", "\x00" + mark + ": 1", `"` + mark + ": 1", "\x1b[2J" + mark + ": 1"} {
		for _, text := range []string{
			"GET /%s HTTP/1.1\r\nHost: x\r\n", "GET /chat/conversation/%s/messages HTTP/1.1\r\nHost: x\r\n", "GET /chat/site?app_key=%s HTTP/1.1\r\nHost: x\r\n",
			"POST /chat/service/%s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n", "GET /chat/attachment/%s/a HTTP/1.1\r\nHost: x\r\n",
			"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-ID: a%s\r\n", "GET /chat/site HTTP/1.1\r\nHost: x\r\nOrigin: https://a%s\r\n",
			"GET /chat/site HTTP/1.1\r\nHost: x\r\nX-App-Key: %s\r\n", "GET /chat/queue HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n",
			"OPTIONS /chat/site HTTP/1.1\r\nHost: x\r\nOrigin: https://a\r\nAccess-Control-Request-Headers: a%s\r\n",
			"OPTIONS /faye HTTP/1.1\r\nHost: x\r\nOrigin: https://a%s\r\nAccess-Control-Request-Headers: a%[1]s\r\n",
			"GET /faye?jsonp=a%s&message=[] HTTP/1.1\r\nHost: x\r\n", "GET /faye/%s HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n",
			"GET /healthz HTTP/1.1\r\nHost: x%s\r\n", "A%s /healthz HTTP/1.1\r\nHost: x\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nUser-Agent: %[1]s\r\n",
			"GET /dashboard/assets/%s HTTP/1.1\r\nHost: x\r\n", "GET /openapi/%s HTTP/1.1\r\nHost: x\r\n",
		} {
			head := raw(t, address, fmt.Sprintf(text, evil)+"Connection: close\r\n\r\n")
			for line := range strings.Lines(head) {
				if strings.HasPrefix(line, mark) {
					t.Errorf("%q is answered with %q", fmt.Sprintf(text, evil), head)
				}
			}
		}
	}
	for line := range strings.Lines(d.errors.String()) {
		if !strings.HasPrefix(line, "{") && !strings.HasPrefix(line, "time=") || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\x00\x1b") {
			t.Errorf("the log has the line %q", line)
		}
	}
}

// TestOversized: what is too large is refused, cheaply, with a word, and the server goes on.
func TestOversized(t *testing.T) {
	d := runDemo(t, chattest.SQLite(t), t.TempDir())
	address := strings.TrimPrefix(d.origin, "http://")
	x := func(n int) string { return strings.Repeat("x", n) }
	post := func(path, kind, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", path, kind, len(body), body)
	}
	get := func(path, headers string) string {
		return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n"
	}
	const js, form = "application/json", "application/x-www-form-urlencoded"
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for name, row := range map[string]struct{ request, status string }{
		"an address":             {get("/chat/site?app_key="+x(1<<20), ""), "431"},
		"a header":               {get("/healthz", "X-A: "+x(1<<20)+"\r\n"), "431"},
		"many headers":           {get("/healthz", strings.Repeat("X-A: 1\r\n", 100_000)), "431"},
		"a cookie":               {get("/dashboard/api/me", "Cookie: parley_session="+x(1<<20)+"\r\n"), "431"},
		"a token":                {get("/chat/queue", "Authorization: Bearer "+x(12<<10)+"\r\n"), "401"},
		"a body":                 {post("/chat/service/v1", js, `{"a":"`+x(1<<20)+`"}`), "413"},
		"a body that says so":    {"POST /chat/service/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999999\r\nConnection: close\r\n\r\n" + `{"a":"` + x(1<<18), "413"},
		"a body in pieces":       {"POST /chat/service/v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + strings.Repeat("10000\r\n"+x(1<<16)+"\r\n", 16) + "0\r\n\r\n", "413"},
		"a piece":                {"POST /chat/service/v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nfffffffffffffffff\r\nx", "4"},
		"depth":                  {post("/chat/service/v1", js, deep(5000)), "400"},
		"depth of arrays":        {post("/chat/service/v1", js, strings.Repeat("[", 30_000)), "400"},
		"depth of a form's name": {post("/chat/service/v1", form, "a"+strings.Repeat("[a]", 10_000)+"=1"), "400"},
		"fields":                 {post("/chat/service/v1", form, strings.Repeat("a=1&", 15_000)), "400"},
		"fields of many names": {post("/chat/service/v1", form, func() (s string) {
			b := strings.Builder{}
			for i := range 8000 {
				fmt.Fprintf(&b, "a%d=1&", i)
			}
			return b.String()
		}()), "400"},
		"a login":                  {post("/dashboard/api/login", js, `{"email":"`+x(1<<20)+`"}`), "413"},
		"a visitor's id":           {post("/chat/service/"+x(5000), js, "{}"), "400"},
		"a conversation's id":      {get("/chat/conversation/"+strings.Repeat("9", 5000)+"/messages", ""), "404"},
		"a number":                 {get("/chat/search?q=x&limit="+strings.Repeat("9", 5000), ""), "40"},
		"a range":                  {get("/healthz", "Range: bytes="+strings.Repeat("0-1,", 3000)+"0-1\r\n"), "200"},
		"a Bayeux request":         {post("/faye", js, `[{"channel":"/a","data":"`+x(2<<20)+`"}]`), "413"},
		"a Bayeux batch":           {post("/faye", js, "["+strings.Repeat(`{"channel":"/a"},`, 5000)+`{"channel":"/a"}]`), "400"},
		"a Bayeux message's depth": {post("/faye", js, `[{"channel":"/a","data":`+deep(5000)+`}]`), "400"},
		"messages in a form":       {post("/faye", form, strings.Repeat("message=%5B%5D&", 30_000)), "4"},
		"a callback's query":       {get("/faye?jsonp=a&message="+x(1<<20), ""), "431"},
		"a boundary":               {post("/chat/conversation/1/attachments", "multipart/form-data; boundary="+x(8000), x(1000)), "40"},
		"a part's header":          {post("/chat/conversation/1/attachments", "multipart/form-data; boundary=b", "--b\r\nX: "+x(1<<20)), "400"},
		"parts":                    {post("/chat/conversation/1/attachments", "multipart/form-data; boundary=b", strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", 10_000)+"--b--"), "400"},
		"a method":                 {x(20_000) + " / HTTP/1.1\r\nHost: x\r\n\r\n", "4"},
		"a request line":           {"GET " + x(2<<20), "4"},
		"two lengths":              {"POST /chat/service/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 30\r\n\r\n{}", "400"},
		"a length and pieces":      {"POST /chat/service/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", ""},
		"a length below nothing":   {"POST /chat/service/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
	} {
		began := time.Now()
		head := raw(t, address, row.request)
		if took := time.Since(began); took > patience/2 {
			t.Errorf("%s took %s", name, took)
		}
		_, status, _ := strings.Cut(head, " ")
		if head != "" && !strings.HasPrefix(status, row.status) || strings.HasPrefix(status, "5") {
			t.Errorf("%s: want %s, got %.200q", name, row.status, head)
		}
		if head == "" {
			t.Logf("%s: the server hung up", name)
		}
	}
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(d.origin, "http")+"/faye", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.WriteMessage(websocket.TextMessage, []byte(`[{"channel":"/a","data":"`+x(4<<20)+`"}]`)) // it may hang up in the middle
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, _, err = conn.ReadMessage()
	}
	if timeout, is := err.(net.Error); is && timeout.Timeout() {
		t.Error("a frame beyond the limit is waited for")
	}
	if status, _ := d.get(http.DefaultClient, "/readyz"); status != http.StatusOK {
		t.Error("the server is not ready any more")
	}
	if text := d.errors.String(); strings.Contains(text, "panic") {
		t.Errorf("%.2000s", text)
	}
}
