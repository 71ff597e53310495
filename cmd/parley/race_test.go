//go:build race

package main

// A server under test has the race detector when its test has it; a race that it found
// makes it exit with an error.
func init() { buildFlags = append(buildFlags, "-race") }
