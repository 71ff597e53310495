package main

import (
	"context"

	"github.com/spf13/cobra"

	"parley/chat"
)

func (a *app) privatePubCommand() *cobra.Command {
	on := &cobra.Command{
		Use: "on", Short: "Take signed subscriptions, with a new secret that is shown this once, or with one that there is",
		Args: cobra.NoArgs, RunE: a.privatePubOn,
	}
	on.Flags().String("secret", "", "the secret_token of config/private_pub.yml; - reads it from standard input")
	show := &cobra.Command{Use: "show", Short: "Show whether signed subscriptions are taken", Args: cobra.NoArgs, RunE: a.showPrivatePub}
	off := &cobra.Command{Use: "off", Short: "Take none any more; what hung on the secret ends", Args: cobra.NoArgs, RunE: a.privatePubOff}
	for _, c := range []*cobra.Command{on, show, off} {
		c.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	}
	addJSON(on, show, off)
	return group("private-pub", "Signed subscriptions, as Rails sites with the gem private_pub have them", on, show, off)
}

func privatePubRows(v chat.PrivatePubView) [][]string {
	state, since := "off", ""
	if v.Enabled {
		state, since = "on", v.CreatedAt.String()
	}
	rows := [][]string{{"ORG", "SIGNED SUBSCRIPTIONS", "SINCE"}, {number(v.OrganizationID), state, since}}
	if v.Secret != "" {
		rows[0], rows[1] = append(rows[0], "SECRET (shown this once)"), append(rows[1], v.Secret)
	}
	return rows
}

// ofOrganization runs work with the organisation of the command line.
func (a *app) ofOrganization(c *cobra.Command, work func(ctx context.Context, door admin, id int64) error) error {
	given, _ := c.Flags().GetInt64("org")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		id, err := organization(ctx, door, given)
		if err != nil {
			return err
		}
		return work(ctx, door, id)
	})
}

func (a *app) privatePubOn(c *cobra.Command, _ []string) error {
	secret, _ := c.Flags().GetString("secret")
	if secret == "-" {
		var err error
		if secret, err = firstLine(a.stdin); err != nil {
			return err
		}
	}
	return a.ofOrganization(c, func(ctx context.Context, door admin, id int64) error {
		v, err := door.SetPrivatePub(ctx, id, secret)
		if err != nil {
			return err
		}
		return a.show(c, v, privatePubRows(v)...)
	})
}

func (a *app) showPrivatePub(c *cobra.Command, _ []string) error {
	return a.ofOrganization(c, func(ctx context.Context, door admin, id int64) error {
		v, err := door.PrivatePub(ctx, id)
		if err != nil {
			return err
		}
		return a.show(c, v, privatePubRows(v)...)
	})
}

func (a *app) privatePubOff(c *cobra.Command, _ []string) error {
	return a.ofOrganization(c, func(ctx context.Context, door admin, id int64) error {
		if err := door.DeletePrivatePub(ctx, id); err != nil {
			return err
		}
		v := chat.PrivatePubView{OrganizationID: id}
		return a.show(c, v, privatePubRows(v)...)
	})
}
