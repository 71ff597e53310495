package main

import (
	"context"
	"errors"
	"time"

	"parley/chat"
	"parley/chat/store"
)

const (
	// readyFor is how long an answer about the database holds: anybody may ask, and each question costs it some.
	readyFor = time.Second
	// readyWithin is how long the database has to answer.
	readyWithin = 3 * time.Second
)

// readiness asks one question at a time, for whoever waits.
type readiness struct {
	ask func(context.Context) error

	turn   chan struct{} // holds one: whoever looks at what follows
	until  time.Time
	answer error
}

func newReadiness(ask func(context.Context) error) *readiness {
	return &readiness{ask: ask, turn: make(chan struct{}, 1)}
}

// get is the answer of at most readyFor ago. A caller who leaves does not spoil it for the others.
func (r *readiness) get(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if time.Now().Before(r.until) {
		return r.answer
	}
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
	defer cancel()
	r.answer = r.ask(asking)
	r.until = time.Now().Add(readyFor)
	return r.answer
}

// ready asks what a server needs to be of use.
func (s *server) ready(database *store.Store) func(context.Context) error {
	known := newReadiness(func(ctx context.Context) error {
		if err := database.Ready(ctx); err != nil {
			return err
		}
		current, err := database.Current(ctx)
		if err == nil && !current {
			err = chat.NotNow("migrations_missing", errors.New("migrations are missing"))
		}
		return err
	})
	return func(ctx context.Context) error {
		if s.draining.Load() {
			return chat.NotNow("stopping", errors.New("the server is stopping"))
		}
		return known.get(ctx)
	}
}
