package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/models"
)

var kills = flag.Int("kills", 6, "how often TestKillLoop kills the server, on each database")

// What holds however often the server is killed in the middle of its work: what was answered 201 is in the history
// once and in order, everything in the history is on the cursor of who follows the events once and in order, and goes
// to webhooks at least once, with the same id each time.
func TestKillLoop(t *testing.T) {
	chattest.Slow(t)
	binary := buildBinary(t)
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			address := database(t)
			p := newProcess(t, binary, address, "PARLEY_CHAT_MESSAGES_PER_SECOND=0", "PARLEY_CHAT_OPENS_PER_MINUTE=0",
				"PARLEY_LIMITS_READS_PER_SECOND_PER_IP=0", "PARLEY_LIMITS_PER_SECOND_PER_VISITOR=0", "PARLEY_WEBHOOKS_ALLOW_PRIVATE=true")
			killAgainAndAgain(t, p, address)
		})
	}
}

const (
	chaosVisitors = 4
	chaosWriters  = 2 // for each of them
	// chaosPause is between a writer's posts, chaosPosts how many are answered between two kills.
	chaosPause = 20 * time.Millisecond
	chaosPosts = 40
)

func killAgainAndAgain(t *testing.T, p *process, address string) {
	var org, manager struct{ ID int64 }
	var pass struct{ Token string }
	var key struct{ Key string }
	hooks := newReceiver(t)
	p.command(&org, "org", "create", "--name", "Acme")
	p.command(&manager, "manager", "create", "--name", "Anna", "--email", "anna@example.com", "--password", "long enough words")
	p.command(&pass, "token", "manager", "--id", strconv.FormatInt(manager.ID, 10))
	p.command(&key, "apikey", "create", "--org", "1", "--name", "cursor", "--scopes", "events")
	p.command(&struct{}{}, "webhook", "create", "--org", "1", "--url", hooks.url, "--events", "message.created")
	p.start()

	load := &chaos{p: p, sides: make([]*side, chaosVisitors)}
	for i := range load.sides {
		load.sides[i] = openSide(t, p, fmt.Sprint("v", i), pass.Token)
	}
	load.begin()
	all := follow(p, key.Key, "")
	hers := follow(p, "", load.sides[0].visitor)
	for range *kills {
		load.await(t, chaosPosts)
		time.Sleep(rand.N(30 * time.Millisecond)) // somewhere in the middle of something
		p.kill()
		p.start()
	}
	load.await(t, chaosPosts)
	load.end(t)

	whole, seen := all.end(t), hers.end(t)
	messages := 0
	for _, s := range load.sides {
		kept := historyOf(t, p, s)
		messages += len(kept)
		s.check(t, kept)
		checkCursor(t, "the backend", s, kept, whole)
		hooks.await(t, kept)
	}
	checkCursor(t, "the visitor", load.sides[0], historyOf(t, p, load.sides[0]), seen)
	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	for _, s := range load.sides {
		checkSequence(t, address, s.conversation)
	}
	t.Logf("%d kills, %d messages, %d events on the cursor, %d deliveries to the webhook", *kills, messages, len(whole), hooks.count())
}

// side is a visitor with a conversation, and what was answered to those who write in it.
type side struct {
	visitor      string
	token        string // the manager's
	conversation int64

	mu       sync.Mutex
	answered map[string]int64 // by client_message_id
}

func openSide(t *testing.T, p *process, visitor, token string) *side {
	t.Helper()
	status, body, err := postForm(http.DefaultClient, p.origin+"/chat/service/"+visitor, url.Values{"token": {token}})
	var answer struct{ Conversation conversation }
	if err != nil || status != http.StatusCreated || json.Unmarshal(body, &answer) != nil {
		t.Fatalf("opening: %v, %d %s", err, status, body)
	}
	return &side{visitor: visitor, token: token, conversation: answer.Conversation.ID, answered: map[string]int64{}}
}

// check holds the history against the answers. What got no answer may be in it or not.
func (s *side) check(t *testing.T, kept []message) {
	t.Helper()
	ids, last := map[string]int64{}, int64(0)
	for _, m := range kept {
		if _, twice := ids[m.ClientMessageID]; twice || m.ID <= last || m.Content != "text of "+m.ClientMessageID {
			t.Errorf("%s: message %d after %d, %q says %q, twice: %v", s.visitor, m.ID, last, m.ClientMessageID, m.Content, twice)
		}
		ids[m.ClientMessageID], last = m.ID, m.ID
	}
	for clientID, id := range s.answered {
		if ids[clientID] != id {
			t.Errorf("%s: %s was answered as %d and is kept as %d", s.visitor, clientID, id, ids[clientID])
		}
	}
}

// chaos is the load.
type chaos struct {
	p     *process
	sides []*side
	group sync.WaitGroup
	stop  chan struct{}

	mu      sync.Mutex
	answers int
	wrong   error
}

func (c *chaos) begin() {
	c.stop = make(chan struct{})
	for _, s := range c.sides {
		for w := range chaosWriters {
			c.group.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-c.stop:
						return
					case <-time.After(chaosPause):
					}
					c.post(s, w, fmt.Sprintf("%s-%d-%d", s.visitor, w, n))
				}
			})
		}
	}
}

// post posts until there is an answer, as the visitor or as the manager.
func (c *chaos) post(s *side, writer int, clientID string) {
	form := url.Values{"sender[type]": {"visitor"}, "sender[id]": {s.visitor}, "content": {"text of " + clientID}, "client_message_id": {clientID}}
	if writer%2 == 1 {
		form = url.Values{"token": {s.token}, "content": {"text of " + clientID}, "client_message_id": {clientID}}
	}
	client := &http.Client{Timeout: patience}
	for deadline := time.Now().Add(3 * patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		status, body, err := postForm(client, fmt.Sprintf("%s/chat/conversation/%d", c.p.origin, s.conversation), form)
		if err != nil {
			continue // nobody there, or gone before the answer
		}
		var answer struct{ Message message }
		if err = json.Unmarshal(body, &answer); status != http.StatusCreated && status != http.StatusOK || err != nil {
			c.fail(fmt.Errorf("%s: %d %s", clientID, status, body))
			return
		}
		s.mu.Lock()
		s.answered[clientID] = answer.Message.ID
		s.mu.Unlock()
		c.mu.Lock()
		c.answers++
		c.mu.Unlock()
		return
	}
	c.fail(fmt.Errorf("%s was never answered", clientID))
}

func (c *chaos) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = err
}

// await waits for so many answers from now on.
func (c *chaos) await(t *testing.T, more int) {
	t.Helper()
	from := -1
	for deadline := time.Now().Add(2 * patience); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		answers, wrong := c.answers, c.wrong
		c.mu.Unlock()
		if from < 0 {
			from = answers
		}
		switch {
		case wrong != nil:
			t.Fatal("posting failed: ", wrong)
		case answers >= from+more:
			return
		case time.Now().After(deadline):
			t.Fatalf("%d answers in %s", answers-from, 2*patience)
		}
	}
}

func (c *chaos) end(t *testing.T) {
	t.Helper()
	close(c.stop)
	c.group.Wait()
	if c.wrong != nil {
		t.Fatal("posting failed: ", c.wrong)
	}
}

// cursor is somebody who follows the events from the beginning, and goes on from where she was after each crash.
type cursor struct {
	p              *process
	token, visitor string
	events         []chat.PastEvent
	next           int64
	err            error
	over, done     chan struct{}
}

func follow(p *process, token, visitor string) *cursor {
	c := &cursor{p: p, token: token, visitor: visitor, over: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		for {
			page, err := c.ask(url.Values{"after": {strconv.FormatInt(c.next, 10)}, "wait": {"1"}})
			if err == nil {
				c.events, c.next = append(c.events, page.Events...), page.Next
			} else if page.gone {
				c.err = err
				return
			} else {
				time.Sleep(10 * time.Millisecond)
			}
			select {
			case <-c.over:
				return
			default:
			}
		}
	}()
	return c
}

// answered is a page, or that asking again is of no use.
type cursorPage struct {
	chat.EventsPage
	gone bool
}

func (c *cursor) ask(q url.Values) (page cursorPage, err error) {
	if c.visitor != "" {
		q.Set("visitor_id", c.visitor)
	}
	request, err := http.NewRequest(http.MethodGet, c.p.origin+"/chat/events?"+q.Encode(), nil)
	if err != nil {
		return page, err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return page, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		page.gone, err = true, fmt.Errorf("%d %s", response.StatusCode, body)
	}
	if err == nil {
		err = json.Unmarshal(body, &page.EventsPage)
	}
	return page, err
}

// end returns everything that came up to the present end.
func (c *cursor) end(t *testing.T) []chat.PastEvent {
	t.Helper()
	// What was handed on has its position within a moment; then nothing happens any more.
	newest, quiet := int64(-1), 0
	for deadline := time.Now().Add(patience); quiet < 5; time.Sleep(200 * time.Millisecond) {
		page, err := c.ask(url.Values{})
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the end at %d: %v", newest, err)
		}
		if quiet++; page.Next != newest {
			newest, quiet = page.Next, 0
		}
	}
	close(c.over)
	<-c.done
	for c.err == nil && c.next < newest {
		page, err := c.ask(url.Values{"after": {strconv.FormatInt(c.next, 10)}})
		if c.err = err; err == nil {
			c.events, c.next = append(c.events, page.Events...), page.Next
		}
	}
	if c.err != nil {
		t.Fatal("following: ", c.err)
	}
	return c.events
}

// checkCursor wants each message of the history on the cursor once, in order.
func checkCursor(t *testing.T, who string, s *side, kept []message, events []chat.PastEvent) {
	t.Helper()
	var ids, want []int64
	last, seen := int64(0), map[int64]bool{}
	for _, e := range events {
		if e.Position <= last || seen[e.ID] {
			t.Errorf("%s: event %d at %d after %d, twice: %v", who, e.ID, e.Position, last, seen[e.ID])
		}
		last, seen[e.ID] = e.Position, true
		var told chat.Event
		if err := json.Unmarshal(e.Event, &told); err != nil {
			t.Fatal(err)
		}
		if told.Message != nil && told.Event == "created" && told.Message.ConversationID == s.conversation {
			ids = append(ids, told.Message.ID)
		}
	}
	for _, m := range kept {
		want = append(want, m.ID)
	}
	if !slices.Equal(ids, want) {
		t.Errorf("%s of %s: the cursor had %d messages, the history %d, or in another order", who, s.visitor, len(ids), len(want))
	}
}

// checkSequence wants a conversation's events to be counted without a gap, and to have been given positions in order.
func checkSequence(t *testing.T, address string, conversation int64) {
	t.Helper()
	s, err := store.Open(t.Context(), address, store.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	events, err := s.Events(t.Context(), chat.EventQuery{ConversationID: conversation, Limit: 1 << 20, Kinds: []chat.EventSort{
		{Kind: models.EventConversation}, {Kind: models.EventMessage}, {Kind: models.EventTransition}, {Kind: models.EventRead}}})
	if err != nil || len(events) == 0 {
		t.Fatal(len(events), err)
	}
	last := int64(0)
	for i, e := range events {
		if *e.ConversationSeq != int64(i+1) || e.Position == nil || *e.Position <= last {
			t.Fatalf("event %d of conversation %d is number %d at %v after %d", e.ID, conversation, *e.ConversationSeq, e.Position, last)
		}
		last = *e.Position
	}
}

// historyOf reads all there is, as a client that was away does.
func historyOf(t *testing.T, p *process, s *side) (all []message) {
	t.Helper()
	for last := int64(0); ; {
		form := url.Values{"sender[type]": {"visitor"}, "sender[id]": {s.visitor}, "direction": {"after"},
			"since_id": {strconv.FormatInt(last, 10)}, "count": {"500"}}
		status, body, err := postForm(http.DefaultClient, fmt.Sprintf("%s/chat/conversation/%d/messages", p.origin, s.conversation), form)
		var page []message
		if err == nil {
			err = json.Unmarshal(body, &page)
		}
		if err != nil || status != http.StatusOK {
			t.Fatalf("history: %v, %d %s", err, status, body)
		}
		if len(page) == 0 {
			return all
		}
		all, last = append(all, page...), page[len(page)-1].ID
	}
}

// receiver takes what webhooks send.
type receiver struct {
	url string
	mu  sync.Mutex
	ids map[int64]string // of deliveries, by message
	got int
	bad error
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{ids: map[int64]string{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// ServeHTTP notes a delivery.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var told struct {
		ID   string
		Data struct{ Message message }
	}
	err := json.NewDecoder(request.Body).Decode(&told)
	r.mu.Lock()
	defer r.mu.Unlock()
	id := told.Data.Message.ID
	if before, again := r.ids[id]; err != nil || again && before != told.ID || told.ID != request.Header.Get("Webhook-Id") {
		r.bad = fmt.Errorf("message %d came as %s and as %s: %v", id, before, told.ID, err)
	}
	r.ids[id] = told.ID
	r.got++
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

// await waits until each of the messages has come.
func (r *receiver) await(t *testing.T, kept []message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	for _, m := range kept {
		for {
			r.mu.Lock()
			came, bad := r.ids[m.ID] != "", r.bad
			r.mu.Unlock()
			if bad != nil {
				t.Fatal(bad)
			}
			if came {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("message %d was not sent to the webhook", m.ID)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}
