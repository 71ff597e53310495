package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Anybody may ask whether the server is ready; the database hears of it once a second.
func TestReadinessIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, answer := 0, error(nil)
		r := newReadiness(func(ctx context.Context) error {
			asked++
			time.Sleep(time.Second / 2) // the database takes its time
			return errors.Join(ctx.Err(), answer)
		})
		impatient, leave := context.WithTimeout(t.Context(), time.Second/4)
		defer leave()
		var group sync.WaitGroup
		group.Go(func() { r.get(impatient) }) //nolint:errcheck // she has left by then
		synctest.Wait()
		for range 100 {
			group.Go(func() {
				if err := r.get(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			if err := r.get(impatient); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("who waited in vain: %v", err)
			}
		})
		group.Wait()
		if asked != 1 {
			t.Errorf("the database was asked %d times", asked)
		}
		answer = errors.New("away")
		if err := r.get(t.Context()); err != nil {
			t.Errorf("within the second: %v", err)
		}
		time.Sleep(readyFor)
		if err := r.get(t.Context()); !errors.Is(err, answer) || asked != 2 {
			t.Errorf("after it: %v, asked %d times", err, asked)
		}
	})
}
