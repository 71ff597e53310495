package check

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of Run. The zero value judges by the specification.
type Options struct {
	Profile Profile // Spec
	// Channel is the root of the channels that are used. The server must let the kit
	// subscribe and publish there; otherwise the rules that need it are skipped. "/check"
	Channel string
	// Ext is a JSON object, sent with every message that a credential may be in.
	Ext json.RawMessage
	// Only names rules, or groups of them such as "websocket". None: all of the profile.
	Only   []string
	Header http.Header // of every request

	Patience time.Duration // for an answer that is due: 5 s
	Quiet    time.Duration // for one that must not come: 300 ms
	Parallel int           // rules at a time: 4

	// DialContext replaces the network; nil for the real one.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
}

func (o *Options) fill() {
	if o.Profile == "" {
		o.Profile = Spec
	}
	if o.Channel == "" {
		o.Channel = "/check"
	}
	o.Channel = strings.TrimSuffix(o.Channel, "/")
	if o.Patience <= 0 {
		o.Patience = 5 * time.Second
	}
	if o.Quiet <= 0 {
		o.Quiet = 300 * time.Millisecond
	}
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	if o.DialContext == nil {
		o.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
}

// Status of a Result.
type Status string

// What may come of a rule.
const (
	Pass Status = "pass"
	Fail Status = "fail"
	Skip Status = "skip"
)

// Result is what came of a rule.
type Result struct {
	Rule
	Status   Status        `json:"status"`
	Reason   string        `json:"reason,omitempty"`   // of a skip
	Expected string        `json:"expected,omitempty"` // of a failure
	Got      string        `json:"got,omitempty"`      // of a failure
	Dialogue []string      `json:"dialogue,omitempty"` // of a failure: "> sent", "< came"
	Took     time.Duration `json:"took_ns"`
}

// Report is what came of all.
type Report struct {
	URL     string   `json:"url"`
	Profile Profile  `json:"profile"`
	Offers  []string `json:"offers"` // connection types
	Passed  int      `json:"passed"`
	Failed  int      `json:"failed"`
	Skipped int      `json:"skipped"`
	Results []Result `json:"results"`
}

// OK reports whether no rule was broken.
func (r Report) OK() bool { return r.Failed == 0 }

// Run holds the dialogues of a profile with the server at address, which is
// http or https. The error says that nothing could be found out: the server
// is not there, does not speak Bayeux, or wants no handshake with these
// credentials. Broken rules are in the report only. When ctx ends, so does
// Run, with its error.
func Run(ctx context.Context, address string, o Options) (Report, error) {
	o.fill()
	k, err := newKit(ctx, address, o)
	if err != nil {
		return Report{}, err
	}
	defer k.http.CloseIdleConnections()
	rules, err := Choose(o)
	if err != nil {
		return Report{}, err
	}
	if err := k.probe(); err != nil {
		return Report{}, err
	}
	r := Report{URL: address, Profile: o.Profile, Offers: k.offers, Results: make([]Result, len(rules))}
	var all sync.WaitGroup
	free := make(chan struct{}, o.Parallel)
	for i, rule := range rules {
		free <- struct{}{}
		all.Go(func() {
			r.Results[i] = k.judge(rule)
			<-free
		})
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	for _, result := range r.Results {
		switch result.Status {
		case Pass:
			r.Passed++
		case Fail:
			r.Failed++
		case Skip:
			r.Skipped++
		}
	}
	return r, nil
}

// Choose picks the rules that Run would try: those of the profile, or of them
// what Only names.
func Choose(o Options) ([]Rule, error) {
	if o.Profile == "" {
		o.Profile = Spec
	}
	if !slices.Contains([]Profile{Spec, Faye, CometD, Parley}, o.Profile) {
		return nil, fmt.Errorf("check: no profile %q", o.Profile)
	}
	for _, name := range o.Only {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.named(name) }) {
			return nil, fmt.Errorf("check: no rule %q", name)
		}
	}
	chosen := []Rule{}
	for _, r := range rules {
		wanted := len(o.Only) == 0 || slices.ContainsFunc(o.Only, r.named)
		if wanted && slices.Contains(r.Profiles, o.Profile) {
			chosen = append(chosen, r)
		}
	}
	return chosen, nil
}

// kit is one run.
type kit struct {
	Options
	ctx     context.Context
	url     string
	run     string // keeps the channels of two runs apart
	http    *http.Transport
	offers  []string
	timeout time.Duration // of the server's connects, as advised
	closed  string        // why the channel cannot be used
}

func newKit(ctx context.Context, address string, o Options) (*kit, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("check: %q is not an http address", address)
	}
	if o.Ext != nil {
		var ext map[string]json.RawMessage
		if json.Unmarshal(o.Ext, &ext) != nil || ext == nil {
			return nil, errors.New("check: ext is not a JSON object")
		}
	}
	k := &kit{Options: o, ctx: ctx, url: strings.TrimSuffix(address, "/"), run: strings.ToLower(rand.Text()[:8])}
	k.http = &http.Transport{DialContext: o.DialContext, MaxIdleConnsPerHost: 4 * o.Parallel}
	return k, nil
}

// probe finds out whether a Bayeux server is there, what it offers and whether
// the channel is open.
func (k *kit) probe() error {
	result := k.judge(Rule{play: func(t *talk) {
		p := t.peer()
		reply := p.handshake()
		k.offers = reply.list("supportedConnectionTypes")
		k.timeout = time.Duration(reply.advice().number("timeout")) * time.Millisecond
		channel := k.Channel + "/" + k.run + "/probe"
		for _, ask := range []string{
			`{"channel":"/meta/subscribe","clientId":"$cid","subscription":"` + channel + `","id":"p1"}`,
			`{"channel":"` + channel + `","clientId":"$cid","data":"probe","id":"p2"}`,
		} {
			if reply := p.ask(ask); !reply.ok() && k.closed == "" {
				k.closed = fmt.Sprintf("the kit may not use channels below %s: %s", k.Channel, reply.text("error"))
			}
		}
	}})
	if result.Status == Pass {
		return nil
	}
	if err := k.ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("check: no session with %s: expected: %s; got: %s", k.url, result.Expected, result.Got)
}

// judge plays one rule.
func (k *kit) judge(r Rule) (result Result) {
	began := time.Now()
	t := &talk{kit: k, rule: r}
	result = Result{Rule: r, Status: Pass}
	defer func() {
		switch end := recover().(type) {
		case nil:
		case failure:
			result.Status, result.Expected, result.Got, result.Dialogue = Fail, end.expected, end.got, t.dialogue()
		case skipping:
			result.Status, result.Reason = Skip, string(end)
		default:
			panic(end)
		}
		t.end()
		result.Took = time.Since(began)
	}()
	r.play(t)
	return result
}
