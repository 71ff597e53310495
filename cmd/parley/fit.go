package main

import (
	"context"
	"time"

	"parley/api"
	"parley/api/giosg"
	"parley/bayeux"
	"parley/chat"
	"parley/chat/token"
	"parley/chat/webhook"
)

// The packages do not import each other; here is the proof that they fit.
var (
	_ bayeux.Policy   = policy{}
	_ bayeux.Pacer    = policy{}
	_ bayeux.Monitor  = (*hearing)(nil)
	_ bayeux.Replayer = chat.Log{}
	_ chat.Publisher  = (*bayeux.Server)(nil)

	_ chat.Broadcaster = (*bayeux.Server)(nil)
	_ api.Signer       = (*token.Keyring)(nil)
	_ giosg.Signer     = (*token.Keyring)(nil)
	_ giosg.Engine     = (*bayeux.Server)(nil)
	_ webhook.Format   = giosg.Webhooks{}
	_ api.Door         = (*giosg.API)(nil)
	_ chat.Granter     = (*token.Keyring)(nil)
)

// policyPatience is how long the gate may take to decide.
const policyPatience = 10 * time.Second

// policy is the gate, told which site's page asks, and by what way.
type policy struct{ *chat.Gate }

func (p policy) Identify(ctx context.Context, ext []byte) (any, time.Time, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, policyPatience)
	defer cancel()
	if bayeux.InAddress(ctx) {
		ctx = chat.InAddress(ctx)
	}
	return p.Gate.Identify(ctx, ext)
}

func (p policy) Subscribe(ctx context.Context, who any, channel string) (string, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, policyPatience)
	defer cancel()
	if origin := bayeux.Origin(ctx); origin != "" {
		ctx = chat.WithOrigin(ctx, origin)
	}
	if bayeux.Reviewing(ctx) {
		ctx = chat.WithReview(ctx)
	}
	return p.Gate.Subscribe(ctx, who, channel)
}

func (p policy) Publish(ctx context.Context, who any, channel string) (string, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, policyPatience)
	defer cancel()
	return p.Gate.Publish(ctx, who, channel)
}
