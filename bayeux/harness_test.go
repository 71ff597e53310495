package bayeux

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// startServer is a server with its clock running, for a bubble.
func startServer(t testing.TB, cfg Config) *Server {
	srv := New(cfg)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return srv
}

// user is a client without a network.
type user struct {
	t    testing.TB
	srv  *Server
	id   string
	link *Link // of a socket
}

type answer struct {
	Channel    string
	ClientID   string
	Successful bool
	Error      string
	Data       json.RawMessage
	Advice     struct {
		Reconnect string
		Interval  int
	}
}

func newUser(t testing.TB, srv *Server, ext string) *user {
	t.Helper()
	u := &user{t: t, srv: srv}
	a := u.say(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]` + extField(ext) + `}`)
	if !a[0].Successful {
		t.Fatal(a[0].Error)
	}
	u.id = a[0].ClientID
	return u
}

func extField(ext string) string {
	if ext == "" {
		return ""
	}
	return `,"ext":` + ext
}

// say processes a message and returns the replies that come at once.
func (u *user) say(text string) []answer {
	u.t.Helper()
	link := u.link
	if link == nil {
		link = u.srv.Poll()
		defer link.Close()
	}
	return u.process(link, text)
}

func (u *user) process(link *Link, text string) (out []answer) {
	u.t.Helper()
	text = strings.ReplaceAll(text, "$", u.id)
	msgs, err := u.srv.Decode(nil, []byte(text))
	if err != nil {
		u.t.Fatal(err, text)
	}
	for _, f := range u.srv.Process(context.Background(), link, msgs) {
		out = append(out, u.read(f))
	}
	return out
}

func (u *user) read(f Frame) answer {
	var a answer
	if err := json.Unmarshal(f.Object(), &a); err != nil {
		u.t.Fatalf("%v in %s", err, f)
	}
	return a
}

func (u *user) subscribe(channel, ext string) string {
	u.t.Helper()
	return u.say(`{"channel":"/meta/subscribe","clientId":"$","subscription":"` + channel + `"` + extField(ext) + `}`)[0].Error
}

func (u *user) publish(channel, ext string) string {
	u.t.Helper()
	return u.say(`{"channel":"` + channel + `","clientId":"$","data":1` + extField(ext) + `}`)[0].Error
}

// poll connects and waits, and returns the events and the error of the reply.
func (u *user) poll(timeout time.Duration, ext string) (events []string, fault string) {
	u.t.Helper()
	link := u.srv.Poll()
	defer link.Close()
	at := u.process(link, fmt.Sprintf(`{"channel":"/meta/connect","clientId":"$","connectionType":"long-polling","advice":{"timeout":%d}%s}`, timeout.Milliseconds(), extField(ext)))
	if !link.Holding() {
		return nil, at[0].Error
	}
	batch, err := link.Next(context.Background())
	if err != nil {
		return nil, err.Error()
	}
	for _, ev := range batch.Events {
		events = append(events, ev.Channel)
	}
	return events, u.read(batch.Connect).Error
}

// gate is a Policy over tokens such as {"token":"anna"}; expiring ones end a
// minute after they are read first.
type gate struct {
	mu     sync.Mutex
	asked  int
	banned map[string]bool // "who channel"
	until  map[string]time.Time
	broken bool
	scopes map[string]string // of whom
}

func newGate() *gate {
	return &gate{banned: map[string]bool{}, until: map[string]time.Time{}, scopes: map[string]string{}}
}

var errBroken = errors.New("database is away")

func (g *gate) Identify(_ context.Context, ext []byte) (any, time.Time, bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	if g.broken {
		return nil, time.Time{}, false, errBroken
	}
	var e struct{ Token string }
	if ext != nil {
		if err := json.Unmarshal(ext, &e); err != nil {
			return nil, time.Time{}, false, nil
		}
	}
	switch {
	case e.Token == "":
		return nil, time.Time{}, true, nil
	case e.Token == "bad":
		return nil, time.Time{}, false, nil
	}
	who, _, _ := strings.Cut(e.Token, ":") // anna:2 is another token of anna's
	end := g.until[e.Token]
	if !end.IsZero() && time.Now().After(end) {
		return nil, time.Time{}, false, nil
	}
	return who, end, true, nil
}

func (g *gate) may(who any, channel string) (string, bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken {
		return "", false, errBroken
	}
	name, _ := who.(string)
	if strings.HasPrefix(channel, "/private") && name == "" || g.banned[name+" "+channel] {
		return "", false, nil
	}
	return g.scopes[name], true, nil
}

func (g *gate) Subscribe(_ context.Context, who any, channel string) (string, bool, error) {
	return g.may(who, channel)
}

func (g *gate) Publish(_ context.Context, who any, channel string) (string, bool, error) {
	return g.may(who, channel)
}

func (g *gate) set(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// diary is a Monitor that writes down what it hears.
type diary struct {
	mu      sync.Mutex
	entries []string
	inside  map[string]bool
	on      func(session string)
}

func (d *diary) Subscribed(_ context.Context, session string, who any, channel string) {
	d.hear("+", session, who, channel)
}

func (d *diary) Unsubscribed(_ context.Context, session string, who any, channel string) {
	d.hear("-", session, who, channel)
}

func (d *diary) hear(sign, session string, who any, channel string) {
	d.mu.Lock()
	if d.inside == nil {
		d.inside = map[string]bool{}
	}
	if d.inside[session] {
		d.entries = append(d.entries, "two at once")
	}
	d.inside[session] = true
	d.mu.Unlock()
	if d.on != nil {
		d.on(session)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside[session] = false
	d.entries = append(d.entries, fmt.Sprint(sign, channel, " ", who))
}

func (d *diary) take() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := strings.Join(d.entries, ", ")
	d.entries = nil
	return s
}
