package check

import (
	"math"
	"regexp"
	"slices"
)

var handshakeRules = []Rule{
	{"handshake/reply", "a handshake is answered with channel, successful, version, supportedConnectionTypes and clientId", "Bayeux 1.0 §4.1.2",
		"every client; Faye's throws when supportedConnectionTypes is absent", everyone, func(t *talk) {
			m := t.peer().handshake()
			t.want(m.text("channel") == "/meta/handshake", "channel /meta/handshake")
			t.want(regexp.MustCompile(`^\d+(\.\w+)*$`).MatchString(m.text("version")), "version, such as 1.0")
			t.want(len(m.list("supportedConnectionTypes")) > 0, "supportedConnectionTypes, an array of strings")
		}},
	{"handshake/long-polling", "long-polling is among the connection types", "Bayeux 1.0 §3.4",
		"every client without websocket, and all while it is blocked", everyone, func(t *talk) {
			t.session()
			t.want(slices.Contains(t.offers, "long-polling"), "long-polling among supportedConnectionTypes")
		}},
	{"handshake/callback-polling", "callback-polling is among the connection types", "Faye 1.4 client; Bayeux 1.0 §3.4 recommends it",
		"Faye's browser client in a page of another origin: it always shakes hands by JSONP", fayeWay, func(t *talk) {
			t.session()
			t.want(slices.Contains(t.offers, "callback-polling"), "callback-polling among supportedConnectionTypes")
		}},
	{"handshake/client-id", "a clientId is alphanumeric, holds 128 random bits and differs from the last one", "Bayeux 1.0 §2.4",
		"everybody: who guesses a clientId reads its mail", specFaye, func(t *talk) {
			a, b := t.session().cid, t.session().cid
			t.want(regexp.MustCompile(`^[0-9A-Za-z]+$`).MatchString(a), "a clientId of letters and digits")
			t.want(a != b, "two sessions with two clientIds")
			bits := float64(len(a)) * math.Log2(alphabet(a+b))
			t.want(bits >= 120, "a clientId long enough for 128 random bits") // an id may begin with a zero that is left out
		}},
	{"handshake/advice", "a handshake advises reconnect retry, and interval and timeout as numbers", "Faye 1.4 server; CometD",
		"cometd.js, which replaces its advice by this one; aiocometd, which never connects without reconnect", families, func(t *talk) {
			t.complete(t.peer().handshake())
		}},
	{"handshake/alone", "a handshake's reply is the only element of its response", "Faye 1.4 server; CometD",
		"gobayeux, which gives up at a second element", families, func(t *talk) {
			p := t.peer()
			all := p.post("[" + handshakeText + "]")
			t.want(len(all) == 1, "one element")
			p.cid = all[0].text("clientId")
		}},
	{"handshake/first", "a handshake's reply comes first when other messages are in the request", "Parley; CometD leads with it",
		"clients that read the handshake's reply at element 0", parleyAlone, func(t *talk) {
			p := t.session()
			all := p.post(`[{"channel":"/meta/unsubscribe","clientId":"$cid","subscription":"/never","id":"u1"},` + handshakeText + `]`)
			t.want(len(all) == 2 && all[0].text("channel") == "/meta/handshake" && all[0].ok(), "the handshake's reply at element 0")
			t.want(all[1].text("id") == "u1" && all[1].ok(), "the other message served for its own clientId")
			other := t.peer()
			other.cid = all[0].text("clientId") // to be disconnected
		}},
	{"handshake/bare-object", "one message may come without an array, and is answered by one", "Faye 1.4 server; CometD, in Java",
		"elastic/bayeux, FayeSwift and FayeClient for Android send bare objects; cometd.js loses a bare reply", fayeWay, func(t *talk) {
			p := t.peer()
			all := p.post(handshakeText)
			t.want(len(all) == 1 && all[0].ok(), "an array with a successful reply")
			p.cid = all[0].text("clientId")
		}},
	{"handshake/version", "any version is accepted", "Faye 1.4 server; CometD",
		"mobile clients that call themselves 1.0beta, 1.0.0 or 2.0", families, func(t *talk) {
			p := t.peer()
			m := p.ask(`{"channel":"/meta/handshake","version":"2.0","minimumVersion":"1.0beta","supportedConnectionTypes":["long-polling"],"id":"h1"}`)
			p.cid = m.text("clientId")
			t.want(m.ok(), "success")
		}},
	{"handshake/no-common-type", "without a common connection type it fails, gives no clientId, and lists the types there are", "Bayeux 1.0 §4.1.2; Faye 1.4 server",
		"clients that would go on with a transport that cannot work", fayeWay, func(t *talk) {
			m := t.refusedHandshake(`"version":"1.0","supportedConnectionTypes":["iframe","flash"]`)
			t.want(m.text("error") == "301:iframe,flash:Connection types not supported", "error 301:iframe,flash:Connection types not supported")
			t.want(len(m.list("supportedConnectionTypes")) > 0, "supportedConnectionTypes")
		}},
	{"handshake/no-version", "a handshake without version fails", "Bayeux 1.0 §4.1.1; Faye 1.4 server", "nobody much: it is how a broken client is found out", fayeWay, func(t *talk) {
		m := t.refusedHandshake(`"supportedConnectionTypes":["long-polling"]`)
		t.want(m.text("error") == "402:version:Missing required parameter", "error 402:version:Missing required parameter")
	}},
	{"handshake/no-types", "a handshake without supportedConnectionTypes fails", "Bayeux 1.0 §4.1.1; Faye 1.4 server", "nobody much: it is how a broken client is found out", fayeWay, func(t *talk) {
		m := t.refusedHandshake(`"version":"1.0"`)
		t.want(m.text("error") == "402:supportedConnectionTypes:Missing required parameter", "error 402:supportedConnectionTypes:Missing required parameter")
	}},
	{"handshake/failed-advice", "a failed handshake advises none, or handshake with an interval of a second at least, never retry", "cometd.js 7; Faye issue 542",
		"cometd.js connects without a clientId at retry; Faye's client makes a hundred handshakes a second without an interval", parleyAlone, func(t *talk) {
			a := t.refusedHandshake(`"version":"1.0","supportedConnectionTypes":["flash"]`).advice()
			again := a.text("reconnect") == "handshake" && a.number("interval") >= 1000
			t.want(a == nil || again || a.text("reconnect") == "none", "advice none, or handshake with interval 1000 or more")
		}},
}

// refusedHandshake shakes hands with the fields given, which the server must not like.
func (t *talk) refusedHandshake(fields string) message {
	p := t.peer()
	m := p.ask(`{"channel":"/meta/handshake",` + fields + `,"id":"h1"}`)
	p.cid = m.text("clientId")
	t.want(m.failed(), "successful false")
	t.want(!m.has("clientId"), "no clientId")
	return m
}

// complete fails unless a successful reply has all that a client needs of advice.
func (t *talk) complete(m message) {
	a := m.advice()
	t.want(a.text("reconnect") == "retry" && a.number("interval") >= 0 && a.number("timeout") >= 0, "advice with reconnect retry, interval and timeout")
}

// alphabet is how many characters an id could be made of.
func alphabet(id string) float64 {
	switch {
	case regexp.MustCompile(`^[0-9]+$`).MatchString(id):
		return 10
	case regexp.MustCompile(`^([0-9a-f]+|[0-9A-F]+)$`).MatchString(id):
		return 16
	case regexp.MustCompile(`^([0-9a-z]+|[0-9A-Z]+)$`).MatchString(id):
		return 36
	}
	return 62
}

var idRules = []Rule{
	{"id/string", "a reply has its request's id", "Bayeux 1.0 §3, id", "every client finds the reply by it", everyone, func(t *talk) {
		p := t.session()
		t.echoes(p, `"Zm9v+/=="`, `"7"`)
	}},
	{"id/integer", "an id that is a number comes back as that number", "Faye 1.4 server; CometD", "clients that count with numbers and compare strictly", families, func(t *talk) {
		t.echoes(t.session(), `7`, `123456789`)
	}},
	{"id/falsy", "an id that is 0, false, null or empty comes back too", "Bayeux 1.0 §3, id", "clients that count from 0: their first reply never arrives", parleyAlone, func(t *talk) {
		t.echoes(t.session(), `0`, `false`, `""`, `null`)
	}},
	{"id/none", "a message without id is answered without one", "Bayeux 1.0 §3, id", "gobayeux, elastic/bayeux and FayeSwift, which send none", families, func(t *talk) {
		p := t.session()
		m := p.ask(`{"channel":"/meta/unsubscribe","clientId":"$cid","subscription":"` + t.channel() + `"}`)
		t.want(!m.has("id") || m.is("id", "null"), "no id")
	}},
	{"error/form", "an error has the form code:arguments:text", "Bayeux 1.0 §3, error", "Faye's client, which finds no code in anything else", everyone, func(t *talk) {
		m := t.session().ask(`{"channel":"/meta/connect","clientId":"nobody","connectionType":"long-polling","id":"c1"}`)
		t.want(m.failed() && errorForm.MatchString(m.text("error")), "successful false and an error such as 401:nobody:Unknown client")
	}},
	{"reply/no-ext", "ext is not sent back", "Faye 1.4 server; CometD", "extensions that take their own request for an answer; credentials end up in logs", families, func(t *talk) {
		p := t.peer()
		m := p.ask(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"ext":` + t.ext(`{"parley-check":"kept"}`) + `,"id":"h1"}`)
		p.cid = m.text("clientId")
		t.want(!m.object("ext").has("parley-check"), "no ext, or the server's own")
	}},
}

// echoes sends messages with these ids and gets them back.
func (t *talk) echoes(p *peer, ids ...string) {
	for _, id := range ids {
		m := p.ask(`{"channel":"/meta/unsubscribe","clientId":"$cid","subscription":"` + t.channel() + `","id":` + id + `}`)
		t.want(m.is("id", id), "id %s", id)
	}
}
