package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/bayeux"
	"parley/bayeux/transport"
)

var (
	roamers   = flag.Int("roamers", 150, "sessions of TestRoaming; make stress has 2000")
	roamSteps = flag.Int("roamsteps", 12, "what each of them does before it comes to rest")
)

const (
	roomsOfZone    = 4
	roamersOfRoom  = 12
	floodOf        = 120
	queueOfRoamers = 150
)

// world is a server and those who roam it.
type world struct {
	t      *testing.T
	ctx    context.Context
	url    string
	client *http.Client
	rooms  []*room
	lines  sync.WaitGroup

	deaths, handshakes, farewells, received atomic.Int64
}

// TestRoaming has sessions connect by every transport, change it, lose it,
// stay away until their queue overflows, subscribe, unsubscribe, publish one
// by one and in floods. A model of what each is owed checks that everything
// comes, once and in order. Without the ack extension only what was on a line
// that broke may be missing; with it nothing may. The server's own count of
// sessions agrees with that of its clients.
func TestRoaming(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), 8*time.Minute)
	defer stop()
	srv, h := start(t, bayeux.Config{
		Timeout: 2 * time.Second, Grace: 5 * time.Minute, MaxQueueMessages: queueOfRoamers, Logger: slog.New(slog.DiscardHandler),
	}, transport.Config{WriteTimeout: time.Minute, Ping: time.Hour, Pong: time.Minute, Lonely: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	web := httptest.NewServer(h)
	defer web.Close()
	w := &world{t: t, ctx: ctx, url: web.URL, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *roamers}}}
	defer w.client.CloseIdleConnections()
	for i := range max(roomsOfZone, *roamers/roamersOfRoom) {
		w.rooms = append(w.rooms, &room{
			channel: fmt.Sprintf("/zone/%d/room/%d", i/roomsOfZone, i), begun: map[string]int{}, settled: map[string]int{},
		})
	}

	var roaming, resting sync.WaitGroup
	calm := make(chan struct{})
	roaming.Add(*roamers)
	for i := range *roamers {
		resting.Go(func() {
			r := &roamer{world: w, name: i, dice: rand.New(rand.NewPCG(uint64(i), 7)), ack: i%3 == 0, home: w.rooms[i%len(w.rooms)]}
			r.roam()
			roaming.Done()
			<-calm
			r.rest()
		})
	}
	roaming.Wait()
	for _, room := range w.rooms {
		if err := srv.Publish(ctx, room.channel, "", []byte(`{"p":"end","n":1}`)); err != nil {
			t.Error(err)
		}
		room.begin("end")
		room.settle("end", 1)
	}
	close(calm)
	resting.Wait()
	w.client.CloseIdleConnections()
	w.lines.Wait()

	s := srv.Stats()
	if s.Sessions != 0 || s.Subscriptions != 0 || s.Held != 0 {
		t.Errorf("left over: %+v", s)
	}
	if s.Handshakes != w.handshakes.Load() || s.Disconnected != w.farewells.Load() || s.Overflows+s.Expired != w.deaths.Load() {
		t.Errorf("clients count %d handshakes, %d disconnects, %d lost sessions; %+v", w.handshakes.Load(), w.farewells.Load(), w.deaths.Load(), s)
	}
	until(t, "closed", func() bool { st := h.Stats(); return st.Sockets == 0 && st.Streams == 0 })
	t.Logf("%d sessions, %d lost, %d events received; %+v; %+v", w.handshakes.Load(), w.deaths.Load(), w.received.Load(), s, h.Stats())
	if *roamers >= 100 && (s.Overflows == 0 || s.Replaced == 0 || s.Duplicates == 0) {
		t.Error("nothing overflowed, was displaced or retried: the test has lost its edge")
	}
}

// roamer is one client after another session of it. It does one thing at a
// time; only its line has a goroutine of its own.
type roamer struct {
	*world
	name  int
	dice  *rand.Rand
	ack   bool
	home  *room
	id    string
	heard float64 // the last ext.ack
	again bool    // a reply may be lost, so events may come twice
	lost  bool    // a line broke, and with it what it carried
	wide  bool    // subscribed to a zone
	books map[string]*ledger
	line  *line
	calls int
}

// errDead is the end of the session, which the server announced.
var errDead = errors.New("the session is over")

// may is a failure that ends the test, unless the session is over.
func (r *roamer) may(err error) bool {
	if err == nil {
		return true
	}
	if !errors.Is(err, errDead) {
		r.t.Errorf("roamer %d: %v", r.name, err)
	}
	return false
}

func (r *roamer) roam() {
	r.arrive()
	for range *roamSteps {
		if r.ctx.Err() != nil || r.t.Failed() {
			return
		}
		if err := r.step(); !r.may(err) {
			if !errors.Is(err, errDead) {
				return
			}
			r.deaths.Add(1)
			r.arrive()
		}
	}
}

func (r *roamer) step() error {
	switch r.dice.IntN(13) {
	case 0, 1, 2:
		return r.publish(1 + r.dice.IntN(3))
	case 3:
		if r.dice.IntN(2) == 0 {
			return r.flood()
		}
		return r.publish(1)
	case 4:
		return r.poll(r.post)
	case 5:
		return r.poll(r.ask)
	case 6, 7:
		return r.moveToSocket()
	case 8, 9:
		if r.ack {
			return r.cutPoll()
		}
		return r.moveToStream()
	case 10:
		return r.cut()
	case 11:
		return r.stayAway()
	}
	return r.resubscribe()
}

func (r *roamer) wait(least, most int) {
	select {
	case <-time.After(time.Duration(least+r.dice.IntN(most-least)) * time.Millisecond):
	case <-r.ctx.Done():
	}
}

// arrive shakes hands and subscribes.
func (r *roamer) arrive() {
	r.leaveLine()
	r.heard, r.again, r.lost, r.wide, r.books = 0, false, false, false, map[string]*ledger{}
	ext := ""
	if r.ack {
		ext = `,"ext":{"ack":true}`
	}
	words, err := r.post(r.ctx, `{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]`+ext+`}`)
	if err == nil && !words[0].ok() {
		err = errors.New(words[0].Error)
	}
	if !r.may(err) {
		return
	}
	r.handshakes.Add(1)
	r.id = words[0].ClientID
	patterns, rooms := []string{r.home.channel}, []*room{r.home}
	if r.dice.IntN(10) == 0 { // a whole zone, and one room of it twice
		zone := r.home.channel[:strings.Index(r.home.channel, "/room")] + "/"
		patterns = append(patterns, zone+"**")
		r.wide = true
		for _, other := range r.rooms {
			if other != r.home && strings.HasPrefix(other.channel, zone) {
				rooms = append(rooms, other)
			}
		}
	}
	if !r.may(r.subscribe("subscribe", patterns)) {
		return
	}
	for _, room := range rooms {
		book := &ledger{room: room, last: map[string]int{}}
		book.open()
		r.books[room.channel] = book
	}
}

func (r *roamer) subscribe(verb string, patterns []string) error {
	list, _ := json.Marshal(patterns)
	return r.tell(r.post, `{"channel":"/meta/`+verb+`","clientId":"`+r.id+`","subscription":`+string(list)+`}`)
}

// tell sends a message that is answered at once.
func (r *roamer) tell(by call, body string) error {
	words, err := by(r.ctx, body)
	if err != nil {
		return err
	}
	return r.verdict(words[0])
}

type call func(ctx context.Context, body string) ([]word, error)

func (r *roamer) verdict(m word) error {
	if m.ok() {
		return nil
	}
	if strings.HasPrefix(m.Error, "401:") {
		return errDead
	}
	return fmt.Errorf("%s: %s", m.Channel, m.Error)
}

// publish sends to the home room; now and then an answer is lost and the
// message sent again.
func (r *roamer) publish(times int) error {
	for range times {
		n := r.home.begin(r.id)
		body := fmt.Sprintf(`{"channel":%q,"clientId":%q,"id":"p%d","data":{"p":%q,"n":%d}}`, r.home.channel, r.id, n, r.id, n)
		by := r.post
		if r.dice.IntN(3) == 0 {
			by = r.ask
		}
		if r.dice.IntN(4) == 0 {
			ctx, cancel := context.WithTimeout(r.ctx, time.Duration(r.dice.IntN(10_000))*time.Microsecond)
			_, _ = by(ctx, body) // answered or not
			cancel()
		}
		if err := r.tell(by, body); err != nil {
			return err
		}
		r.home.settle(r.id, n)
		if err := r.catchUp(); err != nil {
			return err
		}
	}
	return nil
}

// flood fills the queues of those in the room who do not listen.
func (r *roamer) flood() error {
	var batch []string
	n := 0
	for range floodOf {
		n = r.home.begin(r.id)
		batch = append(batch, fmt.Sprintf(`{"channel":%q,"clientId":%q,"data":{"p":%q,"n":%d}}`, r.home.channel, r.id, r.id, n))
	}
	words, err := r.post(r.ctx, "["+strings.Join(batch, ",")+"]")
	if err != nil {
		return err
	}
	for i, m := range words { // it may overflow itself in the middle
		if err := r.verdict(m); err != nil {
			if i > 0 {
				r.home.settle(r.id, n-floodOf+i)
			}
			return err
		}
	}
	r.home.settle(r.id, n)
	return r.catchUp()
}

// connect is the body of a connect of up to so many milliseconds.
func (r *roamer) connect(kind string, hold int) string {
	r.calls++
	ext := ""
	if r.ack {
		ext = fmt.Sprintf(`,"ext":{"ack":%.0f}`, r.heard)
	}
	return fmt.Sprintf(`{"channel":"/meta/connect","clientId":%q,"connectionType":%q,"id":"c%d","advice":{"timeout":%d}%s}`, r.id, kind, r.calls, hold, ext)
}

// enter takes down what came, in order.
func (r *roamer) enter(words []word) error {
	for _, m := range words {
		switch {
		case m.Data != nil:
			book := r.books[m.Channel]
			if book == nil {
				return fmt.Errorf("event on %s", m.Channel)
			}
			r.received.Add(1)
			if err := book.enter(m.Data.P, m.Data.N, r.again); err != nil {
				return err
			}
		case m.Channel == bayeux.MetaConnect:
			if err := r.verdict(m); err != nil {
				return err
			}
			if n, ok := m.Ext.Ack.(float64); ok {
				r.heard, r.again = n, false
			}
		}
	}
	return nil
}

// poll connects once by HTTP, which takes over from the line, if there is one:
// what that brought goes first. Sometimes two polls compete.
func (r *roamer) poll(by call) error {
	if err := r.steady(); err != nil {
		return err
	}
	old := r.line
	r.line = nil
	body := r.connect("long-polling", 1+r.dice.IntN(300))
	type result struct {
		words []word
		err   error
	}
	rivals := make(chan result, 1)
	rivalry := old == nil && !r.ack && r.dice.IntN(3) == 0
	if rivalry {
		go func(body string) {
			words, err := by(r.ctx, body)
			rivals <- result{words, err}
		}(r.connect("long-polling", 50+r.dice.IntN(200)))
		r.wait(0, 20)
	}
	words, err := by(r.ctx, body)
	if errors.Is(err, errDisplaced) && (rivalry || r.ack) { // by one that was given up, perhaps, and came late
		r.again, err = r.ack, nil
	}
	if err := r.drain(old); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	r.attached(old)
	if !rivalry {
		return r.enter(words)
	}
	rival := <-rivals
	if rival.err != nil && !errors.Is(rival.err, errDisplaced) {
		return rival.err
	}
	if r.earlier(rival.words, words) {
		words, rival.words = rival.words, words
	}
	if err := r.enter(words); err != nil {
		return err
	}
	return r.enter(rival.words)
}

// earlier tells which of two answers to competing polls goes first, by a
// publisher that is in both.
func (r *roamer) earlier(a, b []word) bool {
	first := map[string]int{}
	for _, m := range a {
		if m.Data != nil {
			if key := m.Channel + m.Data.P; first[key] == 0 {
				first[key] = m.Data.N
			}
		}
	}
	for _, m := range b {
		if m.Data != nil && first[m.Channel+m.Data.P] != 0 {
			return first[m.Channel+m.Data.P] < m.Data.N
		}
	}
	return false
}

// drain reads a line from which another has taken over, to the end of what it
// carried: a socket answers a marker after that, a stream ends.
func (r *roamer) drain(old *line) error {
	if old == nil {
		return nil
	}
	defer old.close()
	if old.send != nil {
		_ = old.send(marker) // a line that broke has ended
	}
	for {
		words, ended := old.take()
		for i, m := range words {
			if m.Channel == marker {
				words, ended = words[:i], true
				break
			}
		}
		if err := r.enter(words); err != nil || ended {
			return err
		}
		select {
		case <-old.news:
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
	}
}

// moveToSocket connects by a websocket. The marker comes back when the connect
// was served.
func (r *roamer) moveToSocket() error {
	if err := r.steady(); err != nil {
		return err
	}
	old := r.line
	fresh, err := r.dialLine()
	if err != nil {
		return err
	}
	r.line = fresh
	for _, text := range []string{r.connect("websocket", 60_000), marker} {
		if err := fresh.send(text); err != nil {
			return err
		}
	}
	if old != nil {
		defer old.close()
	}
	var first []word
	for served := false; !served; {
		words, ended := fresh.take()
		for i, m := range words {
			if m.Channel == marker {
				words, served = append(words[:i:i], words[i+1:]...), true
				break
			}
		}
		first = append(first, words...)
		if served {
			break
		}
		if ended {
			return r.confirm(first)
		}
		select {
		case <-fresh.news:
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
	}
	if err := r.drain(old); err != nil {
		return err
	}
	r.attached(old)
	if err := r.hear(first); err != nil {
		return err
	}
	r.wait(1, 60)
	return r.catchUp()
}

// moveToStream listens to an event stream.
func (r *roamer) moveToStream() error {
	if err := r.steady(); err != nil {
		return err
	}
	old := r.line
	fresh, err := r.openStream(r.id)
	if err != nil {
		return err
	}
	r.line = fresh
	if err := r.drain(old); err != nil {
		return err
	}
	if fresh == nil {
		return r.confirm(nil)
	}
	r.attached(old)
	r.wait(1, 60)
	return r.catchUp()
}

// catchUp reads what the line has brought.
func (r *roamer) catchUp() error {
	if r.line == nil {
		return nil
	}
	words, ended := r.line.take()
	if ended {
		return r.confirm(words)
	}
	return r.hear(words)
}

// hear is enter for a socket, on which a connect that was answered is renewed.
func (r *roamer) hear(words []word) error {
	if err := r.enter(words); err != nil {
		return err
	}
	for _, m := range words {
		switch {
		case r.line == nil || r.line.send == nil:
		case m.Channel == bayeux.MetaConnect:
			_ = r.line.send(r.connect("websocket", 60_000)) // catchUp notices if it broke
			_ = r.line.send(marker)
			r.line.owed++
		case m.Channel == marker:
			r.line.owed--
		}
	}
	return nil
}

// steady waits until no connect is on its way on the line: it would take the
// session back from whatever connects next.
func (r *roamer) steady() error {
	for r.line != nil && r.line.owed > 0 {
		if err := r.catchUp(); err != nil || r.line.owed == 0 {
			return err
		}
		select {
		case <-r.line.news:
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
	}
	return nil
}

// confirm makes sure that a line has ended because its session has.
func (r *roamer) confirm(words []word) error {
	r.leaveLine()
	if err := r.enter(words); err != nil {
		return err
	}
	words, err := r.post(r.ctx, r.connect("long-polling", 0))
	if err != nil {
		return err
	}
	if err := r.enter(words); err != nil {
		return err
	}
	return errors.New("a line ended and its session did not")
}

func (r *roamer) leaveLine() {
	if r.line != nil {
		r.line.close()
		r.line = nil
	}
}

// cut loses the line with what is on it, and comes back by another.
func (r *roamer) cut() error {
	if r.line == nil {
		return r.moveToSocket()
	}
	r.wait(0, 20)
	// a connect that is left on a broken line may be served after the next one
	if err := r.steady(); err != nil {
		return err
	}
	r.leaveLine()
	r.again, r.lost = r.ack, true
	switch r.dice.IntN(3) {
	case 0:
		r.wait(0, 20)
		return r.poll(r.post)
	case 1:
		if !r.ack {
			return r.moveToStream()
		}
	}
	return r.moveToSocket()
}

// attached notes that another line carries the session's mail from now on.
func (r *roamer) attached(old *line) {
	if r.ack {
		// what the old line brought last was asked for again before it was read
		r.again = r.again || old != nil
		return
	}
	if r.lost {
		for _, book := range r.books {
			book.pardon()
		}
	}
	r.lost = false
}

// cutPoll gives a poll up, whose answer may be under way.
func (r *roamer) cutPoll() error {
	if r.line != nil {
		return r.poll(r.post)
	}
	ctx, cancel := context.WithTimeout(r.ctx, time.Duration(r.dice.IntN(30))*time.Millisecond)
	defer cancel()
	words, err := r.post(ctx, r.connect("long-polling", 500))
	if err != nil && ctx.Err() != nil && r.ctx.Err() == nil {
		r.again = true
		return nil
	}
	if errors.Is(err, errDisplaced) { // by one given up before, which came late
		r.again = true
		return nil
	}
	if err != nil {
		return err
	}
	return r.enter(words)
}

// stayAway leaves in peace and lets the queue grow, perhaps too much.
func (r *roamer) stayAway() error {
	if r.line != nil {
		if err := r.poll(r.post); err != nil {
			return err
		}
	}
	r.wait(50, 300)
	return nil
}

// resubscribe leaves the home room and comes back.
func (r *roamer) resubscribe() error {
	book := r.books[r.home.channel]
	if r.wide {
		return nil // the zone's pattern still brings the room
	}
	if err := r.subscribe("unsubscribe", []string{r.home.channel}); err != nil {
		return err
	}
	book.close()
	r.wait(0, 50)
	if err := r.subscribe("subscribe", []string{r.home.channel}); err != nil {
		return err
	}
	book.open()
	return r.catchUp()
}

// rest waits for the end of every room, looks at the books, and disconnects.
func (r *roamer) rest() {
	if r.ctx.Err() != nil || r.t.Failed() {
		r.leaveLine()
		return
	}
	err := r.finish()
	r.leaveLine()
	if errors.Is(err, errDead) {
		r.deaths.Add(1)
		return
	}
	if !r.may(err) {
		return
	}
	if r.may(r.tell(r.post, `{"channel":"/meta/disconnect","clientId":"`+r.id+`"}`)) {
		r.farewells.Add(1)
	}
}

func (r *roamer) finish() error {
	for !r.complete() {
		if r.ctx.Err() != nil {
			for _, book := range r.books {
				if err := book.check(); err != nil {
					return err
				}
			}
			return r.ctx.Err()
		}
		if err := r.poll(r.post); err != nil {
			return err
		}
	}
	for _, book := range r.books {
		if err := book.check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *roamer) complete() bool {
	for _, book := range r.books {
		if book.last["end"] == 0 {
			return false
		}
	}
	return true
}
