package check

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"time"
)

// stream is an EventSource; its lines come without their ends.
type stream struct {
	t      *talk
	status int
	kind   string
	lines  chan string
	cancel context.CancelFunc
}

// listen opens the event stream of a session.
func (p *peer) listen(cid string) *stream {
	t := p.t
	t.needs("eventsource")
	ctx, cancel := context.WithCancel(t.ctx)
	r := request{method: http.MethodGet, suffix: "/" + cid, header: map[string]string{"Accept": "text/event-stream"}}
	req, err := p.build(ctx, r)
	if err != nil {
		cancel()
		t.failGot(err.Error(), "an event stream")
	}
	t.note(">", describe(r))
	giveUp := time.AfterFunc(t.Patience, cancel)
	resp, err := p.http.Do(req)
	giveUp.Stop()
	if err != nil {
		cancel()
		t.failGot(t.trouble(err), "an event stream")
	}
	s := &stream{t: t, status: resp.StatusCode, kind: resp.Header.Get("Content-Type"), lines: make(chan string, 1024), cancel: cancel}
	h := &pending{p: p, cancel: cancel, done: make(chan struct{})}
	p.open = append(p.open, h)
	go func() {
		defer close(h.done)
		defer resp.Body.Close()
		defer close(s.lines)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			select {
			case s.lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return s
}

// until returns the next line with this beginning, without it.
func (s *stream) until(beginning string) string {
	timer := time.NewTimer(s.t.Patience)
	defer timer.Stop()
	for {
		select {
		case l, ok := <-s.lines:
			s.t.want(ok, "a line that begins with %q before the stream ends", beginning)
			s.t.note("<", "(event stream) "+l)
			if rest, found := strings.CutPrefix(l, beginning); found {
				return strings.TrimSpace(rest)
			}
		case <-timer.C:
			s.t.failGot("nothing in "+s.t.Patience.String(), "a line that begins with %q", beginning)
		case <-s.t.ctx.Done():
			s.t.failGot(s.t.ctx.Err().Error(), "a line that begins with %q", beginning)
		}
	}
}

var streamRules = []Rule{
	{"eventsource/stream", "GET …/clientId with Accept text/event-stream is a stream of the session's events", "Faye 1.4 server", "Faye's browser client where websockets are blocked", fayeWay, func(t *talk) {
		p := t.session()
		s := p.listen(p.cid)
		t.want(s.status == http.StatusOK && strings.HasPrefix(s.kind, "text/event-stream"), "status 200, text/event-stream")
		channel := t.channel()
		p.subscribe(channel)
		t.publishes(channel)
		all, err := batch(s.until("data:"))
		t.want(err == nil && len(all) == 1 && all[0].is("data", `"`+channel+`"`), "the event, alone in an array")
	}},
	{"eventsource/retry", "an event stream begins by saying when to come again", "Faye 1.4 server", "browsers with other ideas", fayeWay, func(t *talk) {
		p := t.session()
		p.listen(p.cid).until("retry:")
	}},
	{"eventsource/heartbeat", "a connect of this type is answered at once, and advises timeout 0 and a long interval", "Faye 1.4 server", "Faye's browser client, which would hold a request beside the stream", fayeWay, func(t *talk) {
		t.needs("eventsource")
		m := t.session().ask(`{"channel":"/meta/connect","clientId":"$cid","connectionType":"eventsource","id":"c1"}`)
		t.want(m.ok() && m.advice().number("timeout") == 0 && m.advice().number("interval") >= 1000, "success, advice timeout 0 and interval of the server's timeout")
	}},
	{"eventsource/unknown", "for an unknown clientId there is no stream", "HTML standard, EventSource", "browsers, which would listen for ever to a session that is gone", parleyAlone, func(t *talk) {
		s := t.session().listen("nobody0nobody0nobody0nobody0nobody")
		t.want(s.status == http.StatusNotFound, "status 404")
	}},
}
