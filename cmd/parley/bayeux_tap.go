package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"parley/bayeux/bayeuxtest"
)

// tap shows what arrives on channels.
type tap struct {
	url      string
	channels []string
	options  bayeuxtest.Options
	json     bool
	out, log io.Writer
	now      func() time.Time
}

func (a *app) tapCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "tap URL CHANNEL...",
		Short: "Show what arrives on channels or patterns, until interrupted",
		Example: "  parley bayeux tap http://localhost:8080/faye '/chat/*'\n" +
			"  parley bayeux tap http://localhost:8080/faye '/service/*' --token \"$(parley token manager 1)\" --json",
		Args: cobra.MinimumNArgs(2),
	}
	c.Flags().Bool("json", false, "print a JSON document a line")
	addCredentials(c)
	addHeaders(c)
	addTransport(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		t := tap{channels: args[1:], out: a.stdout, log: a.stderr, now: time.Now}
		t.json, _ = c.Flags().GetBool("json")
		var err error
		if t.url, err = serverURL(c, args[0]); err != nil {
			return err
		}
		if t.options.Transport, err = transportOf(c); err != nil {
			return err
		}
		if t.options.Header, err = headers(c); err != nil {
			return err
		}
		ext, err := credentials(c)
		if err != nil {
			return err
		}
		if ext != nil {
			t.options.Ext = ext
		}
		t.options.Grouped = true
		return t.run(c.Context())
	}
	return c
}

// Bounds of the pause before a session that was lost is opened again, and of what an
// attempt or a farewell may take.
const (
	tapPause    = time.Second
	tapMaxPause = 30 * time.Second
	tapPatience = 20 * time.Second
	tapFarewell = 2 * time.Second
)

// run opens session after session until ctx ends, which is how it ends well. A server
// that cannot be reached at first, or that refuses, is an error; one that was there
// comes back.
func (t *tap) run(ctx context.Context) error {
	pause, was := tapPause, false
	for {
		err := t.session(ctx, func() { pause, was = tapPause, true })
		if ctx.Err() != nil {
			return nil
		}
		if _, refused := errors.AsType[bayeuxtest.Error](err); !was || refused && isRefusal(err) {
			return err
		}
		// Half of it is chance: those who lost the same server do not return together.
		wait := pause/2 + rand.N(pause/2) // #nosec G404 -- nothing to guess
		fmt.Fprintf(t.log, "lost: %v; again in %v\n", err, wait.Round(time.Millisecond))
		pause = min(2*pause, tapMaxPause)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// isRefusal tells a server that does not want this from one that forgot the session.
func isRefusal(err error) bool {
	return strings.HasPrefix(err.Error(), "403:") || strings.HasPrefix(err.Error(), "405:")
}

// session shows what one session gets, until it is lost or ctx ends.
func (t *tap) session(ctx context.Context, ready func()) error {
	open, cancel := context.WithTimeout(ctx, tapPatience)
	defer cancel()
	c, err := bayeuxtest.Dial(open, t.url, t.options)
	if err != nil {
		return fmt.Errorf("%s: %w", t.url, err)
	}
	if err := c.Subscribe(open, t.channels...); err != nil {
		c.Drop()
		return fmt.Errorf("subscribing: %w", err)
	}
	ready()
	fmt.Fprintf(t.log, "listening to %s over %s\n", strings.Join(t.channels, " "), t.options.Transport)
	for ctx.Err() == nil { // Next prefers what has arrived
		var event bayeuxtest.Event
		if event, err = c.Next(ctx); err == nil {
			err = t.show(event)
		}
		if err != nil {
			break
		}
	}
	if c.Err() != nil {
		c.Drop()
	} else {
		t.leave(c)
	}
	return err
}

// leave disconnects. A server that does not answer is left without a word.
func (t *tap) leave(c *bayeuxtest.Client) {
	defer time.AfterFunc(tapFarewell, c.Drop).Stop()
	_ = c.Close() // it would not change anything
}

func (t *tap) show(e bayeuxtest.Event) error {
	now := t.now()
	if t.json {
		line, err := json.Marshal(struct {
			Time    string          `json:"time"`
			Channel string          `json:"channel"`
			Data    json.RawMessage `json:"data"`
		}{now.Format(time.RFC3339Nano), e.Channel, e.Data})
		if err == nil {
			_, err = fmt.Fprintf(t.out, "%s\n", line)
		}
		return err
	}
	_, err := fmt.Fprintf(t.out, "%s  %s  %s\n", now.Format("15:04:05.000"), printable(e.Channel), printable(string(e.Data)))
	return err
}

// printable replaces what a terminal might obey: the text comes from strangers.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ') // white space between the parts of a JSON value
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
