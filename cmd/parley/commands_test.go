package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"parley/config"
)

// call runs one command line against door and returns what it printed.
func call(t *testing.T, door *fakeAdmin, stdin string, args ...string) (stdout string, err error) {
	t.Helper()
	var out strings.Builder
	a := app{stdin: strings.NewReader(stdin), stdout: &out, stderr: io.Discard}
	a.environ = []string{"PARLEY_DATABASE_URL=sqlite://" + filepath.Join(t.TempDir(), "parley.db")}
	a.openAdmin = func(context.Context, config.Config) (admin, func() error, error) {
		return door, func() error { door.closed = true; return nil }, nil
	}
	a.lookAdmin = a.openAdmin
	t.Chdir(t.TempDir())
	err = a.run(t.Context(), args)
	return out.String(), err
}

// seeded has one organisation (1), one manager (5) and one API key (1).
func seeded(t *testing.T) *fakeAdmin {
	t.Helper()
	door := newFakeAdmin()
	for _, args := range [][]string{
		{"org", "create", "--name", "Acme"},
		{"manager", "create", "--name", "Anna", "--email", "anna@example.com", "--password", "secret-words", "--role", "admin"},
		{"apikey", "create", "--name", "shop"},
	} {
		if _, err := call(t, door, "", args...); err != nil {
			t.Fatal(err)
		}
	}
	return door
}

func TestJSONIsOneDocumentAndNothingElse(t *testing.T) {
	for _, row := range []struct {
		args string
		want string // the document
	}{
		{"org create --name Beta", `{"id":2,"name":"Beta","site_key":"site","uuid":"u"}`},
		{"org list", `[{"id":1,"name":"Acme"}]`},
		{"org show 1", `{"id":1,"name":"Acme"}`},
		{"org delete 1", `{"id":1,"deleted":true}`},
		{"manager create --org 1 --name B --email b@example.com --password p", `{"id":6,"organization_id":1,"name":"B","email":"b@example.com","role":"manager"}`},
		{"manager list", `[{"id":5,"name":"Anna","role":"admin"}]`},
		{"manager list --org 1", `[{"id":5}]`},
		{"manager show 5", `{"id":5,"email":"anna@example.com"}`},
		{"manager show --id 5", `{"id":5}`},
		{"manager delete 5", `{"id":5,"deleted":true}`},
		{"apikey create --org 1 --name k", `{"id":2,"organization_id":1,"name":"k","key":"plain-key"}`},
		{"apikey create --org 1 --name push --scopes push,chat", `{"id":2,"scopes":["chat","push"],"last_used_at":null,"key":"plain-key"}`},
		{"apikey list", `[{"id":1,"name":"shop"}]`},
		{"apikey show 1", `{"id":1,"name":"shop"}`},
		{"apikey delete 1", `{"id":1,"deleted":true}`},
		{"token manager --id 5", `{"token":"manager-5-1h0m0s","expires_at":"2013-08-16T09:35:11.120Z"}`},
		{"token manager 5 --ttl 90m", `{"token":"manager-5-1h30m0s"}`},
		{"token visitor --id v81f0 --org 1", `{"token":"visitor-v81f0-1-1h0m0s"}`},
		{"token operator --ttl 2h", `{"token":"operator-2h0m0s"}`},
		{"token admin", `{"token":"operator-1h0m0s"}`},
		{"token visitor v81f0", `{"token":"visitor-v81f0-1-1h0m0s"}`},
		{"migrate status", `[{"version":1,"name":"first","applied":true},{"version":2,"name":"second","applied":true}]`},
		{"migrate up", `[{"version":1},{"version":2,"applied":true}]`},
		{"migrate", `[{"version":1},{"version":2,"applied":true}]`},
		{"version", `{}`},
	} {
		t.Run(row.args, func(t *testing.T) {
			door := seeded(t)
			out, err := call(t, door, "", append(strings.Fields(row.args), "--json")...)
			if err != nil {
				t.Fatal(err)
			}
			decoder := json.NewDecoder(strings.NewReader(out))
			var got, want any
			if err := decoder.Decode(&got); err != nil {
				t.Fatalf("%v in %q", err, out)
			}
			if _, err := decoder.Token(); err != io.EOF {
				t.Errorf("there is more than one document: %q", out)
			}
			if err := json.Unmarshal([]byte(row.want), &want); err != nil {
				t.Fatal(err)
			}
			if !covers(got, want) {
				t.Errorf("got %s, want at least %s", out, row.want)
			}
			if strings.Contains(out, "hash") {
				t.Errorf("a hash is shown: %s", out)
			}
			if !door.closed {
				t.Error("the database was left open")
			}
		})
	}
}

// covers tells whether got holds everything that want does.
func covers(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		for name, value := range want {
			ok = ok && covers(fields[name], value)
		}
		return ok
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return false
		}
		for i := range want {
			ok = ok && covers(items[i], want[i])
		}
		return ok
	}
	return reflect.DeepEqual(got, want)
}

func TestEmptyListsAreLists(t *testing.T) {
	for _, what := range []string{"org", "manager", "apikey"} {
		if out, err := call(t, newFakeAdmin(), "", what, "list", "--json"); err != nil || out != "[]\n" {
			t.Errorf("%s: %q, %v", what, out, err)
		}
	}
}

func TestTextForPeople(t *testing.T) {
	for _, row := range []struct{ args, want string }{
		{"org list", "ID  NAME  SITE KEY  UUID\n1   Acme  site      u\n"},
		{"manager show 5", "ID  ORG  NAME  EMAIL             ROLE\n5   1    Anna  anna@example.com  admin\n"},
		{"manager delete 5", "manager 5 is deleted\n"},
		{"token manager 5", "manager-5-1h0m0s\n"},
		{"migrate", "the database is up to date, 0 applied now\n"},
	} {
		if out, err := call(t, seeded(t), "", strings.Fields(row.args)...); err != nil || out != row.want {
			t.Errorf("%s: %q, %v", row.args, out, err)
		}
	}
	if out, err := call(t, newFakeAdmin(), "", "migrate", "up"); err != nil || out != "the database is up to date, 1 applied now\n" {
		t.Errorf("migrate: %q, %v", out, err)
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, row := range []struct{ args, want string }{
		{"srve", `unknown command "srve"`},
		{"org", "no command, there is create, list, show, delete, update, holiday"},
		{"org crate", `unknown command "crate", there is create, list, show, delete`},
		{"migrate down", `unknown command "down"`},
		{"serve --port 80", "unknown flag: --port"},
		{"serve now", "unknown command"},
		{"org create", "--name is missing"},
		{"org show", "which one?"},
		{"org show x", `"x" is not an id`},
		{"org show 0", `"0" is not an id`},
		{"org show 1 --id 2", "two ids"},
		{"org show 1 2", "accepts at most 1 arg"},
		{"manager create --name A", "--email is missing"},
		{"manager create --name A --email e --role boss --password p", `not "boss"`},
		{"manager create --name A --email e", "--password is missing"},
		{"manager create --name A --email e --password p --org x", "invalid argument"},
		{"token manager", "which one?"},
		{"token manager 5 --ttl 0s", "--ttl must be at least 1s"},
		{"token visitor v --ttl forever", "invalid argument"},
	} {
		_, err := call(t, seeded(t), "", strings.Fields(row.args)...)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", row.args, err, row.want)
		}
		if exitCode(err) != 2 {
			t.Errorf("%s: exit code %d", row.args, exitCode(err))
		}
	}
}

func TestFailuresExitWith1(t *testing.T) {
	two := seeded(t)
	if _, err := call(t, two, "", "org", "create", "--name", "Second"); err != nil {
		t.Fatal(err)
	}
	broken := newFakeAdmin()
	broken.migrateErr = errors.New("database is read-only")
	for _, row := range []struct {
		door *fakeAdmin
		args string
		want string
		code int
	}{
		{newFakeAdmin(), "manager create --name A --email e --password p", "there is no organisation yet", 1},
		{two, "manager create --name A --email e --password p", "there are 2 organisations; say which with --org", 2},
		{two, "apikey create --org 9 --name A", "There is no organisation 9", 1},
		{two, "apikey show 9", "there is no API key 9", 1},
		{two, "manager list --org 9", "There is no organisation 9", 1},
		{broken, "org list", "read-only", 1},
		{two, "org list --log.level loud", "log.level", 1},
		{two, "org list --config nowhere.yaml", "nowhere.yaml: no such file", 1},
	} {
		_, err := call(t, row.door, "", strings.Fields(row.args)...)
		if err == nil || !strings.Contains(err.Error(), row.want) || exitCode(err) != row.code {
			t.Errorf("%s: %v, exit code %d", row.args, err, exitCode(err))
		}
	}
}

func TestPasswordFromStandardInput(t *testing.T) {
	create := []string{"manager", "create", "--name", "B", "--email", "b@example.com", "--password", "-"}
	for stdin, want := range map[string]string{"correct horse\nbattery": "correct horse", "no newline": "no newline", "dos\r\n": "dos"} {
		door := seeded(t)
		if _, err := call(t, door, stdin, create...); err != nil || door.passwords[6] != want {
			t.Errorf("%q: got %q, %v", stdin, door.passwords[6], err)
		}
	}
	for _, stdin := range []string{"", "\n"} {
		if _, err := call(t, seeded(t), stdin, create...); err == nil {
			t.Errorf("%q was taken for a password", stdin)
		}
	}
}

func TestNullIsNoTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if isAttended(null) || isAttended(strings.NewReader("")) {
		t.Error("taken for a terminal")
	}
}
