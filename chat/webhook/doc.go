// Package webhook sends an organisation's events to the addresses that it named.
//
// The Feed, one of the relay's, writes a row for each webhook and event into a queue in the database; the Sender takes
// rows that are due, under a lease, and posts them. So an event that was committed is sent at least once, whatever
// dies in between, with the same id each time; and the relay never waits for anybody's endpoint.
//
// Decisions:
//
//   - In order in a conversation: a delivery waits until the one before it was taken, or was given up. Other
//     conversations of the same webhook, notifications of other visitors, and other webhooks go on meanwhile.
//   - A request is a POST signed as in the Standard Webhooks specification: webhook-id, webhook-timestamp and
//     webhook-signature, "v1," and base64 of HMAC-SHA256 over "id.timestamp.body"; two signatures while a secret is
//     being changed. Chosen instead of a form of our own, because receivers have libraries for it.
//   - 2xx is success. Everything else is tried again, after 5 s, then three times as long each time up to three
//     hours, give or take a fifth; Retry-After is obeyed within these bounds. 410 switches the webhook off at once.
//     After GiveUpAfter, or MaxAttempts, the delivery has failed and the next of its conversation has its turn.
//   - A webhook with which nothing went well for DisableAfter is switched off, and so is one for which more waits than
//     may: silently leaving out events would be worse. Its admins are told by an event. What waits stays, and is sent
//     when the webhook is switched on again within GiveUpAfter.
//   - Which address is dialled is judged when it is dialled, by the address itself: names, redirections of names,
//     unusual spellings and answers that change make no difference. There is no proxy, and no redirect is followed.
//   - Workers are shared by all webhooks; one has at most WorkersEach of them, and one that has failed for a minute has
//     one.
//   - A webhook's format says what it is told and how. That of giosg is made elsewhere: one event may be several
//     deliveries, each with a type of its own, and the token that a request brings is added when it is sent.
//   - What of a message nobody has seen is told after OfflineAfter, unless it was read or its recipient listens by
//     then.
//
// Goroutines: Sender.Run, what it starts for each request, and one that tidies; Run waits for all of them. Locks: mu of
// the Sender, held across nothing.
package webhook
