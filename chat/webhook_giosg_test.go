package chat_test

import (
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func giosgHook(manager int64, channels ...string) chat.WebhookChanges {
	return chat.WebhookChanges{
		URL: chat.To("https://bot.example/?secret=x"), Format: chat.To(models.FormatGiosg),
		GiosgChanges: chat.GiosgChanges{ManagerID: chat.To(manager), Channels: chat.To(channels)},
	}
}

func TestGiosgWebhooks(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		hooks := chat.NewAdmin(w).Webhooks(w.Org.ID)
		zoe := w.Manager(w.Organization("Elsewhere"), "Zoe")
		const good = "/api/v5/users/{user_id}/chats/*/messages"
		for _, row := range []struct {
			change func(*chat.WebhookChanges)
			code   string
		}{
			{func(c *chat.WebhookChanges) { c.ManagerID = chat.Change[int64]{} }, "manager_invalid"},
			{func(c *chat.WebhookChanges) { c.ManagerID.To = 999 }, "manager_not_found"},
			{func(c *chat.WebhookChanges) { c.ManagerID.To = zoe.ID }, "manager_not_found"},
			{func(c *chat.WebhookChanges) { c.Channels = chat.Change[[]string]{} }, "channels_invalid"},
			{func(c *chat.WebhookChanges) { c.Channels.To = nil }, "channels_invalid"},
			{func(c *chat.WebhookChanges) { c.Channels.To = make([]string, 21) }, "channels_invalid"},
			{func(c *chat.WebhookChanges) { c.Channels.To = []string{good, "/conversations/*"} }, "channels_invalid"},
			{func(c *chat.WebhookChanges) { c.Channels.To = []string{"/api/v5/users/{user}/chats"} }, "channels_invalid"},
			{func(c *chat.WebhookChanges) { c.Channels.To = []string{"/api/v5/users/**"} }, "channels_invalid"},
			{func(c *chat.WebhookChanges) { c.Channels.To = []string{"/api/v5/users/a*b/chats"} }, "channels_invalid"},
			{func(c *chat.WebhookChanges) { c.Actions = chat.To([]string{"added", "created"}) }, "actions_invalid"},
			{func(c *chat.WebhookChanges) { c.Events = chat.To([]string{"all"}) }, "events_invalid"},
			{func(c *chat.WebhookChanges) { c.Format.To = "xml" }, "format_invalid"},
			{func(c *chat.WebhookChanges) { c.Format.To = "parley" }, "format_invalid"},
		} {
			c := giosgHook(w.boris.ID, good)
			row.change(&c)
			_, _, err := hooks.Create(ctx, c)
			wantCode(t, err, row.code)
		}
		h, _, err := hooks.Create(ctx, giosgHook(w.boris.ID, good+"/", "/api/v5/orgs/{organization_id}/owned_chats"))
		if err != nil {
			t.Fatal(err)
		}
		h, err = hooks.Show(ctx, h.ID)
		if err != nil || *h.ManagerID != w.boris.ID || !slices.Equal(h.Channels.List(), []string{"/api/v5/orgs/{organization_id}/owned_chats", good}) ||
			!slices.Equal(h.Actions.List(), []string{"added", "changed", "removed"}) || len(h.Events.List()) != 0 {
			t.Errorf("%+v, %v", h, err)
		}
		h, err = hooks.Change(ctx, h.ID, chat.WebhookChanges{GiosgChanges: chat.GiosgChanges{Actions: chat.To([]string{"removed", "added"})}})
		if err != nil || !slices.Equal(h.Actions.List(), []string{"added", "removed"}) {
			t.Errorf("%+v, %v", h, err)
		}
		_, err = hooks.Change(ctx, h.ID, chat.WebhookChanges{Format: chat.To(models.FormatParley)})
		wantCode(t, err, "format_invalid")

		// Its requests bring a manager's token: a key does not come by one.
		keys, err := w.service.Webhooks(w.backend(w.Org))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = keys.Create(ctx, giosgHook(w.boris.ID, good))
		wantCode(t, err, "forbidden")
		_, err = keys.Change(ctx, h.ID, chat.WebhookChanges{URL: chat.To("https://evil.example")})
		wantCode(t, err, "forbidden")
		plain, _, err := keys.Create(ctx, chat.WebhookChanges{URL: chat.To("https://shop.example")})
		if err != nil {
			t.Fatal(err)
		}
		_, err = keys.Change(ctx, plain.ID, chat.WebhookChanges{GiosgChanges: chat.GiosgChanges{ManagerID: chat.To(w.boris.ID)}})
		wantCode(t, err, "format_invalid")
	})
}
