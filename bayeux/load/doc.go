// Package load puts a Bayeux server of any make under load and says what came
// of it: how long messages took, whether all arrived, once and in order, and
// what each cost a server on this machine.
//
// Every run is bounded, in sessions, messages and time. It is meant for one's
// own server.
//
// Sessions are opened and subscribed first, spread evenly over the channels;
// then publishers, sessions too that are subscribed to nothing, send at a
// steady rate. The time of a delivery runs from just before the publish is
// written until the event is read: what the generator itself takes is in it,
// so that a figure is worth something only while the generator has CPU to
// spare.
package load
