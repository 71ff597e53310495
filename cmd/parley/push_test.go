package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
)

// admin is Anna of the demo, with her token.
type demoAdmin struct {
	*demo
	token string
	id    int64
}

func (d *demo) admin() *demoAdmin {
	d.t.Helper()
	_, body := d.logIn()
	var me struct {
		Token   string
		Manager struct{ ID int64 }
	}
	if err := json.Unmarshal([]byte(body), &me); err != nil || me.Token == "" {
		d.t.Fatal(err, body)
	}
	return &demoAdmin{d, me.Token, me.Manager.ID}
}

// call makes a call with a credential and returns what the answer holds under a name.
func (a *demoAdmin) call(credential, method, path, body string, want int, name string) map[string]any {
	a.t.Helper()
	request, err := http.NewRequest(method, a.origin+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+credential)
	text := a.answer(request, want)
	var all map[string]any
	_ = json.Unmarshal([]byte(text), &all) // 204 has nothing
	found, _ := all[name].(map[string]any)
	return found
}

func (a *demoAdmin) answer(request *http.Request, want int) string {
	a.t.Helper()
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		a.t.Fatalf("%s: %s %s %v", request.URL.Path, response.Status, text, err)
	}
	return string(text)
}

// key makes an API key with the scopes, a JSON list.
func (a *demoAdmin) key(scopes string) (key, path string) {
	a.t.Helper()
	made := a.call(a.token, "POST", "/chat/keys", `{"name":"k","scopes":`+scopes+`}`, 201, "key")
	return made["key"].(string), fmt.Sprint("/chat/keys/", made["id"])
}

// dial opens a socket with a token, or without.
func (d *demo) dial(token string) *bayeuxtest.Client {
	d.t.Helper()
	o := bayeuxtest.Options{Transport: bayeuxtest.WebSocket}
	if token != "" {
		o.Ext = map[string]string{"token": token}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := bayeuxtest.Dial(ctx, d.origin+"/faye", o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.Drop)
	return c
}

func (d *demo) listen(c *bayeuxtest.Client, channels ...string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Subscribe(ctx, channels...); err != nil {
		d.t.Fatal(channels, err)
	}
}

func (d *demo) next(c *bayeuxtest.Client) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e, err := c.Next(ctx)
	if err != nil {
		d.t.Fatal(err)
	}
	return e.Channel + " " + string(e.Data)
}

// turn waits for an answer on the client's socket, before which come all events there were.
func (d *demo) turn(c *bayeuxtest.Client) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Unsubscribe(ctx, "/nothing"); err != nil {
		d.t.Fatal(err)
	}
}

func (d *demo) awaitMetric(name string, want int) {
	d.t.Helper()
	line := fmt.Sprintf("\n%s %d\n", name, want)
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		_, text := d.get(http.DefaultClient, "/metrics")
		if strings.Contains(text, line) {
			return
		}
		if time.Now().After(end) {
			d.t.Fatalf("not %s", strings.TrimSpace(line))
		}
	}
}

// pushForms are the ways in which backends push. Each has the credential in ext.auth_token.
var pushForms = map[string]func(origin, message string) (*http.Request, error){
	"form": func(origin, message string) (*http.Request, error) {
		r, err := http.NewRequest("POST", origin+"/faye", strings.NewReader(url.Values{"message": {message}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r, err
	},
	"object": func(origin, message string) (*http.Request, error) {
		r, err := http.NewRequest("POST", origin+"/faye", strings.NewReader(message))
		r.Header.Set("Content-Type", "application/json")
		return r, err
	},
	"array": func(origin, message string) (*http.Request, error) {
		r, err := http.NewRequest("POST", origin+"/faye", strings.NewReader("["+message+"]"))
		r.Header.Set("Content-Type", "application/json")
		return r, err
	},
	"array in a form": func(origin, message string) (*http.Request, error) {
		r, err := http.NewRequest("POST", origin+"/cometd", strings.NewReader(url.Values{"message": {"[" + message + "]"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r, err
	},
}

// inAddress is how a page of another origin speaks.
func inAddress(origin, message string) (*http.Request, error) {
	return http.NewRequest("GET", origin+"/faye?jsonp=f&message="+url.QueryEscape(message), nil)
}

func (a *demoAdmin) push(form func(origin, message string) (*http.Request, error), channel, credential, data string) string {
	a.t.Helper()
	message := fmt.Sprintf(`{"channel":%q,"data":%s,"ext":{"auth_token":%q}}`, channel, data, credential)
	r, err := form(a.origin, message)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(r, 200)
}

// TestPush: a backend pushes as Faye's users do, without a handshake, on every family; nobody else does, and
// nobody hears of it who may not listen.
func TestPush(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			d := runDemo(t, database(t), t.TempDir(), "PARLEY_BAYEUX_OPEN_CHANNELS=/**")
			anna := d.admin()
			manager := d.dial(anna.token)
			d.listen(manager, "/service/*")
			r, err := http.NewRequest("POST", d.origin+"/chat/service/v81f0", nil)
			if err != nil {
				t.Fatal(err)
			}
			var opened struct{ Conversation struct{ ID int64 } }
			if err := json.Unmarshal([]byte(anna.answer(r, 201)), &opened); err != nil {
				t.Fatal(err)
			}
			d.next(manager)
			conversation := fmt.Sprint("/conversations/", opened.Conversation.ID)
			families := []string{"/service/v81f0", conversation, "/notifications/v81f0", "/news/tea"}

			visitor, everything, other := d.dial(""), d.dial(""), d.dial("")
			d.listen(visitor, families...)
			d.listen(everything, "/**", "/*")
			d.listen(other, "/service/v2", "/notifications/v2")

			push, at := anna.key(`["push"]`)
			chatOnly, _ := anna.key(`["chat","events"]`)
			n := 0
			for form, post := range pushForms {
				for _, channel := range families {
					n++
					data := fmt.Sprintf(`{"n":%d}`, n)
					if got := anna.push(post, channel, push, data); !strings.Contains(got, `"successful":true`) || strings.Contains(got, "data") {
						t.Errorf("%s as %s: %s", channel, form, got)
					}
					if got := d.next(visitor); got != channel+" "+data {
						t.Errorf("%s as %s: heard %s", channel, form, got)
					}
				}
				if got := d.next(everything); !strings.HasPrefix(got, "/news/tea ") {
					t.Errorf("/** heard %s", got)
				}
				if got := d.next(manager); !strings.HasPrefix(got, "/service/v81f0 ") {
					t.Errorf("the manager heard %s", got)
				}
			}
			for who, credential := range map[string]string{"a manager": anna.token, "a key without push": chatOnly, "a wrong key": push + "x", "nobody": ""} {
				for _, channel := range families[:3] {
					if got := anna.push(pushForms["form"], channel, credential, `{}`); !strings.Contains(got, `"successful":false`) || !strings.Contains(got, "403:"+channel) {
						t.Errorf("%s by %s: %s", channel, who, got)
					}
				}
			}
			for _, channel := range []string{"/service/*", "/service/**", "/notifications/*", "/conversations/1", "/availability/1"} {
				if got := anna.push(pushForms["form"], channel, push, `{}`); !strings.Contains(got, `"successful":false`) {
					t.Errorf("%s: %s", channel, got)
				}
			}
			for _, channel := range families {
				if got := anna.push(inAddress, channel, push, `{}`); !strings.Contains(got, `"successful":false`) {
					t.Errorf("%s with the key in the address: %s", channel, got)
				}
			}
			anna.call(anna.token, "DELETE", at, "", 204, "")
			if got := anna.push(pushForms["form"], "/service/v81f0", push, `{}`); !strings.Contains(got, "403:/service/v81f0") {
				t.Errorf("a deleted key: %s", got)
			}
			// What follows is the next that anybody hears: nothing of what was refused went out.
			anna.push(pushForms["form"], "/news/tea", "", `"end"`)
			for who, c := range map[string]*bayeuxtest.Client{"the visitor": visitor, "/**": everything} {
				if got := d.next(c); got != `/news/tea "end"` {
					t.Errorf("%s heard %s", who, got)
				}
			}
			if d.turn(other); len(other.Messages()) != 0 {
				t.Errorf("another visitor heard %s", d.next(other))
			}
		})
	}
}

// TestKeysEndLive: what a key listened to ends at once, on every connection, when a scope is taken away and when
// the key is deleted.
func TestKeysEndLive(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	d := runDemo(t, chattest.SQLite(t), t.TempDir())
	anna := d.admin()
	revoked := 0
	for _, end := range []func(at string){
		func(at string) { anna.call(anna.token, "PATCH", at, `{"scopes":["push"]}`, 200, "key") },
		func(at string) { anna.call(anna.token, "DELETE", at, "", 204, "") },
	} {
		push, _ := anna.key(`["push"]`)
		key, at := anna.key(`["push","events"]`)
		listeners := []*bayeuxtest.Client{d.dial(key), d.dial(key)}
		for _, c := range listeners {
			d.listen(c, "/notifications/*")
		}
		anna.push(pushForms["form"], "/notifications/v1", push, `1`)
		for _, c := range listeners {
			if got := d.next(c); got != "/notifications/v1 1" {
				t.Errorf("heard %s", got)
			}
		}
		end(at)
		revoked += len(listeners)
		d.awaitMetric("parley_bayeux_revoked_total", revoked)
		anna.push(pushForms["form"], "/notifications/v1", push, `2`)
		for _, c := range listeners {
			d.turn(c)
			if len(c.Messages()) != 0 {
				t.Errorf("still hears %s", d.next(c))
			}
		}
	}
}

// TestNotificationsLive: what a visitor has read in one tab the others hear, also those that were away.
func TestNotificationsLive(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	d := runDemo(t, chattest.SQLite(t), t.TempDir())
	anna := d.admin()
	push, _ := anna.key(`["push"]`)
	const channel = "/notifications/v1"
	one, two := d.dial(""), d.dial("")
	d.listen(one, channel)
	d.listen(two, channel)
	anna.call(push, "POST", "/chat/notifications", `{"visitor_ids":["v1"],"data":{"text":"Sale"}}`, 200, "")
	for _, c := range []*bayeuxtest.Client{one, two} {
		if got := d.next(c); !strings.Contains(got, `"data":{"text":"Sale"},"client_notification_id":null,"read":false`) {
			t.Error(got)
		}
	}
	r, err := http.NewRequest("POST", d.origin+"/chat/notifications/v1/read", strings.NewReader(`{"up_to":1}`))
	if err != nil {
		t.Fatal(err)
	}
	anna.answer(r, 200)
	for _, c := range []*bayeuxtest.Client{one, two} {
		if got := d.next(c); !strings.HasPrefix(got, channel+` {"entity":"seen","event":"updated","seen":{"visitor_id":"v1","up_to":1,`) {
			t.Error(got)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	away, err := bayeuxtest.Dial(ctx, d.origin+"/faye", bayeuxtest.Options{
		Transport: bayeuxtest.WebSocket, Ext: map[string]any{"replay": map[string]int{channel: -2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer away.Drop()
	d.listen(away, channel)
	for _, entity := range []string{"notification", "seen"} {
		if got := d.next(away); !strings.Contains(got, `{"entity":"`+entity+`"`) {
			t.Errorf("%s, want %s", got, entity)
		}
	}
}
