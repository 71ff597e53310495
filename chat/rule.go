package chat

import (
	"slices"
	"strings"
)

// ChannelRule says who may use the channels outside the chat families that its pattern covers. Of several
// rules the most specific holds, alone: the channel itself, then /*, then /** from the deepest up.
type ChannelRule struct {
	Pattern   string
	Subscribe []Audience
	Publish   []Audience
}

// Audience is a kind of caller. An empty list of audiences is nobody.
type Audience string

// Audiences. Visitors, managers and backends are those with a token or key to show for it.
const (
	Anyone    Audience = "anyone"
	Visitors  Audience = "visitor"
	Managers  Audience = "manager"
	Backends  Audience = "backend"
	NoClients Audience = "nobody"
)

// admits tells whether p belongs to one of the audiences. The operator belongs to all.
func admits(audiences []Audience, p Principal) bool {
	return p.Party == Operator || slices.Contains(audiences, Anyone) ||
		p.Party != Stranger && slices.Contains(audiences, Audience(p.Party))
}

// channelRules are all rules, those about the least first.
type channelRules []ChannelRule

// newChannelRules adds to the rules those of the open channels that have none.
func newChannelRules(rules []ChannelRule, open []string) channelRules {
	list := slices.Clone(rules)
	for _, pattern := range open {
		if !slices.ContainsFunc(list, func(r ChannelRule) bool { return r.Pattern == pattern }) {
			everybody := []Audience{Anyone}
			list = append(list, ChannelRule{Pattern: pattern, Subscribe: everybody, Publish: everybody})
		}
	}
	slices.SortStableFunc(list, func(a, b ChannelRule) int { return breadth(a.Pattern) - breadth(b.Pattern) })
	return list
}

// breadth orders patterns that cover the same channel, the most specific first.
func breadth(pattern string) int {
	const deepest = 1 << 20
	switch {
	case strings.HasSuffix(pattern, "/**"):
		return deepest - strings.Count(pattern, "/")
	case strings.HasSuffix(pattern, "/*"):
		return 1
	}
	return 0
}

// may tells whether p belongs to the audience of a channel, or of everything that a pattern covers: of the rule
// that covers all of it and of every rule about a part.
func (list channelRules) may(p Principal, channel string, audience func(ChannelRule) []Audience) bool {
	whole := slices.IndexFunc(list, func(r ChannelRule) bool { return covers(r.Pattern, channel) })
	if whole < 0 || !admits(audience(list[whole]), p) {
		return false
	}
	return !slices.ContainsFunc(list, func(r ChannelRule) bool {
		return covers(channel, r.Pattern) && !admits(audience(r), p)
	})
}

func subscribers(r ChannelRule) []Audience { return r.Subscribe }

func publishers(r ChannelRule) []Audience { return r.Publish }
