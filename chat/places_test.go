package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

// TestChangesOfPeopleAreTold: users and the organisation leave events that say what changed, and no secrets.
func TestChangesOfPeopleAreTold(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		admin := chat.NewAdmin(w)
		told := func(kind models.EventKind) (list []string) {
			events, err := w.Pending(ctx, nil, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Kind == kind {
					c, err := chat.ChangedOf(e)
					if err != nil {
						t.Fatal(err)
					}
					list = append(list, fmt.Sprint(e.Action, c.ManagerID, c.Attributes))
				}
			}
			return list
		}
		m, err := admin.CreateManager(ctx, w.Org.ID, "Nora Nye", "nora@example.com", "correct horse", "manager")
		if err != nil {
			t.Fatal(err)
		}
		picture := "/nora.png"
		for _, c := range []chat.ManagerChanges{
			{Name: chat.To("Nora")}, {AvatarURL: chat.To(&picture)}, {AvatarURL: chat.To(&picture)}, {Email: chat.To("n@example.com")},
			{Role: chat.To(models.RoleAdmin)}, {Bot: chat.To(true)},
		} {
			if _, err := admin.UpdateManager(ctx, m.ID, c); err != nil {
				t.Fatal(err)
			}
		}
		if err := admin.DeleteManager(ctx, m.ID); err != nil {
			t.Fatal(err)
		}
		want := []string{"added%d []", "changed%d [first_name last_name full_name]", "changed%d [avatar_id avatar]", "changed%d [is_manager]", "changed%d [is_bot]", "removed%d []"}
		for i := range want {
			want[i] = fmt.Sprintf(want[i], m.ID)
		}
		if got := told(models.EventUser); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		for _, c := range []chat.OrganizationChanges{{Name: chat.To("Pots")}, {Greeting: chat.To("Hi")}, {Suspended: chat.To(true)}} {
			if _, err := admin.UpdateOrganization(ctx, w.Org.ID, c); err != nil {
				t.Fatal(err)
			}
		}
		if got := told(models.EventOrganization); len(got) != 2 {
			t.Errorf("%v", got)
		}
		if o, err := admin.Organization(ctx, w.Org.ID); err != nil || !o.Suspended {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

// TestWhoServes: a user is online when she wants to serve and is there, a room when somebody is.
func TestWhoServes(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		main, err := w.View(ctx).MainRoom(w.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		state := func() string {
			u, err := w.service.User(ctx, w.Org, w.boris)
			rooms, err2 := w.service.RoomFacts(ctx, w.Org, main)
			o, err3 := w.service.OrganizationFacts(ctx, w.Org)
			if err != nil || err2 != nil || err3 != nil {
				t.Fatal(err, err2, err3)
			}
			return fmt.Sprint(u.Enabled, u.Present, u.Online, " ", rooms[0].Online, rooms[0].HumansOnline, " ", o.Present, o.Online)
		}
		want := func(when, text string) {
			t.Helper()
			if got := state(); got != text {
				t.Errorf("%s: %s, want %s", when, got, text)
			}
		}
		want("at first", "true false false false false false false")
		w.presence.Subscribed(ctx, "s1", as(w.boris), "/service/*")
		want("there", "true true true true true true true")
		if _, err := chat.NewAdmin(w).UpdateManager(ctx, w.boris.ID, chat.ManagerChanges{Bot: chat.To(true)}); err != nil {
			t.Fatal(err)
		}
		want("as a bot", "true true true true false true true")
		if err := w.service.EnableOnline(ctx, as(w.boris), w.boris.ID, false); err != nil {
			t.Fatal(err)
		}
		want("switched off", "false true false false false true false")
	})
}
