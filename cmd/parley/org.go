package main

import (
	"context"

	"github.com/spf13/cobra"

	"parley/models"
)

func (a *app) orgCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make an organisation", Args: cobra.NoArgs, RunE: a.createOrg}
	create.Flags().String("name", "", "its name")
	all := &cobra.Command{Use: "list", Short: "List organisations", Args: cobra.NoArgs, RunE: a.listOrgs}
	show := &cobra.Command{Use: "show", Short: "Show one organisation", RunE: a.showOrg}
	remove := &cobra.Command{Use: "delete", Short: "Delete an organisation with everything it owns", RunE: a.deleteOrg}
	update := a.updateOrgCommand()
	addID(show, update, remove)
	addJSON(create, all, show, update, remove)
	return group("org", "Organisations", create, all, show, remove, update, a.holidayCommand(), a.siteSecretCommand())
}

func orgRows(all ...models.Organization) [][]string {
	rows := [][]string{{"ID", "NAME", "SITE KEY", "UUID"}}
	for _, o := range all {
		rows = append(rows, []string{number(o.ID), o.Name, o.SiteKey, o.UUID})
	}
	return rows
}

func (a *app) createOrg(c *cobra.Command, _ []string) error {
	if err := required(c, "name"); err != nil {
		return err
	}
	name, _ := c.Flags().GetString("name")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		o, err := door.CreateOrganization(ctx, name)
		if err != nil {
			return err
		}
		return a.show(c, o, orgRows(o)...)
	})
}

func (a *app) listOrgs(c *cobra.Command, _ []string) error {
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		all, err := door.Organizations(ctx)
		if err != nil {
			return err
		}
		return a.show(c, list(all), orgRows(all...)...)
	})
}

func (a *app) showOrg(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		o, err := door.Organization(ctx, id)
		if err != nil {
			return err
		}
		return a.show(c, o, orgRows(o)...)
	})
}

func (a *app) deleteOrg(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		if err := door.DeleteOrganization(ctx, id); err != nil {
			return err
		}
		return a.deleted(c, "organisation", id)
	})
}
