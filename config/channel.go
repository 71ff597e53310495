package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Channel is a rule about the channels that its pattern covers.
type Channel struct {
	Pattern         string   `mapstructure:"pattern"`
	Subscribe       []string `mapstructure:"subscribe"`
	Publish         []string `mapstructure:"publish"`
	History         History  `mapstructure:"history"`
	Presence        bool     `mapstructure:"presence"`
	JoinLeave       bool     `mapstructure:"join_leave"`
	MaxMessageBytes Bytes    `mapstructure:"max_message_bytes"`
}

// History says how many publications of a channel are kept, and for how long; age 0 sets no limit.
type History struct {
	Size int           `mapstructure:"size"`
	Age  time.Duration `mapstructure:"age"`
}

// audiences are who may be named in a rule.
var audiences = []string{"anyone", "visitor", "manager", "backend", "nobody"}

// parseChannels takes a list of mappings, or the same as JSON in a string.
// Errors that are not a wantError begin with the place within the list.
func parseChannels(raw any) (any, error) {
	list, err := parseMappings(raw, wantError("a list of rules, each with pattern, subscribe and publish"))
	if err != nil {
		return nil, err
	}
	channels := make([]Channel, len(list))
	for i, fields := range list {
		if err := channels[i].fill(fields); err != nil {
			return nil, fmt.Errorf("[%d]%w", i, err)
		}
	}
	return channels, nil
}

func (c *Channel) fill(fields map[string]any) error {
	return fill(fields, map[string]func(any) error{
		"pattern":           into(&c.Pattern, parseText[string]),
		"subscribe":         into(&c.Subscribe, parseList),
		"publish":           into(&c.Publish, parseList),
		"history":           c.History.fill,
		"presence":          into(&c.Presence, parseBool),
		"join_leave":        into(&c.JoinLeave, parseBool),
		"max_message_bytes": into(&c.MaxMessageBytes, parseSize),
	})
}

func (h *History) fill(raw any) error {
	fields, ok := raw.(map[string]any)
	if !ok {
		return wantError("a mapping of size and age")
	}
	return fill(fields, map[string]func(any) error{"size": into(&h.Size, parseInt), "age": into(&h.Age, parseDuration)})
}

// fill puts each field into its place. An error begins with the field.
func fill(fields map[string]any, places map[string]func(any) error) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		place, known := places[name]
		if !known {
			return fmt.Errorf(".%s: unknown key; the nearest known one is %s", name, nearest(name, slices.Sorted(maps.Keys(places))))
		}
		err := place(fields[name])
		if wrong, ok := errors.AsType[wantError](err); ok {
			return fmt.Errorf(".%s: %s is not %s", name, show(nil, fields[name]), string(wrong))
		}
		if err != nil {
			return fmt.Errorf(".%s%w", name, err)
		}
	}
	return nil
}

// into makes a place of a variable and the parser of its type.
func into[T any](place *T, parse func(any) (any, error)) func(any) error {
	return func(raw any) error {
		value, err := parse(raw)
		if err == nil {
			*place = value.(T)
		}
		return err
	}
}

func (b Bayeux) validateChannels() error {
	seen := map[string]bool{}
	for i, c := range b.Channels {
		err := c.validate()
		if err == nil && seen[c.Pattern] {
			err = fmt.Errorf("a second rule about %s", c.Pattern)
		}
		if err != nil {
			return fmt.Errorf("bayeux.channels[%d]: %w", i, err)
		}
		seen[c.Pattern] = true
	}
	return nil
}

func (c Channel) validate() error {
	if c.Pattern == "" {
		return errors.New("pattern is missing")
	}
	for _, family := range []string{"/meta", "/service", "/conversations", "/notifications", "/staff", "/availability"} {
		if strings.HasPrefix(c.Pattern+"/", family+"/") {
			return fmt.Errorf("%s cannot have a rule: %s belongs to the protocol or to the chat", c.Pattern, family)
		}
	}
	if err := validatePattern(c.Pattern); err != nil {
		return err
	}
	for _, who := range []struct {
		name string
		list []string
	}{{"subscribe", c.Subscribe}, {"publish", c.Publish}} {
		if len(who.list) == 0 {
			return fmt.Errorf("%s is missing: who may? %s", who.name, strings.Join(audiences, ", "))
		}
		for _, audience := range who.list {
			if !slices.Contains(audiences, audience) {
				return fmt.Errorf("%s: %q is not one of %s", who.name, audience, strings.Join(audiences, ", "))
			}
		}
	}
	switch {
	case c.History.Size < 0 || c.History.Age < 0:
		return errors.New("history: size and age cannot be negative")
	case c.History.Age > 0 && c.History.Size == 0:
		return errors.New("history: an age needs a size")
	case c.MaxMessageBytes < 0:
		return errors.New("max_message_bytes cannot be negative")
	}
	return nil
}
