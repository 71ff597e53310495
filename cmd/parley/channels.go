package main

import (
	"fmt"

	"parley/bayeux"
	"parley/chat"
	"parley/config"
)

// A rule of bayeux.channels has two halves: who may, which the gate decides, and what is kept, which is the
// engine's.

func channelRules(channels []config.Channel) []chat.ChannelRule {
	rules := make([]chat.ChannelRule, len(channels))
	for i, c := range channels {
		rules[i] = chat.ChannelRule{Pattern: c.Pattern, Subscribe: audiences(c.Subscribe), Publish: audiences(c.Publish)}
	}
	return rules
}

func audiences(names []string) []chat.Audience {
	list := make([]chat.Audience, len(names))
	for i, name := range names {
		list[i] = chat.Audience(name)
	}
	return list
}

func keptChannels(channels []config.Channel) ([]bayeux.Rule, error) {
	rules := make([]bayeux.Rule, len(channels))
	for i, c := range channels {
		rules[i] = bayeux.Rule{
			Pattern: c.Pattern, History: bayeux.Retention(c.History), Presence: c.Presence, JoinLeave: c.JoinLeave,
			MaxMessageBytes: int(c.MaxMessageBytes),
		}
	}
	if err := bayeux.CheckRules(rules); err != nil {
		return nil, fmt.Errorf("bayeux.channels: %w", err)
	}
	return rules, nil
}
