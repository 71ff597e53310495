package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"parley/chat/chattest"
)

// page is what a page of some origin makes a browser do in which Anna is signed in to the dashboard.
type page struct {
	d      *demo
	origin string
	cookie string
}

func (p page) header() http.Header {
	h := http.Header{}
	h.Set("Cookie", p.cookie)
	if p.origin != "" {
		h.Set("Origin", p.origin)
		h.Set("Sec-Fetch-Site", "cross-site")
	}
	return h
}

// socket says messages over a websocket, one after the other, and returns the replies. clientId is put in.
func (p page) socket(messages ...string) (replies []string, status int) {
	p.d.t.Helper()
	ws, response, err := websocket.DefaultDialer.Dial(strings.Replace(p.d.origin, "http", "ws", 1)+"/faye", p.header())
	if err != nil {
		if response == nil {
			p.d.t.Fatal(err)
		}
		return nil, response.StatusCode
	}
	defer ws.Close()
	id := ""
	for _, m := range append([]string{`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["websocket"]}`}, messages...) {
		if err := ws.WriteMessage(websocket.TextMessage, []byte("["+strings.ReplaceAll(m, "$", id)+"]")); err != nil {
			p.d.t.Fatal(err)
		}
		_, raw, err := ws.ReadMessage()
		if err != nil {
			p.d.t.Fatal(err)
		}
		var said []struct{ ClientID string }
		if err := json.Unmarshal(raw, &said); err != nil {
			p.d.t.Fatal(err)
		}
		id = said[0].ClientID
		replies = append(replies, string(raw))
	}
	return replies[1:], http.StatusSwitchingProtocols
}

// script loads a script tag: callback-polling, with cookies and a referrer, without an origin.
func (p page) script(message string) (int, string) {
	p.d.t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.d.origin+"/faye?jsonp=steal&message="+url.QueryEscape("["+message+"]"), nil)
	if err != nil {
		p.d.t.Fatal(err)
	}
	r.Header = p.header()
	r.Header.Del("Origin")
	r.Header.Set("Referer", p.origin+"/")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.d.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.d.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func subscribeTo(channel string) string {
	return `{"channel":"/meta/subscribe","clientId":"$","subscription":"` + channel + `"}`
}

// TestOtherSitesPages: a page of another site in a browser that is signed in to the dashboard gets nothing for that,
// and an organisation's list of origins holds on every way in.
func TestOtherSitesPages(t *testing.T) {
	database, folder := chattest.SQLite(t), t.TempDir()
	d := runDemo(t, database, folder)
	client, me := d.logIn()
	address, err := url.Parse(d.origin + "/dashboard/api/me")
	if err != nil {
		t.Fatal(err)
	}
	cookie := client.Jar.Cookies(address)[0].String()
	var her struct{ Token string }
	if err := json.Unmarshal([]byte(me), &her); err != nil {
		t.Fatal(err)
	}
	evil, shop := page{d, "https://evil.example", cookie}, page{d, "https://shop.example", cookie}

	// The cookie opens no channel: not what is a manager's, and not what is hers.
	replies, _ := evil.socket(subscribeTo("/service/*"), subscribeTo("/staff/1"), subscribeTo("/service/v1"))
	for i, want := range []bool{false, false, true} { // the last needs no right, since visitors are known by their ids
		if strings.Contains(replies[i], `"successful":true`) != want {
			t.Errorf("by socket: %s", replies[i])
		}
	}
	if status, text := evil.script(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["callback-polling"]}`); status != http.StatusOK ||
		!strings.HasPrefix(text, "/**/steal([") || strings.Contains(text, "anna") || strings.Contains(text, her.Token) {
		t.Errorf("by script tag: %d %s", status, text)
	}
	// What has a token in it is no script that a tag could run, and not for this page.
	for _, path := range []string{"/dashboard/api/me", "/dashboard/api/conversations"} {
		r, err := http.NewRequest(http.MethodGet, d.origin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = evil.header()
		r.Header.Del("Origin")
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusForbidden || response.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: %d %v", path, response.StatusCode, response.Header)
		}
	}

	// The organisation's own list.
	r, err := http.NewRequest(http.MethodPatch, d.origin+"/chat/organization", strings.NewReader(`{"allowed_origins":["https://shop.example"]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+her.Token)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	// It is believed for ten seconds after it was read: another server, for which it is news, reads it at once.
	d.stop() //nolint:errcheck // another test looks at it
	d = runDemo(t, database, folder)
	evil.d, shop.d = d, d
	own := page{d, d.origin, cookie}
	for _, row := range []struct {
		page page
		ok   bool
	}{{shop, true}, {evil, false}, {own, true}, {page{d: d}, true}} {
		replies, _ := row.page.socket(subscribeTo("/service/v1"), subscribeTo("/availability/1"))
		for _, reply := range replies {
			if strings.Contains(reply, `"successful":true`) != row.ok {
				t.Errorf("%q by socket: %s", row.page.origin, reply)
			}
		}
	}
}

// TestOriginsOfTheServer: the server's list holds for upgrades and script tags, before anything is said.
func TestOriginsOfTheServer(t *testing.T) {
	d := runDemo(t, chattest.SQLite(t), t.TempDir(), "PARLEY_HTTP_ALLOWED_ORIGINS=https://shop.example")
	for origin, want := range map[string]int{"https://shop.example": 101, "https://evil.example": 403, "null": 403, d.origin: 101, "": 101} {
		if _, status := (page{d, origin, ""}).socket(); status != want {
			t.Errorf("%q: the upgrade is answered with %d, want %d", origin, status, want)
		}
	}
	for origin, want := range map[string]int{"https://shop.example": 200, "https://evil.example": 403} {
		status, _ := page{d, origin, ""}.script(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["callback-polling"]}`)
		if status != want {
			t.Errorf("%q: the script tag is answered with %d, want %d", origin, status, want)
		}
	}
}
