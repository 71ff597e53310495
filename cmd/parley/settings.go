package main

import (
	"github.com/spf13/cobra"

	"parley/config"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Print the effective settings, secrets hidden", Args: cobra.NoArgs}
	addSettings(c.Flags(), serveSettings...)
	defaults := c.Flags().Bool("defaults", false, "print a commented file of the defaults instead, to start from")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *defaults {
			return config.WriteDefaults(a.stdout)
		}
		cfg, err := config.Load(a.options(c, nil))
		if err != nil {
			return err
		}
		return cfg.Write(a.stdout)
	}
	return c
}
