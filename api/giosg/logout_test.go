package giosg_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"parley/models"
)

// saysAndChats has a visitor in some rooms, with a chat and variables in each.
func (h *house) saysAndChats(visitorID string, rooms ...models.Room) {
	h.t.Helper()
	me := h.visitor(visitorID)
	for i, room := range rooms {
		h.started(me, "/api/v5/public/visitors/"+visitorID+"/rooms/"+room.UUID+"/chats", "", 201)
		h.do(me, "POST", h.page(room, visitorID), fmt.Sprintf(`{"variables":{"username":"Maya","Sää":%d,"a/b":true}}`, i)).want(201)
	}
}

// wantLoggedOut checks that nothing of a visitor's is open or said in any of the rooms.
func (h *house) wantLoggedOut(visitorID string, rooms ...models.Room) {
	h.t.Helper()
	key := h.key()
	for _, room := range rooms {
		at := h.org("/rooms/" + room.UUID + "/visitors/" + visitorID)
		if open := h.get(key, at+"/chats?is_ended=false").results(); len(open) != 0 {
			h.t.Errorf("%s: open are %v", room.Name, open)
		}
		if said := h.get(key, at+"/variables").results(); len(said) != 0 {
			h.t.Errorf("%s: there are %v", room.Name, said)
		}
	}
}

// What a site does when somebody signs out: all rooms, page by page; in each her open chats are ended; then what is said of
// her there is removed, in rooms where she never was as well.
func TestLogoutWorkflow(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		shop, quiet := h.Room(h.Org, "shop", 5, nil), h.Room(h.Org, "quiet", 6, nil)
		h.saysAndChats("v1", h.main, shop)
		h.saysAndChats("v2", shop)
		key, pages, seen := h.key(), 0, 0
		for next := h.org("/rooms?page_size=2"); next != ""; pages++ {
			page := h.get(key, next).want(200)
			for _, room := range page.results() {
				seen++
				at := h.org("/rooms/" + room["id"].(string) + "/visitors/v1")
				for _, chat := range h.get(key, at+"/chats?is_ended=false").want(200).results() {
					h.do(key, "PATCH", h.org("/owned_chats/"+chat["id"].(string)), `{"is_ended": true}`).want(200, "is_ended", "true")
				}
				for _, v := range h.get(key, at+"/variables").want(200).results() {
					one := at + "/variables/" + strings.ReplaceAll(url.PathEscape(v["key"].(string)), "/", "%2F")
					h.do(key, "DELETE", one, "").want(204)
					h.do(key, "DELETE", one, "").refused(404)
				}
			}
			next = link(t, h, page, "next")
		}
		if pages != 2 || seen != 3 {
			t.Errorf("%d rooms on %d pages", seen, pages)
		}
		h.wantLoggedOut("v1", h.main, shop, quiet)
		if left := h.get(key, h.inRoom(shop, "v2")).results(); len(left) != 3 {
			t.Errorf("another visitor has %v", left)
		}
		// The next person at this browser begins anew, and the chats that ended are locked.
		ended := h.get(h.visitor("v1"), "/api/v5/public/visitors/v1/chats").results()
		if len(ended) != 2 {
			t.Fatalf("%v", ended)
		}
		for _, chat := range ended {
			h.do(h.visitor("v1"), "POST", "/api/v5/public/visitors/v1/chats/"+chat["id"].(string)+"/messages", `{"message":"Still me"}`).want(400)
		}
	})
}

// The same from the page: chat.close and visitor.removeAll, for each room.
func TestLogoutFromThePage(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		shop := h.Room(h.Org, "shop", 5, func(r *models.Room) { r.Checksums = true })
		h.saysAndChats("v1", h.main, shop)
		me := h.visitor("v1")
		for _, chat := range h.get(me, "/api/v5/public/visitors/v1/chats?is_ended=false").results() {
			h.do(me, "PATCH", "/api/v5/public/visitors/v1/chats/"+chat["id"].(string), `{"is_ended":true}`).want(200)
		}
		for _, room := range []models.Room{h.main, shop} {
			h.do(me, "DELETE", h.page(room, "v1"), "").want(204)
		}
		h.wantLoggedOut("v1", h.main, shop)
	})
}
