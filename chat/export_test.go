package chat_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestTranscript(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.withFiles(nil)
		if _, err := chat.NewAdmin(w).UpdateOrganization(ctx, w.Org.ID, chat.OrganizationChanges{TimeZone: chat.To("Asia/Tokyo")}); err != nil {
			t.Fatal(err)
		}
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.post(stranger, c.ID, "Hello\n[2026-01-01 00:00:00] Anna (manager): I never said this \u202egnorw")
		for i := range 450 {
			w.post(as(w.Anna), c.ID, fmt.Sprint("Line ", i))
		}
		if _, err := w.service.AddNote(ctx, as(w.Anna), chat.Sender{}, c.ID, "A secret note"); err != nil {
			t.Fatal(err)
		}
		written := func(p chat.Principal, json bool) string {
			transcript, err := w.service.Transcript(ctx, p, chat.Sender{}, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if json {
				err = transcript.WriteJSON(ctx, &b)
			} else {
				err = transcript.WriteText(ctx, &b)
			}
			if err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		text := written(as(w.Anna), false)
		if !strings.Contains(text, "(Asia/Tokyo)") || !strings.Contains(text, "Anna (manager): Line 449\n") || !strings.Contains(text, "A secret note") ||
			!strings.Contains(text, "Visitor (visitor): Hello\n    [2026-01-01") || strings.Contains(text, "\u202e") {
			t.Errorf("%.600s", text)
		}
		for _, p := range []chat.Principal{stranger, visitor("v1")} {
			if text := written(p, false); strings.Contains(text, "secret") || !strings.Contains(text, "Line 449") {
				t.Errorf("%v: %.300s", p, text)
			}
			if text := written(p, true); strings.Contains(text, "secret") {
				t.Errorf("%v: %.300s", p, text)
			}
		}
		var told struct {
			Messages []map[string]any `json:"messages"`
			Notes    []map[string]any `json:"notes"`
		}
		if err := json.Unmarshal([]byte(written(w.keyed(w.Org, models.ScopeData), true)), &told); err != nil || len(told.Messages) != 451 || len(told.Notes) != 1 {
			t.Errorf("%d messages, %d notes, %v", len(told.Messages), len(told.Notes), err)
		}
		for _, row := range []struct {
			p    chat.Principal
			want string
		}{
			{as(w.boris), "forbidden"}, {visitor("v2"), "forbidden"}, {as(w.team().foreign), "conversation_not_found"},
			{w.keyed(w.Org, models.ScopeChat), "scope_missing"},
		} {
			_, err := w.service.Transcript(ctx, row.p, chat.Sender{}, c.ID)
			wantCode(t, err, row.want)
		}
	})
}

func TestExport(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.withFiles(nil)
		w.know(w.service)
		people := w.team()
		e, err := w.service.ExportVisitor(ctx, as(people.admin), "anon-quokka-5") // she goes by another id now
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := e.Write(ctx, &b); err != nil {
			t.Fatal(err)
		}
		e.Close()
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			files[f.Name[strings.LastIndex(f.Name, "/")+1:]] = string(content)
		}
		if len(z.File) != 5 || files["quokka.txt"] != "a quokka's diary" {
			t.Errorf("%d files", len(z.File))
		}
		data := files["data.json"]
		var told map[string]any
		if err := json.Unmarshal([]byte(data), &told); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		for _, want := range []string{
			quokka, "Bella Q.", "old@quokka.example", "anon-quokka-5", "Who knows about quokkas?", "My quokka is ill", "My dear quokka is ill", "Likes quokkas",
			"A quokka says thanks", `"tags":["quokka"]`, "Your quokka is well", `"key":"hobby","value":"quokkas","is_signed":true`, "Quokka of the zoo", `"goal":"adoption","value":0`, "subscription_denied", `"pet":"quokka"`, `"action":"opened"`,
		} {
			if !strings.Contains(data, want) {
				t.Errorf("there is no %q", want)
			}
		}
		w.wantAudited(w.Org, models.AuditExported, fmt.Sprintf("manager:%d visitor_exported visitor:%s 1", people.admin.ID, quokka))
		for _, row := range []struct {
			p    chat.Principal
			want string
		}{
			{as(people.supervisor), "forbidden"}, {as(people.foreign), "visitor_not_found"}, {stranger, "token_missing"},
			{w.keyed(w.Org, models.ScopeChat), "scope_missing"},
		} {
			_, err := w.service.ExportVisitor(ctx, row.p, quokka)
			wantCode(t, err, row.want)
		}
		for range 4 { // as many as there are places
			if _, err := w.service.ExportVisitor(ctx, as(people.admin), quokka); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.service.ExportVisitor(ctx, as(people.admin), quokka)
		wantCode(t, err, "too_many_requests")
	})
}
