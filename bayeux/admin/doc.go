// Package admin is HTTP for those who run a bayeux.Server, and for those who
// would rather ask for history and presence by HTTP than by Bayeux. It needs
// the standard library and package bayeux only.
//
// New serves, to an operator's bearer token:
//
//	POST   /publish         {"channel":"/a","data":…}; the Policy says in which scope
//	GET    /sessions        ?after=&limit= ; pages by id, 100 and at most 1000
//	GET    /sessions/{id}   with subscriptions, queue, transport and times
//	DELETE /sessions/{id}   kicks it: its client is told not to come back
//	GET    /channels        ?prefix=&after=&limit= ; what is subscribed to, by how many
//	GET    /history         ?channel=&count=&after=&before=
//	GET    /presence        ?channel=
//
// and Public the last two to everybody, within the rights that their token
// has. Neither shows anybody's ext or credentials. A session's id is a key to
// its mail, which is one reason why New is for operators alone.
//
// Errors are {"error":"a sentence","code":"for_programs"}.
package admin
