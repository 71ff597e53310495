// Package transport carries Bayeux over HTTP and websockets, to and from a
// bayeux.Server.
//
// # HTTP
//
// Long-polling, callback-polling and event streams work over HTTP/1.1 and
// HTTP/2 alike: many held connects share one connection of HTTP/2, and one
// whose client cancels it is let go. A websocket is an upgrade of HTTP/1.1;
// browsers open a connection of that kind for it where others are HTTP/2.
//
// Handlers set the deadlines of what they hold or stream. A server's
// ReadTimeout and WriteTimeout may therefore be as short as for other
// requests, and should be set: without a WriteTimeout small responses that
// nobody reads are not given up.
//
// # Rows
//
// Handler.Rows serves sockets that speak in arrays of JSON instead of Bayeux:
// sub, unsub, changed. Limits, pings, queues and Shutdown are the same.
//
// # Limits
//
// Clients are counted by bayeux.Source. Where there is a message to answer, a
// refusal is that of the protocol, with the advice to come back later; else
// it is 429 or 503 with Retry-After.
//
// # Goroutines
//
// A websocket has one reader, which also writes what its own client is
// answered; a writer comes when there is something else to write, stays while
// the socket is busy and goes when it is quiet. One janitor looks after all sockets: it pings, evicts readers that
// are too slow, and closes sockets without a session. The Handler waits for
// all of them in Shutdown.
//
// # Locks
//
// socket.mu before the locks of bayeux; Handler.mu and corked.mu are held with
// no other. corked.mu, alone, is held while writing to the network: it keeps
// control frames apart from messages.
package transport
