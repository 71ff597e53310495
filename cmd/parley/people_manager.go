package main

import (
	"context"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

func (a *app) updateManagerCommand() *cobra.Command {
	c := &cobra.Command{Use: "update", Short: "Change a manager: name, login, role, picture, time zone, limit", RunE: a.updateManager}
	f := c.Flags()
	f.String("name", "", "her name, which visitors see")
	f.String("email", "", "her login")
	f.String("role", "", "manager, supervisor or admin")
	f.String("avatar-url", "", "her picture: https://…, or a path on this server; empty: none")
	f.String("time-zone", "", "IANA name that her shifts are meant in; empty: the organisation's")
	f.Bool("bot", false, "whether a program answers")
	f.String("max-conversations", "", "how many open conversations she takes; 0: without limit; default: the organisation's")
	return c
}

func (a *app) updateManager(c *cobra.Command, args []string) error {
	changes := chat.ManagerChanges{Name: givenText(c, "name"), Email: givenText(c, "email"), TimeZone: givenText(c, "time-zone")}
	role, avatar := givenText(c, "role"), givenText(c, "avatar-url")
	changes.Role = chat.Change[models.Role]{Set: role.Set, To: models.Role(role.To)}
	changes.AvatarURL = chat.Change[*string]{Set: avatar.Set, To: &avatar.To}
	changes.Bot = givenFlag(c, "bot")
	var err error
	if changes.MaxConversations, err = givenLimit(c); err != nil {
		return err
	}
	return a.onManager(c, args, func(ctx context.Context, door admin, id int64) (models.Manager, error) {
		return door.UpdateManager(ctx, id, changes)
	})
}

// onManager changes the manager of the command line and shows her.
func (a *app) onManager(c *cobra.Command, args []string, change func(context.Context, admin, int64) (models.Manager, error)) error {
	return a.ofManager(c, args, func(ctx context.Context, door admin, id int64) error {
		m, err := change(ctx, door, id)
		if err != nil {
			return err
		}
		return a.show(c, m, managerRows(m)...)
	})
}

// ofManager runs work with the id of the command line.
func (a *app) ofManager(c *cobra.Command, args []string, work func(context.Context, admin, int64) error) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error { return work(ctx, door, id) })
}

func (a *app) passwdCommand() *cobra.Command {
	c := &cobra.Command{Use: "passwd", Short: "Give a manager another password; she is signed out everywhere"}
	c.Flags().String("password", "", "the new password; - reads it from standard input; without it, a terminal is asked")
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := idNumber(c, args); err != nil { // before anything is asked
			return err
		}
		password, err := a.password(c)
		if err != nil {
			return err
		}
		return a.onManager(c, args, func(ctx context.Context, door admin, id int64) (models.Manager, error) {
			return door.SetPassword(ctx, id, password)
		})
	}
	return c
}

func (a *app) signOutCommand() *cobra.Command {
	return &cobra.Command{
		Use: "sign-out", Short: "End all sign-ins, tokens and live subscriptions of a manager",
		RunE: func(c *cobra.Command, args []string) error {
			return a.onManager(c, args, func(ctx context.Context, door admin, id int64) (models.Manager, error) { return door.SignOut(ctx, id) })
		},
	}
}

func (a *app) unlockCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unlock", Short: "Let a manager sign in again whose account wrong passwords have locked",
		RunE: func(c *cobra.Command, args []string) error {
			return a.onManager(c, args, func(ctx context.Context, door admin, id int64) (models.Manager, error) { return door.Unlock(ctx, id) })
		},
	}
}

func (a *app) shiftsCommand() *cobra.Command {
	set := &cobra.Command{
		Use: "set --id ID [SHIFTS …]", Short: "Put these shifts in place of all of a manager's; none: she works whenever she listens",
		Example: "  parley manager shifts set --id 5 'mon-fri 09:00-18:00' 'sat 10:00-14:00' --time-zone Europe/Moscow\n" +
			"  parley manager shifts set --id 5 'mon,wed 22:00-06:00'   # until the next morning",
		RunE: a.setShifts,
	}
	set.Flags().String("id", "", "her id")
	set.Flags().String("time-zone", "", "IANA name that the shifts are meant in; empty: the organisation's")
	show := &cobra.Command{Use: "show", Short: "Show a manager's shifts", RunE: func(c *cobra.Command, args []string) error {
		return a.ofManager(c, args, func(ctx context.Context, door admin, id int64) error {
			week, err := door.Week(ctx, id)
			if err != nil {
				return err
			}
			return a.show(c, week, weekRows(week)...)
		})
	}}
	addID(show)
	addJSON(set, show)
	return group("shifts", "When a manager works, every week", set, show)
}

func (a *app) setShifts(c *cobra.Command, args []string) error {
	if _, err := idNumber(c, nil); err != nil {
		return err
	}
	week := []chat.Hours{}
	for _, text := range args {
		shifts, ok := parseShifts(text)
		if !ok {
			return usagef("%s: %q is no shift such as 'mon-fri 09:00-18:00'", c.CommandPath(), text)
		}
		week = append(week, shifts...)
	}
	return a.ofManager(c, nil, func(ctx context.Context, door admin, id int64) error {
		set, err := door.SetWeek(ctx, id, week, givenText(c, "time-zone"))
		if err != nil {
			return err
		}
		return a.show(c, set, weekRows(set)...)
	})
}

func (a *app) leaveCommand() *cobra.Command {
	add := &cobra.Command{
		Use: "add", Short: "Note that a manager is away, whatever her shifts say", RunE: a.addLeave,
		Example: "  parley manager leave add 5 --from 2026-12-24 --to 2027-01-02 --reason holiday",
	}
	add.Flags().String("from", "", "the first day, in her time zone")
	add.Flags().String("to", "", "the last day")
	add.Flags().String("reason", "", "why, for herself and those who supervise")
	all := &cobra.Command{Use: "list", Short: "List a manager's leave", RunE: func(c *cobra.Command, args []string) error {
		return a.ofManager(c, args, func(ctx context.Context, door admin, id int64) error {
			leaves, err := door.Leaves(ctx, id)
			if err != nil {
				return err
			}
			return a.show(c, list(leaves), leaveRows(leaves...)...)
		})
	}}
	remove := &cobra.Command{Use: "delete", Short: "Take a manager's leave back", RunE: a.deleteLeave}
	remove.Flags().Int64("leave", 0, "id of the leave")
	addID(add, all, remove)
	addJSON(add, all, remove)
	return group("leave", "When a manager is away", add, all, remove)
}

func (a *app) addLeave(c *cobra.Command, args []string) error {
	if err := required(c, "from", "to"); err != nil {
		return err
	}
	absence := chat.Absence{FromDay: givenText(c, "from").To, ToDay: givenText(c, "to").To, Reason: givenText(c, "reason").To}
	return a.ofManager(c, args, func(ctx context.Context, door admin, id int64) error {
		l, err := door.AddLeave(ctx, id, absence)
		if err != nil {
			return err
		}
		return a.show(c, l, leaveRows(l)...)
	})
}

func (a *app) deleteLeave(c *cobra.Command, args []string) error {
	leave, _ := c.Flags().GetInt64("leave")
	return a.ofManager(c, args, func(ctx context.Context, door admin, id int64) error {
		if err := door.DeleteLeave(ctx, id, leave); err != nil {
			return err
		}
		return a.deleted(c, "leave", leave)
	})
}
