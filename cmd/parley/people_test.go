package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// TestPeopleCommands runs the commands against a database, one after the other.
func TestPeopleCommands(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	run := func(args ...string) (string, error) {
		var out strings.Builder
		a := app{stdin: strings.NewReader("battery staple\n"), stdout: &out, stderr: io.Discard, openAdmin: openAdmin, lookAdmin: lookAdmin}
		a.environ = []string{"PARLEY_DATABASE_URL=sqlite://" + filepath.Join(folder, "parley.db")}
		err := a.run(t.Context(), args)
		return out.String(), err
	}
	for _, args := range [][]string{
		{"org", "create", "--name", "Acme"},
		{"manager", "create", "--name", "Anna", "--email", "anna@example.com", "--password", "correct horse"},
	} {
		if _, err := run(args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		args []string
		want string // the document, or the refusal
	}{
		{[]string{"org", "update", "1", "--greeting", "Hi", "--time-zone", "Europe/Berlin", "--max-conversations", "4", "--answer-within", "90s", "--allowed-origin", "https://a.example"},
			`{"greeting":"Hi","time_zone":"Europe/Berlin","max_conversations":4,"answer_within_ms":90000,"allowed_origins":["https://a.example"]}`},
		{[]string{"org", "update", "1", "--max-conversations", "default", "--allowed-origin", ""}, `{"greeting":"Hi","max_conversations":null,"allowed_origins":[]}`},
		{[]string{"org", "update", "1", "--time-zone", "Local"}, "time_zone_invalid"},
		{[]string{"audit", "list", "--limit", "1", "--org", "1"}, `[{"action":"manager_added","target":{"type":"manager","id":"1"},"details":{"role":"manager"}}]`},
		{[]string{"org", "update", "1", "--retain-days", "365"}, `{"retain_days":365}`},
		{[]string{"org", "update", "1", "--retain-days", "default"}, `{"retain_days":null}`},
		{[]string{"org", "update", "1", "--retain-days", "0"}, "retain_days_invalid"},
		{[]string{"visitor", "erase", "v1"}, "visitor_not_found"},
		{[]string{"visitor", "export", "v1"}, "--output is missing"},
		{[]string{"visitor", "export", "v1", "--output", "v1.zip"}, "visitor_not_found"},
		{[]string{"audit", "list", "--since", "soon"}, "--since is a duration"},
		{[]string{"org", "update", "1", "--max-conversations", "many"}, "--max-conversations is a number"},
		{[]string{"org", "update", "1", "--answer-within", "soon"}, "--answer-within is a duration"},
		{[]string{"org", "holiday", "add", "--day", "2026-12-25", "--name", "Christmas"}, `{"id":1,"day":"2026-12-25","name":"Christmas"}`},
		{[]string{"org", "holiday", "list"}, `[{"id":1}]`},
		{[]string{"org", "holiday", "add"}, "--day is missing"},
		{[]string{"org", "holiday", "delete", "1"}, `{"id":1,"deleted":true}`},
		{[]string{"org", "holiday", "delete", "1"}, "holiday_not_found"},
		{[]string{"org", "secret", "create", "--name", "shop"}, `{"id":1,"organization_id":1,"name":"shop","kid":"site_1"}`},
		{[]string{"org", "secret", "list", "--org", "1"}, `[{"id":1,"name":"shop"}]`},
		{[]string{"org", "secret", "create", "--org", "9"}, "organization_not_found"},
		{[]string{"org", "secret", "delete", "1"}, `{"id":1,"deleted":true}`},
		{[]string{"org", "secret", "delete", "1"}, "site_secret_not_found"},
		{[]string{"manager", "update", "1", "--role", "admin", "--max-conversations", "0", "--avatar-url", "/a.png"}, `{"role":"admin","max_conversations":0,"avatar_url":"/a.png"}`},
		{[]string{"manager", "update", "1", "--role", "boss"}, "role_invalid"},
		{[]string{"manager", "passwd", "1", "--password", "-"}, `{"id":1,"name":"Anna"}`},
		{[]string{"manager", "passwd", "1", "--password", "short"}, "password_invalid"},
		{[]string{"manager", "sign-out", "1"}, `{"id":1}`},
		{[]string{"manager", "unlock", "9"}, "manager_not_found"},
		{[]string{"manager", "unlock", "1"}, `{"id":1}`},
		{[]string{"manager", "shifts", "set", "--id", "1", "fri-sat 09:00-18:00", "sun 22:00-06:00", "--time-zone", "Europe/Moscow"},
			`{"manager_id":1,"time_zone":"Europe/Moscow","shifts":[{"weekday":0,"from":"22:00","to":"06:00"},{"weekday":5,"from":"09:00","to":"18:00"},{"weekday":6,"from":"09:00","to":"18:00"}]}`},
		{[]string{"manager", "shifts", "show", "1"}, `{"time_zone":"Europe/Moscow"}`},
		{[]string{"manager", "shifts", "set", "--id", "1", "someday 9-5"}, "is no shift such as"},
		{[]string{"manager", "shifts", "set", "mon 09:00-18:00"}, "which one?"},
		{[]string{"manager", "shifts", "set", "--id", "1"}, `{"shifts":[]}`},
		{[]string{"manager", "leave", "add", "1", "--from", "2026-12-24", "--to", "2026-12-24"}, `{"id":1,"starts_at":"2026-12-23T21:00:00.000Z","ends_at":"2026-12-24T21:00:00.000Z"}`},
		{[]string{"manager", "leave", "list", "1"}, `[{"id":1}]`},
		{[]string{"manager", "leave", "delete", "1", "--leave", "1"}, `{"id":1,"deleted":true}`},
		{[]string{"apikey", "create", "--name", "crm", "--scopes", "chat,push"}, `{"id":1,"scopes":["chat","push"],"last_used_at":null}`},
		{[]string{"apikey", "create", "--name", "crm", "--scopes", "everything"}, "--scopes is a list of chat, push"},
		{[]string{"apikey", "update", "1", "--name", "shop", "--scopes", "push"}, `{"id":1,"name":"shop","scopes":["push"]}`},
		{[]string{"apikey", "update", "1", "--scopes", ""}, "--scopes is a list of chat, push"},
		{[]string{"apikey", "update", "9", "--name", "shop"}, "apikey_not_found"},
		{[]string{"apikey", "list"}, `[{"id":1,"name":"shop","scopes":["push"]}]`},
		{[]string{"private-pub", "on", "--secret", "short"}, "secret_invalid"},
		{[]string{"private-pub", "on", "--secret", "0123456789abcdef"}, `{"organization_id":1,"enabled":true}`},
		{[]string{"private-pub", "show"}, `{"organization_id":1,"enabled":true}`},
		{[]string{"private-pub", "off"}, `{"organization_id":1,"enabled":false}`},
		{[]string{"private-pub", "off"}, "private_pub_off"},
	} {
		out, err := run(append(row.args, "--json")...)
		if err != nil {
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("%q: %v, want %s", row.args, err, row.want)
			}
			continue
		}
		var got, want any
		if json.Unmarshal([]byte(out), &got) != nil || json.Unmarshal([]byte(row.want), &want) != nil || !covers(got, want) {
			t.Errorf("%q: %s, want %s", row.args, out, row.want)
		}
	}
}

func TestParseShifts(t *testing.T) {
	for text, days := range map[string]string{
		"mon-fri 09:00-18:00": "12345", "sat,sun 10:00-14:00": "60", "FRI-Mon 1-2": "5601", "mon": "", "mon- 1-2": "", "day 1-2": "", "mon 09:00": "",
	} {
		shifts, ok := parseShifts(text)
		got := ""
		for _, s := range shifts {
			got += number(int64(s.Weekday))
		}
		if got != days || ok != (days != "") {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
}
