package chat_test

import (
	"testing"

	"parley/chat"
	"parley/models"
)

// Events about resources are for giosg's clients alone.
func TestResourceEventsAreSeenByNobodyElse(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		kinds := []models.EventKind{
			models.EventRoom, models.EventOrganization, models.EventUser, models.EventRoomVisitor, models.EventVariable,
			models.EventMembership, models.EventAttendance, models.EventInvitation,
		}
		err := w.Update(ctx, func(tx chat.Tx) error {
			for _, kind := range kinds {
				e := models.Event{
					OrganizationID: w.Org.ID, VisitorID: "v1", ConversationID: &c.ID, Kind: kind,
					Action: chat.ResourceChanged, Payload: `{"room_id":1,"manager_id":2,"key":"age","changed":["value"]}`, CreatedAt: 5,
				}
				if err := tx.AppendEvent(&e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		pending, err := w.Pending(ctx, nil, 100)
		if err != nil || len(pending) != len(kinds) {
			t.Fatalf("%d events, %v", len(pending), err)
		}
		log := &channelLog{}
		if err := chat.NewFayeFeed(log).Deliver(ctx, pending); err != nil || len(log.channels) != 0 {
			t.Errorf("published on %q, %v", log.channels, err)
		}
		for _, e := range pending {
			what, err := chat.ChangedOf(e)
			if err != nil || what.Key != "age" || len(what.Attributes) != 1 {
				t.Errorf("%+v, %v", what, err)
			}
			if name := chat.TypeOf(e); name != "" {
				t.Errorf("webhooks are told of %s as %s", e.Kind, name)
			}
		}
		first := pending[0].ID
		w.relay()
		for name, p := range map[string]chat.Principal{"backend": w.backend(w.Org), "manager": as(w.Anna), "visitor": visitor("v1")} {
			events, next := w.pages(p, 0, nil)
			for _, e := range events {
				if e.ID >= first {
					t.Errorf("the %s follows %s", name, e.Event)
				}
			}
			if rest, _ := w.pages(p, next, nil); len(rest) != 0 {
				t.Errorf("the %s has more", name)
			}
		}
	})
}
