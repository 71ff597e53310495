package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// TestWebhookCommands runs the commands against a database, one after the other.
func TestWebhookCommands(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	run := func(args ...string) (string, error) {
		var out strings.Builder
		a := app{stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard, openAdmin: openAdmin, lookAdmin: lookAdmin}
		a.environ = []string{"PARLEY_DATABASE_URL=sqlite://" + filepath.Join(folder, "parley.db")}
		err := a.run(t.Context(), args)
		return out.String(), err
	}
	if _, err := run("org", "create", "--name", "Acme"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args []string
		want string // the document, or the refusal
	}{
		{[]string{"webhook", "create", "--url", "https://shop.example/hook", "--events", "message,note.created", "--org", "1"},
			`{"id":1,"url":"https://shop.example/hook","events":["message","note.created"],"enabled":true}`},
		{[]string{"webhook", "create"}, "--url is missing"},
		{[]string{"webhook", "create", "--url", "ftp://shop.example"}, "url_invalid"},
		{[]string{"webhook", "create", "--url", "http://shop.example", "--org", "9"}, "organization_not_found"},
		{[]string{"webhook", "list"}, `[{"id":1}]`},
		{[]string{"webhook", "update", "1", "--events", "all", "--description", "shop"}, `{"events":["all"],"description":"shop","enabled":true}`},
		{[]string{"webhook", "ping", "1"}, `{"id":1,"type":"webhook.ping","state":"pending"}`},
		{[]string{"webhook", "show", "1"}, `{"id":1,"deliveries":[{"id":1,"type":"webhook.ping"}]}`},
		{[]string{"webhook", "show", "2"}, "webhook_not_found"},
		{[]string{"webhook", "replay", "1", "--delivery", "1"}, `{"id":1,"state":"pending"}`},
		{[]string{"webhook", "replay", "1", "--delivery", "7"}, "delivery_not_found"},
		{[]string{"webhook", "replay", "1", "--since", "48h"}, `{"replayed":0}`},
		{[]string{"webhook", "secret", "1", "--overlap", "1h"}, `{"id":1}`},
		{[]string{"webhook", "secret", "1", "--overlap", "1000h"}, "overlap_invalid"},
		{[]string{"webhook", "update", "1", "--enabled=false"}, `{"enabled":false,"disabled_reason":""}`},
		{[]string{"webhook", "replay", "1"}, "webhook_disabled"},
		{[]string{"webhook", "delete", "1"}, `{"id":1,"deleted":true}`},
		{[]string{"webhook", "delete", "1"}, "webhook_not_found"},
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
	if out, err := run("webhook", "list"); err != nil || strings.Contains(out, "whsec_") {
		t.Errorf("%s, %v", out, err)
	}
}
