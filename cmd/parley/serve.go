package main

import (
	"errors"
	"net"
	"net/netip"

	"github.com/spf13/cobra"

	"parley/config"
)

// serveOptions is what the command line, and no setting, says about serving.
type serveOptions struct {
	Demo     bool // seed a sample site and print its addresses and logins
	Insecure bool // believe managers' senders on a public address, if told to
}

// serveSettings are the settings with a flag of their own on serve and on what looks at its settings.
var serveSettings = []string{"http.listen", "auth.visitors", "auth.managers", "metrics.listen"}

func (a *app) serveCommand() *cobra.Command {
	c := &cobra.Command{Use: "serve", Short: "Run the server", Args: cobra.NoArgs}
	addSettings(c.Flags(), serveSettings...)
	demo := c.Flags().Bool("demo", false, "seed a sample site with two managers; listens on this machine only unless http.listen is set")
	insecure := c.Flags().Bool("insecure", false, "allow auth.managers: trusted on a public address")
	c.RunE = func(c *cobra.Command, _ []string) error {
		var defaults map[string]string
		if *demo {
			defaults = map[string]string{"http.listen": "127.0.0.1:8080"}
		}
		cfg, err := config.Load(a.options(c, defaults))
		if err != nil {
			return err
		}
		if err := checkExposure(cfg, *insecure); err != nil {
			return err
		}
		return a.serve(c.Context(), cfg, serveOptions{Demo: *demo, Insecure: *insecure}, a.stdout, a.stderr)
	}
	return c
}

// checkExposure refuses to believe strangers about who they are on an address that strangers reach.
func checkExposure(cfg config.Config, insecure bool) error {
	if cfg.Auth.Managers != config.ManagersTrusted || insecure || isLoopback(cfg.HTTP.Listen) {
		return nil
	}
	return errors.New("auth.managers: trusted lets anyone who reaches " + cfg.HTTP.Listen +
		" act as a manager; listen on 127.0.0.1, or say --insecure")
}

func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}
