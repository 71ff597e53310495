package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

func (a *app) apikeyCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make an API key for a backend and show it this once", Args: cobra.NoArgs, RunE: a.createAPIKey}
	create.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	create.Flags().String("name", "", "what it is for")
	create.Flags().Int64("manager", 0, "id of the manager whose key it is: who calls with it is she; without it, the organisation's backends'")
	create.Flags().StringSlice("scopes", nil, "what it may do: "+scopesHelp+"; without it, all")
	update := &cobra.Command{Use: "update", Short: "Change an API key: name, scopes", RunE: a.updateAPIKey}
	update.Flags().String("name", "", "what it is for")
	update.Flags().StringSlice("scopes", nil, "what it may do from now on: "+scopesHelp)
	all := &cobra.Command{Use: "list", Short: "List API keys", Args: cobra.NoArgs, RunE: a.listAPIKeys}
	all.Flags().Int64("org", 0, "of this organisation only")
	show := &cobra.Command{Use: "show", Short: "Show what is known of one API key; not the key itself", RunE: a.showAPIKey}
	remove := &cobra.Command{Use: "delete", Short: "Delete an API key", RunE: a.deleteAPIKey}
	addID(show, update, remove)
	addJSON(create, all, show, update, remove)
	return group("apikey", "API keys, with which backends call", create, all, show, update, remove)
}

var scopesHelp = strings.Join(models.ScopeNames(), ", ")

// givenScopes reads --scopes.
func givenScopes(c *cobra.Command) (scopes chat.Change[models.Scopes], err error) {
	names, _ := c.Flags().GetStringSlice("scopes")
	if scopes.Set = c.Flags().Changed("scopes"); !scopes.Set {
		return scopes, nil
	}
	if scopes.To, err = models.ParseScopes(names); err != nil || scopes.To == 0 {
		return scopes, usagef("%s: --scopes is a list of %s", c.CommandPath(), scopesHelp)
	}
	return scopes, nil
}

func apiKeyRows(all ...models.APIKey) [][]string {
	rows := [][]string{{"ID", "ORG", "MANAGER", "NAME", "SCOPES", "CREATED", "LAST USED"}}
	for _, k := range all {
		scopes, used, manager := k.Scopes.String(), "never", "-"
		if k.ManagerID != nil {
			manager = number(*k.ManagerID)
		}
		if k.Scopes == models.AllScopes {
			scopes = "all"
		}
		if k.LastUsedAt != nil {
			used = k.LastUsedAt.String()
		}
		rows = append(rows, []string{number(k.ID), number(k.OrganizationID), manager, k.Name, scopes, k.CreatedAt.String(), used})
	}
	return rows
}

func (a *app) createAPIKey(c *cobra.Command, _ []string) error {
	if err := required(c, "name"); err != nil {
		return err
	}
	name, _ := c.Flags().GetString("name")
	org, _ := c.Flags().GetInt64("org")
	manager, _ := c.Flags().GetInt64("manager")
	if org != 0 && manager != 0 {
		return usagef("%s: --manager says of which organisation; leave out --org", c.CommandPath())
	}
	scopes, err := givenScopes(c)
	if err != nil {
		return err
	}
	if !scopes.Set {
		scopes.To = models.AllScopes
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		record, key, err := makeKey(ctx, door, org, manager, name, scopes.To)
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

// makeKey makes a manager's key, if there is one, else an organisation's.
func makeKey(ctx context.Context, door admin, org, manager int64, name string, scopes models.Scopes) (models.APIKey, string, error) {
	if manager != 0 {
		return door.CreateManagerKey(ctx, manager, name, scopes)
	}
	org, err := organization(ctx, door, org)
	if err != nil {
		return models.APIKey{}, "", err
	}
	return door.CreateAPIKey(ctx, org, name, scopes)
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

func (a *app) updateAPIKey(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	changes := chat.KeyChanges{Name: givenText(c, "name")}
	if changes.Scopes, err = givenScopes(c); err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		k, err := door.ChangeAPIKey(ctx, id, changes)
		if err != nil {
			return err
		}
		return a.show(c, k, apiKeyRows(k)...)
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
