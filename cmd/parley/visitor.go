package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func (a *app) visitorCommand() *cobra.Command {
	erase := &cobra.Command{Use: "erase", Short: "Remove all that is known of a visitor; files go while the server runs", RunE: a.eraseVisitor}
	erase.Flags().Int64("org", 0, "only if it is this organisation's")
	export := &cobra.Command{Use: "export", Short: "Write all that is known of a visitor into a zip", RunE: a.exportVisitor}
	export.Flags().Int64("org", 0, "only if it is this organisation's")
	export.Flags().String("output", "", "`file` to write; it must not be there yet")
	addID(erase, export)
	addJSON(erase, export)
	return group("visitor", "What is kept of a visitor", export, erase)
}

func (a *app) exportVisitor(c *cobra.Command, args []string) error {
	id, err := idText(c, args)
	if err != nil {
		return err
	}
	if err := required(c, "output"); err != nil {
		return err
	}
	org, _ := c.Flags().GetInt64("org")
	output, _ := c.Flags().GetString("output")
	return a.withAdmin(c, func(ctx context.Context, door admin) (err error) {
		file, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- named on the command line
		if err != nil {
			return err
		}
		if err := errors.Join(door.WriteExport(ctx, org, id, file), file.Close()); err != nil {
			return errors.Join(err, os.Remove(output))
		}
		return a.show(c, map[string]any{"id": id, "file": output}, []string{fmt.Sprintf("visitor %s is in %s", id, output)})
	})
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
