package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) visitorCommand() *cobra.Command {
	erase := &cobra.Command{Use: "erase", Short: "Remove all that is known of a visitor; files go while the server runs", RunE: a.eraseVisitor}
	erase.Flags().Int64("org", 0, "only if it is this organisation's")
	addID(erase)
	addJSON(erase)
	return group("visitor", "What is kept of a visitor", erase)
}

func (a *app) eraseVisitor(c *cobra.Command, args []string) error {
	id, err := idText(c, args)
	if err != nil {
		return err
	}
	org, _ := c.Flags().GetInt64("org")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		e, err := door.EraseVisitor(ctx, org, id)
		if err != nil {
			return err
		}
		return a.show(c, map[string]any{"id": id, "erased": true, "mark": e.Mark}, []string{fmt.Sprintf("visitor %s is erased; the audit log calls her %s", id, e.Mark)})
	})
}
