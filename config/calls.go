package config

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Calls is about calls by sound and picture.
type Calls struct {
	RingFor    time.Duration `mapstructure:"ring_for" doc:"How long a call rings before it is missed."`
	STUN       []string      `mapstructure:"stun" doc:"STUN servers that tell browsers their addresses, like stun:stun.example.com:3478. None: calls within one network alone."`
	TURN       []string      `mapstructure:"turn" doc:"TURN servers that pass on what cannot go straight, like turn:turn.example.com:3478?transport=udp or turns:…"`
	TURNSecret Secret        `mapstructure:"turn_secret" doc:"The secret that the TURN servers share (coturn: static-auth-secret); callers get credentials made with it that hold for calls.turn_life."`
	TURNLife   time.Duration `mapstructure:"turn_life" doc:"How long those hold; a call cannot begin to use TURN after it."`
}

func defaultCalls() Calls {
	return Calls{RingFor: time.Minute, STUN: []string{}, TURN: []string{}, TURNLife: 12 * time.Hour}
}

func (c Calls) validate() error {
	for key, list := range map[string][]string{"stun": c.STUN, "turn": c.TURN} {
		for _, address := range list {
			scheme, rest, _ := strings.Cut(address, ":")
			if scheme != key && scheme != key+"s" || rest == "" || strings.ContainsAny(address, " \t\r\n") {
				return fmt.Errorf("calls.%s: %q is not like %s:host:3478", key, address, key)
			}
		}
	}
	if c.TURNSecret == hidden {
		return errors.New("calls.turn_secret: *** stands for a secret that was not printed")
	}
	return cmp.Or(
		atLeast("calls.ring_for", c.RingFor, time.Second),
		atLeast("calls.turn_life", c.TURNLife, time.Minute),
	)
}
