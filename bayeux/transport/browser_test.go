package transport_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/transport"
)

// tab is one tab of a browser.
func (s *site) tab(cookie string) (id, given string) {
	s.t.Helper()
	resp, text := s.do("POST", "/", "application/json", handshake, "Cookie", cookie)
	var replies []struct{ ClientID string }
	if err := json.Unmarshal([]byte(text), &replies); err != nil {
		s.t.Fatal(err, text)
	}
	for _, c := range resp.Cookies() {
		if c.Name == "BAYEUX_BROWSER" && c.HttpOnly && c.Value != "" {
			given = c.Name + "=" + c.Value
		}
	}
	return replies[0].ClientID, given
}

func (s *site) connect(id, cookie, timeout string) string {
	_, text := s.do("POST", "/", "application/json",
		`[{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling","advice":{"timeout":`+timeout+`}}]`, "Cookie", cookie)
	return text
}

func TestOneHeldPollABrowser(t *testing.T) {
	s := newSite(t, bayeux.Config{BrowserPolls: 1}, transport.Config{})
	one, cookie := s.tab("a=b")
	if cookie == "" {
		t.Fatal("no cookie")
	}
	two, again := s.tab(cookie)
	if again != "" {
		t.Error("another cookie for the same browser")
	}
	held := make(chan string, 2)
	hold := func(id, cookie string) {
		n := s.srv.Stats().Replaced + s.srv.Stats().Held
		go func() { held <- s.connect(id, cookie, "600000") }()
		until(t, "held", func() bool { return s.srv.Stats().Replaced+s.srv.Stats().Held > n })
	}
	hold(one, cookie)
	const advice = `"advice":{"reconnect":"retry","interval":2000,"timeout":25000,"maxInterval":15000,"multiple-clients":true}`
	for range 2 {
		if text := s.connect(two, cookie, "600000"); !strings.Contains(text, advice) || !strings.Contains(text, `"successful":true`) {
			t.Error(text)
		}
	}
	hold(one, cookie) // takes its own earlier place
	if text := <-held; text != "" {
		t.Error(text)
	}
	if text := s.connect(two, cookie, "600000"); !strings.Contains(text, advice) {
		t.Error("the place was given away", text)
	}
	other, _ := s.tab("BAYEUX_BROWSER=other")
	hold(other, "BAYEUX_BROWSER=other")
	without, _ := s.tab("")
	if text := s.connect(without, "", "5"); strings.Contains(text, "multiple-clients") {
		t.Error(text)
	}
	s.say(one, `[{"channel":"/meta/disconnect","clientId":"$"}]`)
	<-held
	until(t, "free", func() bool { return !strings.Contains(s.connect(two, cookie, "5"), "multiple-clients") })
	s.say(other, `[{"channel":"/meta/disconnect","clientId":"$"}]`)
	<-held
}

func TestNoCookieUnlessPollsAreLimited(t *testing.T) {
	s := newSite(t, bayeux.Config{}, transport.Config{})
	resp, _ := s.do("POST", "/", "application/json", handshake)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Set-Cookie") != "" {
		t.Error(resp.Header)
	}
}

// Whoever does nothing but connect is sent away.
func TestIdleSocketIsClosed(t *testing.T) {
	s := newSite(t, bayeux.Config{Activity: 100 * time.Millisecond, Sweep: 100 * time.Millisecond}, transport.Config{})
	ws := s.dial(nil)
	id := s.session()
	if err := ws.WriteMessage(1, []byte(`[{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"websocket"}]`)); err != nil {
		t.Fatal(err)
	}
	_, text, err := ws.ReadMessage()
	if err != nil || !strings.Contains(string(text), `"reconnect":"none"`) || !strings.Contains(string(text), "403::Session ended by the server") {
		t.Error(string(text), err)
	}
	if _, _, err = ws.ReadMessage(); err == nil || !strings.Contains(err.Error(), "1000") {
		t.Error(err)
	}
}
