package chat

import "parley/models"

// mayWebhooks lets an organisation's admins manage its webhooks, and keys with the scope.
func mayWebhooks(p Principal) error {
	switch {
	case p.Party == Stranger:
		return tokenMissing()
	case p.administers():
		return p.demand(models.ScopeWebhooks)
	}
	return forbidden("Only admins manage webhooks")
}

// subscribeWebhooks lets admins, and keys that may listen at all, hear what becomes of the webhooks of their own
// organisation.
func subscribeWebhooks(p Principal, target string) (scope string, ok bool, err error) {
	own := organizationScope(p.OrganizationID)
	return own, p.administers() && (target == "*" || target == own), nil
}
