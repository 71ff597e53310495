package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) migrateCommand() *cobra.Command {
	up := &cobra.Command{Use: "up", Short: "Apply the migrations that are missing", Args: cobra.NoArgs, RunE: a.migrateUp}
	status := &cobra.Command{Use: "status", Short: "List migrations and whether they are applied", Args: cobra.NoArgs, RunE: a.migrateStatus}
	addJSON(up, status)
	c := group("migrate", "Bring the database up to date (serve does so by itself)", status, up)
	c.Flags().Bool("json", false, "print one JSON document and nothing else")
	noCommand := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return noCommand(c, args)
		}
		return a.migrateUp(c, args)
	}
	return c
}

func (a *app) migrateUp(c *cobra.Command, _ []string) error {
	return a.withDatabase(c, a.openAdmin, func(ctx context.Context, door admin) error {
		before, err := door.MigrationStatus(ctx)
		if err != nil {
			return err
		}
		if err := door.Migrate(ctx); err != nil {
			return err
		}
		after, err := door.MigrationStatus(ctx)
		if err != nil {
			return err
		}
		summary := fmt.Sprintf("the database is up to date, %d applied now", missing(before)-missing(after))
		return a.show(c, list(after), []string{summary})
	})
}

func (a *app) migrateStatus(c *cobra.Command, _ []string) error {
	return a.withDatabase(c, a.lookAdmin, func(ctx context.Context, door admin) error {
		all, err := door.MigrationStatus(ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"VERSION", "NAME", "APPLIED"}}
		for _, m := range all {
			applied := "no"
			if m.Applied {
				applied = "yes"
			}
			rows = append(rows, []string{number(m.Version), m.Name, applied})
		}
		return a.show(c, list(all), rows...)
	})
}

func missing(all []migration) (n int) {
	for _, m := range all {
		if !m.Applied {
			n++
		}
	}
	return n
}
