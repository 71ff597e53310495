package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"parley/bayeux/check"
)

func (a *app) conformanceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check URL",
		Short: "Try a Bayeux server against the rules of the protocol, and explain those that it breaks; exit 1 when there are any",
		Long: "Holds a small dialogue with the server for each rule. Nothing large or hostile is sent, and all sessions are closed again.\n\n" +
			"The profile says what the server is judged by: spec (Bayeux 1.0), faye, cometd, or parley.\n" +
			"The server must let the kit subscribe and publish below --channel; what needs that is skipped otherwise.",
		Example: "  parley bayeux check http://localhost:8000/faye --profile faye\n" +
			"  PARLEY_BAYEUX_OPEN_CHANNELS='/check/**' parley serve &\n" +
			"  parley bayeux check http://localhost:8080/faye --profile parley --only websocket",
		Args: cobra.MaximumNArgs(1),
	}
	flags := c.Flags()
	flags.String("profile", string(check.Spec), "spec, faye, cometd or parley")
	flags.String("channel", "/check", "root of the channels that are used")
	flags.StringSlice("only", nil, "`rules`, or groups of them such as websocket")
	flags.Bool("list", false, "list the rules of the profile, and try nothing")
	addCredentials(c)
	addHeaders(c)
	addJSON(c)
	c.RunE = a.conformance
	return c
}

func (a *app) conformance(c *cobra.Command, args []string) error {
	o := check.Options{}
	profile, _ := c.Flags().GetString("profile")
	o.Profile = check.Profile(profile)
	o.Channel, _ = c.Flags().GetString("channel")
	if !strings.HasPrefix(o.Channel, "/") {
		return usagef("%s: --channel %q does not begin with /", c.CommandPath(), o.Channel)
	}
	o.Only, _ = c.Flags().GetStringSlice("only")
	rules, err := check.Choose(o)
	if err != nil {
		return usagef("%s: %w", c.CommandPath(), err)
	}
	if onlyList, _ := c.Flags().GetBool("list"); onlyList {
		return a.listRules(c, rules)
	}
	if len(args) != 1 {
		return usagef("%s: which server? give its address", c.CommandPath())
	}
	address, err := serverURL(c, args[0])
	if err != nil {
		return err
	}
	if o.Header, err = headers(c); err != nil {
		return err
	}
	ext, err := credentials(c)
	if err != nil {
		return err
	}
	if ext != nil {
		if o.Ext, err = json.Marshal(ext); err != nil {
			return err
		}
	}
	report, err := check.Run(c.Context(), address, o)
	if err != nil {
		return err
	}
	if err := a.showReport(c, report); err != nil {
		return err
	}
	if !report.OK() {
		return fmt.Errorf("%d of %d rules are broken", report.Failed, len(report.Results))
	}
	return nil
}

func (a *app) listRules(c *cobra.Command, rules []check.Rule) error {
	rows := make([][]string, len(rules))
	for i, r := range rules {
		profiles := make([]string, len(r.Profiles))
		for j, p := range r.Profiles {
			profiles[j] = string(p)
		}
		rows[i] = []string{r.Name, strings.Join(profiles, ","), r.Says + " (" + r.Source + ")"}
	}
	return a.show(c, list(rules), rows...)
}

func (a *app) showReport(c *cobra.Command, report check.Report) error {
	if asJSON, _ := c.Flags().GetBool("json"); asJSON {
		return a.show(c, report)
	}
	for _, r := range report.Results {
		switch r.Status {
		case check.Pass:
			fmt.Fprintf(a.stdout, "pass  %-34s %s\n", r.Name, r.Says)
		case check.Skip:
			fmt.Fprintf(a.stdout, "skip  %-34s %s\n", r.Name, printable(r.Reason))
		case check.Fail:
			a.explain(r)
		}
	}
	_, err := fmt.Fprintf(a.stdout, "\n%s, profile %s: %d passed, %d failed, %d skipped\n",
		report.URL, report.Profile, report.Passed, report.Failed, report.Skipped)
	return err
}

// explain prints a broken rule with the dialogue that broke it.
func (a *app) explain(r check.Result) {
	fmt.Fprintf(a.stdout, "FAIL  %-34s %s\n", r.Name, r.Says)
	for _, l := range r.Dialogue {
		fmt.Fprintf(a.stdout, "        %s\n", printable(l))
	}
	fmt.Fprintf(a.stdout, "      expected: %s\n", printable(r.Expected))
	if n := len(r.Dialogue); n == 0 || r.Dialogue[n-1] != "< "+r.Got {
		fmt.Fprintf(a.stdout, "      got:      %s\n", printable(r.Got))
	}
	fmt.Fprintf(a.stdout, "      source:   %s\n", r.Source)
	fmt.Fprintf(a.stdout, "      suffers:  %s\n", r.Suffers)
}
