package main

import (
	"crypto/md5" //nolint:gosec // what old pages sign with
	"encoding/hex"
	"fmt"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/bayeux/bayeuxtest"
)

// What an integration may rely on, in the order of the conformance checklist of the reference. Flows of real programs
// are in giosg_ext_test.go and giosg_bot_test.go; every path in every spelling in rights_giosg_test.go.

const pageSecret = "a secret of sixteen bytes and more"

// signedRoom is a room with a key, and with what it demands.
func (b *bridge) signedRoom(settings object) string {
	b.t.Helper()
	room := b.room("Signed")
	path := "/api/v5/orgs/" + b.org + "/rooms/" + room
	b.call(200, "PATCH", path, "Token "+b.userKey, settings)
	b.call(201, "POST", path+"/signing_keys", "Token "+b.userKey, object{"name": "site", "kind": "secret", "key": pageSecret})
	return room
}

func (b *bridge) submit(want int, v guest, room string, body object) {
	b.t.Helper()
	b.call(want, "POST", "/api/v5/public/orgs/"+b.org+"/rooms/"+room+"/visitors/"+v.id+"/variables", v.bearer, body)
}

func signedPage(t *testing.T, method jwt.SigningMethod, secret string, claims jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(method, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func checksummed(values map[string]string, secret string) object {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return strings.ToLower(names[i]) < strings.ToLower(names[j]) })
	var text strings.Builder
	all := object{}
	for _, name := range names {
		fmt.Fprintf(&text, "%s:%s&", name, values[name])
		all[name] = values[name]
	}
	sum := md5.Sum([]byte(text.String() + secret)) //nolint:gosec // as above
	all["_checksum"] = hex.EncodeToString(sum[:])
	return all
}

// 1: what is signed counts, and nothing that was touched.
func TestGiosgSignatures(t *testing.T) {
	onBridges(t, func(t *testing.T, b *bridge) {
		room := b.signedRoom(object{"is_visitor_data_signature_required": true, "is_checksum_accepted": true})
		strict := b.signedRoom(object{"is_visitor_data_signature_required": true})
		v := b.guest()
		b.enter(v, room)
		b.enter(v, strict)
		later, before := time.Now().Add(time.Hour).Unix(), time.Now().Add(-time.Hour).Unix()
		good := signedPage(t, jwt.SigningMethodHS256, pageSecret, jwt.MapClaims{"plan": "gold", "exp": later})
		for name, row := range map[string]struct {
			room string
			want int
			body object
		}{
			"signed":             {room, 201, object{"variables": good, "signing_algorithm": "HS256"}},
			"signed without exp": {room, 201, object{"variables": signedPage(t, jwt.SigningMethodHS512, pageSecret, jwt.MapClaims{"plan": "gold"}), "signing_algorithm": "HS512"}},
			"plain":              {room, 400, object{"variables": object{"plan": "gold"}}},
			"another key":        {room, 400, object{"variables": signedPage(t, jwt.SigningMethodHS256, pageSecret+"!", jwt.MapClaims{"plan": "gold"}), "signing_algorithm": "HS256"}},
			"over":               {room, 400, object{"variables": signedPage(t, jwt.SigningMethodHS256, pageSecret, jwt.MapClaims{"plan": "gold", "exp": before}), "signing_algorithm": "HS256"}},
			"touched":            {room, 400, object{"variables": good[:len(good)-8] + "AAAAAAAA", "signing_algorithm": "HS256"}},
			"other algorithm":    {room, 400, object{"variables": good, "signing_algorithm": "HS384"}},
			"md5":                {room, 201, object{"variables": checksummed(map[string]string{"plan": "gold", "_exp": fmt.Sprint(later)}, pageSecret), "signing_algorithm": "md5"}},
			"md5 over":           {room, 400, object{"variables": checksummed(map[string]string{"plan": "gold", "_exp": fmt.Sprint(before)}, pageSecret), "signing_algorithm": "md5"}},
			"md5 another key":    {room, 400, object{"variables": checksummed(map[string]string{"plan": "gold"}, "no"), "signing_algorithm": "md5"}},
			"md5 not allowed":    {strict, 400, object{"variables": checksummed(map[string]string{"plan": "gold"}, pageSecret), "signing_algorithm": "md5"}},
		} {
			t.Run(name, func(t *testing.T) {
				status, answer := b.try("POST", "/api/v5/public/orgs/"+b.org+"/rooms/"+row.room+"/visitors/"+v.id+"/variables", v.bearer, row.body)
				if status != row.want {
					t.Errorf("%d %s, want %d", status, answer, row.want)
				}
			})
		}
		list := b.call(200, "GET", "/api/v5/orgs/"+b.org+"/rooms/"+room+"/visitors/"+v.id+"/variables", "Token "+b.userKey, nil).list("results")
		if len(list) != 1 || list[0].text("key") != "plan" || list[0]["is_signed"] != true {
			t.Errorf("the variables are %v", list)
		}
	})
}

// 2 and 3: variables by a trusted server.
func TestGiosgVariables(t *testing.T) {
	onBridges(t, func(t *testing.T, b *bridge) {
		room := b.signedRoom(object{"is_visitor_data_signature_required": true})
		v := b.guest()
		b.enter(v, room)
		there := "/api/v5/orgs/" + b.org + "/rooms/" + room + "/visitors/" + v.id + "/variables"
		key, plain := "Token "+b.userKey, "Token "+b.keyOf(b.here.colleague)
		foreign := "Token " + b.there.key
		nowhere := "00000000-0000-4000-8000-000000000000"
		for _, row := range []struct {
			want                int
			method, path, token string
			body                any
		}{
			{201, "POST", there, key, object{"key": "Sää", "value": "räntää"}},
			{201, "POST", there, key, object{"key": "Sää", "value": true}},
			{400, "POST", there, key, object{"key": "x"}},
			{400, "POST", there, key, object{"value": "x"}},
			{400, "POST", there, key, "{"},
			{400, "POST", there, key, `["x"]`},
			{401, "POST", there, "", object{"key": "x", "value": 1}},
			{401, "POST", there, "Token nonsense", object{"key": "x", "value": 1}},
			{403, "POST", there, plain, object{"key": "x", "value": 1}},
			{403, "POST", there, foreign, object{"key": "x", "value": 1}},
			{404, "POST", strings.Replace(there, room, nowhere, 1), key, object{"key": "x", "value": 1}},
			{404, "POST", strings.Replace(there, v.id, "0123456789abcdef0123456789abcdef", 1), key, object{"key": "x", "value": 1}},
			{200, "GET", there + "/" + url.PathEscape("Sää"), key, nil},
			{401, "DELETE", there + "/" + url.PathEscape("Sää"), "", nil},
			{403, "DELETE", there + "/" + url.PathEscape("Sää"), plain, nil},
			{204, "DELETE", there + "/" + url.PathEscape("Sää"), key, nil},
			{404, "DELETE", there + "/" + url.PathEscape("Sää"), key, nil},
			{404, "GET", there + "/" + url.PathEscape("Sää"), key, nil},
		} {
			if status, answer := b.try(row.method, row.path, row.token, row.body); status != row.want {
				t.Errorf("%s %s: %d %s, want %d", row.method, row.path, status, answer, row.want)
			}
		}
		b.submit(400, v, room, object{"variables": object{"plan": "gold"}})

		b.call(200, "PATCH", fmt.Sprintf("/api/v5/orgs/%s", b.org), key, object{"name": "Acme"})
		b.suspend(true)
		b.call(403, "POST", there, key, object{"key": "x", "value": 1})
		b.suspend(false)
		b.call(201, "POST", there, key, object{"key": "x", "value": 1})
	})
}

// 4: visitors come, change and go. Time is what the page says: her presence lasts a second.
func TestGiosgVisitorsComeAndGo(t *testing.T) {
	onBridges(t, func(t *testing.T, b *bridge) {
		room := b.room("Shop")
		token := b.call(200, "GET", "/api/v5/messagerouter", "Token "+b.userKey, nil).text("permission_token")
		socket := b.dial("/api/v5/socket")
		all := "/api/v5/orgs/" + b.org + "/rooms/" + room + "/online_visitors"
		socket.sub(all, token)
		v := b.guest()
		one := all + "/" + v.id
		socket.sub(one, token)
		public := "/api/v5/public/orgs/" + b.org + "/rooms/" + room + "/visitors"
		b.call(201, "POST", public, v.bearer, object{"id": v.id, "presence_expires_in": 60})
		for _, channel := range []string{all, one} {
			came := socket.hears("added", channel)
			came.part("resource").want(t, "who came", object{"id": v.id, "room_id": room, "is_online": true, "is_present": true, "visit_count": 1})
			if came.text("resourceId") != v.id || came.part("resource")["become_online_at"] == nil {
				t.Errorf("who came is %v", came)
			}
			socket.seen = append([]change{came}, socket.seen...)
		}
		socket.seen = nil
		b.call(200, "PATCH", public+"/"+v.id, v.bearer, object{"presence_expires_in": 1, "latest_page_url": "https://shop.example/teapots", "latest_page_title": "Teapots"})
		changed := socket.hears("changed", one).part("resource")
		changed.want(t, "what changed", object{"latest_page_url": "https://shop.example/teapots", "latest_page_title": "Teapots"})
		for name := range changed {
			if !strings.HasPrefix(name, "latest_page_") && name != "id" && name != "updated_at" {
				t.Errorf("%s changed, too: %v", name, changed[name])
			}
		}
		if gone := socket.hears("removed", one); gone.text("resourceId") != v.id || gone.object["resource"] != nil {
			t.Errorf("who went is %v", gone)
		}
		if list := b.call(200, "GET", all, "Token "+b.userKey, nil).list("results"); len(list) != 0 {
			t.Errorf("there are %v", list)
		}
		b.call(404, "GET", one, "Token "+b.userKey, nil)
		b.call(200, "GET", strings.Replace(one, "online_visitors", "visitors", 1), "Token "+b.userKey, nil).want(t, "who was there", object{"is_online": false})
	})
}

// 5 and 6: subscriptions.
func TestGiosgSocket(t *testing.T) {
	onBridges(t, func(t *testing.T, b *bridge) {
		room := b.room("Shop")
		v := b.guest()
		b.enter(v, room)
		bearer := strings.TrimPrefix(v.bearer, "Bearer ")
		token := b.call(200, "GET", "/api/v5/messagerouter", "Token "+b.userKey, nil).text("permission_token")
		for _, path := range []string{"/api/v5/socket", "/003/2/router"} {
			socket := b.dial(path)
			for _, row := range []struct {
				granted        bool
				channel, token string
			}{
				{true, "/api/v5/orgs/" + b.org + "/rooms/" + room + "/chats", token},
				{false, "/api/v5/orgs/" + b.org + "/rooms/" + room + "/chats", "nonsense"},
				{false, "/api/v5/orgs/" + b.org + "/rooms/" + room + "/chats", bearer},
				{false, "/api/v5/orgs/" + b.there.org.UUID + "/rooms", token},
				{false, "/api/v5/client/visitors/0123456789abcdef0123456789abcdef/chats", bearer},
				{false, "/service/*", token},
				{true, "/api/v5/client/visitors/" + v.id + "/chats", bearer},
				{true, "/api/v5/client/visitors/" + v.id + "/chats", bearer},
				{true, "/api/v5/public/visitors/" + v.id + "/chats", bearer},
			} {
				if got := socket.ask("sub", row.channel, row.token); got != row.granted {
					t.Errorf("sub to %s: %v", row.channel, got)
				}
			}
		}
		socket := b.dial("/api/v5/socket")
		socket.sub("/api/v5/client/visitors/"+v.id+"/chats", bearer)
		socket.sub("/api/v5/public/visitors/"+v.id+"/chats", bearer)
		id := b.start(v, room).text("id")
		for _, channel := range []string{"/api/v5/client/visitors/", "/api/v5/public/visitors/"} {
			came := socket.hears("added", channel+v.id+"/chats")
			came.part("resource").want(t, "the chat", object{"id": id})
			if _, there := came.part("resource")["is_private"]; there {
				t.Error("a visitor hears what is the operators'")
			}
			if len(socket.seen) == 0 {
				continue
			}
		}
		if !socket.ask("unsub", "/api/v5/public/visitors/"+v.id+"/chats", "") {
			t.Error("no end of a subscription")
		}
		// Who comes again has no subscriptions.
		again := b.dial("/api/v5/socket")
		again.sub("/api/v5/client/visitors/"+v.id+"/chats/"+id+"/messages", bearer)
		b.say(v, id, "Hello")
		again.hears("added", "/api/v5/client/visitors/"+v.id+"/chats/"+id+"/messages")
		for _, c := range again.seen {
			if strings.HasSuffix(c.channel, "/chats") {
				t.Errorf("heard without asking: %v", c)
			}
		}
	})
}

// 7: what a site does when its user signs out.
func TestGiosgLogout(t *testing.T) {
	onBridges(t, func(t *testing.T, b *bridge) {
		key := "Token " + b.userKey
		v := b.guest()
		chats, rooms := map[string]bool{}, []string{b.room("One"), b.room("Two"), b.room("Three")}
		for _, room := range rooms[:2] {
			b.enter(v, room)
			b.call(201, "POST", "/api/v5/orgs/"+b.org+"/rooms/"+room+"/visitors/"+v.id+"/variables", key, object{"key": "username", "value": "Maija"})
			chats[b.start(v, room).text("id")] = true
		}
		var seen, pages int
		for page := "/api/v5/orgs/" + b.org + "/rooms?page_size=2"; page != ""; pages++ {
			list := b.call(200, "GET", page, key, nil)
			for _, room := range list.list("results") {
				seen++
				visitor := "/api/v5/orgs/" + b.org + "/rooms/" + room.text("id") + "/visitors/" + v.id
				for _, chat := range b.call(200, "GET", visitor+"/chats?is_ended=false", key, nil).list("results") {
					ended := b.call(200, "PATCH", "/api/v5/orgs/"+b.org+"/owned_chats/"+chat.text("id"), key, object{"is_ended": true})
					ended.want(t, "the chat", object{"id": chat.text("id"), "is_ended": true})
					delete(chats, chat.text("id"))
				}
				status, _ := b.try("DELETE", visitor+"/variables/username", key, nil)
				if had := room.text("id") == rooms[0] || room.text("id") == rooms[1]; had != (status == 204) {
					t.Errorf("removing the name from %s: %d", room.text("name"), status)
				}
				if left := b.call(200, "GET", visitor+"/chats?is_ended=false", key, nil).list("results"); len(left) != 0 {
					t.Errorf("open chats are left: %v", left)
				}
			}
			page = strings.TrimPrefix(list.text("next"), b.origin)
		}
		if seen != 4 || pages != 2 || len(chats) != 0 {
			t.Errorf("%d rooms on %d pages, chats left: %v", seen, pages, chats)
		}
	})
}

// 8: an ended chat is locked, and everybody hears of it.
func TestGiosgEnd(t *testing.T) {
	onBridges(t, func(t *testing.T, b *bridge) {
		room, key := b.room("Shop"), "Token "+b.userKey
		v := b.guest()
		b.enter(v, room)
		id := b.start(v, room).text("id")
		bearer := strings.TrimPrefix(v.bearer, "Bearer ")
		token := b.call(200, "GET", "/api/v5/messagerouter", key, nil).text("permission_token")
		socket := b.dial("/api/v5/socket")
		hers, ours := "/api/v5/client/visitors/"+v.id+"/chats", "/api/v5/orgs/"+b.org+"/rooms/"+room+"/chats"
		socket.sub(hers, bearer)
		other := b.dial("/api/v5/socket")
		other.sub(ours, token)
		faye, err := bayeuxtest.Dial(t.Context(), b.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: object{"token": bearer}})
		b.must(err)
		defer faye.Close() //nolint:errcheck // it is over
		b.must(faye.Subscribe(t.Context(), "/service/"+v.id))

		path := "/api/v5/orgs/" + b.org + "/owned_chats/" + id
		ended := b.call(200, "PATCH", path, key, object{"is_ended": true})
		ended.want(t, "the chat", object{"is_ended": true, "is_waiting": false})
		again := b.call(200, "PATCH", path, key, object{"is_ended": true})
		again.want(t, "the chat once more", object{"ended_at": ended["ended_at"]})
		b.call(400, "PATCH", path, key, object{"is_ended": false})
		b.call(404, "PATCH", strings.Replace(path, b.org, b.there.org.UUID, 1), "Token "+b.there.key, object{"is_ended": true})
		b.call(400, "POST", "/api/v5/public/visitors/"+v.id+"/chats/"+id+"/messages", v.bearer, object{"message": "Hello?"})
		b.call(400, "PUT", "/api/v5/users/"+b.user+"/chat_memberships/"+id, key, object{"is_participating": true})
		for l, channel := range map[*rowClient]string{socket: hers, other: ours} {
			told := l.hears("changed", channel).part("resource")
			told.want(t, "what is told on "+channel, object{"is_ended": true})
			if told["ended_at"] == nil {
				t.Errorf("no end is told: %v", told)
			}
		}
		for ev := range faye.Messages() {
			if strings.Contains(string(ev.Data), `"closed"`) {
				break
			}
		}
	})
}
