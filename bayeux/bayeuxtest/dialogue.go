package bayeuxtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Play plays the dialogue in file with the server behind n, inside a synctest
// bubble. A line is one of
//
//	# a comment
//	a> JSON      peer a sends a request; a peer ws… sends a frame
//	a< JSON      and gets this answer, or frame
//	a< 409       or this status with a body that is not JSON
//	ws< close 1000
//	a< nothing   is still waiting
//	a! hang up   closes its connection
//	wait 25s
//
// and goes on in the next line if that is indented. The name may be left out.
// In what is expected "*" stands for anything, and "$cid" for what it stood
// for first; later it is replaced inside strings and in what is sent.
func Play(t testing.TB, n *Network, file string) {
	t.Helper()
	d := &dialogue{t: t, n: n, peers: make(map[string]*peer), vars: make(map[string]string)}
	d.http = &http.Client{Transport: &http.Transport{DialContext: n.DialContext}}
	defer d.close()
	for _, l := range readLines(t, file) {
		d.line = fmt.Sprintf("%s:%d: %s", file, l.number, l.text)
		d.play(l.text)
	}
}

type dialogueLine struct {
	number int
	text   string
}

func readLines(t testing.TB, file string) (lines []dialogueLine) {
	f, err := os.Open(file) // #nosec G304 -- a test's own file
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		text := in.Text()
		switch {
		case strings.TrimSpace(text) == "" || text[0] == '#':
		case text[0] == ' ' || text[0] == '\t':
			lines[len(lines)-1].text += strings.TrimSpace(text)
		default:
			lines = append(lines, dialogueLine{n, text})
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

type dialogue struct {
	t     testing.TB
	n     *Network
	http  *http.Client
	peers map[string]*peer
	vars  map[string]string
	line  string
}

// peer is one side of a conversation: a frame or a response at a time.
type peer struct {
	ws     *websocket.Conn
	heard  chan string
	cancel context.CancelFunc
	done   chan struct{}
}

var lineForm = regexp.MustCompile(`^(\w*)([<>!]) (.*)$`)

func (d *dialogue) play(text string) {
	d.t.Helper()
	if pause, ok := strings.CutPrefix(text, "wait "); ok {
		p, err := time.ParseDuration(pause)
		if err != nil {
			d.t.Fatal(d.line, err)
		}
		time.Sleep(p)
		return
	}
	m := lineForm.FindStringSubmatch(text)
	if m == nil {
		d.t.Fatal(d.line, ": not understood")
	}
	p := d.peer(m[1])
	switch m[2] {
	case ">":
		d.send(p, d.fill(m[3]))
	case "<":
		d.expect(p, m[3])
	case "!":
		p.cancel()
		<-p.done
	}
}

func (d *dialogue) peer(name string) *peer {
	if p := d.peers[name]; p != nil {
		return p
	}
	p := &peer{heard: make(chan string, 100), done: make(chan struct{}), cancel: func() {}}
	d.peers[name] = p
	if !strings.HasPrefix(name, "ws") {
		close(p.done)
		return p
	}
	dialer := websocket.Dialer{NetDialContext: d.n.DialContext}
	ws, _, err := dialer.Dial("ws"+strings.TrimPrefix(d.n.URL(), "http"), nil)
	if err != nil {
		d.t.Fatal(d.line, err)
	}
	p.ws = ws
	p.cancel = func() { _ = ws.Close() }
	go p.listen()
	return p
}

func (p *peer) listen() {
	defer close(p.done)
	for {
		_, frame, err := p.ws.ReadMessage()
		if err != nil {
			var closed *websocket.CloseError
			if errors.As(err, &closed) {
				p.heard <- fmt.Sprintf("close %d", closed.Code)
			}
			_ = p.ws.Close()
			return
		}
		p.heard <- string(frame)
	}
}

func (d *dialogue) send(p *peer, text string) {
	if p.ws != nil {
		if err := p.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			d.t.Fatal(d.line, err)
		}
		return
	}
	<-p.done // one request at a time
	p.done = make(chan struct{})
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(p.done)
		if heard, err := d.post(ctx, text); err == nil {
			p.heard <- heard
		}
	}()
}

func (d *dialogue) post(ctx context.Context, text string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.n.URL(), strings.NewReader(text))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Sprint(resp.StatusCode), err
	}
	return string(body), err
}

// Answers come at once, or with the next tick.
const patience = 20 * time.Millisecond

func (d *dialogue) expect(p *peer, want string) {
	d.t.Helper()
	got := "nothing"
	select {
	case got = <-p.heard:
	case <-time.After(patience):
	}
	if got == want {
		return
	}
	var w, g any
	if decode(want, &w) != nil || decode(got, &g) != nil || !d.match(w, g) {
		d.t.Fatalf("%s\n got: %s", d.line, got)
	}
}

func decode(text string, v *any) error {
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	return dec.Decode(v)
}

// match compares, binding variables on the way.
func (d *dialogue) match(want, got any) bool {
	switch w := want.(type) {
	case string:
		if w == "*" {
			return true
		}
		g, ok := got.(string)
		if name, isVar := strings.CutPrefix(w, "$"); ok && isVar && d.vars[name] == "" && variable.MatchString(w) {
			d.vars[name] = g
			return true
		}
		return ok && d.fill(w) == g
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !d.match(w[i], g[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for k := range w {
			if _, there := g[k]; !there || !d.match(w[k], g[k]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}

var variable = regexp.MustCompile(`\$[a-z]\w*`)

func (d *dialogue) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		if s := d.vars[v[1:]]; s != "" {
			return s
		}
		return v
	})
}

func (d *dialogue) close() {
	for _, p := range d.peers {
		p.cancel()
		<-p.done
	}
	d.http.CloseIdleConnections()
}
