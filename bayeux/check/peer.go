package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// peer is one client over HTTP, with cookies of its own.
type peer struct {
	t       *talk
	http    http.Client
	cid     string
	serial  int
	inbox   []message // events that came with other replies
	sockets []*socket
	open    []*pending
}

func (t *talk) peer() *peer {
	jar, _ := cookiejar.New(nil) // never fails
	p := &peer{t: t, http: http.Client{Transport: t.kit.http, Jar: jar}}
	p.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.peers = append(t.peers, p)
	return p
}

// session is a peer that has shaken hands.
func (t *talk) session() *peer {
	p := t.peer()
	p.handshake()
	return p
}

const handshakeText = `{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling","callback-polling","websocket","eventsource"],"id":"h1"}`

// handshake must succeed.
func (p *peer) handshake() message {
	reply := p.ask(handshakeText)
	p.cid = reply.text("clientId")
	p.t.want(reply.ok() && p.cid != "", "a handshake succeeds and gives a clientId")
	return reply
}

// fill puts the clientId where $cid is.
func (p *peer) fill(text string) string { return strings.ReplaceAll(text, "$cid", p.cid) }

type response struct {
	status int
	header http.Header
	body   string
}

// request describes one that is not the usual POST of JSON.
type request struct {
	method string // POST
	suffix string // of the path
	query  url.Values
	kind   string // content type; "-" for none, "" for JSON
	body   string
	header map[string]string
}

func (p *peer) build(ctx context.Context, r request) (*http.Request, error) {
	method := r.method
	if method == "" {
		method = http.MethodPost
	}
	address := p.t.url + r.suffix
	if r.query != nil {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(p.t.dress(r.body)))
	if err != nil {
		return nil, err
	}
	for k, v := range p.t.Header {
		req.Header[k] = v
	}
	switch r.kind {
	case "":
		if r.body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
	case "-":
	default:
		req.Header.Set("Content-Type", r.kind)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	return req, nil
}

// send sends a request and reads the whole response.
func (p *peer) send(ctx context.Context, r request) (response, error) {
	req, err := p.build(ctx, r)
	if err != nil {
		return response{}, err
	}
	p.t.note(">", describe(r))
	resp, err := p.http.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return response{}, err
	}
	shown := string(body)
	if resp.StatusCode != http.StatusOK || shown == "" {
		shown = fmt.Sprintf("HTTP %d %s %s", resp.StatusCode, resp.Header.Get("Content-Type"), shown)
	}
	p.t.note("<", shown)
	return response{resp.StatusCode, resp.Header, string(body)}, nil
}

func describe(r request) string {
	text := r.body
	if r.method != "" || r.suffix != "" || r.query != nil {
		text = strings.TrimSpace(fmt.Sprintf("%s …%s?%s %s", r.method, r.suffix, r.query.Encode(), text))
	}
	if r.kind != "" {
		text = "(" + r.kind + ") " + text
	}
	for k, v := range r.header {
		text = fmt.Sprintf("(%s: %s) %s", k, v, text)
	}
	return text
}

// do sends a request that must be answered in time.
func (p *peer) do(r request) response {
	ctx, cancel := p.t.deadline()
	defer cancel()
	resp, err := p.send(ctx, r)
	if err != nil {
		p.t.failGot(p.t.trouble(err), "an answer to this request within %v", p.t.Patience)
	}
	return resp
}

// trouble says what an error is to whoever waits for an answer.
func (t *talk) trouble(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer in %v", t.Patience)
	}
	return err.Error()
}

// post sends messages as JSON and gets an array of them with status 200.
func (p *peer) post(body string) []message {
	return p.read(p.do(request{body: p.fill(body)}))
}

// read reads a response that must be an array of messages.
func (p *peer) read(r response) []message {
	p.t.want(r.status == http.StatusOK, "status 200")
	all, err := batch(r.body)
	p.t.want(err == nil, "a JSON array of messages")
	return all
}

// ask sends one message and gets its one reply. CometD lets events come along:
// they are kept for poll.
func (p *peer) ask(body string) message {
	events, replies := split(p.post("[" + body + "]"))
	p.inbox = append(p.inbox, events...)
	p.t.want(len(replies) == 1, "one reply to one message")
	return replies[0]
}

// subscribe must succeed.
func (p *peer) subscribe(pattern string) {
	reply := p.ask(`{"channel":"/meta/subscribe","clientId":"$cid","subscription":` + strconv.Quote(pattern) + `,"id":"s` + p.number() + `"}`)
	p.t.want(reply.ok(), "subscribing to %s succeeds", pattern)
}

// publish must succeed.
func (p *peer) publish(channel, data string) {
	reply := p.ask(`{"channel":"` + channel + `","clientId":"$cid","data":` + data + `,"id":"p` + p.number() + `"}`)
	p.t.want(reply.ok(), "publishing on %s succeeds", channel)
}

func (p *peer) number() string {
	p.serial++
	return strconv.Itoa(p.serial)
}

// connectText asks for an answer at once.
const connectText = `{"channel":"/meta/connect","clientId":"$cid","connectionType":"long-polling","advice":{"timeout":0},"id":"c0"}`

// holdText asks to be held.
const holdText = `{"channel":"/meta/connect","clientId":"$cid","connectionType":"long-polling","id":"c1"}`

// poll connects once, without a hold, and returns what came.
func (p *peer) poll() (events, replies []message) {
	events, replies = split(p.post("[" + connectText + "]"))
	events, p.inbox = append(p.inbox, events...), nil
	p.t.want(len(replies) == 1 && replies[0].ok(), "a successful reply to a connect, once")
	return events, replies
}

// events connects until there are n, and once more, so that there are no more.
func (p *peer) events(n int) []message {
	var all []message
	for end := time.Now().Add(p.t.Patience); len(all) < n; {
		events, _ := p.poll()
		all = append(all, events...)
		if time.Now().After(end) {
			p.t.failGot(fmt.Sprintf("%d: %s", len(all), data(all)), "%d events", n)
		}
	}
	more, _ := p.poll()
	return append(all, more...)
}

// pending is a request that waits.
type pending struct {
	p      *peer
	cancel context.CancelFunc
	done   chan struct{}
	resp   response
	err    error
}

// hold begins a request that the server may hold.
func (p *peer) hold(body string) *pending {
	ctx, cancel := context.WithCancel(p.t.ctx)
	h := &pending{p: p, cancel: cancel, done: make(chan struct{})}
	p.open = append(p.open, h)
	text := p.fill(body)
	go func() {
		defer close(h.done)
		h.resp, h.err = p.send(ctx, request{body: text})
	}()
	return h
}

// held must be so.
func (h *pending) held() {
	t := h.p.t
	if !t.quiet(h.done) {
		t.fail("the connect is held")
	}
}

// answer must come in time.
func (h *pending) answer() response {
	t := h.p.t
	timer := time.NewTimer(t.Patience)
	defer timer.Stop()
	select {
	case <-h.done:
	case <-timer.C:
		t.failGot(fmt.Sprintf("no answer in %v", t.Patience), "the held connect is answered")
	case <-t.ctx.Done():
		t.failGot(t.ctx.Err().Error(), "the held connect is answered")
	}
	if h.err != nil {
		t.failGot(h.err.Error(), "the held connect is answered")
	}
	return h.resp
}

// connected is a session that has connected once: CometD holds no first connect.
func (t *talk) connected() *peer {
	p := t.session()
	p.poll()
	return p
}

// end disconnects, if that is still to be done, and waits for what is under way.
func (p *peer) end() {
	for _, s := range p.sockets {
		s.end()
	}
	if p.cid != "" {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.ctx), time.Second)
		_, _ = p.send(ctx, request{body: p.fill(`[{"channel":"/meta/disconnect","clientId":"$cid","id":"bye"}]`)})
		cancel()
	}
	for _, h := range p.open {
		h.cancel()
		<-h.done
	}
}
