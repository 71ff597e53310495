package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

func (a *app) webhookCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make a webhook and show its secret this once", Args: cobra.NoArgs, RunE: a.createWebhook}
	update := &cobra.Command{Use: "update", Short: "Change a webhook; switch it on or off", RunE: a.updateWebhook}
	for _, c := range []*cobra.Command{create, update} {
		c.Flags().String("url", "", "where requests go")
		c.Flags().StringSlice("events", nil, "types such as message.created, entities such as message, or all")
		c.Flags().String("description", "", "what it is for")
		c.Flags().Int64("manager", 0, "in giosg's format: as whom its receiver calls back")
		c.Flags().StringSlice("channels", nil, "in giosg's format: paths such as /api/v5/users/{user_id}/routed_chats, with * for one name")
		c.Flags().StringSlice("actions", nil, "in giosg's format: added, changed, removed (all unless given)")
	}
	create.Flags().String("format", models.FormatParley, "parley or giosg")
	update.Flags().Bool("enabled", true, "whether it is switched on")
	all := &cobra.Command{Use: "list", Short: "List webhooks", Args: cobra.NoArgs, RunE: a.listWebhooks}
	show := &cobra.Command{Use: "show", Short: "Show a webhook and its latest deliveries", RunE: a.showWebhook}
	remove := &cobra.Command{Use: "delete", Short: "Delete a webhook", RunE: a.deleteWebhook}
	ping := &cobra.Command{Use: "ping", Short: "Queue a webhook.ping", RunE: a.pingWebhook}
	secret := &cobra.Command{Use: "secret", Short: "Give a webhook another secret and show it this once", RunE: a.rotateWebhook}
	secret.Flags().Duration("overlap", 24*time.Hour, "how long requests carry the older signature, too")
	replay := &cobra.Command{Use: "replay", Short: "Send failed deliveries once more", RunE: a.replayWebhook}
	replay.Flags().Int64("delivery", 0, "this delivery only, whatever has become of it")
	replay.Flags().Duration("since", 24*time.Hour, "failed ones of what happened within so long")
	addID(update, show, remove, ping, secret, replay)
	commands := []*cobra.Command{create, all, show, update, remove, ping, secret, replay}
	addJSON(commands...)
	for _, c := range commands {
		c.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	}
	return group("webhook", "Where an organisation's events are sent", commands...)
}

func webhookRows(all ...models.Webhook) [][]string {
	rows := [][]string{{"ID", "ORG", "URL", "EVENTS", "STATE"}}
	for _, w := range all {
		rows = append(rows, []string{number(w.ID), number(w.OrganizationID), w.URL, webhookWants(w), webhookState(w)})
	}
	return rows
}

func webhookWants(w models.Webhook) string {
	if w.Format == models.FormatGiosg {
		return strings.Join(w.Channels.List(), ",")
	}
	return strings.Join(w.Events.List(), ",")
}

func webhookState(w models.Webhook) string {
	switch {
	case !w.Enabled && w.DisabledReason != "":
		return "switched off: " + string(w.DisabledReason)
	case !w.Enabled:
		return "off"
	case w.FailingSince != nil:
		return "failing since " + w.FailingSince.String()
	}
	return "on"
}

func deliveryRows(all ...models.Delivery) [][]string {
	rows := [][]string{{"DELIVERY", "TYPE", "STATE", "ATTEMPTS", "STATUS", "CREATED", "ERROR"}}
	for _, d := range all {
		rows = append(rows, []string{number(d.ID), d.Type, string(d.State), number(int64(d.Attempts)), number(int64(d.Status)), d.CreatedAt.String(), d.Error})
	}
	return rows
}

// withWebhooks runs work on the webhooks of --org.
func (a *app) withWebhooks(c *cobra.Command, work func(context.Context, chat.Webhooks) error) error {
	return a.inOrganization(c, func(ctx context.Context, door admin, org int64) error { return work(ctx, door.Webhooks(org)) })
}

// withWebhook does so for one of them.
func (a *app) withWebhook(c *cobra.Command, args []string, work func(context.Context, chat.Webhooks, int64) error) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withWebhooks(c, func(ctx context.Context, hooks chat.Webhooks) error { return work(ctx, hooks, id) })
}

func givenWebhook(c *cobra.Command) chat.WebhookChanges {
	events, _ := c.Flags().GetStringSlice("events")
	changes := chat.WebhookChanges{
		URL: givenText(c, "url"), Description: givenText(c, "description"),
		Events: chat.Change[[]string]{Set: c.Flags().Changed("events"), To: events},
	}
	if format, err := c.Flags().GetString("format"); err == nil {
		changes.Format = chat.Change[string]{Set: c.Flags().Changed("format"), To: format}
	}
	manager, _ := c.Flags().GetInt64("manager")
	channels, _ := c.Flags().GetStringSlice("channels")
	actions, _ := c.Flags().GetStringSlice("actions")
	changes.GiosgChanges = chat.GiosgChanges{
		ManagerID: chat.Change[int64]{Set: c.Flags().Changed("manager"), To: manager},
		Channels:  chat.Change[[]string]{Set: c.Flags().Changed("channels"), To: channels},
		Actions:   chat.Change[[]string]{Set: c.Flags().Changed("actions"), To: actions},
	}
	if enabled, err := c.Flags().GetBool("enabled"); err == nil {
		changes.Enabled = chat.Change[bool]{Set: c.Flags().Changed("enabled"), To: enabled}
	}
	return changes
}

// showSecret prints a webhook with its secret.
func (a *app) showSecret(c *cobra.Command, w models.Webhook, secret string) error {
	rows := webhookRows(w)
	rows[0], rows[1] = append(rows[0], "SECRET (shown this once)"), append(rows[1], secret)
	return a.show(c, struct {
		models.Webhook
		Secret string `json:"secret"`
	}{w, secret}, rows...)
}

func (a *app) createWebhook(c *cobra.Command, _ []string) error {
	if err := required(c, "url"); err != nil {
		return err
	}
	return a.withWebhooks(c, func(ctx context.Context, hooks chat.Webhooks) error {
		w, secret, err := hooks.Create(ctx, givenWebhook(c))
		if err != nil {
			return err
		}
		return a.showSecret(c, w, secret)
	})
}

func (a *app) listWebhooks(c *cobra.Command, _ []string) error {
	return a.withWebhooks(c, func(ctx context.Context, hooks chat.Webhooks) error {
		all, err := hooks.List(ctx)
		if err != nil {
			return err
		}
		return a.show(c, list(all), webhookRows(all...)...)
	})
}

func (a *app) showWebhook(c *cobra.Command, args []string) error {
	return a.withWebhook(c, args, func(ctx context.Context, hooks chat.Webhooks, id int64) error {
		w, err := hooks.Show(ctx, id)
		if err != nil {
			return err
		}
		latest, _, err := hooks.Deliveries(ctx, id, chat.DeliveriesRequest{Limit: 20})
		if err != nil {
			return err
		}
		return a.show(c, struct {
			models.Webhook
			Deliveries []models.Delivery `json:"deliveries"`
		}{w, list(latest)}, append(append(webhookRows(w), []string{}), deliveryRows(latest...)...)...)
	})
}

func (a *app) updateWebhook(c *cobra.Command, args []string) error {
	return a.withWebhook(c, args, func(ctx context.Context, hooks chat.Webhooks, id int64) error {
		w, err := hooks.Change(ctx, id, givenWebhook(c))
		if err != nil {
			return err
		}
		return a.show(c, w, webhookRows(w)...)
	})
}

func (a *app) deleteWebhook(c *cobra.Command, args []string) error {
	return a.withWebhook(c, args, func(ctx context.Context, hooks chat.Webhooks, id int64) error {
		if err := hooks.Delete(ctx, id); err != nil {
			return err
		}
		return a.deleted(c, "webhook", id)
	})
}

func (a *app) pingWebhook(c *cobra.Command, args []string) error {
	return a.withWebhook(c, args, func(ctx context.Context, hooks chat.Webhooks, id int64) error {
		d, err := hooks.Ping(ctx, id)
		if err != nil {
			return err
		}
		return a.show(c, d, deliveryRows(d)...)
	})
}

func (a *app) rotateWebhook(c *cobra.Command, args []string) error {
	overlap, _ := c.Flags().GetDuration("overlap")
	return a.withWebhook(c, args, func(ctx context.Context, hooks chat.Webhooks, id int64) error {
		w, secret, err := hooks.Rotate(ctx, id, &overlap)
		if err != nil {
			return err
		}
		return a.showSecret(c, w, secret)
	})
}

func (a *app) replayWebhook(c *cobra.Command, args []string) error {
	delivery, _ := c.Flags().GetInt64("delivery")
	since, _ := c.Flags().GetDuration("since")
	return a.withWebhook(c, args, func(ctx context.Context, hooks chat.Webhooks, id int64) error {
		if delivery != 0 {
			d, err := hooks.Replay(ctx, id, delivery)
			if err != nil {
				return err
			}
			return a.show(c, d, deliveryRows(d)...)
		}
		n, err := hooks.ReplayFailed(ctx, id, time.Now().Add(-since))
		if err != nil {
			return err
		}
		return a.show(c, map[string]int{"replayed": n}, []string{number(int64(n)) + " deliveries are sent once more"})
	})
}
