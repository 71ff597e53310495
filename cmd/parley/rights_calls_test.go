package main

import (
	"parley/config"
	"parley/models"
)

// Calls by sound and picture.
func init() {
	sides := []caller{capability, visitor, counterpart, key}
	unproved := []caller{nobody, capability, liar} // managers alone accept and refuse, so these are asked for a token
	const route = "POST /chat/conversation/:conversation_id/call"
	addRights(
		right{call: "GET /chat/calls", scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "GET /chat/calls/ice", scope: models.ScopeChat, mode: config.VisitorsCapability, may: who{200: and(managers, key), 400: {nobody, capability, liar, visitor, otherVisitor}}},
		right{call: "GET /chat/calls/ice", scope: models.ScopeChat, mode: config.VisitorsSigned, may: who{200: and(managers, key), 400: {visitor, otherVisitor}, 401: unproved}},
		right{call: "GET /chat/calls/ice", as: "of a call", query: "conversation_id={conversation_id}", scope: models.ScopeChat,
			may: who{200: sides, 404: {nobody, foreignVisitor, foreignManager, foreignSupervisor, foreignAdmin, foreignKey}, 403: {liar, colleague, supervisor, administrator}}},
		right{call: "POST /chat/calls/:visitor_id", body: `{"app_key":"{site_key}","operator_name":"Anna"}`, says: models.SenderVisitor, scope: models.ScopeChat,
			may: who{201: {nobody, capability, visitor, key}, 400: {poser}}},
		right{call: "GET /chat/conversation/:conversation_id/call", scope: models.ScopeChat, may: who{200: and(sides, supervisor, administrator)}},
		right{call: "GET /chat/conversation/:conversation_id/call", as: "which rings", state: models.StateWaiting, scope: models.ScopeChat, may: who{200: and(managers, capability, visitor, key)}},
		right{call: route, as: "which rings: accept", body: `{"call_id":"{call_id}","type":"accept"}`, state: models.StateWaiting, says: models.SenderManager, scope: models.ScopeChat, may: who{200: and(managers, key), 401: unproved}},
		right{call: route, as: "which rings: refuse", body: `{"call_id":"{call_id}","type":"refuse"}`, state: models.StateWaiting, says: models.SenderManager, scope: models.ScopeChat, may: who{200: and(managers, key), 401: unproved}},
		right{call: route, as: "which rings: hang up", body: `{"call_id":"{call_id}","type":"hangup"}`, state: models.StateWaiting, says: models.SenderVisitor, scope: models.ScopeChat, may: who{200: {capability, visitor, key}}},
		right{call: route, as: "which somebody has: accept", body: `{"call_id":"{call_id}","type":"accept"}`, says: models.SenderManager, scope: models.ScopeChat,
			may: who{200: {counterpart, key}, 409: {colleague, supervisor, administrator}, 401: unproved}},
		right{call: route, as: "which somebody has: mute", body: `{"call_id":"{call_id}","type":"mute","audio":false}`, says: models.SenderVisitor, scope: models.ScopeChat, may: who{200: sides}},
		right{call: route, as: "which somebody has: hang up", body: `{"call_id":"{call_id}","type":"hangup"}`, says: models.SenderVisitor, scope: models.ScopeChat, may: who{200: sides}},
	)
}
