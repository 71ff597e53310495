package chat_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"testing"

	"parley/chat"
)

// TestExportKnowsWhoLeft: whether the visitor has left her conversation is kept, and so it is exported.
func TestExportKnowsWhoLeft(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		export := func() (left *struct{ Participating bool }) {
			t.Helper()
			e, err := chat.NewAdmin(w).ExportVisitor(ctx, w.Org.ID, "v1", nil)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := e.Write(ctx, &b); err != nil {
				t.Fatal(err)
			}
			z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
			if err != nil {
				t.Fatal(err)
			}
			f, err := z.Open("data.json")
			if err != nil {
				t.Fatal(err)
			}
			var told struct {
				Conversations []struct {
					Conversation struct{ Membership *struct{ Participating bool } }
				}
			}
			if err := json.NewDecoder(f).Decode(&told); err != nil || len(told.Conversations) != 1 {
				t.Fatalf("%+v, %v", told, err)
			}
			return told.Conversations[0].Conversation.Membership
		}
		if got := export(); got != nil {
			t.Errorf("%+v", got)
		}
		for _, participating := range []bool{false, true} {
			if err := w.service.AttendVisitor(ctx, visitor("v1"), c.ID, participating); err != nil {
				t.Fatal(err)
			}
			if got := export(); got == nil || got.Participating != participating {
				t.Errorf("%+v, want %v", got, participating)
			}
		}
	})
}
