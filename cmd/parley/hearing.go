package main

import (
	"context"

	"parley/chat"
)

// hearing passes what the engine tells of subscriptions on to those who note who is there. The lobby is known a little
// later than the engine.
type hearing struct {
	managers *chat.Presence
	visitors *chat.Lobby
}

func (h *hearing) Subscribed(ctx context.Context, session string, who any, channel string) {
	h.managers.Subscribed(ctx, session, who, channel)
	h.visitors.Subscribed(ctx, session, who, channel)
}

func (h *hearing) Unsubscribed(ctx context.Context, session string, who any, channel string) {
	h.managers.Unsubscribed(ctx, session, who, channel)
	h.visitors.Unsubscribed(ctx, session, who, channel)
}
