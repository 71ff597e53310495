package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// addJSON adds --json to the commands.
func addJSON(commands ...*cobra.Command) {
	for _, c := range commands {
		c.Flags().Bool("json", false, "print one JSON document and nothing else")
	}
}

// show prints value as one JSON document when --json was given, and rows otherwise.
func (a *app) show(c *cobra.Command, value any, rows ...[]string) error {
	if asJSON, _ := c.Flags().GetBool("json"); asJSON {
		encoder := json.NewEncoder(a.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(value)
	}
	return table(a.stdout, rows)
}

func table(w io.Writer, rows [][]string) error {
	aligned := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(aligned, strings.Join(row, "\t"))
	}
	return aligned.Flush()
}

// deleted prints that the record is gone.
func (a *app) deleted(c *cobra.Command, what string, id int64) error {
	return a.show(c, map[string]any{"id": id, "deleted": true}, []string{fmt.Sprintf("%s %d is deleted", what, id)})
}

// list makes nil print as [] and not as null.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// addID lets the command take an id, as its argument or as --id.
func addID(commands ...*cobra.Command) {
	for _, c := range commands {
		c.Use += " ID"
		c.Args = cobra.MaximumNArgs(1)
		c.Flags().String("id", "", "the same as the argument")
		_ = c.Flags().MarkHidden("id") // it is there, one line above
	}
}

func idText(c *cobra.Command, args []string) (string, error) {
	id, _ := c.Flags().GetString("id")
	switch {
	case len(args) == 1 && id != "" && id != args[0]:
		return "", usagef("%s: two ids are given", c.CommandPath())
	case len(args) == 1:
		id = args[0]
	}
	if id == "" {
		return "", usagef("%s: which one? give its id", c.CommandPath())
	}
	return id, nil
}

func idNumber(c *cobra.Command, args []string) (int64, error) {
	text, err := idText(c, args)
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usagef("%s: %q is not an id, a positive number", c.CommandPath(), text)
	}
	return id, nil
}

// required refuses flags that were left out or empty.
func required(c *cobra.Command, names ...string) error {
	for _, name := range names {
		if strings.TrimSpace(c.Flag(name).Value.String()) == "" {
			return usagef("%s: --%s is missing", c.CommandPath(), name)
		}
	}
	return nil
}
