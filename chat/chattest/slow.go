package chattest

import "testing"

// Slow leaves a test that takes long to make test, which has them all: make check is what one runs many times a day.
func Slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("slow; make test runs it")
	}
}
