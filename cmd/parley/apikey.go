package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"parley/models"
)

func (a *app) apikeyCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make an API key for a backend and show it this once", Args: cobra.NoArgs, RunE: a.createAPIKey}
	create.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	create.Flags().String("name", "", "what it is for")
	all := &cobra.Command{Use: "list", Short: "List API keys", Args: cobra.NoArgs, RunE: a.listAPIKeys}
	all.Flags().Int64("org", 0, "of this organisation only")
	show := &cobra.Command{Use: "show", Short: "Show what is known of one API key; not the key itself", RunE: a.showAPIKey}
	remove := &cobra.Command{Use: "delete", Short: "Delete an API key", RunE: a.deleteAPIKey}
	addID(show, remove)
	addJSON(create, all, show, remove)
	return group("apikey", "API keys, with which backends call", create, all, show, remove)
}

func apiKeyRows(all ...models.APIKey) [][]string {
	rows := [][]string{{"ID", "ORG", "NAME", "CREATED"}}
	for _, k := range all {
		rows = append(rows, []string{number(k.ID), number(k.OrganizationID), k.Name, k.CreatedAt.String()})
	}
	return rows
}

func (a *app) createAPIKey(c *cobra.Command, _ []string) error {
	if err := required(c, "name"); err != nil {
		return err
	}
	name, _ := c.Flags().GetString("name")
	org, _ := c.Flags().GetInt64("org")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		org, err := organization(ctx, door, org)
		if err != nil {
			return err
		}
		record, key, err := door.CreateAPIKey(ctx, org, name)
		if err != nil {
			return err
		}
		created := struct {
			models.APIKey
			Key string `json:"key"`
		}{record, key}
		rows := apiKeyRows(record)
		rows[0], rows[1] = append(rows[0], "KEY (shown this once)"), append(rows[1], key)
		return a.show(c, created, rows...)
	})
}

func (a *app) listAPIKeys(c *cobra.Command, _ []string) error {
	org, _ := c.Flags().GetInt64("org")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		all, err := ofEach(ctx, door, org, door.APIKeys)
		if err != nil {
			return err
		}
		return a.show(c, list(all), apiKeyRows(all...)...)
	})
}

func (a *app) showAPIKey(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		all, err := ofEach(ctx, door, 0, door.APIKeys)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(k models.APIKey) bool { return k.ID == id })
		if i < 0 {
			return fmt.Errorf("there is no API key %d", id)
		}
		return a.show(c, all[i], apiKeyRows(all[i])...)
	})
}

func (a *app) deleteAPIKey(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		if err := door.DeleteAPIKey(ctx, id); err != nil {
			return err
		}
		return a.deleted(c, "API key", id)
	})
}
