package chat_test

import (
	"encoding/json"
	"testing"

	"parley/chat"
	"parley/models"
)

// TestListsShowFaces: managers' lists have what the conversation's room calls a visitor, unless a backend has said
// better.
func TestListsShowFaces(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.open(as(w.Anna), "v1")
		w.open(as(w.Anna), "v2")
		key := w.backend(w.Org)
		set := func(room models.Room, visitor, name string) {
			t.Helper()
			if _, err := w.service.SetVariable(ctx, key, room, visitor, "username", json.RawMessage(name)); err != nil {
				t.Fatal(err)
			}
		}
		face := func(visitor string) chat.Face {
			t.Helper()
			list, _, err := w.service.Inbox(ctx, as(w.Anna), chat.InboxQuery{ManagerID: w.Anna.ID, Status: models.StatusOpen, Limit: 9})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				if c.VisitorID == visitor && c.Visitor.Face != nil {
					return *c.Visitor.Face
				}
			}
			t.Fatalf("%s has no face", visitor)
			return chat.Face{}
		}
		set(w.main(), "v1", `"Maya"`)
		set(w.Room(w.Org, "shop", 1, nil), "v1", `"M."`) // elsewhere
		if f := face("v1"); f.Name == nil || *f.Name != "Maya" || !f.NameSigned {
			t.Errorf("%+v", f)
		}
		if f := face("v2"); f.Name != nil {
			t.Errorf("of another: %+v", f)
		}
		err := w.Update(ctx, func(tx chat.Tx) error {
			v, err := tx.LockVisitor("v1")
			name, at := "Maya Lind", models.Time(7)
			v.Name, v.IdentifiedAt = &name, &at
			if err == nil {
				err = tx.SaveVisitor(v)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if f := face("v1"); f.Name != nil {
			t.Errorf("of somebody who is known: %+v", f)
		}
	})
}
