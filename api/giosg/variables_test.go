package giosg_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// known makes the main room's visitor, and is the path of what belongs to her there, for users.
func (h *house) known(visitorID string) string {
	h.t.Helper()
	err := h.Update(ctx, func(tx chat.Tx) error {
		return tx.EnsureVisitor(models.Visitor{ID: visitorID, UUID: "00000000-0000-4000-8000-0000000000aa", OrganizationID: h.Org.ID, CreatedAt: 1})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.inRoom(h.main, visitorID)
}

func (h *house) inRoom(room models.Room, visitorID string) string {
	return h.org("/rooms/" + room.UUID + "/visitors/" + visitorID + "/variables")
}

// page is the same for her page.
func (h *house) page(room models.Room, visitorID string) string {
	return "/api/v5/public" + strings.TrimPrefix(h.inRoom(room, visitorID), "/api/v5")
}

func TestVariables(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		key, at := h.key(), h.known("v1")
		a := h.do(key, "POST", at, `{"key":"Sää","value":"lämmin"}`).want(201, "key", `"Sää"`, "value", `"lämmin"`, "is_signed", "true",
			"is_hidden", "false", "room_id", quoted(h.main.UUID), "visitor_id", `"v1"`, "organization_id", quoted(h.Org.UUID))
		if len(a.body) > 11 || a.body["created_at"] != a.body["updated_at"] {
			t.Error(a.raw)
		}
		h.do(key, "POST", at+"/", `{"key":"Sää","value":{"deg":[29.0]}}`).want(201, "value", `{"deg":[29]}`)
		h.get(key, at+"/"+url.PathEscape("Sää")+"/?format=json").want(200, "value", `{"deg":[29]}`)
		if raw := h.get(key, at+"/S%C3%A4%C3%A4").raw; !strings.Contains(raw, "29.0") {
			t.Errorf("the number became another: %s", raw)
		}
		for _, body := range []string{`{"key":"x"}`, `{"value":1}`, `{}`, ``, `[1]`, `"x"`, `null`, `{"key":`, `{"key":1,"value":1}`, `{"key":"","value":1}`,
			`{"key":"` + strings.Repeat("x", 201) + `","value":1}`, `{"key":"x","value":[[[[[[1]]]]]]}`, `{"key":"x","value":"` + strings.Repeat("x", 4<<10) + `"}`} {
			h.do(key, "POST", at, body).want(400)
		}
		h.do(key, "POST", at, `{"key":"x"}`).want(400, "value", `["This field is required."]`)
		h.do(key, "POST", at, `{"key":"__system","value":null}`).want(201, "is_hidden", "true", "value", "null")
		odd := "a/b?c#d%2F e+ü"
		body, _ := json.Marshal(map[string]any{"key": odd, "value": true})
		h.do(key, "POST", at, string(body)).want(201)
		one := at + "/" + strings.ReplaceAll(url.QueryEscape(odd), "+", "%20")
		h.get(key, one).want(200, "key", string(mustJSON(odd)))
		h.do(key, "PUT", one, `{"value":false}`).want(200, "value", "false")
		h.do(key, "PATCH", one, `{"value":0}`).want(200, "value", "0")
		h.do(key, "PATCH", one, `{}`).want(400)
		h.do(key, "PUT", at+"/nothing", `{}`).refused(404)
		h.get(key, at+"/nothing").refused(404)
		h.do(key, "DELETE", one, "").want(204)
		h.do(key, "DELETE", one, "").refused(404)
		h.do(key, "DELETE", at, "").want(405)
		// Every way to be refused.
		other := h.org("/rooms/" + h.main.UUID + "/visitors/nobody/variables")
		for _, row := range []struct {
			who, path string
			want      int
		}{
			{"", at, 401}, {"Token pk_1_x", at, 401},
			{h.key(models.ScopeChat), at, 403}, {h.of(h.bob), at, 403}, {h.managersKey(h.bob), at, 403}, {h.visitor("v1"), at, 403}, {h.of(h.clara), at, 403},
			{key, "/api/v5/orgs/" + h.foreign.UUID + "/rooms/" + h.main.UUID + "/visitors/v1/variables", 403},
			{key, h.org("/rooms/nothing/visitors/v1/variables"), 404}, {key, other, 404},
			{h.of(h.ann), at, 201}, {h.of(h.sue), at, 201}, {h.managersKey(h.sue), at, 201}, {h.key(models.ScopeVisitors), at, 201},
			{h.managersKey(h.ann, models.ScopeChat), at, 403},
		} {
			if h.do(row.who, "POST", row.path, `{"key":"a","value":1}`).want(row.want); row.want > 201 {
				h.do(row.who, "DELETE", row.path+"/a", "").refused(row.want)
			}
		}
		h.get(h.of(h.bob), at).want(200) // whoever serves visitors sees what is said of them
		h.do(key, "POST", other, `{}`).refused(404)
		if _, err := h.people.UpdateOrganization(ctx, h.Org.ID, chat.OrganizationChanges{Suspended: chat.To(true)}); err != nil {
			t.Fatal(err)
		}
		h.do(key, "POST", at, `{"key":"a","value":1}`).refused(403)
		h.do(key, "DELETE", at+"/a", "").refused(403)
	})
}

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// Pages of a list whose records are deleted as they are read lead to its end.
func TestPagesOfVariables(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		key, at := h.key(), h.known("v1")
		for i := range 5 {
			h.do(key, "POST", at, fmt.Sprintf(`{"key":"k%d","value":%d}`, i, i)).want(201)
		}
		var read []string
		first := h.get(key, at+"?page_size=2")
		for next, pages := first, 0; ; pages++ {
			for _, v := range next.results() {
				name := v["key"].(string)
				read = append(read, name)
				h.do(key, "DELETE", at+"/"+name, "").want(204)
			}
			where := link(t, h, next, "next")
			if where == "" || pages > 9 {
				break
			}
			next = h.get(key, where).want(200)
		}
		if got := strings.Join(read, " "); got != "k0 k1 k2 k3 k4" {
			t.Error(got)
		}
		for i := range 5 {
			h.do(key, "POST", at, fmt.Sprintf(`{"key":"k%d","value":%d}`, i, i)).want(201)
		}
		last := h.get(key, link(t, h, h.get(key, at+"?page_size=3"), "next")).want(200)
		if back := h.get(key, link(t, h, last, "previous")).results(); len(last.results()) != 2 || len(back) != 3 || back[0]["key"] != "k0" {
			t.Errorf("%v before %v", back, last.results())
		}
		h.get(key, at+"?cursor=!").refused(404)
		h.get(key, at+"?page_size=0").want(400)
	})
}

func TestSubmittedVariables(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		strict := h.Room(h.Org, "strict", 1, func(r *models.Room) { r.SignaturesRequired = true })
		page, me := h.page(h.main, "v1"), h.visitor("v1")
		h.do(me, "POST", page, `{"variables":{"username":"Maya","__cart":{"n":1}}}`).want(201)
		a := h.do(me, "POST", page, `{"variables":{"age":29},"signing_algorithm":"plain","replace_existing":false}`).want(201)
		if list, _ := a.body["variables"].([]any); len(list) != 3 || !strings.Contains(a.raw, `"key":"username","value":"Maya","is_signed":false`) {
			t.Error(a.raw)
		}
		if list, _ := h.do(me, "POST", page, `{"variables":{"age":30},"replace_existing":true}`).want(201).body["variables"].([]any); len(list) != 1 {
			t.Error(list)
		}
		for _, body := range []string{``, `{}`, `{"variables":1}`, `{"variables":[]}`, `{"variables":{"a":1},"signing_algorithm":"none"}`,
			`{"variables":{"a":1},"replace_existing":"yes"}`, `{"variables":{"a":1,"a":2}}`, `{"variables":"e30"}`, `{"variables":"e30.e30.","signing_algorithm":"HS256"}`} {
			h.do(me, "POST", page, body).want(400)
		}
		// A room that demands signatures.
		keys := h.org("/rooms/" + strict.UUID + "/signing_keys")
		made := h.do(h.of(h.ann), "POST", keys, `{"name":"site"}`).want(201, "kind", `"secret"`, "name", `"site"`, "room_id", quoted(strict.UUID))
		secret, _ := made.body["key"].(string)
		if made.Header.Get("Cache-Control") != "no-store" || len(secret) < 40 {
			t.Error(made.raw)
		}
		token := func(secret string, claims jwt.MapClaims) string {
			text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf(`{"variables":"%s","signing_algorithm":"HS256"}`, text)
		}
		there, good := h.page(strict, "v1"), token(secret, jwt.MapClaims{"username": "Maya"})
		h.do(me, "POST", there, `{"variables":{"username":"Mallory"}}`).want(400, "variables", `["This room takes signed data only"]`)
		h.do(me, "POST", there, token("some other secret", jwt.MapClaims{"username": "Mallory"})).want(400)
		h.do(me, "POST", there, strings.Replace(good, ".e", ".f", 1)).want(400)
		h.do(me, "POST", there, token(secret, jwt.MapClaims{"username": "Maya", "exp": 1})).want(400)
		if got := h.get(h.key(), h.inRoom(strict, "v1")).results(); len(got) != 0 {
			t.Error(got)
		}
		h.do(me, "POST", there, good).want(201)
		h.do(h.key(), "POST", h.inRoom(strict, "v1"), `{"key":"plain","value":1}`).want(201) // backends need no signature
		h.get(h.key(), h.inRoom(strict, "v1")+"/username").want(200, "value", `"Maya"`, "is_signed", "true")
		// Whose it is.
		h.do("", "POST", page, `{"variables":{}}`).refused(401)
		h.do(h.visitor("v2"), "POST", page, `{"variables":{}}`).refused(403)
		h.do(h.key(), "POST", page, `{"variables":{}}`).refused(403)
		h.do(me, "POST", h.page(models.Room{UUID: "nothing"}, "v1"), `{"variables":{}}`).refused(404)
		h.get(me, page).want(405)
		// To take away needs no signature.
		h.do(me, "DELETE", there+"/username", "").want(204)
		h.do(me, "DELETE", there+"/username", "").refused(404)
		h.do(me, "DELETE", there, "").want(204)
		h.do(me, "DELETE", there, "").want(204)
		// The keys.
		if list := h.get(h.of(h.sue), keys).want(200); strings.Contains(list.raw, secret) || len(list.results()) != 1 || list.results()[0]["key"] != nil {
			t.Error(list.raw)
		}
		h.get(h.of(h.bob), keys).refused(403)
		h.do(h.of(h.ann), "POST", keys, `{"key":"short"}`).want(400)
		h.do(h.of(h.ann), "POST", keys, `{"kind":"public","key":"-----BEGIN PUBLIC KEY-----"}`).want(400)
		h.do(h.of(h.ann), "DELETE", keys+"/"+made.body["id"].(string), "").want(204)
		h.do(h.of(h.ann), "DELETE", keys+"/"+made.body["id"].(string), "").refused(404)
		h.do(me, "POST", there, good).want(400)
	})
}

func TestGoals(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		ann, key := h.of(h.ann), h.key()
		h.do(ann, "POST", h.org("/goals"), `{}`).want(400, "name", `["This field is required."]`)
		h.do(ann, "POST", h.org("/goals"), `{"name":"x","value":-1}`).want(400)
		h.do(h.of(h.bob), "POST", h.org("/goals"), `{"name":"x"}`).refused(403)
		id := h.do(ann, "POST", h.org("/goals"), `{"name":"order","value":2.5}`).want(201, "name", `"order"`, "value", "2.5").body["id"].(string)
		at := h.org("/goals/" + id)
		h.get(h.of(h.bob), at).want(200, "id", quoted(id))
		h.do(ann, "PATCH", at, `{"value":3}`).want(200, "name", `"order"`, "value", "3")
		h.do(ann, "PATCH", h.org("/goals/nothing"), `{"name":""}`).refused(404)
		if list := h.get(key, h.org("/goals")).results(); len(list) != 1 {
			t.Error(list)
		}
		// A page.
		me, page := h.visitor("v1"), "/api/v5/public/visitors/v1/goal_matches"
		body := fmt.Sprintf(`{"goal_id":%q,"value":7}`, id)
		match := h.do(me, "POST", page, body).want(201, "goal_id", quoted(id), "visitor_id", `"v1"`, "value", "7").body["id"].(string)
		h.do(me, "POST", page, body).want(200, "id", quoted(match))
		h.do(me, "POST", page, `{"goal_id":"nothing"}`).refused(404)
		h.do(me, "POST", page, `{}`).want(400)
		h.do(me, "POST", "/api/v5/public/orgs/"+h.Org.UUID+"/visitors/v1/goal_matches", body).want(200)
		h.do(h.visitor("v2"), "POST", page, body).refused(403)
		h.do("", "POST", page, body).refused(401)
		// What its site calls her, and conversions elsewhere.
		name := "/api/v5/public/visitors/v1/identifiers/" + url.PathEscape("customer/7 ä")
		h.do(me, "PUT", name, "").want(200, "identifier", `"customer/7 ä"`, "visitor_id", `"v1"`)
		h.do(h.visitor("v2"), "PUT", name, "").refused(403)
		h.do(me, "PUT", "/api/v5/public/visitors/v1/identifiers/%0A", "").want(400)
		look := h.org("/visitor_identifiers/" + url.PathEscape("customer/7 ä"))
		h.get(key, look).want(200, "visitor_id", `"v1"`, "room_ids", `[]`)
		h.do(key, "POST", h.inRoom(h.main, "v1"), `{"key":"a","value":1}`).want(201)
		h.get(h.of(h.sue), look).want(200, "room_ids", `["`+h.main.UUID+`"]`)
		h.get(h.of(h.bob), look).refused(403)
		h.get(key, h.org("/visitor_identifiers/nothing")).refused(404)
		if list := h.get(key, h.org("/visitor_identifiers?visitor_id=v1")).results(); len(list) != 1 {
			t.Error(list)
		}
		h.get(key, h.org("/visitor_identifiers")).want(400)
		h.do(key, "POST", at+"/matches", `{"identifier":"customer/7 ä","value":10.25,"id":"o1"}`).want(201, "value", "10.25")
		h.do(key, "POST", at+"/matches", `{"identifier":"customer/7 ä","value":10.25,"id":"o1"}`).want(200)
		h.do(key, "POST", at+"/matches", `{"visitor_id":"v1"}`).want(201, "value", "3")
		h.do(key, "POST", at+"/matches", `{}`).want(400)
		h.do(key, "POST", at+"/matches", `{"identifier":"nobody"}`).refused(404)
		h.do(key, "POST", h.org("/goals/nothing/matches"), `{}`).refused(404)
		h.do(h.of(h.bob), "POST", at+"/matches", `{"visitor_id":"v1"}`).refused(403)
		// How often.
		total := h.get(h.of(h.sue), at+"/totals").want(200, "time_zone", `"UTC"`, "total", `{"count":3,"value":20.25}`)
		if days, _ := total.body["days"].([]any); len(days) != 7 || total.body["to"] != days[6].(map[string]any)["date"] {
			t.Error(total.raw)
		}
		h.get(key, at+"/totals?from=2024-03-30&to=2024-04-01").want(200, "from", `"2024-03-30"`, "total", `{"count":0,"value":0}`)
		if all := h.get(key, h.org("/goals/totals")).results(); len(all) != 1 || all[0]["name"] != "order" || all[0]["goal_id"] != id {
			t.Error(all)
		}
		h.get(key, at+"/totals?from=x").want(400)
		h.get(key, at+"/totals?from=2024-03-30&to=2024-03-01").want(400)
		h.get(h.of(h.bob), at+"/totals").refused(403)
		h.get(h.key(models.ScopeVisitors), at+"/totals").refused(403)
		h.do(ann, "DELETE", at, "").want(204)
		h.get(ann, at).refused(404)
		h.do(me, "POST", page, body).refused(404)
	})
}

func TestFeedTellsOfVariables(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		key, at := h.key(), h.known("v1")
		one := at + "/S%C3%A4%C3%A4"
		r := h.listen(at, one)
		h.do(key, "POST", at, `{"key":"Sää","value":"lämmin"}`).want(201)
		r.want("added "+at+" Sää", "added "+one+" Sää")
		if got := r.body(0); got["value"] != "lämmin" || got["room_id"] != h.main.UUID || got["is_signed"] != true {
			t.Errorf("%v", got)
		}
		h.do(key, "PATCH", at+"/S%C3%A4%C3%A4", `{"value":"kylmä"}`).want(200)
		r.want("changed "+at+" Sää", "changed "+one+" Sää")
		if got := keysOf(r.body(0)); got != "key updated_at value" || r.body(0)["value"] != "kylmä" {
			t.Errorf("%v", r.body(0))
		}
		h.do(h.visitor("v1"), "POST", h.page(h.main, "v1"), `{"variables":{"a":1},"replace_existing":true}`).want(201)
		r.want("removed "+at+" Sää", "removed "+one+" Sää", "added "+at+" a")
		h.do(h.visitor("v1"), "POST", h.page(h.main, "v1"), `{"variables":{"a":1}}`).want(201)
		r.want() // nothing new was said
	})
}
