// Package giosg is the second front door: giosg's HTTP API over the same conversations as /chat and the Faye channels.
//
// # Adding routes
//
// Paths are not written here: chat.ParseResource knows them in all spellings, and a route is a method and a kind of
// resource. Each concept has a file with a method of *API that adds its routes, named in API.routes:
//
//	func (a *API) roomRoutes() {
//		a.on(http.MethodGet, chat.ResourceRooms, a.rooms)
//		a.on(http.MethodPatch, chat.ResourceChat, a.endChat, chat.ViaOwned) // on these ways only
//		a.onPublic(http.MethodGet, chat.ResourceRoom, a.publicRoom)         // visitors' paths
//	}
//
// Before a handler runs, the call was counted, its credentials were proved, and Gate.MayResource has let it pass: c.found
// holds what the path names, c.principal who calls, c.resource the path. GET and HEAD are reading, all else is writing.
// A handler answers with c.reply, or returns an error: chat.E's become their status and body, so do FieldErrors. What a
// body says is read by c.read, lists are c.page and c.list, times are chat's models.Time.
//
// What a resource looks like is a pure function to a struct with JSON tags, in a file of its own (room_json.go), because
// channels and webhooks show the same.
//
// # Decisions where giosg is silent
//
//   - A call is judged in this order: an unknown path (404), credentials (401), the method (405), rights (401, 403),
//     what the path names (404), the body (400).
//   - Another organisation is forbidden, whether it exists or not; rooms, users and chats of others are not found.
//   - A visitor has one open chat of the type visitor in a room: starting one finds it, with 200, with auto_resume or
//     without. Tasks and external ones are resumed only with it, and only while they are open. With nobody on duty a chat
//     waits. A user who starts one has it; one that is open already she joins only if auto_resume names her.
//   - users/{user}/chats has the order in which she came to them, and those that she has without having come yet;
//     routed_chats are open ones that she has or nobody has. One chat of either is any of her organisation's.
//   - Who may end a chat over the other doors may here: its members, supervisors, keys; what waits anybody may end.
//   - What the server does not know of a chat is null: pages of messages, suggestions. legacy_conversation_state is open,
//     waiting or closed; token and legacy_room_id name what they should, and open nothing.
//   - Conflicts are 400, as Django REST framework has no other code for them.
//   - Messages are listed the oldest first, with members' coming and going among them: by when they were made, then by
//     their ids. Who comes by writing comes before what she writes.
//   - A message is written for the user whose path it is. Who takes part no more does so again by writing, also in a chat
//     that waits; who never did finds no chat.
//   - A message of cards alone has no text here, and one made of their lines at the other doors. A file is a card that
//     leads to it, by its path on this server. A message that was taken back says when it was purged.
//   - A visitor presses a button by a message of the type action, which names message and action. What it says is the
//     button's; text and value that are sent with it are not looked at.
//   - The address may hold a key as ?token=, which no other door takes; it is never logged.
package giosg
