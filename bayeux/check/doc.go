// Package check is a conformance kit for Bayeux servers, of any make. Each
// Rule is a small dialogue with the server; what came of it is a Result that
// says, if the rule was broken, what was sent, what came, what was expected
// and which clients suffer.
//
//	report, err := check.Run(ctx, "http://localhost:8000/faye", check.Options{Profile: check.Faye})
//
// Servers differ, and rightly so: the specification leaves much open, and Faye
// and CometD fill it in their own ways. A profile is the set of rules that a
// server of that kind is judged by: what Bayeux 1.0 demands, what Faye or
// CometD do, or what this project's own server promises, which is whatever
// keeps both families of clients content.
//
// The kit opens some hundred short sessions, four at a time, publishes small
// messages on channels of its own under Options.Channel, and disconnects what
// it opened. It sends nothing that is large or that a server should fall over.
package check
