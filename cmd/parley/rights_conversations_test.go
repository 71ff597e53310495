package main

import (
	"parley/config"
	"parley/models"
)

// Conversations: what both sides do, and what managers do with them.
func init() {
	const opening = `{"app_key":"{site_key}"}`
	// Whose conversation it is, by whatever way.
	sides := []caller{capability, visitor, counterpart, key}
	addRights(
		right{call: "POST /chat/service/:visitor_id", body: opening, scope: models.ScopeChat,
			may: who{201: {nobody}, 200: sides, 409: {colleague, supervisor, administrator}}},
		right{call: "POST /chat/service/:visitor_id", as: "for somebody unknown", body: opening, things: map[string]string{"visitor_id": "new_visitor_id"}, scope: models.ScopeChat, mode: config.VisitorsCapability,
			may: who{201: and(managers, nobody, key)}},
		right{call: "POST /chat/service/:visitor_id", as: "for somebody unknown", body: opening, things: map[string]string{"visitor_id": "new_visitor_id"}, scope: models.ScopeChat, mode: config.VisitorsSigned,
			may: who{201: {key}, 404: and(managers, visitor, otherVisitor)}},
		right{call: "POST /chat/service/:visitor_id", as: "which waits", body: opening, state: models.StateWaiting, scope: models.ScopeChat,
			may: who{201: {nobody}, 200: and(managers, capability, visitor, key)}},

		right{call: "POST /chat/conversation/:conversation_id", body: `{"content":"hello"}`, says: models.SenderVisitor, scope: models.ScopeChat, may: who{201: sides}},
		right{call: "POST /chat/conversation/:conversation_id", as: "for a manager", body: `{"content":"hello"}`, says: models.SenderManager, scope: models.ScopeChat, may: who{201: sides}},
		right{call: "POST /chat/conversation/:conversation_id", as: "for nobody", body: `{"content":"hello"}`, scope: models.ScopeChat,
			may: who{201: {capability, visitor, counterpart}, 400: {key, foreignKey}}},
		right{call: "POST /chat/conversation/:conversation_id", as: "which waits", body: `{"content":"hello"}`, state: models.StateWaiting, says: models.SenderVisitor, scope: models.ScopeChat,
			may: who{201: {capability, visitor, key}}},
		right{call: "POST /chat/conversation/:conversation_id", as: "which is closed", body: `{"content":"hello"}`, state: models.StateClosed, says: models.SenderVisitor, scope: models.ScopeChat,
			may: who{409: sides}},

		// A manager may read what any visitor of hers said.
		right{call: "POST /chat/conversation/:conversation_id/messages", scope: models.ScopeChat, may: who{200: and(managers, capability, visitor, key)}},
		right{call: "GET /chat/conversation/:conversation_id/messages", scope: models.ScopeChat, may: who{200: and(managers, capability, visitor, key)}},

		right{call: "POST /chat/conversation/:conversation_id/message/:message_id/mark_read", scope: models.ScopeChat, may: who{200: sides}},
		right{call: "POST /chat/conversation/:conversation_id/message/:message_id/mark_read", as: "of the manager", things: map[string]string{"message_id": "answer_id"}, scope: models.ScopeChat, may: who{200: sides}},
		right{call: "POST /chat/conversation/:conversation_id/read", body: `{"up_to":{message_id}}`, says: models.SenderVisitor, scope: models.ScopeChat, may: who{200: sides}},
		right{call: "POST /chat/conversation/:conversation_id/action", body: `{"message_id":{answer_id},"action_id":"yes"}`, says: models.SenderVisitor, scope: models.ScopeChat,
			may: who{201: {capability, visitor, key}}},
		right{call: "POST /chat/conversation/:conversation_id/typing", body: `{"typing":true}`, says: models.SenderVisitor, scope: models.ScopeChat, may: who{200: sides}},

		// Who wrote a message changes it.
		right{call: "POST /chat/conversation/:conversation_id/message/:message_id/edit", body: `{"content":"{random}"}`, says: models.SenderVisitor, scope: models.ScopeChat, may: who{200: {capability, visitor, key}}},
		right{call: "POST /chat/conversation/:conversation_id/message/:message_id/edit", as: "of the manager", body: `{"content":"{random}"}`, things: map[string]string{"message_id": "answer_id"}, says: models.SenderManager, scope: models.ScopeChat,
			may: who{200: {counterpart, key}}},
		// Supervisors may take back anything.
		right{call: "POST /chat/conversation/:conversation_id/message/:message_id/delete", says: models.SenderVisitor, scope: models.ScopeChat, may: who{200: {capability, visitor, supervisor, administrator, key}}},
		right{call: "POST /chat/conversation/:conversation_id/message/:message_id/delete", as: "of the manager", things: map[string]string{"message_id": "answer_id"}, scope: models.ScopeChat, may: who{200: {counterpart, supervisor, administrator, key}}},
		right{call: "GET /chat/conversation/:conversation_id/message/:message_id/versions", scope: models.ScopeChat, may: who{200: and(managers, key)}},

		right{call: "POST /chat/conversation/:conversation_id/close", scope: models.ScopeChat, may: who{200: and(sides, supervisor, administrator)}},
		right{call: "POST /chat/conversation/:conversation_id/close", as: "which waits", state: models.StateWaiting, scope: models.ScopeChat, may: who{200: and(managers, capability, visitor, key)}},
		right{call: "POST /chat/conversation/:conversation_id/reopen", state: models.StateClosed, scope: models.ScopeChat, may: who{200: and(sides, supervisor, administrator)}},
		right{call: "POST /chat/conversation/:conversation_id/rate", body: `{"rating":5}`, state: models.StateClosed, says: models.SenderVisitor, scope: models.ScopeChat, may: who{200: {capability, visitor, key}}},
		right{call: "POST /chat/offline/:visitor_id", body: `{"app_key":"{site_key}","content":"call me","email":"v@example.com"}`, says: models.SenderVisitor, scope: models.ScopeChat,
			may: who{201: {nobody}, 200: {capability, visitor, key}, 400: {poser}}},

		// Managers among themselves.
		right{call: "POST /chat/conversation/:conversation_id/claim", state: models.StateWaiting, says: models.SenderManager, scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "POST /chat/conversation/:conversation_id/claim", as: "which somebody has", says: models.SenderManager, scope: models.ScopeChat, may: who{200: {counterpart, key}, 409: {colleague, supervisor, administrator}}},
		right{call: "POST /chat/conversation/:conversation_id/transfer", body: `{"queue":true}`, scope: models.ScopeChat, may: who{200: {counterpart, supervisor, administrator, key}}},
		right{call: "POST /chat/conversation/:conversation_id/transfer", as: "by force", body: `{"manager_id":{id},"force":true}`, scope: models.ScopeChat, may: who{200: {supervisor, administrator, key}}},
		right{call: "POST /chat/conversation/:conversation_id/takeover", scope: models.ScopeChat, may: who{200: {supervisor, administrator}}},
		right{call: "GET /chat/conversation/:conversation_id/transitions", scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "GET /chat/queue", scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "POST /chat/conversation/:conversation_id/notes", body: `{"content":"so"}`, scope: models.ScopeChat, may: who{201: and(managers, key)}},
		right{call: "GET /chat/conversation/:conversation_id/notes", scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "DELETE /chat/conversation/:conversation_id/notes/:note_id", scope: models.ScopeChat, may: who{200: {counterpart, supervisor, administrator, key}}},
		right{call: "POST /chat/conversation/:conversation_id/tags", body: `{"add":["{random}"]}`, scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "GET /chat/conversation/:conversation_id/tags", scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "GET /chat/tags", scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "GET /chat/unread", says: models.SenderManager, scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "POST /chat/canned", body: `{"shortcut":"{random}","content":"hi"}`, scope: models.ScopeChat, may: who{201: and(managers, key)}},
		right{call: "POST /chat/canned", as: "for everybody", body: `{"shortcut":"{random}","content":"hi","shared":true}`, scope: models.ScopeChat, may: who{201: {supervisor, administrator, key}}},
		right{call: "GET /chat/canned", scope: models.ScopeChat, may: who{200: and(managers, key)}},
		right{call: "PATCH /chat/canned/:canned_id", body: `{"content":"{random}"}`, scope: models.ScopeChat, may: who{200: {supervisor, administrator, key}}},
		right{call: "PATCH /chat/canned/:canned_id", as: "of somebody else", body: `{"content":"{random}"}`, things: map[string]string{"canned_id": "own_canned_id"}, scope: models.ScopeChat, may: who{200: {counterpart}, 404: {colleague, supervisor, administrator, key}}},
		right{call: "DELETE /chat/canned/:canned_id", scope: models.ScopeChat, may: who{204: {supervisor, administrator, key}}},

		// Files. Where a conversation's id is the right to it, so is the file's.
		right{call: "POST /chat/conversation/:conversation_id/attachments", form: true, says: models.SenderVisitor, scope: models.ScopeChat, may: who{201: sides}},
		right{call: "GET /chat/attachments", may: who{200: {everyone}}},
		right{call: "GET /chat/attachment/:uuid/:name", scope: models.ScopeChat, may: who{200: and(managers, capability, liar, poser, visitor, key), 404: {otherVisitor}}},
		right{call: "HEAD /chat/attachment/:uuid/:name", scope: models.ScopeChat, may: who{200: and(managers, capability, liar, poser, visitor, key), 404: {otherVisitor}}},
		right{call: "GET /chat/attachment/:uuid/thumbnail", scope: models.ScopeChat, may: who{200: and(managers, capability, liar, poser, visitor, key), 404: {otherVisitor}}},
		right{call: "HEAD /chat/attachment/:uuid/thumbnail", scope: models.ScopeChat, may: who{200: and(managers, capability, liar, poser, visitor, key), 404: {otherVisitor}}},

		// A visitor's place.
		right{call: "GET /chat/availability", query: "app_key={site_key}", may: who{200: {anyone}}},
		right{call: "POST /chat/notification/:visitor_id", body: `{"text":"news"}`, scope: models.ScopePush, may: who{201: {key}}},
		right{call: "POST /chat/notification/:visitor_id", as: "somebody unknown", body: `{"text":"news"}`, things: map[string]string{"visitor_id": "new_visitor_id"}, scope: models.ScopePush, may: who{201: {key, foreignKey}}},
		right{call: "POST /chat/notifications", body: `{"visitor_ids":["{visitor_id}"],"data":{"n":1}}`, scope: models.ScopePush, may: who{200: {key, foreignKey}}},
		right{call: "GET /chat/notifications/:visitor_id", scope: models.ScopePush, may: who{200: {capability, visitor, key}}},
		right{call: "GET /chat/notifications/:visitor_id/unread", scope: models.ScopePush, may: who{200: {capability, visitor, key}}},
		right{call: "POST /chat/notifications/:visitor_id/read", body: `{"up_to":1}`, scope: models.ScopePush, may: who{200: {capability, visitor, key}}},
		right{call: "GET /chat/events", query: "after=0", mode: config.VisitorsCapability, scope: models.ScopeEvents, may: who{200: and(managers, visitor, otherVisitor, key, capability, liar), 400: {nobody}}},
		right{call: "GET /chat/events", query: "after=0", mode: config.VisitorsSigned, scope: models.ScopeEvents, may: who{200: and(managers, visitor, otherVisitor, key)}},
		// Whoever is not known has no events, so that nobody learns who is.
		right{call: "GET /chat/events", as: "for a visitor", query: "after=0&visitor_id={visitor_id}", scope: models.ScopeEvents, may: who{200: {visitor, capability, nobody}, 403: {foreignVisitor}}},
		right{call: "GET /chat/search", query: "q=zinnia", scope: models.ScopeNumbers, may: who{200: and(managers, key)}},
	)
}
