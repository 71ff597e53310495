package main

import (
	"context"

	"github.com/spf13/cobra"

	"parley/models"
)

func (a *app) siteSecretCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make a secret with which the site's own backend signs visitors' tokens, and show it this once", Args: cobra.NoArgs, RunE: a.createSiteSecret}
	create.Flags().String("name", "", "what it is for")
	all := &cobra.Command{Use: "list", Short: "List an organisation's site secrets; not the secrets themselves", Args: cobra.NoArgs, RunE: a.listSiteSecrets}
	for _, c := range []*cobra.Command{create, all} {
		c.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	}
	remove := &cobra.Command{Use: "delete", Short: "Delete a site secret; what it has signed holds no more", RunE: a.deleteSiteSecret}
	addID(remove)
	addJSON(create, all, remove)
	return group("secret", "Site secrets, with which a site says who its visitors are", create, all, remove)
}

func siteSecretRows(all ...models.SiteSecret) [][]string {
	rows := [][]string{{"ID", "ORG", "NAME", "KID", "CREATED"}}
	for _, s := range all {
		rows = append(rows, []string{number(s.ID), number(s.OrganizationID), s.Name, s.KeyID(), s.CreatedAt.String()})
	}
	return rows
}

func (a *app) createSiteSecret(c *cobra.Command, _ []string) error {
	name := givenText(c, "name")
	if !name.Set {
		name.To = "site"
	}
	return a.inOrganization(c, func(ctx context.Context, door admin, org int64) error {
		s, err := door.CreateSiteSecret(ctx, org, name.To)
		if err != nil {
			return err
		}
		created := struct {
			models.SiteSecret
			KeyID  string `json:"kid"`
			Secret string `json:"secret"`
		}{s, s.KeyID(), s.Secret}
		rows := siteSecretRows(s)
		rows[0], rows[1] = append(rows[0], "SECRET (shown this once)"), append(rows[1], s.Secret)
		return a.show(c, created, rows...)
	})
}

func (a *app) listSiteSecrets(c *cobra.Command, _ []string) error {
	return a.inOrganization(c, func(ctx context.Context, door admin, org int64) error {
		all, err := door.SiteSecrets(ctx, org)
		if err != nil {
			return err
		}
		return a.show(c, list(all), siteSecretRows(all...)...)
	})
}

func (a *app) deleteSiteSecret(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		if err := door.DeleteSiteSecret(ctx, id); err != nil {
			return err
		}
		return a.deleted(c, "site secret", id)
	})
}
