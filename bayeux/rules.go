package bayeux

import (
	"fmt"
	"strings"
	"time"
)

// Rule says what the server keeps and announces of the channels that its
// pattern covers. Of several rules the most specific holds, alone: the name
// itself, then /*, then /** from the deepest up. No rule is about what a
// Replayer keeps.
type Rule struct {
	Pattern  string
	History  Retention
	Presence bool // who is there may be asked for
	// JoinLeave publishes who subscribes and who leaves on PresenceChannel.
	JoinLeave bool
	// MaxMessageBytes bounds the data of what clients publish; 0: only the
	// limit of a whole request does.
	MaxMessageBytes int
}

// Retention bounds what is kept of each channel. Size 0 keeps nothing; Age 0
// sets no limit.
type Retention struct {
	Size int
	Age  time.Duration
}

// presenceSuffix makes the channel on which joins and leaves of another are
// published.
const presenceSuffix = "/$presence"

// PresenceChannel names the channel on which joins and leaves of channel are
// published, where a Rule says so: /news/a/$presence. Clients cannot publish
// on it, and subscribe to it with the right to channel itself. Wildcards do
// not cover it.
func PresenceChannel(channel string) string { return channel + presenceSuffix }

// CheckRules tells what is wrong with rules: a pattern that is none, that is
// under /meta or /service, or that is there twice; a negative limit.
func CheckRules(rules []Rule) error {
	seen := make(map[string]bool, len(rules))
	for _, r := range rules {
		switch {
		case !ValidPattern(r.Pattern, false):
			return fmt.Errorf("bayeux: %q is no channel pattern", r.Pattern)
		case reserved(r.Pattern):
			return fmt.Errorf("bayeux: no rule can be about %s", r.Pattern)
		case seen[r.Pattern]:
			return fmt.Errorf("bayeux: a second rule about %s", r.Pattern)
		case r.History.Size < 0 || r.History.Age < 0 || r.MaxMessageBytes < 0:
			return fmt.Errorf("bayeux: a negative limit in the rule about %s", r.Pattern)
		}
		seen[r.Pattern] = true
	}
	return nil
}

// rules finds the rule of a channel with one look-up for each pattern that
// may cover it. A nil *rules has none.
type rules struct {
	by        map[ruleKey]*Rule
	except    func(channel string) bool // nil for none
	history   bool                      // any keeps one
	presence  bool
	joinLeave bool
}

type ruleKey struct {
	base string
	kind patternKind
}

// newRules panics on rules that CheckRules refuses, as net/http does on a bad
// pattern.
func newRules(list []Rule, except func(channel string) bool) *rules {
	if len(list) == 0 {
		return nil
	}
	if err := CheckRules(list); err != nil {
		panic(err)
	}
	r := &rules{by: make(map[ruleKey]*Rule, len(list)), except: except}
	for _, rule := range list {
		base, kind := splitPattern(rule.Pattern)
		r.by[ruleKey{base, kind}] = &rule
		r.history = r.history || rule.History.Size > 0
		r.presence = r.presence || rule.Presence
		r.joinLeave = r.joinLeave || rule.JoinLeave
	}
	return r
}

var noRule = &Rule{}

// keepsUnder reports whether a rule keeps anything of what lies below a place.
func (srv *Server) keepsUnder(place string) bool {
	if srv.history == nil {
		return false
	}
	for _, rule := range srv.cfg.Rules {
		base, kind := splitPattern(rule.Pattern)
		switch {
		case rule.History.Size <= 0:
		case strings.HasPrefix(base, place+"/"), base == place && kind != exact, kind == deep && under(place, base):
			return true
		}
	}
	return false
}

// of returns the rule of a name; never nil.
func (r *rules) of(channel string) *Rule {
	if r == nil {
		return noRule // inlined: this is all that a server without rules pays
	}
	return r.named(channel)
}

func (r *rules) named(channel string) *Rule {
	if reserved(channel) {
		return noRule
	}
	if r.joinLeave {
		if _, ok := r.presenceOf(channel); ok {
			return noRule
		}
	}
	return r.find(channel)
}

func (r *rules) find(channel string) *Rule {
	rule := r.lookup(channel)
	if rule != noRule && r.except != nil && r.except(channel) {
		return noRule
	}
	return rule
}

func (r *rules) lookup(channel string) *Rule {
	if rule := r.by[ruleKey{channel, exact}]; rule != nil {
		return rule
	}
	last := strings.LastIndexByte(channel, '/')
	if rule := r.by[ruleKey{channel[:last], single}]; rule != nil {
		return rule
	}
	for i := last; i >= 0; i = strings.LastIndexByte(channel[:i], '/') {
		if rule := r.by[ruleKey{channel[:i], deep}]; rule != nil {
			return rule
		}
	}
	return noRule
}

// presenceOf returns the channel whose joins and leaves are published on the
// one given, if it is such a one.
func (r *rules) presenceOf(channel string) (of string, ok bool) {
	if r == nil || !r.joinLeave {
		return "", false
	}
	return r.announced(channel)
}

func (r *rules) announced(channel string) (of string, ok bool) {
	of, ok = strings.CutSuffix(channel, presenceSuffix)
	return of, ok && of != "" && !reserved(of) && r.find(of).JoinLeave
}
