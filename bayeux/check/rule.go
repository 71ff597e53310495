package check

import (
	"slices"
	"strings"
)

// Profile is a kind of server, and the set of rules for it.
type Profile string

// The profiles. Spec holds what Bayeux 1.0 demands in its text; Faye and
// CometD what these servers do, and their clients have come to expect; Parley
// what this project's server promises.
const (
	Spec   Profile = "spec"
	Faye   Profile = "faye"
	CometD Profile = "cometd"
	Parley Profile = "parley"
)

// Rule is one thing that a server does, or must not do.
type Rule struct {
	Name     string    `json:"name"` // group/what
	Says     string    `json:"says"`
	Source   string    `json:"source"`
	Suffers  string    `json:"suffers"` // who, when it is broken, and how
	Profiles []Profile `json:"profiles"`

	play func(*talk)
}

// named reports whether name is the rule's, or its group's.
func (r Rule) named(name string) bool {
	return r.Name == name || strings.HasPrefix(r.Name, strings.TrimSuffix(name, "/")+"/")
}

// Rules are all rules there are, in the order of the dialogues that a session
// goes through.
func Rules() []Rule { return slices.Clone(rules) }

var rules = slices.Concat(handshakeRules, idRules, connectRules, subscribeRules, publishRules, deliveryRules,
	disconnectRules, bodyRules, callbackRules, originRules, streamRules, socketRules, extRules)

// Sets of profiles.
var (
	everyone    = []Profile{Spec, Faye, CometD, Parley}
	families    = []Profile{Faye, CometD, Parley}
	specFaye    = []Profile{Spec, Faye, Parley}
	specCometD  = []Profile{Spec, CometD, Parley}
	specParley  = []Profile{Spec, Parley}
	fayeWay     = []Profile{Faye, Parley}
	cometdWay   = []Profile{CometD, Parley}
	parleyAlone = []Profile{Parley}
)
