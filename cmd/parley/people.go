package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

// people is what the commands about organisations, managers and their schedules change; chat.Admin does it.
type people interface {
	UpdateOrganization(ctx context.Context, id int64, c chat.OrganizationChanges) (models.Organization, error)
	Holidays(ctx context.Context, organization int64) ([]models.Holiday, error)
	AddHoliday(ctx context.Context, organization int64, day, name string) (models.Holiday, error)
	DeleteHoliday(ctx context.Context, organization, id int64) error

	// CreateSiteSecret's has the secret in it, which is shown nowhere else.
	CreateSiteSecret(ctx context.Context, organization int64, name string) (models.SiteSecret, error)
	SiteSecrets(ctx context.Context, organization int64) ([]models.SiteSecret, error)
	DeleteSiteSecret(ctx context.Context, id int64) error

	UpdateManager(ctx context.Context, id int64, c chat.ManagerChanges) (models.Manager, error)
	SetPassword(ctx context.Context, id int64, password string) (models.Manager, error)
	SignOut(ctx context.Context, id int64) (models.Manager, error)
	Unlock(ctx context.Context, id int64) (models.Manager, error)
	Week(ctx context.Context, manager int64) (chat.Week, error)
	SetWeek(ctx context.Context, manager int64, week []chat.Hours, zone chat.Change[string]) (chat.Week, error)
	Leaves(ctx context.Context, manager int64) ([]models.Leave, error)
	AddLeave(ctx context.Context, manager int64, absence chat.Absence) (models.Leave, error)
	DeleteLeave(ctx context.Context, manager, id int64) error

	ChangeAPIKey(ctx context.Context, id int64, c chat.KeyChanges) (models.APIKey, error)
	PrivatePub(ctx context.Context, organization int64) (chat.PrivatePubView, error)
	SetPrivatePub(ctx context.Context, organization int64, secret string) (chat.PrivatePubView, error)
	DeletePrivatePub(ctx context.Context, organization int64) error
}

// givenText is the change that a flag asks for: what was not given stays.
func givenText(c *cobra.Command, name string) chat.Change[string] {
	text, _ := c.Flags().GetString(name)
	return chat.Change[string]{Set: c.Flags().Changed(name), To: text}
}

// givenLimit reads --max-conversations: "default" goes back to what stands above.
func givenLimit(c *cobra.Command) (limit chat.Change[*int], err error) {
	const name = "max-conversations"
	text, _ := c.Flags().GetString(name)
	if limit.Set = c.Flags().Changed(name); !limit.Set || text == "default" {
		return limit, nil
	}
	n, err := parseCount(text)
	if err != nil {
		return limit, usagef("%s: --%s is a number, 0 for no limit, or default", c.CommandPath(), name)
	}
	limit.To = &n
	return limit, nil
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseShifts reads "mon-fri 09:00-18:00" or "sat,sun 10:00-14:00": one shift for each of the days.
func parseShifts(text string) ([]chat.Hours, bool) {
	days, hours, ok := strings.Cut(strings.TrimSpace(text), " ")
	from, to, ok2 := strings.Cut(strings.TrimSpace(hours), "-")
	if !ok || !ok2 {
		return nil, false
	}
	var shifts []chat.Hours
	for part := range strings.SplitSeq(strings.ToLower(days), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		day, end := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if day < 0 || end < 0 {
			return nil, false
		}
		for ; ; day = (day + 1) % 7 { // fri-mon goes over the end of the week
			shifts = append(shifts, chat.Hours{Weekday: day, From: from, To: to})
			if day == end {
				break
			}
		}
	}
	return shifts, true
}

func weekRows(w chat.Week) [][]string {
	rows := [][]string{{"DAY", "FROM", "TO", "TIME ZONE"}}
	for _, h := range w.Shifts {
		rows = append(rows, []string{weekdays[h.Weekday], h.From, h.To, w.TimeZone})
	}
	return rows
}

func leaveRows(all ...models.Leave) [][]string {
	rows := [][]string{{"ID", "FROM", "TO", "REASON"}}
	for _, l := range all {
		rows = append(rows, []string{number(l.ID), l.StartsAt.String(), l.EndsAt.String(), l.Reason})
	}
	return rows
}

func holidayRows(all ...models.Holiday) [][]string {
	rows := [][]string{{"ID", "ORG", "DAY", "NAME"}}
	for _, h := range all {
		rows = append(rows, []string{number(h.ID), number(h.OrganizationID), h.Day, h.Name})
	}
	return rows
}
