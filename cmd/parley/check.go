package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/config"
)

// checkPatience is how long check waits for a database that does not answer.
const checkPatience = 10 * time.Second

func (a *app) checkCommand() *cobra.Command {
	c := &cobra.Command{Use: "check", Short: "Check settings, database and migrations; exit 1 when something is wrong", Args: cobra.NoArgs}
	addSettings(c.Flags(), serveSettings...)
	insecure := c.Flags().Bool("insecure", false, "as with serve")
	c.RunE = func(c *cobra.Command, _ []string) error { return a.check(c, *insecure) }
	return c
}

func (a *app) check(c *cobra.Command, insecure bool) error {
	options := a.options(c, nil)
	cfg, err := config.Load(options)
	if err == nil {
		err = checkExposure(cfg, insecure)
	}
	if err != nil {
		return a.verdict("settings", "", err)
	}
	source, err := config.FindFile(options)
	if source == "" {
		source = "no file"
	}
	if err := a.verdict("settings", source, err); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Context(), checkPatience)
	defer cancel()
	if err := a.checkAttachments(ctx, cfg); err != nil {
		return err
	}
	return a.checkDatabase(ctx, cfg)
}

// checkAttachments asks for a bucket. A folder is made by the server when there is none.
func (a *app) checkAttachments(ctx context.Context, cfg config.Config) (err error) {
	if cfg.Attachments.URL.Scheme() != "s3" {
		return nil
	}
	bucket, err := openBucket(ctx, cfg)
	if err == nil {
		err = errors.Join(bucket.Ping(ctx), bucket.Close())
	}
	return a.verdict("attachments", cfg.Attachments.URL.String(), err)
}

func (a *app) checkDatabase(ctx context.Context, cfg config.Config) (err error) {
	door, shut, err := a.lookAdmin(ctx, cfg)
	if err != nil {
		return a.verdict("database", "", err)
	}
	defer func() { err = errors.Join(err, shut()) }()
	all, err := door.MigrationStatus(ctx)
	if err := a.verdict("database", cfg.Database.URL.String(), err); err != nil {
		return err
	}
	if n := missing(all); n > 0 {
		err = fmt.Errorf("%d of %d are not applied; run parley migrate up, or start the server", n, len(all))
	}
	return a.verdict("migrations", fmt.Sprintf("%d of %d", len(all), len(all)), err)
}

// verdict prints the line of one check and returns what ends the command when it failed.
func (a *app) verdict(what, detail string, err error) error {
	if err == nil {
		fmt.Fprintf(a.stdout, "%-12sok      %s\n", what, detail)
		return nil
	}
	fmt.Fprintf(a.stdout, "%-12sfailed  %s\n", what, strings.Join(strings.Fields(err.Error()), " "))
	return fmt.Errorf("check failed: %s", what)
}
