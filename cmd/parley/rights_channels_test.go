package main

import "parley/models"

// Channels and Bayeux operations, and what the person who runs the server sees of them.
func init() {
	// By a visitor's id, in the mode in which that is enough. Whoever knows none listens to nobody.
	knowing := []caller{nobody, capability, liar, poser, visitor, key}
	addRights(
		right{call: "HANDSHAKE /faye", may: who{200: {anyone}}},
		right{call: "CONNECT /faye", may: who{200: {anyone}}},
		right{call: "DISCONNECT /faye", may: who{200: {anyone}}},
		right{call: "UNSUBSCRIBE /service/*", may: who{200: {anyone}}},
		right{call: "META /meta/subscribe/x", may: who{403: {everyone}}},
		right{call: "META /meta/publish", may: who{403: {everyone}}},
		right{call: "META /meta/*", may: who{403: {everyone}}},
		right{call: "SUBSCRIBE /meta/*", may: who{403: {everyone}}},
		right{call: "SUBSCRIBE /meta/connect", may: who{403: {everyone}}},

		right{call: "SUBSCRIBE /service/:visitor_id", scope: models.ScopeEvents, may: who{200: and(managers, knowing...)}},
		right{call: "SUBSCRIBE /service/:visitor_id", as: "of nobody", things: map[string]string{"visitor_id": "new_visitor_id"}, scope: models.ScopeEvents,
			may: who{200: and(managers, nobody, capability, liar, poser, key, foreignManager, foreignSupervisor, foreignAdmin, foreignKey)}},
		right{call: "SUBSCRIBE /service/*", scope: models.ScopeEvents, may: who{200: and(managers, key)}},
		right{call: "SUBSCRIBE /service/**", may: who{403: {everyone}}},
		right{call: "SUBSCRIBE /service/:visitor_id/x", may: who{403: {everyone}}},
		right{call: "SUBSCRIBE /service/:visitor_id/*", may: who{403: {everyone}}},

		right{call: "SUBSCRIBE /conversations/:conversation_id", scope: models.ScopeEvents, may: who{200: {capability, liar, poser, visitor, counterpart, supervisor, administrator, key}}},
		right{call: "SUBSCRIBE /conversations/:conversation_id", as: "which waits", state: "waiting", scope: models.ScopeEvents, may: who{200: and(managers, capability, liar, poser, visitor, key)}},
		right{call: "SUBSCRIBE /conversations/*", scope: models.ScopeEvents, may: who{200: {supervisor, administrator, key}}},
		right{call: "SUBSCRIBE /conversations/**", may: who{403: {everyone}}},
		right{call: "SUBSCRIBE /conversations/:conversation_id/*", may: who{403: {everyone}}},

		right{call: "SUBSCRIBE /notifications/:visitor_id", scope: models.ScopeEvents, may: who{200: knowing}},
		right{call: "SUBSCRIBE /notifications/*", scope: models.ScopeEvents, may: who{200: {key}}},
		right{call: "SUBSCRIBE /notifications/**", may: who{403: {everyone}}},

		right{call: "SUBSCRIBE /staff/:conversation_id", scope: models.ScopeEvents, may: who{200: {counterpart, supervisor, administrator, key}}},
		right{call: "SUBSCRIBE /staff/*", scope: models.ScopeEvents, may: who{200: {supervisor, administrator, key}}},
		right{call: "SUBSCRIBE /staff/**", may: who{403: {everyone}}},

		right{call: "SUBSCRIBE /availability/:organization_id", scope: models.ScopeEvents, may: who{200: {anyone, key}, 403: {theOperator}}},
		right{call: "SUBSCRIBE /availability/*", scope: models.ScopeEvents, may: who{200: {key}}},
		right{call: "SUBSCRIBE /availability/**", may: who{403: {everyone}}},

		right{call: "SUBSCRIBE /*", may: who{403: {everyone}}},
		right{call: "SUBSCRIBE /**", may: who{403: {everyone}}},
		right{call: "SUBSCRIBE /elsewhere", may: who{403: {everyone}}},
		right{call: "SUBSCRIBE /news/today", may: who{200: {anyone}}},
		right{call: "SUBSCRIBE /news/*", may: who{200: {anyone}}},
		right{call: "SUBSCRIBE /news/**", may: who{403: {everyone}}},

		// Nobody publishes on the chat's channels but a backend, and who runs the server for its backends.
		right{call: "PUBLISH /service/:visitor_id", scope: models.ScopePush, may: who{200: {key, theOperator}}},
		right{call: "PUBLISH /service/*", may: who{405: {anyone}}},
		right{call: "PUBLISH /service/**", may: who{405: {anyone}}},
		right{call: "PUBLISH /conversations/:conversation_id", scope: models.ScopePush, may: who{200: {key, theOperator}}},
		right{call: "PUBLISH /conversations/*", may: who{405: {anyone}}},
		right{call: "PUBLISH /conversations/**", may: who{405: {anyone}}},
		right{call: "PUBLISH /notifications/:visitor_id", scope: models.ScopePush, may: who{200: {key, theOperator}}},
		right{call: "PUBLISH /notifications/*", may: who{405: {anyone}}},
		right{call: "PUBLISH /notifications/**", may: who{405: {anyone}}},
		right{call: "PUBLISH /staff/:conversation_id", scope: models.ScopePush, may: who{200: {key, theOperator}}},
		right{call: "PUBLISH /staff/*", may: who{405: {anyone}}},
		right{call: "PUBLISH /staff/**", may: who{405: {anyone}}},
		right{call: "PUBLISH /availability/:organization_id", may: who{403: {everyone}}},
		right{call: "PUBLISH /availability/*", may: who{405: {anyone}}},
		right{call: "PUBLISH /availability/**", may: who{405: {anyone}}},
		right{call: "PUBLISH /elsewhere", may: who{403: {everyone}}},
		right{call: "PUBLISH /news/today", may: who{200: {anyone}}},
		right{call: "PUBLISH /prices/tea", scope: models.ScopePush, may: who{200: {key, foreignKey, theOperator}}},
		right{call: "PUSH /conversations/:conversation_id", scope: models.ScopePush, may: who{200: {key, theOperator}}},
		right{call: "PUSH /notifications/:visitor_id", scope: models.ScopePush, may: who{200: {key, theOperator}}},
		right{call: "PUSH /prices/tea", scope: models.ScopePush, may: who{200: {key, foreignKey, theOperator}}},
		right{call: "PUSH /service/:visitor_id", scope: models.ScopePush, may: who{200: {key, theOperator}}},
	)

	// The socket that speaks in rows asks the same gate.
	addRights(
		right{call: "ROW /service/:visitor_id", scope: models.ScopeEvents, may: who{200: and(managers, knowing...)}},
		right{call: "ROW /service/*", may: who{403: {everyone}}},
		right{call: "ROW /conversations/:conversation_id", scope: models.ScopeEvents, may: who{200: {capability, liar, poser, visitor, counterpart, supervisor, administrator, key}}},
		right{call: "ROW /staff/:conversation_id", scope: models.ScopeEvents, may: who{200: {counterpart, supervisor, administrator, key}}},
		right{call: "ROW /meta/connect", may: who{403: {everyone}}},
		right{call: "ROW /elsewhere", may: who{403: {everyone}}},
	)

	// What has rules may be asked for over HTTP, by whoever may listen to it.
	addRights(
		right{call: "GET /channels/history", query: "channel=/prices/tea", may: who{200: {anyone}}},
		right{call: "GET /channels/presence", query: "channel=/prices/tea", may: who{200: {anyone}}},
		right{call: "GET /channels/history", as: "of the chat", query: "channel=/conversations/{conversation_id}", scope: models.ScopeEvents, may: who{
			404: {capability, liar, poser, visitor, counterpart, supervisor, administrator, key}, 401: badCallers, 403: {anyone}}},
	)
	const push = `{"channel":"/notifications/{visitor_id}","data":{"n":1}}`
	only := func(status int) who {
		return who{status: {theOperator}, 403: and(and(managers, visitor, otherVisitor, key), foreignVisitor, foreignManager, foreignSupervisor, foreignAdmin, foreignKey)}
	}
	addRights(
		right{call: "POST /admin/bayeux/publish", body: push, may: only(204)},
		right{call: "GET /admin/bayeux/sessions", may: only(200)},
		right{call: "GET /admin/bayeux/sessions/{id}", may: only(404)},
		right{call: "DELETE /admin/bayeux/sessions/{id}", may: only(404)},
		right{call: "GET /admin/bayeux/channels", may: only(200)},
		right{call: "GET /admin/bayeux/history", query: "channel=/prices/tea", may: only(200)},
		right{call: "GET /admin/bayeux/presence", query: "channel=/prices/tea", may: only(200)},
	)
}
