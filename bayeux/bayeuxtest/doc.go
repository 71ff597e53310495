// Package bayeuxtest helps to test what speaks Bayeux: a small client over
// long-polling or websocket, a server on an in-memory network whose clock a
// synctest bubble can turn, and a player for written dialogues.
package bayeuxtest
