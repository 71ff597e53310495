package check

import "net/http"

var connectRules = []Rule{
	{"connect/reply", "a connect is answered with channel and successful", "Bayeux 1.0 §4.2.2", "every client", everyone, func(t *talk) {
		m := t.pollOnce(t.session())
		t.want(m.text("channel") == "/meta/connect" && m.ok() && m.text("id") == "c0", "channel /meta/connect, successful true, the id")
	}},
	{"connect/client-id", "a connect's reply names the clientId", "Bayeux 1.0 §4.2.2", "clients that hold several sessions and tell replies apart by it", specFaye, func(t *talk) {
		p := t.session()
		t.want(t.pollOnce(p).text("clientId") == p.cid, "the session's clientId")
	}},
	{"connect/complete-advice", "every successful connect has complete advice, not only the first", "Faye 1.4 server",
		"cometd.js goes silent when a handshake advice is followed by success without advice", fayeWay, func(t *talk) {
			p := t.session()
			for range 3 {
				t.complete(t.pollOnce(p))
			}
		}},
	{"connect/no-handshake-advice", "a successful reply never advises a handshake", "cometd.js 7", "cometd.js throws at it and goes silent", everyone, func(t *talk) {
		p := t.session()
		for range 2 {
			t.want(t.pollOnce(p).advice().text("reconnect") != "handshake", "another advice than handshake")
		}
	}},
	{"connect/hold", "a connect without news is held", "Bayeux 1.0 §6.1", "everybody: clients and server poll as fast as they can", everyone, func(t *talk) {
		t.connected().hold("[" + holdText + "]").held()
	}},
	{"connect/timeout-0", "a connect with advice.timeout 0 is answered at once", "Faye 1.4 server; CometD", "cometd.js and BayeuxClient, whose first connect is one: they wait to be connected", families, func(t *talk) {
		t.pollOnce(t.session())
	}},
	{"connect/timeout", "a connect is held no longer than its advice.timeout", "Faye 1.4 server; CometD", "clients behind proxies that cut long requests", families, func(t *talk) {
		p := t.connected()
		h := p.hold(`[{"channel":"/meta/connect","clientId":"$cid","connectionType":"long-polling","advice":{"timeout":700},"id":"c1"}]`)
		all := p.read(h.answer()) // that others are held is connect/hold
		t.want(len(all) == 1 && all[0].ok(), "success after 700 ms")
	}},
	{"connect/release", "an event ends the hold, and comes in the connect's response", "Bayeux 1.0 §1.4.5", "every client that polls: messages come late", everyone, func(t *talk) {
		p, channel := t.connected(), t.channel()
		p.subscribe(channel)
		h := p.hold("[" + holdText + "]")
		h.held()
		t.session().publish(channel, `"news"`)
		events, replies := split(p.read(h.answer()))
		if len(events) == 0 {
			events = p.events(1) // the connect may be answered first, and the event by the next
		}
		t.want(len(replies) == 1 && replies[0].ok() && data(events) == `"news"`, "the event, and a successful reply")
	}},
	{"connect/unknown-client", "a connect of an unknown client fails and advises a handshake", "Bayeux 1.0 §4.2.2, §3.6.1", "every client after a restart of the server: it never comes back", everyone, func(t *talk) {
		m := t.refusedConnect(`"clientId":"nobody","connectionType":"long-polling"`)
		t.want(m.advice().text("reconnect") == "handshake", "advice handshake")
	}},
	{"connect/unknown-client-interval", "the advice to an unknown client has an interval", "CometD; Faye issue 542", "Faye's client merges advice: without an interval it keeps one that may be 0; after a restart all come at once", cometdWay, func(t *talk) {
		m := t.refusedConnect(`"clientId":"nobody","connectionType":"long-polling"`)
		t.want(m.advice().number("interval") >= 0, "interval, a number")
	}},
	{"connect/unknown-client-error", "a connect of an unknown client is refused in Faye's words", "Faye 1.4 server", "scripts that look for the code 401", fayeWay, func(t *talk) {
		m := t.refusedConnect(`"clientId":"nobody","connectionType":"long-polling"`)
		t.want(m.text("error") == "401:nobody:Unknown client" && !m.has("clientId"), "error 401:nobody:Unknown client, and no clientId")
	}},
	{"connect/errors", "of several faults of a connect the last is told: clientId, then connectionType", "Faye 1.4 server", "clients written against Faye's texts", fayeWay, func(t *talk) {
		cid := t.session().cid
		for _, row := range [][2]string{
			{`"connectionType":"long-polling"`, "402:clientId:Missing required parameter"},
			{`"clientId":"nobody"`, "402:connectionType:Missing required parameter"},
			{`"clientId":"` + cid + `","connectionType":"smoke"`, "301:smoke:Connection types not supported"},
		} {
			m := t.refusedConnect(row[0])
			t.want(m.text("error") == row[1], "error %s", row[1])
		}
	}},
	{"connect/superseded", "a second connect ends the one that is held, and not as a success", "CometD", "a session in two tabs: neither knows that the other took its mail", cometdWay, func(t *talk) {
		p := t.connected()
		first := p.hold("[" + holdText + "]")
		first.held()
		second := p.hold("[" + holdText + "]")
		t.want(first.answer().status != http.StatusOK, "another status than 200")
		second.held()
	}},
	{"connect/superseded-409", "a connect that is superseded ends with status 409 and a body that is not JSON", "Parley", "Faye's Node and Ruby clients, which parse the body whatever the status", parleyAlone, func(t *talk) {
		p := t.connected()
		first := p.hold("[" + holdText + "]")
		first.held()
		p.hold("[" + holdText + "]")
		r := first.answer()
		_, err := batch(r.body)
		t.want(r.status == http.StatusConflict && err != nil, "status 409, no JSON")
	}},
	{"connect/batch", "a connect among other messages is not held", "CometD", "aiocometd, which connects and subscribes in one request: its replies come after the timeout", cometdWay, func(t *talk) {
		p, channel := t.connected(), t.channel()
		all := p.post(`[` + holdText + `,{"channel":"/meta/subscribe","clientId":"$cid","subscription":"` + channel + `","id":"s1"}]`)
		t.want(len(all) == 2, "two replies at once")
	}},
	{"connect/batch-last", "a connect's reply is the last of its batch, after the events", "Parley", "gobayeux, which never hands on what follows the connect's reply", parleyAlone, func(t *talk) {
		p, channel := t.connected(), t.channel()
		all := p.post(`[` + holdText + `,{"channel":"/meta/subscribe","clientId":"$cid","subscription":"` + channel + `","id":"s1"},` +
			`{"channel":"` + channel + `","clientId":"$cid","data":1,"id":"p1"}]`)
		t.want(len(all) > 0 && all[len(all)-1].text("channel") == "/meta/connect", "the connect's reply at the end")
	}},
}

// pollOnce connects and returns the reply.
func (t *talk) pollOnce(p *peer) message {
	_, replies := p.poll()
	return replies[0]
}

func (t *talk) refusedConnect(fields string) message {
	m := t.session().ask(`{"channel":"/meta/connect",` + fields + `,"id":"c1"}`)
	t.want(m.text("channel") == "/meta/connect" && m.failed(), "channel /meta/connect, successful false")
	return m
}
