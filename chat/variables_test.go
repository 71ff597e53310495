package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// main is the organisation's main room.
func (w *world) main() models.Room {
	w.t.Helper()
	room, err := w.View(ctx).MainRoom(w.Org.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return room
}

// browser is who a visitor's token makes: what pages call as.
func (w *world) browser(visitorID string) chat.Principal {
	return chat.Principal{Party: chat.Visitor, VisitorID: visitorID, OrganizationID: w.Org.ID}
}

func (w *world) known(room models.Room, visitorID string) string {
	w.t.Helper()
	list, err := w.View(ctx).Variables(room.ID, visitorID)
	if err != nil {
		w.t.Fatal(err)
	}
	return shownVariables(list)
}

// shownVariables lists variables, with a star after those that are signed.
func shownVariables(list []models.VisitorVariable) string {
	var texts []string
	for _, v := range list {
		star := ""
		if v.Signed {
			star = "*"
		}
		texts = append(texts, v.Key+"="+v.Value+star)
	}
	return strings.Join(texts, " ")
}

func (w *world) submit(room models.Room, visitorID, variables, algorithm string, replace bool) error {
	_, err := w.service.SubmitVariables(ctx, w.browser(visitorID), room, visitorID, chat.Submission{
		Variables: json.RawMessage(variables), Algorithm: algorithm, Replace: replace,
	})
	return err
}

func TestVariables(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		shop := w.Room(w.Org, "shop", 1, nil)
		key := w.backend(w.Org)
		_, err := w.service.SetVariable(ctx, key, shop, "v1", "username", json.RawMessage(`"Maya"`))
		wantCode(t, err, "visitor_not_found")
		w.open(as(w.Anna), "v1") // in the main room: she need not have been in this one
		w.events()
		v, err := w.service.SetVariable(ctx, key, shop, "v1", "Sää/ö?", json.RawMessage(` { "a" : [ 29.0 ] } `))
		if err != nil || v.Value != `{"a":[29.0]}` || !v.Signed || v.CreatedAt == 0 || v.UpdatedAt != v.CreatedAt || v.RoomID != shop.ID {
			t.Fatalf("%+v, %v", v, err)
		}
		w.wantEvents("variable added")
		for _, value := range []string{`true`, `null`, `"x"`, `"x"`} {
			if v, err = w.service.SetVariable(ctx, key, shop, "v1", "Sää/ö?", json.RawMessage(value)); err != nil || v.Value != value {
				t.Errorf("%+v, %v", v, err)
			}
		}
		w.wantEvents("variable changed", "variable changed", "variable changed") // the last said nothing new
		v, err = w.service.ChangeVariable(ctx, key, shop, "v1", "Sää/ö?", json.RawMessage(`5`))
		if err != nil || v.Value != "5" {
			t.Errorf("%+v, %v", v, err)
		}
		_, err = w.service.ChangeVariable(ctx, key, shop, "v1", "other", json.RawMessage(`5`))
		wantCode(t, err, "variable_not_found")
		if v, err = w.service.Variable(ctx, as(w.Anna), shop, "v1", "Sää/ö?"); err != nil || v.Value != "5" {
			t.Errorf("%+v, %v", v, err)
		}
		list, err := w.service.Variables(ctx, key, w.main(), "v1")
		if err != nil || len(list) != 0 {
			t.Errorf("another room knows %+v, %v", list, err)
		}
		w.events()
		if err := w.service.DeleteVariable(ctx, key, shop, "v1", "Sää/ö?"); err != nil {
			t.Error(err)
		}
		w.wantEvents("variable removed")
		wantCode(t, w.service.DeleteVariable(ctx, key, shop, "v1", "Sää/ö?"), "variable_not_found")
	})
}

func TestWhoWritesVariables(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		room := w.main()
		w.open(as(w.Anna), "v1")
		w.open(as(w.Anna), "v2")
		for _, row := range []struct {
			p           chat.Principal
			write, read string
		}{
			{as(people.admin), "", ""}, {as(people.supervisor), "", ""},
			{as(people.manager), "forbidden", ""},
			{as(people.foreign), "room_not_found", "room_not_found"},
			{w.keyed(w.Org, models.ScopeVisitors), "", ""},
			{w.keyed(w.Org, models.ScopeChat), "scope_missing", "scope_missing"},
			{w.backend(w.Organization("Pots")), "room_not_found", "room_not_found"},
			{stranger, "token_missing", "token_missing"},
			{w.browser("v1"), "forbidden", "forbidden"},
			{chat.Principal{Party: chat.Operator}, "forbidden", "forbidden"},
		} {
			want := func(what string, err error, code string) {
				t.Helper()
				if code == "" && err != nil || code != "" && (err == nil || !strings.HasPrefix(err.Error(), code+":")) {
					t.Errorf("%s %s: %v, want %q", row.p, what, err, code)
				}
			}
			_, err := w.service.SetVariable(ctx, row.p, room, "v1", "a", json.RawMessage(`1`))
			want("set", err, row.write)
			_, err = w.service.ChangeVariable(ctx, row.p, room, "v1", "a", json.RawMessage(`2`))
			want("change", err, row.write)
			_, err = w.service.Variables(ctx, row.p, room, "v1")
			want("list", err, row.read)
			_, err = w.service.Variable(ctx, row.p, room, "v1", "a")
			want("get", err, row.read)
			want("delete", w.service.DeleteVariable(ctx, row.p, room, "v1", "a"), row.write)
			w.service.SetVariable(ctx, w.backend(w.Org), room, "v1", "a", json.RawMessage(`1`)) //nolint:errcheck // for the next
		}
		// Pages speak of their own visitor.
		sub := chat.Submission{Variables: json.RawMessage(`{"a":1}`)}
		for _, row := range []struct {
			p    chat.Principal
			want string
		}{
			{stranger, "token_missing"}, {w.browser("v2"), "forbidden"}, {as(people.admin), "forbidden"}, {w.backend(w.Org), "forbidden"},
			{chat.Principal{Party: chat.Visitor, VisitorID: "v1", OrganizationID: w.Org.ID + 100}, "visitor_not_found"},
		} {
			_, err := w.service.SubmitVariables(ctx, row.p, room, "v1", sub)
			wantCode(t, err, row.want)
			wantCode(t, w.service.RemoveVariable(ctx, row.p, room, "v1", ""), row.want)
		}
		foreign := w.Room(w.Organization("Pans"), "theirs", 1, nil)
		_, err := w.service.SubmitVariables(ctx, w.browser("v1"), foreign, "v1", sub)
		wantCode(t, err, "visitor_not_found")
	})
}

func TestBoundsOfVariables(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.open(as(w.Anna), "v1")
		room, key := w.main(), w.backend(w.Org)
		for _, row := range []struct{ key, value, want string }{
			{"", `1`, "key_invalid"},
			{strings.Repeat("ä", 200), `1`, ""},
			{strings.Repeat("ä", 201), `1`, "key_invalid"},
			{"a\x00b", `1`, "key_invalid"},
			{".", `1`, "key_invalid"}, {"..", `1`, "key_invalid"}, {"...", `1`, ""},
			{"a\xff", `1`, "key_invalid"},
			{"a", ``, "value_invalid"}, {"a", `x`, "value_invalid"}, {"a", `1 2`, "value_invalid"}, {"a", "\"\xff\"", "value_invalid"},
			{"a", `"` + strings.Repeat("x", 4094) + `"`, ""},
			{"a", `"` + strings.Repeat("x", 4095) + `"`, "value_invalid"},
			{"a", `[[[[{"]":"[\"["}]]]]`, ""},
			{"a", `[[[[[{}]]]]]`, "value_invalid"},
			{"a", `"` + "\\u0000" + `"`, ""},
		} {
			_, err := w.service.SetVariable(ctx, key, room, "v1", row.key, json.RawMessage(row.value))
			if row.want == "" && err != nil {
				t.Errorf("%.20q %.40s: %v", row.key, row.value, err)
			} else if row.want != "" {
				wantCode(t, err, row.want)
			}
		}
		all := chat.Values{}
		for i := range 100 {
			all[fmt.Sprint("k", i)] = json.RawMessage(`1`)
		}
		text, _ := json.Marshal(all)
		if err := w.submit(room, "v1", string(text), "", true); err != nil {
			t.Fatal(err)
		}
		wantCode(t, w.submit(room, "v1", `{"one more":1}`, "", false), "variables_too_many")
		all["one more"] = json.RawMessage(`1`)
		text, _ = json.Marshal(all)
		late, cancel := context.WithCancel(ctx)
		cancel() // nothing can be written any more
		_, err := w.service.SubmitVariables(late, w.browser("v1"), room, "v1", chat.Submission{Variables: text, Replace: true})
		wantCode(t, err, "variables_too_many")
		if _, err := w.service.SetVariable(ctx, key, room, "v1", "k7", json.RawMessage(`2`)); err != nil {
			t.Errorf("another value for one of them: %v", err)
		}
		// Together.
		large := `"` + strings.Repeat("x", 4000) + `"`
		if err := w.submit(room, "v1", `{}`, "", true); err != nil {
			t.Fatal(err)
		}
		for i := range 16 {
			if _, err := w.service.SetVariable(ctx, key, room, "v1", fmt.Sprint("k", i), json.RawMessage(large)); err != nil {
				t.Fatal(i, err)
			}
		}
		_, err = w.service.SetVariable(ctx, key, room, "v1", "last", json.RawMessage(large))
		wantCode(t, err, "variables_too_many")
		if got := w.known(room, "v1"); strings.Contains(got, "last") {
			t.Error("what was refused was kept")
		}
	})
}

func TestSubmittedVariables(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		shop := w.Room(w.Org, "shop", 1, func(r *models.Room) { r.Checksums = true })
		strict := w.Room(w.Org, "strict", 2, func(r *models.Room) { r.SignaturesRequired = true })
		admin := as(w.team().admin)
		var secret string
		for _, room := range []models.Room{shop, strict} {
			for _, given := range []string{"an older secret, still good", ""} { // the second one is drawn
				k, err := w.service.CreateRoomKey(ctx, admin, room, chat.RoomKeyRequest{Key: given})
				if err != nil {
					t.Fatal(err)
				}
				if room.ID == strict.ID {
					secret = k.Key
				}
			}
		}
		token := func(secret string, claims jwt.MapClaims) string {
			text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
			if err != nil {
				t.Fatal(err)
			}
			return `"` + text + `"`
		}
		good := token(secret, jwt.MapClaims{"username": "Maya", "vip": true, "exp": 9999999999})
		// She is nobody yet but her token.
		if err := w.submit(shop, "v1", `{"username":"x","a":[1]}`, "", false); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			room            models.Room
			vars, algorithm string
			replace         bool
			refused, want   string
		}{
			{shop, `{"b":2}`, "plain", false, "", `a=[1] b=2 username="x"`},
			{shop, `{"b":2}`, "plain", true, "", `b=2`},
			{shop, `{"b":"3","_checksum":"4f"}`, "md5", false, "signature_invalid", `b=2`},
			{shop, `{"b":2}`, "md5", false, "signature_invalid", `b=2`},
			{shop, good, "HS256", false, "signature_invalid", `b=2`}, // another room's key
			{shop, token("an older secret, still good", jwt.MapClaims{"b": 2}), "HS256", false, "", `b=2*`},
			{shop, `{"b":2}`, "plain", false, "", `b=2`}, // what was said last holds
			{shop, `{}`, "plain", true, "", ``},
			{strict, `{"b":2}`, "plain", false, "signature_missing", ``},
			{strict, `{"b":2}`, "", false, "signature_missing", ``},
			{strict, `{"b":2,"_checksum":"x"}`, "sha1", false, "signing_algorithm_invalid", ``},
			{strict, good, "HS512", false, "signature_invalid", ``},
			{strict, good, "hs256", false, "signing_algorithm_invalid", ``},
			{strict, strings.Replace(good, ".e", ".f", 1), "HS256", false, "signature_invalid", ``},
			{strict, token(secret, jwt.MapClaims{"a": 1, "exp": 1}), "HS256", false, "signature_expired", ``},
			{strict, token(secret, jwt.MapClaims{"": 1}), "HS256", false, "key_invalid", ``},
			{strict, `{"a":1}`, "HS256", false, "variables_invalid", ``},
			{strict, good, "HS256", false, "", `username="Maya"* vip=true*`},
			{shop, `[1]`, "", false, "variables_invalid", ``},
			{shop, ``, "", false, "variables_invalid", ``},
		} {
			err := w.submit(row.room, "v1", row.vars, row.algorithm, row.replace)
			if row.refused == "" && err != nil {
				t.Errorf("%s %.60s: %v", row.algorithm, row.vars, err)
			} else if row.refused != "" {
				wantCode(t, err, row.refused)
			}
			if got := w.known(row.room, "v1"); got != row.want {
				t.Errorf("%s %.60s: %s, want %s", row.algorithm, row.vars, got, row.want)
			}
		}
		// Backends need no signature, and pages none to take away.
		if _, err := w.service.SetVariable(ctx, w.backend(w.Org), strict, "v1", "b", json.RawMessage(`1`)); err != nil {
			t.Error(err)
		}
		if err := w.service.RemoveVariable(ctx, w.browser("v1"), strict, "v1", "vip"); err != nil {
			t.Error(err)
		}
		wantCode(t, w.service.RemoveVariable(ctx, w.browser("v1"), strict, "v1", "vip"), "variable_not_found")
		if got := w.known(strict, "v1"); got != `b=1* username="Maya"*` {
			t.Error(got)
		}
		for range 2 {
			if err := w.service.RemoveVariable(ctx, w.browser("v1"), strict, "v1", ""); err != nil {
				t.Error(err)
			}
		}
		if err := w.service.RemoveVariable(ctx, w.browser("nobody"), strict, "nobody", ""); err != nil {
			t.Error(err)
		}
		if got := w.known(strict, "v1"); got != "" {
			t.Error(got)
		}
	})
}

// Two pages that say everything at once: one of them is right, never a mixture.
func TestSubmitsAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		room := w.main()
		w.open(as(w.Anna), "v1")
		for range 5 {
			var wait sync.WaitGroup
			for _, set := range []string{`{"a":1,"b":1,"c":1}`, `{"b":2,"c":2,"d":2}`} {
				wait.Go(func() {
					if err := w.submit(room, "v1", set, "", true); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if got := w.known(room, "v1"); got != "a=1 b=1 c=1" && got != "b=2 c=2 d=2" {
				t.Fatal(got)
			}
		}
	})
}

func TestFaces(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		shop := w.Room(w.Org, "shop", 1, nil)
		key := w.backend(w.Org)
		c := w.open(as(w.Anna), "v1")
		w.events()
		set := func(room models.Room, key string, p chat.Principal, value string) {
			t.Helper()
			if _, err := w.service.SetVariable(ctx, p, room, "v1", key, json.RawMessage(value)); err != nil {
				t.Fatal(err)
			}
		}
		set(w.main(), "age", key, `29`)
		w.wantEvents("variable added")
		set(w.main(), "username", key, `"Maya"`)
		w.wantEvents("variable added", "visitor updated")
		set(shop, "username", key, `"M."`) // she has no conversation there
		w.wantEvents("variable added")
		if err := w.submit(w.main(), "v1", `{"avatar":"https://x.example/m.png"}`, "", false); err != nil {
			t.Fatal(err)
		}
		pending, err := w.Pending(ctx, nil, 10)
		if err != nil || len(pending) != 3 {
			t.Fatalf("%+v, %v", pending, err)
		}
		if got := pending[1].Payload; got != `{"changed":["member_name","member_public_name","member_avatar"]}` {
			t.Error(got)
		}
		want := `"face":{"name":"Maya","avatar_url":"https://x.example/m.png","name_signed":true,"avatar_signed":false}`
		if got := pending[2].Payload; !strings.Contains(got, want) || *pending[2].ConversationID != c.ID {
			t.Error(got)
		}
		w.events()
		if err := w.service.DeleteVariable(ctx, key, w.main(), "v1", "username"); err != nil {
			t.Fatal(err)
		}
		w.wantEvents("variable removed", "visitor updated")
	})
}

func TestNamesOfFaces(t *testing.T) {
	name := func(text string) *string { return &text }
	at := models.Time(1)
	said := func(values ...string) (f chat.Face) {
		for i := 0; i < len(values); i += 2 {
			f = f.With(values[i], json.RawMessage(values[i+1]), true)
		}
		return f
	}
	show := func(text *string) string {
		if text == nil {
			return "-"
		}
		return *text
	}
	for _, row := range []struct {
		face    chat.Face
		visitor models.Visitor
		want    string
	}{
		{said(), models.Visitor{}, "-"},
		{said(), models.Visitor{Name: name("Me")}, "Me"},
		{said("username", `"Maya"`), models.Visitor{Name: name("Me")}, "Maya"},
		{said("username", `"Maya"`), models.Visitor{Name: name("Verified"), IdentifiedAt: &at}, "Verified"},
		{said("username", `"Maya"`), models.Visitor{IdentifiedAt: &at}, "Maya"},
		{said("username", `17`), models.Visitor{Name: name("Me")}, "Me"},
		{said("username", `" \u202e a\n\tb\u0000 "`), models.Visitor{}, "a b"},
		{said("username", `"\u0000"`), models.Visitor{}, "-"},
		{said("username", `"`+strings.Repeat("ä", 300)+`"`), models.Visitor{}, strings.Repeat("ä", 200)},
	} {
		if got := show(row.face.NameOf(row.visitor)); got != row.want {
			t.Errorf("%+v: %q, want %q", row.face, got, row.want)
		}
	}
	for url, ok := range map[string]bool{
		"https://x.example/a.png?b=1": true, "http://x.example/a": true, " https://x.example ": true,
		"javascript:alert(1)": false, "data:image/png;base64,AA": false, "//x.example/a": false, "/a.png": false, "https://": false,
		"https://me:secret@x.example/": false, "https://x.example/a b": false, `https://x.example/"onerror=`: false, "ftp://x.example/a": false,
		"https://x.example/" + strings.Repeat("a", 2000): false,
	} {
		text, _ := json.Marshal(url)
		if face := said("avatar", string(text)); (face.Avatar != nil) != ok || face.AvatarSigned != ok {
			t.Errorf("%q: %+v", url, face)
		}
	}
}

func TestRoomKeys(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		shop, other := w.Room(w.Org, "shop", 1, nil), w.Room(w.Org, "other", 2, nil)
		admin := as(people.admin)
		for _, row := range []struct {
			p    chat.Principal
			want string
		}{
			{as(people.manager), "forbidden"}, {stranger, "token_missing"}, {w.browser("v1"), "forbidden"}, {as(people.foreign), "room_not_found"},
			{w.keyed(w.Org, models.ScopeChat), "scope_missing"}, {w.backend(w.Organization("Pots")), "room_not_found"},
		} {
			_, err := w.service.CreateRoomKey(ctx, row.p, shop, chat.RoomKeyRequest{})
			wantCode(t, err, row.want)
			_, err = w.service.RoomKeys(ctx, row.p, shop)
			wantCode(t, err, row.want)
			wantCode(t, w.service.DeleteRoomKey(ctx, row.p, shop, "x"), row.want)
		}
		for _, row := range []struct {
			r    chat.RoomKeyRequest
			want string
		}{
			{chat.RoomKeyRequest{Key: strings.Repeat("x", 15)}, "key_invalid"},
			{chat.RoomKeyRequest{Key: strings.Repeat("x", 513)}, "key_invalid"},
			{chat.RoomKeyRequest{Key: "line\nline, long enough"}, "key_invalid"},
			{chat.RoomKeyRequest{Kind: models.RoomPublicKey}, "key_invalid"},
			{chat.RoomKeyRequest{Kind: models.RoomPublicKey, Key: strings.Repeat("x", 5000)}, "key_invalid"},
			{chat.RoomKeyRequest{Kind: "private"}, "kind_invalid"},
			{chat.RoomKeyRequest{Name: strings.Repeat("x", 500)}, "name_invalid"},
		} {
			_, err := w.service.CreateRoomKey(ctx, admin, shop, row.r)
			wantCode(t, err, row.want)
		}
		first, err := w.service.CreateRoomKey(ctx, as(people.supervisor), shop, chat.RoomKeyRequest{Name: "old"})
		if err != nil || len(first.Key) < 40 || first.Kind != models.RoomSecret {
			t.Fatalf("%+v, %v", first, err)
		}
		if _, err := w.service.CreateRoomKey(ctx, w.keyed(w.Org, models.ScopeVisitors), shop, chat.RoomKeyRequest{Key: "sixteen bytes ok"}); err != nil {
			t.Fatal(err)
		}
		list, err := w.service.RoomKeys(ctx, admin, shop)
		if err != nil || len(list) != 2 || list[0].Key != "" || list[1].Key != "" || list[0].Name != "old" {
			t.Errorf("%+v, %v", list, err)
		}
		wantCode(t, w.service.DeleteRoomKey(ctx, admin, other, first.UUID), "room_key_not_found")
		if err := w.service.DeleteRoomKey(ctx, admin, shop, first.UUID); err != nil {
			t.Error(err)
		}
		for range 9 {
			if _, err := w.service.CreateRoomKey(ctx, admin, shop, chat.RoomKeyRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.service.CreateRoomKey(ctx, admin, shop, chat.RoomKeyRequest{})
		wantCode(t, err, "room_keys_full")
		if added := w.audited(w.Org, models.AuditRoomKeyAdded); len(added) != 11 || slices.ContainsFunc(added, func(s string) bool { return strings.Contains(s, first.Key) }) {
			t.Errorf("%q", added)
		}
		if gone := w.audited(w.Org, models.AuditRoomKeyDeleted); len(gone) != 1 {
			t.Errorf("%q", gone)
		}
	})
}

// Who turns out to be somebody else brings what is said of her; what is said of the one who stays wins.
func TestMergedVariables(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.open(as(w.Anna), "anon")
		w.open(as(w.Anna), "maya")
		room := w.main()
		for _, row := range [][2]string{{"anon", `{"a":1,"b":1}`}, {"maya", `{"b":2,"c":2}`}} {
			if err := w.submit(room, row[0], row[1], "", false); err != nil {
				t.Fatal(err)
			}
		}
		w.identify(chat.IdentifyRequest{PreviousID: "anon", Token: signed(t, w.secret(w.Org), jwt.MapClaims{"sub": "maya"})})
		if got := w.known(room, "maya"); got != "a=1 b=2 c=2" {
			t.Error(got)
		}
		// A backend that knows her by the old id means her; the old id's page is nobody's.
		if _, err := w.service.SetVariable(ctx, w.backend(w.Org), room, "anon", "d", json.RawMessage(`3`)); err != nil {
			t.Error(err)
		}
		if got := w.known(room, "maya"); got != "a=1 b=2 c=2 d=3*" {
			t.Error(got)
		}
		wantCode(t, w.submit(room, "anon", `{"e":1}`, "", false), "visitor_merged")
	})
}
