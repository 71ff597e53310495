// Command parley is the live-chat server and the tool of the people who run it.
//
// main.go, root.go and a file for each command read what was asked for; run.go wires
// and runs the server; wire.go opens what the other commands need of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // schedules need time zones, and a small image has no files of them
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "parley:", strings.Join(strings.Fields(err.Error()), " "))
	}
	os.Exit(exitCode(err))
}

// run is the whole program. Its error is printed as one line.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) error {
	a := app{environ: environ, stdin: stdin, stdout: stdout, stderr: stderr, openAdmin: openAdmin, lookAdmin: lookAdmin, serve: serve}
	return a.run(ctx, args)
}

// exitCode is 2 for a command line that cannot be understood, 1 for any other failure.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if _, usage := errors.AsType[usageError](err); usage {
		return 2
	}
	return 1
}
