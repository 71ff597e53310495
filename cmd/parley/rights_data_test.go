package main

import "parley/models"

// What is kept of people: who did what, and what is given out and erased.
func init() {
	addRights(
		right{call: "GET /chat/conversation/:conversation_id/transcript", scope: models.ScopeData, may: who{200: {capability, visitor, counterpart, supervisor, administrator, key}}},
		right{call: "GET /chat/visitor/:visitor_id/export", scope: models.ScopeData, may: who{200: {administrator, key}}},
		right{call: "DELETE /chat/visitor/:visitor_id", scope: models.ScopeData, may: who{202: {administrator, key}}},
		right{call: "GET /chat/audit", scope: models.ScopeData, may: who{200: {administrator, key}}},
	)
}
