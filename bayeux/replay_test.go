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

func TestReplayIDInData(t *testing.T) {
	for data, want := range map[string]string{
		`{}`:                                   `{"event":{"replayId":7}}`,
		`{"a":1}`:                              `{"a":1,"event":{"replayId":7}}`,
		` { "a" : {"event":1} } `:              ` { "a" : {"event":1} ,"event":{"replayId":7}} `,
		`{"event":{}}`:                         `{"event":{"replayId":7}}`,
		`{"event":{ },"x":1}`:                  `{"event":{ "replayId":7},"x":1}`,
		`{"event":{"replayId":1},"x":1}`:       `{"event":{"replayId":1,"replayId":7},"x":1}`,
		`{"event":{"createdDate":"}"},"x":[]}`: `{"event":{"createdDate":"}","replayId":7},"x":[]}`,
		`{"\u0065vent":{"a":1}}`:               `{"\u0065vent":{"a":1,"replayId":7}}`,
		`{"event":"created"}`:                  `{"event":"created"}`,
		`{"event":null}`:                       `{"event":null}`,
		`{"event":[1]}`:                        `{"event":[1]}`,
		`[{"event":{}}]`:                       `[{"event":{}}]`,
		`"event"`:                              `"event"`,
		`1`:                                    `1`,
	} {
		if got := string(withReplayID([]byte(data), 7)); got != want {
			t.Errorf("%s: %s, want %s", data, got, want)
		}
	}
}

func FuzzReplayID(f *testing.F) {
	for _, s := range []string{`{}`, `{"event":{}}`, `{"event":{"a":1},"event":2}`, `{"event":{"a":[{}]},"b":{}}`, `[1]`, `{"a":"}"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !validJSON(data, 64) {
			return
		}
		before := string(data)
		out := withReplayID(data, 99)
		if string(data) != before || !json.Valid(out) {
			t.Fatalf("%q became %q", before, out)
		}
		var object map[string]any
		if json.Unmarshal(out, &object) != nil || object == nil {
			return
		}
		if event, is := object["event"].(map[string]any); is && event["replayId"] != float64(99) {
			t.Fatalf("%q became %q", before, out)
		}
	})
}

// ledger is a Replayer as a database with an outbox is one: what is written
// can be read at once and is published later, by somebody else.
type ledger struct {
	mu      sync.Mutex
	rows    []row
	relayed int
	broken  error
	during  func() // called while a replay is under way
}

type row struct {
	id      int64
	channel string
	data    []byte
}

func (l *ledger) write(channel, data string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := int64(len(l.rows) + 1)
	l.rows = append(l.rows, row{id, channel, []byte(data)})
	return id
}

// relay publishes what is written and not published yet.
func (l *ledger) relay(t testing.TB, srv *Server) {
	for {
		l.mu.Lock()
		if l.relayed == len(l.rows) {
			l.mu.Unlock()
			return
		}
		r := l.rows[l.relayed]
		l.mu.Unlock()
		if err := srv.PublishStored(context.Background(), r.id, r.channel, "", r.data); err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		l.relayed++
		l.mu.Unlock()
	}
}

func (l *ledger) Keeps(channel string) bool { return strings.HasPrefix(channel, "/log/") }

func (l *ledger) Newest(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.rows)), l.broken
}

func (l *ledger) Replay(_ context.Context, channel, _ string, after int64, limit int, each func(int64, []byte)) error {
	l.mu.Lock()
	rows, broken, during := l.rows, l.broken, l.during
	l.mu.Unlock()
	var found []row
	for _, r := range rows {
		if r.channel == channel && r.id > after {
			found = append(found, r)
		}
	}
	for _, r := range found[max(0, len(found)-limit):] {
		each(r.id, r.data)
	}
	if during != nil {
		during()
	}
	return broken
}

// mail takes what there is for a socket, as "data/replay id".
func mail(l *Link) string {
	var out []string
	for _, ev := range l.Take(nil).Events {
		out = append(out, fmt.Sprintf("%s/%d", ev.Data, ev.ID))
	}
	return strings.Join(out, " ")
}

func socketUser(t testing.TB, srv *Server) *user {
	u := newUser(t, srv, "")
	u.link = srv.Socket(func() {})
	u.say(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}`)
	u.link.Release()
	return u
}

func (u *user) replay(channel string, from any) string {
	u.t.Helper()
	defer u.link.Release()
	return u.say(fmt.Sprintf(`{"channel":"/meta/subscribe","clientId":"$","subscription":%q,"ext":{"replay":{%q:%v}}}`, channel, channel, from))[0].Error
}

func TestReplayOfALog(t *testing.T) {
	l := &ledger{}
	srv := New(Config{Replayer: l})
	for i := range 5 {
		l.write("/log/a", fmt.Sprint("10", i))
	}
	l.write("/log/b", "200")
	u := socketUser(t, srv)
	want(t, "all, before any was published", u.replay("/log/a", -2), "")
	want(t, "mail", mail(u.link), "100/1 101/2 102/3 103/4 104/5")
	l.relay(t, srv)
	l.write("/log/a", "105")
	l.relay(t, srv)
	want(t, "once", mail(u.link), "105/7")
	if u.srv.session(u.id).past != nil {
		t.Error("the session still remembers its replay")
	}
	v := socketUser(t, srv)
	want(t, "after", v.replay("/log/a", 4), "")
	want(t, "mail", mail(v.link), "104/5 105/7")
	want(t, "too high", v.replay("/log/a", 8), badReplayID([]byte("8")).Error())
	want(t, "a pattern has no past here", v.replay("/log/*", -2), "")
	want(t, "mail", mail(v.link), "")
	want(t, "nor has another channel", v.replay("/x", 5), "")
	l.broken = errors.New("database is away")
	want(t, "broken", v.replay("/log/b", 1), "500::Internal server error")
}

// A client that has seen what is yet to be published does not see it again in
// its next session.
func TestReplayAfterWhatIsYetToBePublished(t *testing.T) {
	l := &ledger{}
	srv := New(Config{Replayer: l})
	for i := range 3 {
		l.write("/log/a", fmt.Sprint(i))
	}
	u := socketUser(t, srv)
	want(t, "replay", u.replay("/log/a", 2), "")
	l.during = func() { l.relay(t, srv) }
	v := socketUser(t, srv)
	want(t, "replay", v.replay("/log/a", 3), "")
	l.during = nil
	l.write("/log/a", "3")
	l.relay(t, srv)
	want(t, "mail", mail(u.link), "2/3 3/4")
	want(t, "mail", mail(v.link), "3/4")
}

// What is published while the past is being read waits behind it.
func TestLiveWaitsForReplay(t *testing.T) {
	l := &ledger{}
	srv := New(Config{Replayer: l, MaxQueueMessages: 8})
	l.write("/log/a", "1")
	u := socketUser(t, srv)
	l.during = func() {
		l.write("/log/a", "2")
		l.relay(t, srv)
		_ = srv.Publish(context.Background(), "/log/a", "", []byte(`"unnumbered"`))
		_ = srv.Publish(context.Background(), "/other", "", []byte(`"other"`))
	}
	u.say(`{"channel":"/meta/subscribe","clientId":"$","subscription":"/other"}`)
	want(t, "replay", u.replay("/log/a", -2), "")
	want(t, "mail", mail(u.link), `"other"/0 1/1 2/2 "unnumbered"/0`)

	// so much comes that it does not fit: the session ends, the server does not swell
	l.during = func() {
		for range 9 {
			_ = srv.Publish(context.Background(), "/log/a", "", []byte(`0`))
		}
	}
	u.replay("/log/a", -2)
	if b := u.link.Take(nil); !errors.Is(b.End, ErrOverflow) {
		t.Error(b.End)
	}
}

// A replay leaves half of the queue's room, and never ends the session.
func TestReplayFitsIntoTheQueue(t *testing.T) {
	srv := New(Config{MaxQueueMessages: 20, Rules: []Rule{{Pattern: "/r/*", History: Retention{Size: 100}}}})
	for i := range 100 {
		if err := srv.Publish(context.Background(), fmt.Sprint("/r/", i%2), "", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	u := socketUser(t, srv)
	for range 10 {
		want(t, "replay", u.replay("/r/*", -2), "")
	}
	events := u.link.Take(nil).Events
	if len(events) > 20 || string(events[0].Data) != "90" || string(events[9].Data) != "99" {
		t.Errorf("%d events, from %s to %s", len(events), events[0].Data, events[9].Data)
	}
}

// TestReplayRace: whenever a client comes, it gets all that is published, in
// order, without a gap and without a repeat, from the history and from a log.
func TestReplayRace(t *testing.T) {
	const publications, clients = 1500, 6
	for _, channel := range []string{"/r/a", "/log/a"} {
		t.Run(channel, func(t *testing.T) {
			l := &ledger{}
			srv := New(Config{
				Replayer: l, MaxReplay: publications, MaxQueueMessages: 4 * publications, MaxQueueBytes: 1 << 26,
				Rules: []Rule{{Pattern: "/r/**", History: Retention{Size: publications}}},
			})
			var group sync.WaitGroup
			group.Go(func() {
				for i := range publications {
					if channel == "/r/a" {
						if err := srv.Publish(context.Background(), channel, "", fmt.Append(nil, i)); err != nil {
							t.Error(err)
						}
						continue
					}
					l.write(channel, fmt.Sprint(i))
					if i%3 == 0 {
						l.relay(t, srv)
					}
				}
				l.relay(t, srv)
			})
			for c := range clients {
				group.Go(func() { follow(t, srv, channel, publications, c) })
			}
			group.Wait()
		})
	}
}

// follow reads a channel to the end, in several sessions, each of which goes
// on where the one before ended.
func follow(t *testing.T, srv *Server, channel string, publications, c int) {
	next, last := 0, int64(-2)
	deadline := time.Now().Add(time.Minute)
	for next < publications {
		woken := make(chan struct{}, 1)
		u := newUser(t, srv, "")
		u.link = srv.Socket(func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
		u.say(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket"}`)
		u.link.Release()
		pattern := channel
		if c%3 == 1 && strings.HasPrefix(channel, "/r/") {
			pattern = "/r/**"
		}
		if refusal := u.replay(pattern, last); refusal != "" {
			t.Error(refusal)
			return
		}
		for start := next; next < publications && next < start+50+c*100; {
			select {
			case <-woken:
			case <-time.After(time.Until(deadline)):
				t.Errorf("client %d waits for %d", c, next)
				return
			}
			b := u.link.Take(nil)
			if b.End != nil {
				t.Error(b.End)
				return
			}
			for _, ev := range b.Events {
				if got := string(ev.Data); got != fmt.Sprint(next) || ev.ID <= last {
					t.Errorf("client %d got %s with id %d after %d, wants %d", c, got, ev.ID, last, next)
					return
				}
				next++
				last = ev.ID
			}
		}
		u.say(`{"channel":"/meta/disconnect","clientId":"$"}`)
		u.link.Close()
	}
}

// With the ack extension a replay waits for a connect, and for its
// acknowledgement, like everything else.
func TestReplayWithAcks(t *testing.T) {
	srv := New(Config{Rules: []Rule{{Pattern: "/r", History: Retention{Size: 9}}}})
	for i := range 3 {
		if err := srv.Publish(context.Background(), "/r", "", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	u := &user{t: t, srv: srv}
	u.id = u.say(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["websocket"],"ext":{"ack":true,"replay":true}}`)[0].ClientID
	woken := 0
	u.link = srv.Socket(func() { woken++ })
	connect := func(ack int) (events string) {
		for _, a := range u.say(fmt.Sprintf(`{"channel":"/meta/connect","clientId":"$","connectionType":"websocket","ext":{"ack":%d}}`, ack)) {
			events += string(a.Data)
		}
		u.link.Release()
		return events
	}
	connect(0)
	want(t, "replay", u.replay("/r", -2), "")
	if woken == 0 {
		t.Error("the held connect was not answered")
	}
	want(t, "mail", texts(u.link), "0 1 2")
	want(t, "again, since the first reply was lost", connect(0), "012")
	want(t, "nothing more", connect(3), "")
	if got := srv.Stats(); got.Replays != 1 || got.Kept != 3 || got.KeptBytes == 0 {
		t.Errorf("%+v", got)
	}
}

// texts is mail without numbers.
func texts(l *Link) string {
	var out []string
	for _, ev := range l.Take(nil).Events {
		out = append(out, string(ev.Data))
	}
	return strings.Join(out, " ")
}
