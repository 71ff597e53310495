package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"parley/models"
)

func (a *app) tokenCommand() *cobra.Command {
	manager := &cobra.Command{Use: "manager", Short: "Sign a token for a manager", RunE: a.managerToken}
	visitor := &cobra.Command{Use: "visitor", Short: "Sign a token for a visitor", RunE: a.visitorToken}
	visitor.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	socket := &cobra.Command{Use: "socket", Short: "Sign a manager's token for sockets of giosg's API, by the manager's id", RunE: a.socketToken}
	socket.Flags().StringSlice("channel", nil, "`pattern` of a channel that it is for, such as /api/v5/orgs/<id>/rooms/*; may be repeated; without it, all under /api/v5")
	operator := &cobra.Command{
		Use: "operator", Aliases: []string{"admin"}, Args: cobra.NoArgs, RunE: a.operatorToken,
		Short: "Sign a token that opens /admin/bayeux, and nothing of the chat",
	}
	addID(manager, visitor, socket)
	addJSON(manager, visitor, socket, operator)
	for _, c := range []*cobra.Command{manager, visitor, socket, operator} {
		c.Flags().Duration("ttl", time.Hour, "how long it is valid")
	}
	return group("token", "Tokens, with which managers and visitors are known", manager, visitor, socket, operator)
}

func ttl(c *cobra.Command) (time.Duration, error) {
	d, _ := c.Flags().GetDuration("ttl")
	if d < time.Second {
		return 0, usagef("%s: --ttl must be at least 1s", c.CommandPath())
	}
	return d, nil
}

func (a *app) managerToken(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	return a.token(c, func(ctx context.Context, door admin, ttl time.Duration) (string, time.Time, error) {
		return door.ManagerToken(ctx, id, ttl)
	})
}

func (a *app) visitorToken(c *cobra.Command, args []string) error {
	id, err := idText(c, args)
	if err != nil {
		return err
	}
	org, _ := c.Flags().GetInt64("org")
	return a.token(c, func(ctx context.Context, door admin, ttl time.Duration) (string, time.Time, error) {
		org, err := organization(ctx, door, org)
		if err != nil {
			return "", time.Time{}, err
		}
		return door.VisitorToken(ctx, id, org, ttl)
	})
}

func (a *app) socketToken(c *cobra.Command, args []string) error {
	id, err := idNumber(c, args)
	if err != nil {
		return err
	}
	channels, _ := c.Flags().GetStringSlice("channel")
	return a.token(c, func(ctx context.Context, door admin, ttl time.Duration) (string, time.Time, error) {
		return door.SocketToken(ctx, id, channels, ttl)
	})
}

func (a *app) operatorToken(c *cobra.Command, _ []string) error {
	return a.token(c, func(ctx context.Context, door admin, ttl time.Duration) (string, time.Time, error) {
		return door.OperatorToken(ctx, ttl)
	})
}

// token has a token made that holds as long as the flag says, and shows it.
func (a *app) token(c *cobra.Command, sign func(context.Context, admin, time.Duration) (string, time.Time, error)) error {
	ttl, err := ttl(c)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		token, expires, err := sign(ctx, door, ttl)
		if err != nil {
			return err
		}
		return a.showToken(c, token, expires)
	})
}

// showToken prints, without --json, the token alone, so that a shell can take it as it is.
func (a *app) showToken(c *cobra.Command, token string, expires time.Time) error {
	signed := struct {
		Token     string      `json:"token"`
		ExpiresAt models.Time `json:"expires_at"`
	}{token, models.At(expires)}
	return a.show(c, signed, []string{token})
}
