package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/bayeux/bayeuxtest"
	"parley/chat"
	"parley/chat/chattest"
	"parley/config"
	"parley/models"
)

// rows is a client of the socket that speaks in rows.
type rows struct {
	t *testing.T
	*websocket.Conn
}

// changedFrame is what the socket says of a channel.
type changedFrame struct {
	channel    string
	Action     string         `json:"action"`
	ResourceID string         `json:"resourceId"`
	Resource   map[string]any `json:"resource"`
}

func (w *realm) rows(path string) rows {
	w.t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.origin, "http")+path, nil)
	w.must(err)
	w.t.Cleanup(func() { _ = ws.Close() })
	w.must(ws.SetReadDeadline(time.Now().Add(patience)))
	return rows{w.t, ws}
}

// sub subscribes, passing over what it hears until it is answered.
func (r rows) sub(channel, token string) {
	r.t.Helper()
	if err := r.WriteJSON([]any{"sub", []string{channel, token}, map[string]any{"query": channel}}); err != nil {
		r.t.Fatal(err)
	}
	for {
		frame := r.next()
		if string(frame[0]) != `"__qr__"` {
			continue
		}
		var options struct {
			Query string
			Fail  bool
		}
		if err := json.Unmarshal(frame[2], &options); err != nil || options.Query != channel || options.Fail {
			r.t.Fatalf("sub of %s: %s", channel, frame)
		}
		return
	}
}

func (r rows) next() (frame []json.RawMessage) {
	r.t.Helper()
	if err := r.ReadJSON(&frame); err != nil {
		r.t.Fatal(err)
	}
	return frame
}

// await passes over what it hears until it is this.
func (r rows) await(action, channel string) (got changedFrame) {
	r.t.Helper()
	for {
		var args []json.RawMessage
		frame := r.next()
		if string(frame[0]) != `"changed"` || json.Unmarshal(frame[1], &args) != nil || len(args) != 2 {
			r.t.Fatalf("%s", frame)
		}
		got = changedFrame{}
		if json.Unmarshal(args[0], &got.channel) != nil || json.Unmarshal(args[1], &got) != nil {
			r.t.Fatalf("%s", frame)
		}
		if got.channel == channel && got.Action == action {
			return got
		}
	}
}

// TestOneMessageThroughAllDoors: what a visitor posts as Faye's clients do arrives on giosg's socket, in each spelling that
// somebody listens to, and at a webhook, the chat before what is said in it.
func TestOneMessageThroughAllDoors(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := newRealm(t, database(t), config.VisitorsCapability, func(c *config.Config) { c.Webhooks.AllowPrivate = true })
			org, manager := w.here.org, w.here.counterpart
			token := w.minted(w.keys.Manager(manager, time.Hour))
			room, err := w.store.View(t.Context()).MainRoom(org.ID)
			w.must(err)
			hooked := w.giosgHook(manager, "/api/v5/orgs/{organization_id}/owned_chats", "/api/v5/orgs/{organization_id}/owned_chats/*/messages")
			client, err := bayeuxtest.Dial(t.Context(), w.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: map[string]string{"token": token}})
			w.must(err)
			t.Cleanup(client.Drop)
			w.must(client.Subscribe(t.Context(), "/service/*")) // on duty

			prefix := "/api/v5/orgs/" + org.UUID
			spellings := []string{
				prefix + "/owned_chats", prefix + "/rooms/" + room.UUID + "/chats", prefix + "/rooms/" + room.Token + "/chats",
				"/api/v5/users/" + manager.UUID + "/routed_chats",
			}
			team, hers := w.rows("/api/v5/socket"), w.rows("/003/2/router")
			for _, channel := range spellings {
				team.sub(channel, token)
			}
			const visitorID = "0123456789abcdef0123456789abcdef"
			visitors := w.minted(w.keys.Visitor(visitorID, org.ID, time.Hour))
			for _, spelling := range []string{"client", "public", "public/orgs/" + org.UUID} {
				hers.sub("/api/v5/"+spelling+"/visitors/"+visitorID+"/chats", visitors)
			}
			var opened struct{ Conversation struct{ ID int64 } }
			w.postForm("/chat/service/"+visitorID, "app_key="+org.SiteKey, &opened)
			c, err := w.store.View(t.Context()).Conversation(opened.Conversation.ID)
			w.must(err)
			seen := map[string]bool{}
			for len(seen) < len(spellings) {
				got := team.any()
				if got.Action == "added" {
					seen[got.channel] = true
					if got.ResourceID != c.UUID || got.Resource["room_name"] != room.Name || got.Resource["is_private"] != false {
						t.Errorf("%+v", got)
					}
				}
			}
			heard := map[string]bool{}
			for len(heard) < 3 {
				got := hers.any()
				if _, theirs := got.Resource["is_private"]; theirs || got.ResourceID != c.UUID {
					t.Errorf("%+v", got)
				}
				heard[got.channel] = true
			}
			messages := prefix + "/owned_chats/" + c.UUID + "/messages"
			own := "/api/v5/public/visitors/" + visitorID + "/chats/" + c.UUID + "/messages"
			team.sub(messages, token)
			hers.sub(own, visitors)
			w.postForm("/chat/conversation/"+decimal(c.ID), "content=Hello&sender=visitor:"+visitorID, nil)
			said := team.await("added", messages)
			if said.Resource["message"] != "Hello" || said.Resource["sender_type"] != "visitor" || said.Resource["type"] != "msg" || said.Resource["chat_id"] != c.UUID {
				t.Errorf("%+v", said)
			}
			if counts := team.await("changed", spellings[0]); counts.Resource["message_count"] != 1.0 || counts.Resource["id"] != c.UUID || len(counts.Resource) > 9 {
				t.Errorf("%+v", counts)
			}
			if got := hers.await("added", own); got.ResourceID != said.ResourceID || got.Resource["sender_name"] != nil {
				t.Errorf("%+v", got)
			}
			if first := hooked(); first.Channel != prefix+"/owned_chats" || first.Action != "added" || first.ResourceID != c.UUID {
				t.Errorf("%+v", first)
			}
			for {
				if next := hooked(); next.Channel == messages {
					if next.Action != "added" || next.Resource["message"] != "Hello" {
						t.Errorf("%+v", next)
					}
					break
				}
			}
			again := w.rows("/api/v5/socket") // nothing is kept for who comes back
			w.postForm("/chat/conversation/"+decimal(c.ID), "content=Again&sender=visitor:"+visitorID, nil)
			team.await("added", messages)
			again.sub(messages, token)
			w.postForm("/chat/conversation/"+decimal(c.ID), "content=Third&sender=visitor:"+visitorID, nil)
			if got := again.await("added", messages); got.Resource["message"] != "Third" {
				t.Errorf("%+v", got)
			}
		})
	}
}

// any is the next that is said of a channel.
func (r rows) any() (got changedFrame) {
	r.t.Helper()
	var args []json.RawMessage
	if frame := r.next(); json.Unmarshal(frame[1], &args) != nil || json.Unmarshal(args[0], &got.channel) != nil || json.Unmarshal(args[1], &got) != nil {
		r.t.Fatalf("%s", frame)
	}
	return got
}

// postForm posts as old widgets do, and reads the answer.
func (w *realm) postForm(path, form string, into any) {
	w.t.Helper()
	request, err := http.NewRequest(http.MethodPost, w.origin+path, strings.NewReader(form))
	w.must(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, answer := w.do(request)
	if status >= 300 || into != nil && json.Unmarshal([]byte(answer), into) != nil {
		w.t.Fatalf("%s: %d %s", path, status, answer)
	}
}

// hookedBody is what a webhook in giosg's format receives.
type hookedBody struct {
	Channel    string
	Action     string
	ResourceID string `json:"resource_id"`
	Resource   map[string]any
}

// giosgHook makes a webhook of a manager's; the function waits for what it receives.
func (w *realm) giosgHook(m models.Manager, channels ...string) (next func() hookedBody) {
	w.t.Helper()
	got := make(chan hookedBody, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		var body hookedBody
		if err := json.Unmarshal(text, &body); err != nil {
			w.t.Error(err)
		}
		got <- body
	}))
	w.t.Cleanup(server.Close)
	_, _, err := chat.NewAdmin(w.store).Webhooks(m.OrganizationID).Create(w.t.Context(), chat.WebhookChanges{
		URL: chat.To(server.URL), Format: chat.To(models.FormatGiosg), GiosgChanges: chat.GiosgChanges{ManagerID: chat.To(m.ID), Channels: chat.To(channels)},
	})
	w.must(err)
	return func() hookedBody {
		w.t.Helper()
		select {
		case body := <-got:
			return body
		case <-time.After(patience):
			w.t.Fatal("the webhook received nothing")
			return hookedBody{}
		}
	}
}
