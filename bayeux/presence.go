package bayeux

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Present is somebody on a channel.
type Present struct {
	Who      string `json:"who"`
	Sessions int    `json:"sessions"`
}

// anonymous stands for those without credentials.
const anonymous = "anonymous"

// display names somebody for others. By default that is what String says.
func (srv *Server) display(who any) string {
	if f := srv.cfg.Display; f != nil {
		return f(who)
	}
	if who == nil {
		return anonymous
	}
	if s, ok := who.(fmt.Stringer); ok {
		return s.String()
	}
	if s, ok := who.(string); ok {
		return s
	}
	return "somebody"
}

// Present lists who is subscribed on this node to exactly channel, and can
// receive publications of scope: "" for all. sessions counts them all, and
// list names the first thousand by name.
func (srv *Server) Present(channel, scope string) (list []Present, sessions int) {
	count := make(map[string]int)
	for _, s := range srv.reg.holders(channel, scope) {
		s.mu.Lock()
		var who any
		sub := s.find(channel)
		if sub != nil {
			who = s.speaker(sub)
		}
		s.mu.Unlock()
		if sub != nil {
			count[srv.display(who)]++
			sessions++
		}
	}
	list = make([]Present, 0, len(count))
	for who, n := range count {
		list = append(list, Present{who, n})
	}
	slices.SortFunc(list, func(a, b Present) int { return cmp.Compare(a.Who, b.Who) })
	const most = 1000
	return list[:min(len(list), most)], sessions
}

// announces reports whether joins and leaves of a pattern are published.
func (srv *Server) announces(pattern string) bool {
	if srv.rules == nil || !srv.rules.joinLeave {
		return false
	}
	_, kind := splitPattern(pattern)
	return kind == exact && srv.rules.of(pattern).JoinLeave
}

// announce publishes a join or leave on the channel's presence channel.
func (srv *Server) announce(n note) {
	if !srv.announces(n.channel) {
		return
	}
	sessions := srv.reg.size(n.channel, n.scope)
	action := "leave"
	if n.subscribed {
		action = "join"
	}
	data, err := json.Marshal(struct {
		Action   string `json:"action"`
		Channel  string `json:"channel"`
		Who      string `json:"who"`
		Sessions int    `json:"sessions"`
	}{action, n.channel, srv.display(n.who), sessions})
	if err == nil {
		err = srv.distribute(n.ctx, Publication{Channel: PresenceChannel(n.channel), Scope: n.scope, Data: data})
	}
	if err != nil {
		srv.fault("presence", n.channel, err)
	}
}

// right is the channel that somebody must have the right to, in order to
// subscribe to channel.
func (srv *Server) right(channel string) string {
	if of, ok := srv.rules.presenceOf(channel); ok {
		return of
	}
	return channel
}

// maySubscribe asks the Policy.
func (srv *Server) maySubscribe(ctx context.Context, who any, channel string) (scope string, ok bool, err error) {
	return srv.cfg.Policy.Subscribe(ctx, who, srv.right(channel))
}
