package main

import (
	"context"
	"net/http"

	"parley/bayeux"
	bayeuxadmin "parley/bayeux/admin"
	"parley/chat"
)

// mountAdmin adds what operators do by HTTP, and what everybody may ask of channels that have rules. slow bounds what an
// address asks.
func mountAdmin(mounts map[string]http.Handler, engine *bayeux.Server, gate *chat.Gate, slow func(http.Handler) http.Handler) {
	const operators, channels = "/admin/bayeux", "/channels"
	mounts[operators] = slow(http.StripPrefix(operators, bayeuxadmin.New(engine, func(ctx context.Context, token string) (any, error) {
		p, err := authenticate(ctx, gate, token)
		switch {
		case err != nil:
			return nil, err
		case p.Party == chat.Stranger:
			return nil, bayeuxadmin.ErrToken
		case p.Party != chat.Operator:
			return nil, bayeuxadmin.ErrForbidden
		}
		return p, nil
	})))
	if len(engine.Config().Rules) == 0 {
		return
	}
	mounts[channels] = slow(http.StripPrefix(channels, bayeuxadmin.Public(engine, func(ctx context.Context, token string) (any, error) {
		p, err := authenticate(ctx, gate, token)
		return p, err
	})))
}

func authenticate(ctx context.Context, gate *chat.Gate, token string) (chat.Principal, error) {
	p, _, err := gate.Authenticate(ctx, token)
	if chat.KindOf(err) == chat.Unauthenticated {
		err = bayeuxadmin.ErrToken
	}
	return p, err
}
