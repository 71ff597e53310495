package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"parley/config"
)

func TestChannelRules(t *testing.T) {
	want := []config.Channel{
		{
			Pattern: "/news/**", Subscribe: []string{"anyone"}, Publish: []string{"manager", "backend"},
			History: config.History{Size: 100, Age: time.Hour}, Presence: true, JoinLeave: true, MaxMessageBytes: 4096,
		},
		{Pattern: "/a", Subscribe: []string{"visitor"}, Publish: []string{"nobody"}},
	}
	c, err := config.Load(file(t, `
bayeux:
  channels:
    - pattern: /news/**
      subscribe: anyone
      publish: [manager, backend]
      history: {size: 100, age: 1h}
      presence: true
      join_leave: true
      max_message_bytes: 4KiB
    - {pattern: /a, subscribe: visitor, publish: nobody}
`))
	if err != nil || !reflect.DeepEqual(c.Bayeux.Channels, want) {
		t.Errorf("%+v, %v", c.Bayeux.Channels, err)
	}
	c, err = config.Load(config.Options{Dirs: []string{}, Environ: []string{`PARLEY_BAYEUX_CHANNELS=[
		{"pattern":"/news/**","subscribe":"anyone","publish":["manager","backend"],"history":{"size":100,"age":3600},"presence":true,"join_leave":true,"max_message_bytes":4096},
		{"pattern":"/a","subscribe":["visitor"],"publish":"nobody"}]`}})
	if err != nil || !reflect.DeepEqual(c.Bayeux.Channels, want) {
		t.Errorf("from the environment: %+v, %v", c.Bayeux.Channels, err)
	}
}

func TestBadChannelRules(t *testing.T) {
	for text, want := range map[string]string{
		`5`:                                   "bayeux.channels: 5 is not a list of rules",
		`[/a]`:                                "is not a list of rules",
		`[{patern: /a}]`:                      "bayeux.channels[0].patern: unknown key; the nearest known one is pattern",
		`[{pattern: [1]}]`:                    "bayeux.channels[0].pattern: [1] is not a string",
		`[{pattern: /a, presence: 5}]`:        "bayeux.channels[0].presence: 5 is not true or false",
		`[{pattern: /a, subscribe: {a: b}}]`:  "bayeux.channels[0].subscribe: ",
		`[{pattern: /a, history: 5}]`:         "bayeux.channels[0].history: 5 is not a mapping of size and age",
		`[{pattern: /a, history: {sise: 5}}]`: "bayeux.channels[0].history.sise: unknown key; the nearest known one is size",
		`[{pattern: /a, history: {age: x}}]`:  "bayeux.channels[0].history.age: ",
	} {
		_, err := config.Load(file(t, "bayeux: {channels: "+text+"}"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
