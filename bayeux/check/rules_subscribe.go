package check

import "fmt"

var subscribeRules = []Rule{
	{"subscribe/string", "a subscription goes back as it came, a string", "Bayeux 1.0 §4.4.2", "aiocometd and elastic/bayeux, which compare it", everyone, func(t *talk) {
		p, channel := t.session(), t.channel()
		m := p.ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":"` + channel + `","id":"s1"}`)
		t.want(m.ok() && m.text("channel") == "/meta/subscribe" && m.is("subscription", `"`+channel+`"`), "success with subscription %q", channel)
	}},
	{"subscribe/array", "an array of channels subscribes to all, and goes back as an array", "Bayeux 1.0 §4.4.1", "clients that subscribe to several at once", everyone, func(t *talk) {
		p, a, b := t.session(), t.channel(), t.channel()
		m := p.ask(fmt.Sprintf(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":[%q,%q],"id":"s1"}`, a, b))
		t.want(m.ok() && m.is("subscription", fmt.Sprintf("[%q,%q]", a, b)), "success with both in subscription")
		q := t.session()
		q.publish(a, "1")
		q.publish(b, "2")
		t.want(data(p.events(2)) == "1 2", "an event of each")
	}},
	{"subscribe/client-id", "a subscribe's reply names the clientId", "Bayeux 1.0 §4.4.2", "clients that hold several sessions", specFaye, func(t *talk) {
		p := t.session()
		m := p.ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":"` + t.channel() + `","id":"s1"}`)
		t.want(m.text("clientId") == p.cid, "the session's clientId")
	}},
	{"subscribe/twice", "subscribing twice succeeds, and delivers once", "Faye 1.4 server; CometD", "clients that subscribe again after a reconnect: they see everything doubled", families, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel)
		p.subscribe(channel)
		t.session().publish(channel, "1")
		t.want(data(p.events(1)) == "1", "one event")
	}},
	{"subscribe/wildcard", "/* matches one segment more, neither none nor two", "Bayeux 1.0 §2.2.1", "whoever subscribes by pattern", everyone, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel + "/*")
		t.publishes(channel, channel+"/a", channel+"/a/b", channel+"/b")
		t.want(data(p.events(2)) == `"`+channel+`/a" "`+channel+`/b"`, "events of …/a and …/b only")
	}},
	{"subscribe/deep-wildcard", "/** matches one segment more and any number", "Bayeux 1.0 §2.2.1", "whoever subscribes by pattern", everyone, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel + "/**")
		t.publishes(channel, channel+"/a", channel+"/a/b", channel+"x/a", channel+"/a/b/c")
		t.want(data(p.events(3)) == `"`+channel+`/a" "`+channel+`/a/b" "`+channel+`/a/b/c"`, "events of …/a, …/a/b and …/a/b/c only")
	}},
	{"subscribe/deep-wildcard-middle", "/x/** finds what is published two segments below", "Bayeux 1.0 §2.2.1", "whoever subscribes by pattern to a deep tree", everyone, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel + "/a/**")
		t.publishes(channel+"/a/b/c", channel+"/b/c")
		t.want(data(p.events(1)) == `"`+channel+`/a/b/c"`, "the event of …/a/b/c only")
	}},
	{"subscribe/invalid", "a pattern with its wildcard in the middle fails", "Bayeux 1.0 §2.2.1", "rights that are granted by reading the pattern", everyone, func(t *talk) {
		m := t.session().ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":"` + t.channel() + `/*/b","id":"s1"}`)
		t.want(m.failed(), "successful false")
	}},
	{"subscribe/errors", "a subscribe is refused in Faye's words, and the subscription goes back", "Faye 1.4 server", "clients written against Faye's texts; Faye's own forgets a failed subscription by that field", fayeWay, func(t *talk) {
		p, channel := t.session(), t.channel()
		for _, row := range [][3]string{
			{`"clientId":"$cid","subscription":"` + channel + `/*/b"`, "405:" + channel + "/*/b:Invalid channel", `"` + channel + `/*/b"`},
			{`"clientId":"$cid","subscription":"` + channel + `//b"`, "405:" + channel + "//b:Invalid channel", `"` + channel + `//b"`},
			{`"clientId":"$cid","subscription":"` + channel + `/"`, "405:" + channel + "/:Invalid channel", `"` + channel + `/"`},
			{`"clientId":"nobody","subscription":"` + channel + `"`, "401:nobody:Unknown client", `"` + channel + `"`},
			{`"subscription":"` + channel + `"`, "402:clientId:Missing required parameter", `"` + channel + `"`},
			{`"clientId":"$cid"`, "402:subscription:Missing required parameter", `[]`},
			{`"clientId":"nobody"`, "402:subscription:Missing required parameter", `[]`},
		} {
			m := p.ask(`{"channel":"/meta/subscribe",` + row[0] + `,"id":"s1"}`)
			t.want(m.failed() && m.text("error") == row[1] && m.is("subscription", row[2]), "error %s, subscription %s", row[1], row[2])
		}
	}},
	{"subscribe/unknown-client", "subscribing without a session fails", "Bayeux 1.0 §4.4", "clients whose session has expired: they believe to be subscribed", everyone, func(t *talk) {
		m := t.session().ask(`{"channel":"/meta/subscribe","clientId":"nobody","subscription":"` + t.channel() + `","id":"s1"}`)
		t.want(m.failed(), "successful false")
	}},
	{"subscribe/failed-advice", "a failed subscribe does not advise a handshake", "Faye 1.4 server", "cometd.js keeps it, and goes silent at the next success without advice", fayeWay, func(t *talk) {
		m := t.session().ask(`{"channel":"/meta/subscribe","clientId":"nobody","subscription":"` + t.channel() + `","id":"s1"}`)
		t.want(m.failed() && m.advice().text("reconnect") != "handshake", "failure without that advice")
	}},
	{"subscribe/meta", "nobody may subscribe to a meta channel", "Bayeux 1.0 §2.2.2", "everybody: handshakes and credentials of others would be readable", everyone, func(t *talk) {
		p := t.session()
		for _, pattern := range []string{"/meta/connect", "/meta/*"} {
			m := p.ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":"` + pattern + `","id":"s1"}`)
			if m.ok() { // CometD takes it, and records nothing
				q := t.peer()
				q.handshake()
				events, _ := p.poll()
				t.want(len(events) == 0, "a refusal of %s, or silence", pattern)
			}
		}
	}},
	{"subscribe/meta-error", "subscribing to a meta channel is refused in Faye's words", "Faye 1.4 server", "clients written against Faye's texts", fayeWay, func(t *talk) {
		m := t.session().ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":"/meta/connect","id":"s1"}`)
		t.want(m.text("error") == "403:/meta/connect:Forbidden channel", "error 403:/meta/connect:Forbidden channel")
	}},
	{"subscribe/all-or-nothing", "an array with a bad element subscribes to nothing", "Parley", "clients that take failure for failure, and get events all the same", parleyAlone, func(t *talk) {
		p, a, b := t.session(), t.channel(), t.channel()
		m := p.ask(fmt.Sprintf(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":[%q,%q,%q],"id":"s1"}`, a, a+"//x", b))
		t.want(m.failed(), "successful false")
		t.publishes(a, b)
		t.want(len(p.events(0)) == 0, "no event of either")
	}},
	{"subscribe/empty-array", "subscribing to an empty array succeeds", "Parley", "clients that subscribe to what a list holds, which may be nothing", parleyAlone, func(t *talk) {
		m := t.session().ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":[],"id":"s1"}`)
		t.want(m.ok() && m.is("subscription", "[]"), "success with subscription []")
	}},
	{"unsubscribe/stops", "after unsubscribe nothing comes", "Bayeux 1.0 §4.5", "every client", everyone, func(t *talk) {
		p, a, b := t.session(), t.channel(), t.channel()
		p.subscribe(a)
		p.subscribe(b)
		m := p.ask(`{"channel":"/meta/unsubscribe","clientId":"$cid","subscription":"` + a + `","id":"u1"}`)
		t.want(m.ok() && m.is("subscription", `"`+a+`"`), "success with the subscription")
		t.publishes(a, b)
		t.want(data(p.events(1)) == `"`+b+`"`, "the event of the channel that is still subscribed to, only")
	}},
	{"unsubscribe/unknown", "to unsubscribe from what was never subscribed to is a success", "Faye 1.4 server", "clients that tidy up twice", fayeWay, func(t *talk) {
		m := t.session().ask(`{"channel":"/meta/unsubscribe","clientId":"$cid","subscription":"` + t.channel() + `","id":"u1"}`)
		t.want(m.ok(), "success")
	}},
}

// publishes has another session publish on each channel its name.
func (t *talk) publishes(channels ...string) {
	p := t.session()
	for _, c := range channels {
		p.publish(c, `"`+c+`"`)
	}
}
