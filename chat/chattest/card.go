package chattest

import (
	"errors"
	"testing"

	"parley/chat"
	"parley/models"
)

func cards(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	other := f.Conversation(2, "v2", f.Anna, nil)
	f.Message(c, nil)
	e := models.Extra{Cards: []models.Card{{ID: "card", Title: "Tea", Actions: []models.CardAction{{ID: "yes", Type: models.CardButton, Text: "Yes"}}}}}
	m := f.Message(c, func(m *models.Message) {
		m.SenderType, m.ManagerID, m.Extra = models.SenderManager, &f.Anna.ID, e.JSON()
	})
	found, err := f.reader().MessageByUUID(c.ID, m.UUID)
	if err != nil || found.ID != m.ID || len(found.Extras().Cards) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := f.reader().MessageByUUID(other.ID, m.UUID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("in another conversation: %v", err)
	}
	spoke := func(want bool) {
		t.Helper()
		if got, err := f.reader().VisitorSpokeAfter(c.ID, m.ID); err != nil || got != want {
			t.Errorf("spoke %v, %v", got, err)
		}
	}
	f.Message(other, nil)
	f.Message(c, func(m *models.Message) { m.SenderType, m.ManagerID = models.SenderManager, &f.Anna.ID })
	spoke(false)
	f.Message(c, func(m *models.Message) { m.Type = models.MessageAction })
	spoke(true)

	e.Cards[0].Pressed = true
	f.do(func(tx chat.Tx) error { return tx.ReplaceExtra(m.ID, e.JSON()) })
	if found, err := f.reader().Message(m.ID); err != nil || !found.Extras().Cards[0].Pressed || found.Content != m.Content {
		t.Errorf("%+v, %v", found, err)
	}
	f.do(func(tx chat.Tx) error { return tx.ReplaceExtra(m.ID, nil) })
	if found, err := f.reader().Message(m.ID); err != nil || found.Extra != nil {
		t.Errorf("%+v, %v", found, err)
	}
}
