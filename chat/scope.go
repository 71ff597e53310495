package chat

import (
	"context"

	"parley/models"
)

type addressKey struct{}

// InAddress notes that credentials stood in a request's address. Keys are not taken there: proxies and browsers
// keep addresses, and a key, unlike a token, holds for good.
func InAddress(ctx context.Context) context.Context {
	return context.WithValue(ctx, addressKey{}, true)
}

func inAddress(ctx context.Context) bool { return ctx.Value(addressKey{}) != nil }

// What a key may do is asked once for each call, where it is settled who calls, and once for each channel:
//
//	chat      Gate.Admit, Gate.self and staff: conversations and what hangs on them
//	push      Service.Notify, and Gate.Publish on every channel
//	visitors  Service.Token, Gate.mayLogOut, mayKnowVisitors
//	events    Gate.Subscribe to every channel, Gate.Follow
//	webhooks  Service.Webhooks
//	people    insider: organisation, managers, schedules
//	numbers   mayNumbers, maySearch
//	data      mayData
//
// In giosg's API resourceRules say it, for each kind of resource. A manager's key has the manager's rights, as far as its
// scopes go.
//
// On a channel that strangers may use, a key without the scope is a stranger.

// bound tells whether the principal calls with a key, a manager's own included. A visitor's token that a key asked for
// is none.
func (p Principal) bound() bool { return p.Party == Backend || p.Party == Manager && p.KeyID != 0 }

// allows tells whether the principal's key has the scope. Whoever calls without a key is bound by none.
func (p Principal) allows(scope models.Scopes) bool {
	return !p.bound() || p.Scopes.Has(scope)
}

// demand refuses a key that lacks the scope.
func (p Principal) demand(scope models.Scopes) error {
	if !p.allows(scope) {
		return E(Forbidden, "scope_missing", "The key lacks the scope %s", scope)
	}
	return nil
}

// within is the principal where a channel's own rules decide: nobody, if its key lacks the scope.
func (p Principal) within(scope models.Scopes) Principal {
	if !p.allows(scope) {
		return Principal{}
	}
	return p
}
