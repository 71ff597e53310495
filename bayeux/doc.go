// Package bayeux is a Bayeux 1.0 server without sockets, for Faye and CometD
// clients alike. It needs the standard library only; package transport adds
// HTTP and websockets, package bayeuxtest a client, package check a conformance
// kit, package load a load generator.
//
// # Promise
//
// A publication reaches each session once, however many of its subscriptions
// match. Publications on one channel reach all sessions of a node in the same
// order, those of one publisher in the order in which they were published. Delivery
// is at most once: what was handed to a connection that then breaks is gone. A
// client that speaks the ack extension gets it at least once, as long as its
// session lives.
// What was not waits in the session, which lives on for Interval + Grace
// without a held connect. An event is channel and data, and ext.binary if
// there is one; nothing else of what its publisher sent.
//
// Nothing that a client sends grows anything without bound: messages, batches,
// depth, ids, channels, subscriptions and queues have limits in Config. A full
// queue ends its session. No publisher waits for a subscriber, but for a pause of
// a millisecond when a queue is half full.
//
// Wildcards at the root do not cover /meta and /service. Subscriptions under
// /service are the Policy's to allow; what clients publish there goes to a
// Handler or, unless Config.ServicePublish leaves it to the Policy, is refused.
//
// # Transports
//
// A transport makes a Link for each request or socket, passes what it read
// through Server.Decode to Server.Process, and sends the replies. Process
// never waits for a held connect. A poll then waits in Link.Next; a socket is
// told by its wake function and pulls with Link.Take. Replies go out before
// what Take returns, which is why Process may hold mail back until
// Link.Release.
//
// A second tongue needs no handshake: rows, see DecodeRow and Server.Listen. A
// socket that speaks it has a session from its first subscription until it
// closes, and hears the same publications, encoded once more for all of its
// kind.
//
// # Rules, history, presence, replay
//
// Config.Rules say by pattern what is kept of channels and who hears of comings
// and goings; the most specific rule holds. Kept publications carry a number
// that rises over all channels, in ext.replay, and where data is an object
// without an event member, or with an object there, in data.event.replayId,
// which Salesforce's clients read. The history is bounded by each rule's size
// and age and by Config.MaxHistoryBytes; it ends with the process, and its
// numbers begin at the time in microseconds so that old ones stay old.
//
// Clients publish {"channel":"/a","count":10,"after":n,"before":n} on
// ServiceHistory and get {"channel","publications":[{"id","at","data"}],"more"}
// on the same channel with the same id, alone; likewise {"channel":"/a"} on
// ServicePresence, for {"channel","sessions","present":[{"who","sessions"}]}.
// Whoever may subscribe to a channel may ask. Counted is who is subscribed to
// exactly the channel on this node; Config.Display names them.
//
// Joins and leaves of /a are published on /a/$presence, see PresenceChannel,
// as {"action":"join","channel":"/a","who":"…","sessions":n}. No client
// publishes there, the right to subscribe is that to /a, and no wildcard
// covers it.
//
// A handshake with ext.replay true is answered so if anything can be replayed.
// A subscribe with ext.replay {"/a":n} gets what came after n before what is
// new, each once: -2 means all that is kept, -1 nothing; patterns work for what
// Rules keep. A number that was never given out is refused in Salesforce's
// words. Of what is older than the kept nothing is said. A replay takes at most
// half of the room in the queue, and then brings the last that fits, so that it
// never ends a session. What a Replayer keeps, a database for example, is
// published with PublishStored under the Replayer's own numbers.
//
// # Choices
//
// Events of a session with the ack extension travel with connect replies only;
// on a socket they release the held connect. An event stream of such a session
// carries nothing and keeps it alive, and its connects are held. A connect
// without ext.ack neither confirms anything nor asks for anything again.
//
// A request that is answered at once leaves the socket or event stream alone
// that its session has, unless the session acknowledges.
//
// A reply has a timestamp if the request had one, whatever that says. Events
// have none: their bytes are everybody's.
//
// Any message of a session restarts its clock while that runs, as with CometD:
// a client that publishes is alive. Faye counts connects only.
//
// A publish is known again by clientId and id, among the last 128 successful
// ones of its session.
//
// Failed handshakes advise none if the request or the credentials are at
// fault, else a new handshake after at least a second. A connect that fails
// always advises a handshake after a random pause.
//
// Bad credentials in the ext of a connect change nothing: those that the
// session has end when their time comes. In a subscribe or publish they are
// refused as a forbidden channel.
//
// In a batch connects are answered at once and last, after the events.
//
// # Goroutines
//
// Server.Run has four: the clock, the backplane's, one that asks Policy and
// Monitor about sessions whose time is over, and one that asks the Policy again
// about what it could not decide. Everything else runs on the
// callers' goroutines. There are no timers for sessions: wheel holds one entry
// for each.
//
// A method of an Extension has a goroutine of its own for each call, which is
// left behind if it does not return in time.
//
// # Locks
//
// In this order, each but the last two held with no outer one but those
// before it: Server.order (one of 64, by channel), registry.mu, Session.mu,
// wheel.mu. history.mu is held alone or below Server.order. Server.mu is held with Session.mu or Tally.mu inside when a session
// opens, and otherwise alone; pace.mu is held alone. None is held across
// Policy, Monitor, Handler, Backplane or anything that may block; a Link's
// wake function is called under Server.order only and must not block.
package bayeux
