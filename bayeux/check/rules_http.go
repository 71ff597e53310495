package check

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

const formKind = "application/x-www-form-urlencoded"

// form encodes message fields.
func (t *talk) form(fields ...string) string {
	v := url.Values{}
	for _, f := range fields {
		v.Add("message", t.dress(f))
	}
	return v.Encode()
}

// handshakeVia shakes hands by a request of another kind.
func (t *talk) handshakeVia(r request) {
	p := t.peer()
	all := p.read(p.do(r))
	t.want(len(all) == 1 && all[0].ok(), "a successful handshake")
	p.cid = all[0].text("clientId")
}

var bodyRules = []Rule{
	{"body/empty-array", "a request of no messages, [], is answered by []", "Faye 1.4 server", "Faye's clients up to 1.2.5, which keep connections alive by it", fayeWay, func(t *talk) {
		t.want(len(t.session().post("[]")) == 0, "[]")
	}},
	{"body/malformed", "what is not JSON is answered by a status of 400 or above", "Faye 1.4 server; CometD", "clients that take 200 for success", families, func(t *talk) {
		for _, body := range []string{`[{"channel":"/meta/handshake"`, `hello`, `[}`} {
			r := t.peer().do(request{body: body})
			t.want(r.status >= 400, "status 400")
		}
	}},
	{"body/malformed-text", "what is not JSON is answered by 400 and a body that is not JSON either", "Faye 1.4 server", "Faye's Node and Ruby clients, which parse the body whatever the status", fayeWay, func(t *talk) {
		r := t.peer().do(request{body: `[{"channel":"/meta/handshake"`})
		t.want(r.status == http.StatusBadRequest && !json.Valid([]byte(r.body)), "status 400 with text")
	}},
	{"body/primitive", "a JSON value that is neither object nor array is answered by 400", "Faye 1.4 server; CometD", "nobody much: it is how a broken client is found out", families, func(t *talk) {
		r := t.peer().do(request{body: `5`})
		t.want(r.status >= 400, "status 400")
	}},
	{"body/null", "the JSON value null is answered by 400", "Parley", "nobody much: it is how a broken client is found out", parleyAlone, func(t *talk) {
		r := t.peer().do(request{body: `null`})
		t.want(r.status == http.StatusBadRequest, "status 400")
	}},
	{"body/strange-element", "an element that is not an object is answered, and the others are served", "Faye 1.4 server", "clients whose whole batch would be lost", fayeWay, func(t *talk) {
		p := t.session()
		all := p.post(`[5,{"channel":"/meta/unsubscribe","clientId":"$cid","subscription":"/never","id":"u1"}]`)
		t.want(len(all) == 2 && all[0].failed() && all[1].ok() && all[1].text("id") == "u1", "a failure and a success")
	}},
	{"body/never-empty", "a message is never answered by nothing", "CometD", "cometd.js, for which [] is a failure; Faye's client, which sends the message again", families, func(t *talk) {
		for _, m := range []string{`{"channel":"/meta/nothing","id":"m1"}`, `{"channel":"/meta/connect","clientId":"nobody","connectionType":"long-polling","id":"m2"}`, `{"channel":"/meta/disconnect","clientId":"nobody","id":"m3"}`} {
			t.want(len(t.peer().post("["+m+"]")) == 1, "one reply")
		}
	}},
	{"body/form", "messages may come as field message of a form", "Bayeux 1.0 §6.1", "older clients, curl, backends that push as Faye's documentation shows", specFaye, func(t *talk) {
		t.handshakeVia(request{kind: formKind, body: t.form(`[` + handshakeText + `]`)})
		t.handshakeVia(request{kind: formKind + "; charset=utf-8", body: t.form(handshakeText)})
	}},
	{"body/text-plain", "a form with field message may come as text/plain", "Faye 1.4 client, cross-origin", "Faye's browser client in a page of another origin", fayeWay, func(t *talk) {
		t.handshakeVia(request{kind: "text/plain", body: t.form(`[` + handshakeText + `]`)})
	}},
	{"body/repeated-fields", "several fields message add up", "Bayeux 1.0 §6.1", "clients that send a field a message", specParley, func(t *talk) {
		p := t.session()
		one := p.fill(`{"channel":"/meta/unsubscribe","clientId":"$cid","subscription":"/never","id":"1"}`)
		two := p.fill(`[{"channel":"/meta/unsubscribe","clientId":"$cid","subscription":"/never","id":"2"}]`)
		all := p.read(p.do(request{kind: formKind, body: t.form(one, two)}))
		t.want(len(all) == 2 && all[0].text("id") == "1" && all[1].text("id") == "2", "two replies")
	}},
	{"body/kind", "JSON is understood whatever its content type", "CometD", "scripts that set none", cometdWay, func(t *talk) {
		t.handshakeVia(request{kind: "-", body: `[` + handshakeText + `]`})
		t.handshakeVia(request{kind: "text/json", body: `[` + handshakeText + `]`})
	}},
	{"body/charset", "application/json may have parameters", "Faye 1.4 server; CometD", "cometd.js, which sends a charset", families, func(t *talk) {
		t.handshakeVia(request{kind: "application/json;charset=UTF-8", body: `[` + handshakeText + `]`})
	}},
	{"body/no-message", "a form without message is answered by 400", "Faye 1.4 server", "nobody much: it is how a broken client is found out", fayeWay, func(t *talk) {
		r := t.peer().do(request{kind: formKind, body: "other=1"})
		t.want(r.status == http.StatusBadRequest, "status 400")
	}},
	{"http/content-type", "responses are application/json", "Bayeux 1.0 §6.1", "clients that read JSON by its content type", everyone, func(t *talk) {
		p := t.peer()
		r := p.do(request{body: `[` + handshakeText + `]`})
		t.read1(p, r)
		t.wantHeader(r, "Content-Type", "application/json")
	}},
	{"http/cache", "responses are not to be kept", "Faye 1.4 server", "callback-polling behind caches", fayeWay, func(t *talk) {
		p := t.peer()
		r := p.do(request{body: `[` + handshakeText + `]`})
		t.read1(p, r)
		t.wantHeader(r, "Cache-Control", "no-store")
	}},
	{"http/nosniff", "responses are what their content type says", "Parley", "browsers that would take JSON for a page", parleyAlone, func(t *talk) {
		p := t.peer()
		r := p.do(request{body: `[` + handshakeText + `]`})
		t.read1(p, r)
		t.wantHeader(r, "X-Content-Type-Options", "nosniff")
	}},
	{"http/suffix", "messages may go to …/handshake, …/connect and …/", "CometD clients", "cometd.js, which appends them by default", cometdWay, func(t *talk) {
		t.handshakeVia(request{suffix: "/handshake", body: `[` + handshakeText + `]`})
		p := t.session()
		for _, suffix := range []string{"/connect", "/"} {
			all := p.read(p.do(request{suffix: suffix, body: p.fill("[" + connectText + "]")}))
			t.want(len(all) == 1 && all[0].ok(), "success")
		}
	}},
	{"http/method", "other methods than GET, POST and OPTIONS are refused", "Faye 1.4 server", "nobody much: it is how a broken client is found out", families, func(t *talk) {
		r := t.peer().do(request{method: http.MethodPut, body: `[` + handshakeText + `]`})
		t.want(r.status >= 400, "status 405")
	}},
}

// read1 reads a handshake's response, so that its session is disconnected.
func (t *talk) read1(p *peer, r response) {
	all := p.read(r)
	t.want(len(all) == 1 && all[0].ok(), "a successful handshake")
	p.cid = all[0].text("clientId")
}

func (t *talk) wantHeader(r response, name, part string) {
	values := strings.Join(r.header.Values(name), ", ")
	if !strings.Contains(strings.ToLower(values), strings.ToLower(part)) {
		t.failGot(name+": "+values, "%s with %s", name, part)
	}
}

// callback asks by JSONP and returns the body.
func (t *talk) callback(p *peer, jsonp string, messages string) response {
	t.needs("callback-polling")
	q := url.Values{"message": {t.dress(p.fill(messages))}}
	if jsonp != "" {
		q.Set("jsonp", jsonp)
	}
	return p.do(request{method: http.MethodGet, query: q})
}

// called reads what a callback is called with.
func (t *talk) called(r response, name string) []message {
	t.want(r.status == http.StatusOK, "status 200")
	body := strings.TrimSuffix(strings.TrimSpace(r.body), ";")
	body = strings.TrimPrefix(body, "/**/")
	inner, ok := strings.CutPrefix(body, name+"(")
	inner, closed := strings.CutSuffix(inner, ")")
	all, err := batch(inner)
	t.want(ok && closed && err == nil, "a call of %s with an array of messages", name)
	return all
}

var callbackRules = []Rule{
	{"callback-polling/call", "a GET with message and jsonp is answered by a call of that function", "Bayeux 1.0 §6.2", "Faye's browser client in a page of another origin, which shakes hands by it", everyone, func(t *talk) {
		p := t.peer()
		all := t.called(t.callback(p, "cb_1.ok", `[`+handshakeText+`]`), "cb_1.ok")
		t.want(len(all) == 1 && all[0].ok(), "a successful handshake")
		p.cid = all[0].text("clientId")
		all = t.called(t.callback(p, "cb", `[`+connectText+`]`), "cb")
		t.want(len(all) == 1 && all[0].ok(), "a successful connect")
	}},
	{"callback-polling/default", "the function is jsonpcallback when it is not named", "Bayeux 1.0 §6.2", "clients that leave it out", specFaye, func(t *talk) {
		p := t.peer()
		all := t.called(t.callback(p, "", `[`+handshakeText+`]`), "jsonpcallback")
		t.want(len(all) == 1 && all[0].ok(), "a successful handshake")
		p.cid = all[0].text("clientId")
	}},
	{"callback-polling/name", "what is no identifier is refused with 400", "Faye 1.4 server", "everybody who visits the server's origin: script of strangers would run there", fayeWay, func(t *talk) {
		for _, name := range []string{"alert(1);cb", "cb<script>", "cb'", "a b", "1cb"} {
			r := t.callback(t.peer(), name, `[]`)
			t.want(r.status == http.StatusBadRequest, "status 400 for %q", name)
		}
	}},
	{"callback-polling/hardened", "the script begins with a comment, and is an attachment for whoever opens it", "Faye 1.4 server; CVE-2014-4671", "everybody who visits the server's origin: the response could be taken for a Flash file", fayeWay, func(t *talk) {
		r := t.callback(t.peer(), "cb", `[]`)
		t.want(strings.HasPrefix(r.body, "/**/cb("), "a body that begins with /**/")
		t.wantHeader(r, "Content-Type", "text/javascript")
		t.wantHeader(r, "Content-Disposition", "attachment")
	}},
	{"callback-polling/nosniff", "the script of callback-polling is to be taken for nothing else", "Parley", "browsers that would take it for a page", parleyAlone, func(t *talk) {
		t.wantHeader(t.callback(t.peer(), "cb", `[]`), "X-Content-Type-Options", "nosniff")
	}},
	{"callback-polling/separators", "U+2028 and U+2029 are escaped", "Faye 1.4 server", "browsers before 2019: to them these characters end the line, and the script fails", fayeWay, func(t *talk) {
		p, channel := t.session(), t.channel()
		p.subscribe(channel)
		t.session().publish(channel, "\"a\u2028b\u2029c\"")
		r := t.callback(p, "cb", `[`+connectText+`]`)
		events, _ := split(t.called(r, "cb"))
		t.want(len(events) == 1 && events[0].is("data", `"a\u2028b\u2029c"`), "the event")
		t.want(!strings.ContainsAny(r.body, "\u2028\u2029"), `\u2028 and \u2029 as escapes`)
	}},
}

const strangeOrigin = "http://shop.example"

var originRules = []Rule{
	{"cors/response", "a page of another origin may read responses, with credentials", "Faye 1.4 server", "widgets in pages of other sites; cometd.js always sends credentials, so * does not do", fayeWay, func(t *talk) {
		p := t.peer()
		r := p.do(request{body: `[` + handshakeText + `]`, header: map[string]string{"Origin": strangeOrigin}})
		if r.status == http.StatusForbidden {
			t.skip("the server refuses origins it does not know")
		}
		t.read1(p, r)
		t.wantHeader(r, "Access-Control-Allow-Origin", strangeOrigin)
		t.wantHeader(r, "Access-Control-Allow-Credentials", "true")
	}},
	{"cors/vary", "responses to another origin vary by Origin", "Fetch standard", "pages behind a shared cache", parleyAlone, func(t *talk) {
		p := t.peer()
		r := p.do(request{body: `[` + handshakeText + `]`, header: map[string]string{"Origin": strangeOrigin}})
		if r.status == http.StatusForbidden {
			t.skip("the server refuses origins it does not know")
		}
		t.read1(p, r)
		t.wantHeader(r, "Vary", "Origin")
	}},
	{"cors/preflight", "a preflight allows POST with JSON", "Faye 1.4 server", "cometd.js in a page of another origin: JSON is asked about first", fayeWay, func(t *talk) {
		r := t.preflight("content-type")
		t.wantHeader(r, "Access-Control-Allow-Origin", strangeOrigin)
		t.wantHeader(r, "Access-Control-Allow-Credentials", "true")
		t.wantHeader(r, "Access-Control-Allow-Methods", "POST")
		t.wantHeader(r, "Access-Control-Allow-Headers", "Content-Type")
	}},
	{"cors/preflight-headers", "a preflight allows whatever headers are asked for", "Parley", "cometd.js with requestHeaders of its own", parleyAlone, func(t *talk) {
		t.wantHeader(t.preflight("content-type, x-shop-session"), "Access-Control-Allow-Headers", "x-shop-session")
	}},
	{"cors/preflight-age", "a preflight may be remembered", "Faye 1.4 server", "nobody: it only doubles the requests", fayeWay, func(t *talk) {
		t.want(t.preflight("content-type").header.Get("Access-Control-Max-Age") != "", "Access-Control-Max-Age")
	}},
}

func (t *talk) preflight(headers string) response {
	r := t.peer().do(request{method: http.MethodOptions, header: map[string]string{
		"Origin": strangeOrigin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers}})
	if r.status == http.StatusForbidden {
		t.skip("the server refuses origins it does not know")
	}
	t.want(r.status == http.StatusOK || r.status == http.StatusNoContent, "status 200")
	return r
}
