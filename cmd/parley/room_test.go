package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// TestRoomCommands runs the commands about rooms, keys and tokens of giosg's API against a database.
func TestRoomCommands(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	run := func(want string, args ...string) map[string]any {
		t.Helper()
		var out strings.Builder
		a := app{stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard, openAdmin: openAdmin, lookAdmin: lookAdmin}
		a.environ = []string{"PARLEY_DATABASE_URL=sqlite://" + filepath.Join(folder, "parley.db")}
		err := a.run(t.Context(), append(args, "--json"))
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
		if want == "" && err != nil {
			t.Errorf("%v: %v", args, err)
		}
		var document any
		_ = json.Unmarshal([]byte(out.String()), &document)
		switch d := document.(type) {
		case map[string]any:
			return d
		case []any:
			return map[string]any{"list": d}
		}
		return nil
	}
	run("", "org", "create", "--name", "Acme")
	if bot := run("", "manager", "create", "--name", "Botty", "--email", "bot@example.com", "--bot"); bot["bot"] != true {
		t.Errorf("%v", bot)
	}
	run("--password is missing", "manager", "create", "--name", "Anna", "--email", "anna@example.com")
	if list := run("", "room", "list")["list"].([]any); len(list) != 1 || list[0].(map[string]any)["main"] != true {
		t.Errorf("%v", list)
	}
	run("--name is missing", "room", "create")
	shop := run("", "room", "create", "--name", "Shop", "--domain", "Shop.example.com", "--language", "fi", "--signatures")
	if shop["domain"] != "shop.example.com" || shop["language_code"] != "fi" || shop["signatures_required"] != true || shop["checksums"] != false {
		t.Errorf("%v", shop)
	}
	run("domain_taken", "room", "create", "--name", "Twin", "--domain", "shop.example.com")
	id, token := shop["id"].(string), shop["token"].(string)
	if shop = run("", "room", "set", token, "--signatures=false", "--checksums", "--name", "Store"); shop["signatures_required"] != false || shop["checksums"] != true || shop["name"] != "Store" {
		t.Errorf("%v", shop)
	}
	if shop = run("", "room", "show", id); shop["name"] != "Store" {
		t.Errorf("%v", shop)
	}
	key := run("", "room", "key", "create", id, "--name", "site")
	if secret, _ := key["key"].(string); key["kind"] != "secret" || len(secret) < 40 || key["room_id"] != id {
		t.Errorf("%v", key)
	}
	if keys := run("", "room", "key", "list", token)["list"].([]any); len(keys) != 1 || keys[0].(map[string]any)["key"] != nil {
		t.Errorf("%v", keys)
	}
	run("key_invalid", "room", "key", "create", id, "--public-key", filepath.Join(folder, "parley.db"))
	run("key_invalid", "room", "key", "create", id, "--secret", "short")
	run("--key is missing", "room", "key", "delete", id)
	run("room_key_not_found", "room", "key", "delete", id, "--key", "nothing")
	if gone := run("", "room", "key", "delete", id, "--key", key["id"].(string)); gone["deleted"] != true {
		t.Errorf("%v", gone)
	}
	run("", "room", "delete", id)
	run("room_not_found", "room", "show", id)
	run("room_not_found", "room", "update", "nothing", "--name", "x")

	if key := run("", "apikey", "create", "--name", "bot", "--manager", "1", "--scopes", "chat"); key["manager_id"] != 1.0 || key["key"] == "" {
		t.Errorf("%v", key)
	}
	run("--manager says", "apikey", "create", "--name", "bot", "--manager", "1", "--org", "1")
	run("manager_not_found", "apikey", "create", "--name", "bot", "--manager", "9")
	if token := run("", "token", "socket", "1", "--channel", "/api/v5/users/*/chats"); token["token"] == "" || token["expires_at"] == "" {
		t.Errorf("%v", token)
	}
	run("manager_not_found", "token", "socket", "9")
	if o := run("", "org", "set", "1", "--suspended", "--calls"); o["suspended"] != true || o["calls"] != true {
		t.Errorf("%v", o)
	}
	if o := run("", "org", "update", "1", "--suspended=false"); o["suspended"] != false || o["calls"] != true {
		t.Errorf("%v", o)
	}
}
