package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

func parseCount(text string) (int, error) { return strconv.Atoi(text) }

func (a *app) updateOrgCommand() *cobra.Command {
	c := &cobra.Command{Use: "update", Aliases: []string{"set"}, Short: "Change an organisation: texts, time zone, limits, origins", RunE: a.updateOrg}
	f := c.Flags()
	f.String("name", "", "its name")
	f.String("greeting", "", "what the widget says first; empty: its own words")
	f.String("offline-message", "", "what visitors are told when nobody is on duty; empty: chat.offline_message")
	f.String("time-zone", "", "IANA name such as Europe/Berlin")
	f.String("strategy", "", "who gets a conversation: least_loaded, round_robin or broadcast")
	f.String("max-conversations", "", "open conversations of each manager; 0: without limit; default: chat.max_conversations")
	f.String("answer-within", "", "how long a conversation may stay unanswered, such as 90s; 0: for ever; default: chat.answer_within")
	f.String("retain-days", "", "for how many days closed conversations are kept; default: for ever")
	f.Bool("calls", false, "whether visitors may call")
	f.Bool("suspended", false, "whether its subscription has ended: giosg's API then refuses its calls")
	f.StringSlice("allowed-origin", nil, "`origin` whose pages may use the chat; may be repeated; empty: http.allowed_origins")
	return c
}

func (a *app) updateOrg(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	changes := chat.OrganizationChanges{
		Name: givenText(c, "name"), Greeting: givenText(c, "greeting"), OfflineMessage: givenText(c, "offline-message"),
		TimeZone: givenText(c, "time-zone"),
	}
	strategy := givenText(c, "strategy")
	changes.Strategy = chat.Change[models.Strategy]{Set: strategy.Set, To: models.Strategy(strategy.To)}
	if changes.MaxConversations, err = givenLimit(c); err != nil {
		return err
	}
	if changes.AnswerWithinMS, err = givenAnswer(c); err != nil {
		return err
	}
	if changes.RetainDays, err = givenRetention(c); err != nil {
		return err
	}
	changes.Calls, changes.Suspended = givenFlag(c, "calls"), givenFlag(c, "suspended")
	origins, _ := c.Flags().GetStringSlice("allowed-origin")
	changes.AllowedOrigins = chat.Change[[]string]{Set: c.Flags().Changed("allowed-origin"), To: origins}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		o, err := door.UpdateOrganization(ctx, id, changes)
		if err != nil {
			return err
		}
		return a.show(c, o, orgRows(o)...)
	})
}

func givenAnswer(c *cobra.Command) (within chat.Change[*int64], err error) {
	const name = "answer-within"
	text, _ := c.Flags().GetString(name)
	if within.Set = c.Flags().Changed(name); !within.Set || text == "default" {
		return within, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return within, usagef("%s: --%s is a duration such as 90s, 0, or default", c.CommandPath(), name)
	}
	ms := d.Milliseconds()
	within.To = &ms
	return within, nil
}

func givenRetention(c *cobra.Command) (days chat.Change[*int], err error) {
	const name = "retain-days"
	text, _ := c.Flags().GetString(name)
	if days.Set = c.Flags().Changed(name); !days.Set || text == "default" {
		return days, nil
	}
	n, err := parseCount(text)
	if err != nil {
		return days, usagef("%s: --%s is a number of days, or default", c.CommandPath(), name)
	}
	days.To = &n
	return days, nil
}

func (a *app) holidayCommand() *cobra.Command {
	add := &cobra.Command{Use: "add", Short: "Add a day on which nobody works", Args: cobra.NoArgs, RunE: a.addHoliday}
	add.Flags().String("day", "", "the date, such as 2026-12-25")
	add.Flags().String("name", "", "what it is called")
	all := &cobra.Command{Use: "list", Short: "List an organisation's holidays", Args: cobra.NoArgs, RunE: a.listHolidays}
	remove := &cobra.Command{Use: "delete", Short: "Delete a holiday", RunE: a.deleteHoliday}
	addID(remove)
	addJSON(add, all, remove)
	for _, c := range []*cobra.Command{add, all, remove} {
		c.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	}
	return group("holiday", "Days on which nobody of an organisation works", add, all, remove)
}

// inOrganization runs work in the organisation of --org.
func (a *app) inOrganization(c *cobra.Command, work func(context.Context, admin, int64) error) error {
	org, _ := c.Flags().GetInt64("org")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		org, err := organization(ctx, door, org)
		if err != nil {
			return err
		}
		return work(ctx, door, org)
	})
}

func (a *app) addHoliday(c *cobra.Command, _ []string) error {
	if err := required(c, "day"); err != nil {
		return err
	}
	day, name := givenText(c, "day").To, givenText(c, "name").To
	return a.inOrganization(c, func(ctx context.Context, door admin, org int64) error {
		h, err := door.AddHoliday(ctx, org, day, name)
		if err != nil {
			return err
		}
		return a.show(c, h, holidayRows(h)...)
	})
}

func (a *app) listHolidays(c *cobra.Command, _ []string) error {
	return a.inOrganization(c, func(ctx context.Context, door admin, org int64) error {
		all, err := door.Holidays(ctx, org)
		if err != nil {
			return err
		}
		return a.show(c, list(all), holidayRows(all...)...)
	})
}

func (a *app) deleteHoliday(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.inOrganization(c, func(ctx context.Context, door admin, org int64) error {
		if err := door.DeleteHoliday(ctx, org, id); err != nil {
			return err
		}
		return a.deleted(c, "holiday", id)
	})
}
