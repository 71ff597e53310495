package chat

import (
	"context"
	"strings"
)

// A token may name the channels that it is for: patterns of paths, in which * is any one name and ** at the end any
// names. It opens nothing that its bearer might not open without it, and outside of giosg's API nothing at all.

const (
	maxGrantedChannels = 100
	maxGrantedBytes    = 8 << 10
)

// grantedChannels makes one text of a token's list, so that principals are comparable. Without a list it is empty, which
// bounds nothing; ok is false of a list that cannot be.
func grantedChannels(list []string) (text string, ok bool) {
	if list == nil {
		return "", true
	}
	text = "\n" + strings.Join(list, "\n") // never empty: an empty list grants nothing
	if len(list) > maxGrantedChannels || len(text) > maxGrantedBytes {
		return "", false
	}
	for _, pattern := range list {
		if !strings.HasPrefix(pattern, "/") || strings.Contains(pattern, "\n") {
			return "", false
		}
	}
	return text, true
}

// hasChannel tells whether the token, if it is for some channels only, is for this one, or for all that a pattern
// stands for.
func (p Principal) hasChannel(channel string) bool {
	if p.Channels == "" {
		return true
	}
	for pattern := range strings.SplitSeq(p.Channels, "\n") {
		if pattern != "" && grants(pattern, channel) {
			return true
		}
	}
	return false
}

func grants(pattern, channel string) bool {
	for {
		want, patternRest, more := strings.Cut(pattern, "/")
		have, channelRest, further := strings.Cut(channel, "/")
		switch {
		case want == "**" && !more:
			return true
		case have == "**", want != have && (want != "*" || have == ""), more != further:
			return false
		case !more:
			return true
		}
		pattern, channel = patternRest, channelRest
	}
}

type resourcesKey struct{}

// WithResources notes that a call is one of giosg's API, or that it is about channels: where tokens for some channels
// are good for something.
func WithResources(ctx context.Context) context.Context {
	return context.WithValue(ctx, resourcesKey{}, true)
}

// ChannelList is the list that Channels was made of; nil: it is for any.
func (p Principal) ChannelList() []string {
	if p.Channels == "" {
		return nil
	}
	return strings.FieldsFunc(p.Channels, func(r rune) bool { return r == '\n' })
}

// grantedTo is what a token's list comes to. Outside of giosg's API, and of channels, such a token is none.
func grantedTo(ctx context.Context, c Claims) (string, error) {
	text, ok := grantedChannels(c.Channels)
	if !ok || text != "" && ctx.Value(resourcesKey{}) == nil {
		return "", tokenInvalid()
	}
	return text, nil
}
