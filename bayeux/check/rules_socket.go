package check

import "fmt"

var socketRules = []Rule{
	{"websocket/handshake", "a session may be opened over a websocket", "Faye 1.4 server; CometD", "cometd.js and mobile clients, which use nothing else", families, func(t *talk) {
		p := t.peer()
		s := p.dial("")
		s.write("[" + handshakeText + "]")
		m, _ := s.reply("h1")
		p.cid = m.text("clientId")
		t.want(m.ok() && p.cid != "", "a successful handshake")
		s.write(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","advice":{"timeout":0},"id":"w0"}]`)
		m, _ = s.reply("w0")
		t.want(m.ok(), "a successful connect")
	}},
	{"websocket/suffix", "a websocket may be opened below the mount", "CometD clients", "clients whose address ends in a slash", parleyAlone, func(t *talk) {
		t.session().dial("/websocket")
	}},
	{"websocket/move", "a session that was opened by HTTP goes on by websocket, with the mail that waits", "Faye 1.4 server", "Faye's clients, which shake hands by HTTP first", fayeWay, func(t *talk) {
		t.needs("websocket")
		p, channel := t.session(), t.channel()
		p.subscribe(channel)
		t.publishes(channel)
		s := p.dial("")
		s.write(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","id":"w1"}]`)
		t.want(s.event().is("data", `"`+channel+`"`), "the event")
	}},
	{"websocket/back", "a session whose websocket is gone goes on by HTTP, with the mail that waits", "Faye 1.4 server", "clients whose websocket is cut", fayeWay, func(t *talk) {
		p, s := t.connectSocket()
		channel := t.channel()
		p.subscribe(channel)
		s.end()
		t.publishes(channel)
		events, replies := split(p.read(p.hold("[" + holdText + "]").answer()))
		t.want(data(events) == `"`+channel+`"` && len(replies) == 1, "the event in a connect's response")
	}},
	{"websocket/push", "events are pushed while a connect is held, which they do not release", "Faye 1.4 server; CometD", "clients that would have to connect for each event", families, func(t *talk) {
		p, s := t.connectSocket()
		channel := t.channel()
		p.subscribe(channel)
		for range 2 {
			t.publishes(channel)
			t.want(s.message("an event").is("data", `"`+channel+`"`), "the event, and no other message")
		}
		s.quiet("no reply to the connect yet")
	}},
	{"websocket/push-unconnected", "events are pushed between connects as well", "Faye 1.4 server", "clients that keep the advised interval: events come late", fayeWay, func(t *talk) {
		t.needs("websocket")
		p, channel := t.session(), t.channel()
		p.subscribe(channel)
		s := p.dial("")
		s.write(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","advice":{"timeout":0},"id":"w0"}]`)
		s.reply("w0")
		t.publishes(channel)
		t.want(s.event().is("data", `"`+channel+`"`), "the event")
	}},
	{"websocket/one-message", "a frame holds one message", "Parley", "FayeSwift and FayeClient for Android, which read the first message of a frame only", parleyAlone, func(t *talk) {
		p, s := t.connectSocket()
		channel := t.channel()
		s.write(fmt.Sprintf(`[{"channel":"/meta/subscribe","clientId":"$cid","subscription":%q,"id":"s1"},{"channel":%q,"clientId":"$cid","data":1,"id":"p1"},{"channel":%q,"clientId":"$cid","data":2,"id":"p2"}]`, channel, channel, channel))
		for range 5 { // three replies, two events
			t.want(len(s.batch("three replies and two events")) == 1, "one message in the frame")
		}
		_ = p
	}},
	{"websocket/bare-object", "a frame may be one message without an array", "Faye 1.4 server", "FayeSwift and FayeClient for Android, which send nothing else", fayeWay, func(t *talk) {
		p := t.peer()
		s := p.dial("")
		s.write(handshakeText)
		m, _ := s.reply("h1")
		p.cid = m.text("clientId")
		t.want(m.ok(), "a successful handshake")
	}},
	{"websocket/batch", "replies are not delayed by a connect in the same frame", "Parley", "aiocometd, which connects and subscribes at once", parleyAlone, func(t *talk) {
		t.needs("websocket")
		p, channel := t.session(), t.channel()
		s := p.dial("")
		s.write(fmt.Sprintf(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","id":"w1"},{"channel":"/meta/subscribe","clientId":"$cid","subscription":%q,"id":"s1"}]`, channel))
		m, _ := s.reply("s1")
		t.want(m.ok(), "the subscribe's reply")
	}},
	{"websocket/empty-array", "the frame [] is answered by []", "Faye 1.4 server", "Faye's clients up to 1.2.5, which keep the socket alive by it", fayeWay, func(t *talk) {
		s := t.peer().dial("")
		s.write("[]")
		text, ok := s.frame("[]")
		t.want(ok && text == "[]", "[]")
	}},
	{"websocket/bad-json", "a frame that is not JSON does not end the socket", "Faye 1.4 server", "clients that slip once", fayeWay, func(t *talk) {
		p := t.peer()
		s := p.dial("")
		s.write("{")
		s.write("[" + handshakeText + "]")
		m, _ := s.reply("h1")
		p.cid = m.text("clientId")
		t.want(m.ok(), "a successful handshake after it")
	}},
	{"websocket/bad-json-told", "a frame that is not JSON is answered by an error, a second one by close 1007", "Parley", "nobody much: it is how a broken client is found out", parleyAlone, func(t *talk) {
		s := t.peer().dial("")
		s.write("{")
		t.want(s.message("an error").text("error") == "400::Bad request", "error 400::Bad request")
		s.write("{")
		t.want(s.closes("a close frame") == 1007, "close 1007")
	}},
	{"websocket/unknown-client", "an unknown client is told, and may shake hands on the same socket", "Faye 1.4 server; CometD", "clients after a restart of the server", families, func(t *talk) {
		p := t.peer()
		s := p.dial("")
		s.write(`[{"channel":"/meta/connect","clientId":"nobody","connectionType":"websocket","id":"w0"}]`)
		m, _ := s.reply("w0")
		t.want(m.failed() && m.advice().text("reconnect") == "handshake", "failure with advice handshake")
		s.write("[" + handshakeText + "]")
		m, _ = s.reply("h1")
		p.cid = m.text("clientId")
		t.want(m.ok(), "a successful handshake")
	}},
	{"websocket/superseded", "a second connect on the same socket drops the first without a word", "CometD", "clients that connect again by mistake: two replies double their connects", cometdWay, func(t *talk) {
		_, s := t.connectSocket()
		s.write(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","advice":{"timeout":500},"id":"w2"}]`)
		m, _ := s.reply("w2")
		t.want(m.ok(), "a reply to the second")
		s.quiet("no reply to the first")
	}},
	{"websocket/disconnect", "a disconnect is answered, and ends the socket with code 1000", "Faye 1.4 server", "mobile clients that come back on a close only", fayeWay, func(t *talk) {
		p, s := t.connectSocket()
		s.write(`[{"channel":"/meta/disconnect","clientId":"$cid","id":"d1"}]`)
		m, _ := s.reply("d1")
		t.want(m.ok(), "a successful disconnect")
		t.want(s.closes("a close frame") == 1000, "close 1000")
		p.cid = ""
	}},
	{"websocket/disconnect-held", "a connect that is held is answered before the disconnect is", "CometD", "cometd.js, which closes its socket at the disconnect's reply only if no connect is out", cometdWay, func(t *talk) {
		p, s := t.connectSocket()
		s.write(`[{"channel":"/meta/disconnect","clientId":"$cid","id":"d1"}]`)
		first := s.message("a reply to the connect")
		t.want(first.text("id") == "w1" && first.advice().text("reconnect") == "none", "the connect's reply with advice none")
		t.want(s.message("a reply to the disconnect").text("id") == "d1", "then the disconnect's")
		p.cid = ""
	}},
	{"websocket/order", "events of one publisher come in their order", "Faye 1.4 server; CometD", "every chat", families, func(t *talk) {
		const n = 50
		p, s := t.connectSocket()
		channel := t.channel()
		p.subscribe(channel)
		_, q := t.connectSocket()
		for i := range n {
			q.write(fmt.Sprintf(`[{"channel":%q,"clientId":"$cid","data":%d,"id":"p%d"}]`, channel, i, i))
		}
		for i := range n {
			t.want(s.event().is("data", fmt.Sprint(i)), "event %d", i)
		}
	}},
}

var extRules = []Rule{
	{"ack/again", "events that were not acknowledged come again, in order, before newer ones", "CometD acknowledge extension", "clients whose response was lost on the way", cometdWay, func(t *talk) {
		p := t.acknowledging()
		channel := t.channel()
		p.subscribe(channel)
		q := t.session()
		q.publish(channel, "1")
		first := t.acked(p, "0")
		t.want(data(first.events) == "1" && first.batch > 0, "the event, and its batch in ext.ack")
		q.publish(channel, "2")
		again := t.acked(p, "0")
		t.want(data(again.events) == "1 2", "both events")
		q.publish(channel, "3")
		last := t.acked(p, fmt.Sprint(again.batch))
		t.want(data(last.events) == "3", "what is new only")
	}},
	{"timesync/answered", "a handshake with ext.timesync is answered with tc, ts, p and a", "CometD timesync extension", "cometd.js with the timesync extension: it knows no offset", cometdWay, func(t *talk) {
		p := t.peer()
		m := p.ask(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"ext":` + t.ext(`{"timesync":{"tc":1000,"l":0,"o":0}}`) + `,"id":"h1"}`)
		p.cid = m.text("clientId")
		t.want(m.ok(), "a successful handshake")
		sync := m.object("ext").object("timesync")
		if sync == nil {
			t.skip("the server does not offer the timesync extension")
		}
		t.want(sync.number("tc") == 1000 && sync.number("ts") > 0 && sync.has("p") && sync.has("a"), "tc 1000, ts the server's time, p and a")
	}},
	{"ack/connect-only", "with the ack extension events come with connect replies only, on a websocket too", "CometD acknowledge extension", "clients that count batches", cometdWay, func(t *talk) {
		t.needs("websocket")
		p := t.acknowledging()
		channel := t.channel()
		p.subscribe(channel)
		s := p.dial("")
		s.write(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","advice":{"timeout":0},"ext":` + t.ext(`{"ack":0}`) + `,"id":"w0"}]`)
		s.reply("w0")
		t.publishes(channel)
		s.quiet("no event before a connect asks")
		s.write(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"websocket","ext":` + t.ext(`{"ack":1}`) + `,"id":"w1"}]`)
		reply, events := s.reply("w1")
		t.want(len(events) == 1 && reply.object("ext").number("ack") > 0, "the event, and the reply with ext.ack")
	}},
}

// acknowledging is a session with the ack extension.
func (t *talk) acknowledging() *peer {
	p := t.peer()
	m := p.ask(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling","websocket"],"ext":` + t.ext(`{"ack":true}`) + `,"id":"h1"}`)
	p.cid = m.text("clientId")
	t.want(m.ok(), "a successful handshake")
	if ack := m.object("ext"); !ack.is("ack", "true") && !ack.object("ack").is("enabled", "true") {
		t.skip("the server does not offer the ack extension")
	}
	return p
}

type ackReply struct {
	events []message
	batch  float64
}

// acked connects with an acknowledgement.
func (t *talk) acked(p *peer, ack string) ackReply {
	all := p.post(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"long-polling","advice":{"timeout":0},"ext":` + t.ext(`{"ack":`+ack+`}`) + `,"id":"c` + p.number() + `"}]`)
	events, replies := split(all)
	t.want(len(replies) == 1 && replies[0].ok(), "a successful connect")
	return ackReply{events, replies[0].object("ext").number("ack")}
}
