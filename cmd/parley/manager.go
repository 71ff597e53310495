package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

func (a *app) managerCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make a manager, who answers visitors", Args: cobra.NoArgs, RunE: a.createManager}
	create.Flags().Int64("org", 0, "id of her organisation (may be left out when there is one only)")
	create.Flags().String("name", "", "her name, which visitors see")
	create.Flags().String("email", "", "her login")
	create.Flags().String("password", "", "her password; - reads it from standard input; without it, a terminal is asked")
	create.Flags().Bool("bot", false, "whether a program answers; it needs no password, since it calls with a key (apikey create --manager)")
	create.Flags().String("role", string(models.RoleManager), "manager, supervisor or admin")
	all := &cobra.Command{Use: "list", Short: "List managers", Args: cobra.NoArgs, RunE: a.listManagers}
	all.Flags().Int64("org", 0, "of this organisation only")
	show := &cobra.Command{Use: "show", Short: "Show one manager", RunE: a.showManager}
	remove := &cobra.Command{Use: "delete", Short: "Delete a manager; her conversations keep her name", RunE: a.deleteManager}
	update, passwd, signOut, unlock := a.updateManagerCommand(), a.passwdCommand(), a.signOutCommand(), a.unlockCommand()
	addID(show, remove, update, passwd, signOut, unlock)
	addJSON(create, all, show, remove, update, passwd, signOut, unlock)
	return group("manager", "Managers", create, all, show, remove, update, passwd, signOut, unlock, a.shiftsCommand(), a.leaveCommand())
}

func managerRows(all ...models.Manager) [][]string {
	rows := [][]string{{"ID", "ORG", "NAME", "EMAIL", "ROLE"}}
	for _, m := range all {
		rows = append(rows, []string{number(m.ID), number(m.OrganizationID), m.Name, m.Email, string(m.Role)})
	}
	return rows
}

func (a *app) createManager(c *cobra.Command, _ []string) error {
	if err := required(c, "name", "email"); err != nil {
		return err
	}
	name, _ := c.Flags().GetString("name")
	email, _ := c.Flags().GetString("email")
	role, _ := c.Flags().GetString("role")
	org, _ := c.Flags().GetInt64("org")
	if !models.Role(role).Valid() {
		return usagef("%s: --role is manager, supervisor or admin, not %q", c.CommandPath(), role)
	}
	bot, _ := c.Flags().GetBool("bot")
	password, err := a.passwordOr(c, bot)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		org, err := organization(ctx, door, org)
		if err != nil {
			return err
		}
		m, err := door.CreateManager(ctx, org, name, email, password, role)
		if err == nil && bot {
			m, err = door.UpdateManager(ctx, m.ID, chat.ManagerChanges{Bot: chat.To(true)})
		}
		if err != nil {
			return err
		}
		return a.show(c, m, managerRows(m)...)
	})
}

// passwordOr lets a program do without: it gets one that nobody knows.
func (a *app) passwordOr(c *cobra.Command, bot bool) (string, error) {
	if bot && !c.Flags().Changed("password") {
		return rand.Text(), nil
	}
	return a.password(c)
}

// password is --password, or a line of standard input. Nothing is made up: a password
// that was generated here would have to be printed, and so would be in somebody's log.
func (a *app) password(c *cobra.Command) (string, error) {
	given, _ := c.Flags().GetString("password")
	switch {
	case given == "-":
		return firstLine(a.stdin)
	case given != "":
		return given, nil
	case !isAttended(a.stdin):
		return "", usagef("%s: --password is missing (--password - reads it from standard input)", c.CommandPath())
	}
	fmt.Fprint(a.stderr, "Password (it will be shown): ")
	return firstLine(a.stdin)
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line != "" {
		return line, nil
	}
	if err != nil && err != io.EOF {
		return "", err
	}
	return "", errors.New("standard input is empty")
}

// isAttended tells whether somebody may be asked.
func isAttended(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	null, nullErr := os.Stat(os.DevNull)
	// /dev/null is a character device too, and what services have for standard input.
	return err == nil && nullErr == nil && info.Mode()&os.ModeCharDevice != 0 && !os.SameFile(info, null)
}

func (a *app) listManagers(c *cobra.Command, _ []string) error {
	org, _ := c.Flags().GetInt64("org")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		all, err := ofEach(ctx, door, org, door.Managers)
		if err != nil {
			return err
		}
		return a.show(c, list(all), managerRows(all...)...)
	})
}

func (a *app) showManager(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		m, err := door.Manager(ctx, id)
		if err != nil {
			return err
		}
		return a.show(c, m, managerRows(m)...)
	})
}

func (a *app) deleteManager(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		if err := door.DeleteManager(ctx, id); err != nil {
			return err
		}
		return a.deleted(c, "manager", id)
	})
}
