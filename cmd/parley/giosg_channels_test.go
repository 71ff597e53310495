package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
)

// TestOneMessageThroughAllDoors: what a visitor posts as Faye's clients do arrives on giosg's socket, in each spelling that
// somebody listens to, and at a webhook, the chat before what is said in it.
func TestOneMessageThroughAllDoors(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := newBridge(t, database(t))
			org, manager := w.here.org, w.here.counterpart
			token := w.minted(w.keys.Manager(manager, time.Hour))
			room, err := w.store.View(t.Context()).MainRoom(org.ID)
			w.must(err)
			hooks := newMailbox(t)
			w.hook(hooks, manager, "/api/v5/orgs/{organization_id}/owned_chats", "/api/v5/orgs/{organization_id}/owned_chats/*/messages")
			client, err := bayeuxtest.Dial(t.Context(), w.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: map[string]string{"token": token}})
			w.must(err)
			t.Cleanup(client.Drop)
			w.must(client.Subscribe(t.Context(), "/service/*")) // on duty

			prefix := "/api/v5/orgs/" + org.UUID
			spellings := []string{
				prefix + "/owned_chats", prefix + "/rooms/" + room.UUID + "/chats", prefix + "/rooms/" + room.Token + "/chats",
				"/api/v5/users/" + manager.UUID + "/routed_chats",
			}
			team, hers := w.dial("/api/v5/socket"), w.dial("/003/2/router")
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
				if got.text("action") == "added" {
					seen[got.channel] = true
					if got.text("resourceId") != c.UUID || got.part("resource")["room_name"] != room.Name || got.part("resource")["is_private"] != false {
						t.Errorf("%+v", got)
					}
				}
			}
			heard := map[string]bool{}
			for len(heard) < 3 {
				got := hers.any()
				if _, theirs := got.part("resource")["is_private"]; theirs || got.text("resourceId") != c.UUID {
					t.Errorf("%+v", got)
				}
				heard[got.channel] = true
			}
			messages := prefix + "/owned_chats/" + c.UUID + "/messages"
			own := "/api/v5/public/visitors/" + visitorID + "/chats/" + c.UUID + "/messages"
			team.sub(messages, token)
			hers.sub(own, visitors)
			w.postForm("/chat/conversation/"+decimal(c.ID), "content=Hello&sender=visitor:"+visitorID, nil)
			said := team.hears("added", messages)
			if said.part("resource")["message"] != "Hello" || said.part("resource")["sender_type"] != "visitor" || said.part("resource")["type"] != "msg" || said.part("resource")["chat_id"] != c.UUID {
				t.Errorf("%+v", said)
			}
			if counts := team.hears("changed", spellings[0]); counts.part("resource")["message_count"] != 1.0 || counts.part("resource")["id"] != c.UUID || len(counts.part("resource")) > 9 {
				t.Errorf("%+v", counts)
			}
			if got := hers.hears("added", own); got.text("resourceId") != said.text("resourceId") || got.part("resource")["sender_name"] != nil {
				t.Errorf("%+v", got)
			}
			if first := hooks.tells("added", prefix+"/owned_chats"); first.text("resource_id") != c.UUID {
				t.Errorf("%v", first)
			}
			if next := hooks.tells("added", messages); next.part("resource")["message"] != "Hello" {
				t.Errorf("%v", next)
			}
			again := w.dial("/api/v5/socket") // nothing is kept for who comes back
			w.postForm("/chat/conversation/"+decimal(c.ID), "content=Again&sender=visitor:"+visitorID, nil)
			team.hears("added", messages)
			again.sub(messages, token)
			w.postForm("/chat/conversation/"+decimal(c.ID), "content=Third&sender=visitor:"+visitorID, nil)
			if got := again.hears("added", messages); got.part("resource")["message"] != "Third" {
				t.Errorf("%+v", got)
			}
		})
	}
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
