package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"parley/config"
)

// app is what the commands share: the process's surroundings, and the two doors to
// the rest of the program, which tests replace.
type app struct {
	environ        []string
	stdin          io.Reader
	stdout, stderr io.Writer

	openAdmin func(context.Context, config.Config) (admin, func() error, error)
	// lookAdmin is openAdmin for those who only look: a database that is not there is not made.
	lookAdmin func(context.Context, config.Config) (admin, func() error, error)
	serve     func(context.Context, config.Config, serveOptions, io.Writer, io.Writer) error
}

// usageError is a mistake in the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func (a *app) run(ctx context.Context, args []string) error {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	began := false
	markBegun(root, &began)
	err := root.ExecuteContext(ctx)
	if err != nil && !began {
		// cobra adds suggestions on lines of their own.
		return usageError{fmt.Errorf("%s (see parley --help)", strings.Join(strings.Fields(err.Error()), " "))}
	}
	return err
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "parley",
		Short:         "Parley is a live-chat server that Faye, CometD and giosg clients can talk to",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().String("config", "", "settings `file` (default: parley.yaml in . or /etc/parley)")
	addSettings(root.PersistentFlags(), "database.url", "data.dir", "log.level", "log.format")
	root.AddCommand(a.serveCommand(), a.migrateCommand(), a.orgCommand(), a.managerCommand(), a.apikeyCommand(), a.privatePubCommand(), a.auditCommand(),
		a.webhookCommand(), a.visitorCommand(), a.roomCommand(), a.teamCommand(),
		a.tokenCommand(), a.configCommand(), a.checkCommand(), a.bayeuxCommand(), a.versionCommand())
	return root
}

// group is a command that only has commands below it.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short}
	c.AddCommand(commands...)
	names := make([]string, len(commands))
	for i, command := range commands {
		names[i] = command.Name()
	}
	c.RunE = func(_ *cobra.Command, args []string) error {
		given := "no command"
		if len(args) > 0 {
			given = fmt.Sprintf("unknown command %q", args[0])
		}
		return usagef("%s: %s, there is %s", c.CommandPath(), given, strings.Join(names, ", "))
	}
	return c
}

// markBegun notes when a command's own work starts: what failed earlier, within cobra,
// was the command line.
func markBegun(c *cobra.Command, began *bool) {
	if work := c.RunE; work != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*began = true
			return work(c, args)
		}
	}
	for _, child := range c.Commands() {
		markBegun(child, began)
	}
}

// addSettings makes flags of settings, named as they are.
func addSettings(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		flags.Var(&settingFlag{}, name, config.Doc(name))
	}
}

// settingFlag keeps the text: package config knows what it must be.
type settingFlag struct{ text string }

func (f *settingFlag) String() string        { return f.text }
func (f *settingFlag) Set(text string) error { f.text = text; return nil }
func (f *settingFlag) Type() string          { return "value" }

// options says where the settings of this call come from.
func (a *app) options(c *cobra.Command, defaults map[string]string) config.Options {
	o := config.Options{Environ: a.environ, Flags: map[string]string{}, Defaults: maps.Clone(defaults)}
	o.File, _ = c.Flags().GetString("config")
	c.Flags().Visit(func(f *pflag.Flag) {
		if setting, ok := f.Value.(*settingFlag); ok {
			o.Flags[f.Name] = setting.text
		}
	})
	return o
}
