package check

import (
	"fmt"
	"net/http"
	"strings"
)

var publishRules = []Rule{
	{"publish/acknowledged", "a publish is answered with channel, successful and id", "Bayeux 1.0 §5.1.2", "clients that wait for the acknowledgement; Faye's sends the message again", everyone, func(t *talk) {
		p, channel := t.session(), t.channel()
		m := p.ask(`{"channel":"` + channel + `","clientId":"$cid","data":{"n":1},"id":"p1"}`)
		t.want(m.ok() && m.text("channel") == channel && m.text("id") == "p1", "channel, successful true, id p1")
	}},
	{"publish/acknowledgement-has-no-data", "the answer to a publish has no data", "CometD; Faye 1.4 server", "cometd.js and BayeuxClient tell an acknowledgement from an event by it", everyone, func(t *talk) {
		p, channel := t.session(), t.channel()
		m := p.ask(`{"channel":"` + channel + `","clientId":"$cid","data":{"n":1},"id":"p1"}`)
		t.want(!m.has("data"), "no data")
	}},
	{"publish/null", "data may be null, and arrives", "Faye 1.4 server", "applications whose message is the channel alone", fayeWay, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel)
		p.publish(channel, "null")
		t.want(data(p.events(1)) == "null", "an event with data null")
	}},
	{"publish/own", "who is subscribed gets its own publications too", "Faye 1.4 server; CometD", "chat windows that show what comes back", families, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel)
		p.publish(channel, `"mine"`)
		t.want(data(p.events(1)) == `"mine"`, "the event")
	}},
	{"publish/errors", "a publish is refused in Faye's words: names are checked, patterns refused, data is required", "Faye 1.4 server", "clients written against Faye's texts; rights that are granted by reading the name", fayeWay, func(t *talk) {
		p, channel := t.session(), t.channel()
		for _, row := range [][3]string{
			{channel, ``, "402:data:Missing required parameter"},
			{channel + "/*", `"data":1`, "405:" + channel + "/*:Invalid channel"},
			{channel + "/**", `"data":1`, "405:" + channel + "/**:Invalid channel"},
			{channel + "/", `"data":1`, "405:" + channel + "/:Invalid channel"},
			{channel + "//a", `"data":1`, "405:" + channel + "//a:Invalid channel"},
			{channel[1:], `"data":1`, "405:" + channel[1:] + ":Invalid channel"},
			{channel + "//a", ``, "402:data:Missing required parameter"},
		} {
			fields := strings.TrimSuffix(row[1]+",", ",")
			if fields != "" {
				fields += ","
			}
			m := p.ask(`{"channel":"` + row[0] + `","clientId":"$cid",` + fields + `"id":"p1"}`)
			t.want(m.failed() && m.text("error") == row[2], "error %s", row[2])
		}
	}},
	{"publish/wildcard", "nobody may publish on a pattern", "Bayeux 1.0 §2.2.1", "everybody below it, if the server took it for a name to match", everyone, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel + "/a")
		p.ask(`{"channel":"` + channel + `/*","clientId":"$cid","data":"wild","id":"p1"}`) // that it fails is publish/errors
		p.publish(channel+"/a", `"tame"`)
		t.want(data(p.events(1)) == `"tame"`, "only what was published on the name")
	}},
	{"publish/newline", "a name that ends in a newline is not the name without it", "Faye's Ruby server had that fault", "rights that are granted by name", fayeWay, func(t *talk) {
		m := t.session().ask(`{"channel":"` + t.channel() + `\n","clientId":"$cid","data":1,"id":"p1"}`)
		t.want(m.failed() && strings.HasPrefix(m.text("error"), "405:"), "error 405")
	}},
	{"publish/unknown-client", "a publish with a clientId that is unknown fails", "CometD", "clients whose session has expired: they never learn of it", cometdWay, func(t *talk) {
		m := t.session().ask(`{"channel":"` + t.channel() + `","clientId":"nobody","data":1,"id":"p1"}`)
		t.want(m.failed(), "successful false")
	}},
	{"publish/no-handshake-advice", "a failed publish does not advise a handshake", "Faye 1.4 server", "cometd.js keeps it, and goes silent at the next success without advice", fayeWay, func(t *talk) {
		m := t.session().ask(`{"channel":"` + t.channel() + `//a","clientId":"$cid","data":1,"id":"p1"}`)
		t.want(m.failed() && m.advice().text("reconnect") != "handshake", "failure without that advice")
	}},
	{"publish/again", "a publish that is sent again, same clientId and id, goes out once", "Parley", "Faye's client, which sends again what was not acknowledged in time: subscribers see it doubled", parleyAlone, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel)
		for range 2 {
			m := p.ask(`{"channel":"` + channel + `","clientId":"$cid","data":"once","id":"same"}`)
			t.want(m.ok(), "success both times")
		}
		t.want(data(p.events(1)) == `"once"`, "one event")
	}},
	{"meta/unknown", "an unknown meta channel is refused", "Bayeux 1.0 §2.2.2", "nobody much: it is how a broken client is found out", everyone, func(t *talk) {
		t.refused(t.session(), `{"channel":"/meta/nothing","clientId":"$cid","data":1,"id":"m1"}`)
	}},
	{"meta/whole-name", "/meta/subscribe/x is not /meta/subscribe", "CVE-2020-11020", "everybody: what checks rights on /meta/subscribe is gone round", everyone, func(t *talk) {
		p, channel := t.session(), t.channel()
		t.refused(p, `{"channel":"/meta/subscribe/x","clientId":"$cid","subscription":"`+channel+`","id":"s1"}`)
		t.publishes(channel)
		t.want(len(p.events(0)) == 0, "no event")
	}},
	{"meta/whole-name-error", "/meta/subscribe/x is refused in Faye's words", "Faye 1.4 server", "clients written against Faye's texts", fayeWay, func(t *talk) {
		m := t.session().ask(`{"channel":"/meta/subscribe/x","clientId":"$cid","subscription":"/a","id":"s1"}`)
		t.want(m.text("error") == "403:/meta/subscribe/x:Forbidden channel", "error 403:/meta/subscribe/x:Forbidden channel")
	}},
	{"service/not-broadcast", "what is published under /service reaches no other client", "Bayeux 1.0 §2.2.3", "everybody: requests to the server are private", everyone, func(t *talk) {
		p := t.session()
		channel := "/service/check-" + t.run
		p.ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":"` + channel + `","id":"s1"}`) // allowed or not
		t.session().ask(`{"channel":"` + channel + `","clientId":"$cid","data":"private","id":"p1"}`)
		events, _ := p.poll()
		t.want(len(events) == 0, "no event")
	}},
	{"service/root-wildcard", "/** does not cover /service and /meta", "Bayeux 1.0 §2.2.3; CometD", "everybody: requests to the server are private", specCometD, func(t *talk) {
		p := t.session()
		m := p.ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":"/**","id":"s1"}`)
		if !m.ok() {
			t.skip("the kit may not subscribe to /**: %s", m.text("error"))
		}
		channel := t.channel()
		q := t.session()
		q.ask(`{"channel":"/service/check-` + t.run + `","clientId":"$cid","data":"private","id":"p1"}`)
		q.publish(channel, `"public"`)
		for _, e := range p.events(1) { // others may use the server at the same time
			c := e.text("channel")
			t.want(!strings.HasPrefix(c, "/service/check-") && !strings.HasPrefix(c, "/meta/"), "nothing of /service or /meta")
		}
	}},
}

// refused sends a message that must fail, by its reply or, as with CometD, by the
// status of the response.
func (t *talk) refused(p *peer, text string) {
	r := p.do(request{body: p.fill("[" + text + "]")})
	if r.status >= http.StatusBadRequest {
		return
	}
	_, replies := split(p.read(r))
	t.want(len(replies) == 1 && replies[0].failed(), "successful false, or status 400")
}

var deliveryRules = []Rule{
	{"event/shape", "an event has channel and data, and not its publisher's clientId", "Bayeux 1.0 §5.2", "everybody: who knows a clientId reads its mail", everyone, func(t *talk) {
		e := t.delivered(`"data":{"n":1},"id":"p1"`)
		t.want(e.has("channel") && e.is("data", `{"n":1}`), "channel and data")
		t.want(!e.has("clientId"), "no clientId")
	}},
	{"event/no-id", "an event does not carry its publisher's id", "CometD", "cometd.js completes a remote call of its own that has the same id", cometdWay, func(t *talk) {
		e := t.delivered(`"data":1,"id":"p1"`)
		t.want(!e.has("id") || e.is("id", "null"), "no id")
	}},
	{"event/no-ext", "an event does not carry its publisher's ext, nor unknown fields", "Parley", "everybody whose token is in ext", parleyAlone, func(t *talk) {
		e := t.delivered(`"data":1,"more":1,"ext":` + t.ext(`{"parley-check":"kept"}`))
		t.want(!e.object("ext").has("parley-check") && !e.has("more"), "channel and data only")
	}},
	{"event/data", "data arrives as it was sent", "Bayeux 1.0 §3, data", "every application", everyone, func(t *talk) {
		p, q, channel := t.session(), t.session(), t.channel()
		p.subscribe(channel)
		all := []string{`{"a":[1,-2.5,true,null,{"b":""}]}`, `"\"\\\u2028ünï😀\u0000"`, `[]`, `0`, `false`, `""`}
		for _, sent := range all {
			q.publish(channel, sent)
		}
		got := p.events(len(all))
		for i, sent := range all {
			t.want(got[i].is("data", sent), "event %d with data %s", i+1, sent)
		}
	}},
	{"event/numbers", "numbers arrive as they were sent, however large", "Parley", "applications with ids beyond 2^53", parleyAlone, func(t *talk) {
		e := t.delivered(`"data":[12345678901234567890,1.0],"id":"p1"`)
		t.want(strings.Join(strings.Fields(string(e["data"])), "") == "[12345678901234567890,1.0]", "data [12345678901234567890,1.0]")
	}},
	{"event/first", "events come before the connect's reply, which is last", "CometD", "gobayeux, which never hands on what follows that reply", cometdWay, func(t *talk) {
		p, channel := t.connected(), t.channel()
		p.subscribe(channel)
		t.session().publish(channel, "1")
		all := p.post("[" + connectText + "]")
		t.want(len(all) == 2 && all[0].isEvent() && all[1].text("channel") == "/meta/connect", "the event, then the reply")
	}},
	{"event/connect-only", "over HTTP events come in responses to a connect only", "Faye 1.4 server", "elastic/bayeux, which reads a subscribe's reply at element 0", fayeWay, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel)
		t.session().publish(channel, "1")
		all := p.post(`[{"channel":"` + channel + `","clientId":"$cid","data":2,"id":"p1"}]`)
		t.want(len(all) == 1, "the acknowledgement alone")
		t.want(data(p.events(2)) == "1 2", "both events later")
	}},
	{"event/once", "overlapping subscriptions deliver once", "Faye 1.4 server; CometD", "whoever subscribes to a name and its pattern", families, func(t *talk) {
		p, channel := t.session(), t.channel()
		for _, pattern := range []string{"/a", "/*", "/**"} {
			p.subscribe(channel + pattern)
		}
		t.publishes(channel + "/a")
		t.want(data(p.events(1)) == `"`+channel+`/a"`, "one event")
	}},
	{"event/order", "one publisher's messages arrive in their order", "Faye 1.4 server; CometD", "every chat", families, func(t *talk) {
		const n = 20
		p, q, channel := t.session(), t.session(), t.channel()
		p.subscribe(channel)
		var body, want []string
		for i := range n {
			if i >= n/2 {
				q.publish(channel, fmt.Sprint(i))
			} else if body = append(body, fmt.Sprintf(`{"channel":%q,"clientId":"$cid","data":%d,"id":"b%d"}`, channel, i, i)); i == n/2-1 {
				t.want(len(q.post("["+strings.Join(body, ",")+"]")) == n/2, "as many replies as messages")
			}
			want = append(want, fmt.Sprint(i))
		}
		got := p.events(n)
		t.want(data(got) == strings.Join(want, " "), "%d events in their order", n)
	}},
	{"event/everyone", "each subscriber gets the event", "Bayeux 1.0 §1.1", "every client", everyone, func(t *talk) {
		channel := t.channel()
		p, q := t.session(), t.session()
		p.subscribe(channel)
		q.subscribe(channel)
		t.session().publish(channel, "1")
		t.want(data(p.events(1)) == "1" && data(q.events(1)) == "1", "one event for each of two")
	}},
}

// delivered publishes a message with these fields and returns it as it arrives.
func (t *talk) delivered(fields string) message {
	p, q, channel := t.session(), t.session(), t.channel()
	p.subscribe(channel)
	m := q.ask(`{"channel":"` + channel + `","clientId":"$cid",` + fields + `}`)
	t.want(m.ok(), "the publish succeeds")
	events := p.events(1)
	t.want(len(events) == 1 && events[0].text("channel") == channel, "one event on %s", channel)
	return events[0]
}

var disconnectRules = []Rule{
	{"disconnect/reply", "a disconnect is answered with channel, successful and id", "Bayeux 1.0 §4.3.2", "clients that wait for it before they leave", everyone, func(t *talk) {
		p := t.session()
		m := p.ask(`{"channel":"/meta/disconnect","clientId":"$cid","id":"d1"}`)
		t.want(m.ok() && m.text("channel") == "/meta/disconnect" && m.text("id") == "d1", "channel /meta/disconnect, successful true, id d1")
		p.cid = ""
	}},
	{"disconnect/ends", "the session is over: its next connect fails and advises a handshake", "Bayeux 1.0 §4.3", "everybody: sessions that cannot be ended", everyone, func(t *talk) {
		p := t.connected()
		p.ask(`{"channel":"/meta/disconnect","clientId":"$cid","id":"d1"}`)
		m := p.ask(connectText)
		t.want(m.failed() && m.advice().text("reconnect") == "handshake", "successful false, advice handshake")
		p.cid = ""
	}},
	{"disconnect/held", "a connect that is held is answered at disconnect", "Faye 1.4 server; CometD", "clients that wait for it", families, func(t *talk) {
		p := t.connected()
		h := p.hold("[" + holdText + "]")
		h.held()
		p.ask(`{"channel":"/meta/disconnect","clientId":"$cid","id":"d1"}`)
		h.answer()
		p.cid = ""
	}},
	{"disconnect/held-none", "a connect that is held at disconnect is told not to come again", "CometD", "clients that would connect once more, and shake hands at the refusal", cometdWay, func(t *talk) {
		p := t.connected()
		h := p.hold("[" + holdText + "]")
		h.held()
		p.ask(`{"channel":"/meta/disconnect","clientId":"$cid","id":"d1"}`)
		all := p.read(h.answer())
		t.want(len(all) == 1 && all[0].advice().text("reconnect") == "none", "advice none")
		p.cid = ""
	}},
	{"disconnect/errors", "a disconnect is refused in Faye's words", "Faye 1.4 server", "clients written against Faye's texts", fayeWay, func(t *talk) {
		p := t.session()
		m := p.ask(`{"channel":"/meta/disconnect","clientId":"nobody","id":"d1"}`)
		t.want(m.failed() && m.text("error") == "401:nobody:Unknown client", "error 401:nobody:Unknown client")
		m = p.ask(`{"channel":"/meta/disconnect","id":"d1"}`)
		t.want(m.failed() && m.text("error") == "402:clientId:Missing required parameter", "error 402:clientId:Missing required parameter")
	}},
}
